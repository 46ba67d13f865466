/* SPDX-License-Identifier: MIT */
#include "cmd/bench_deflate.h"

void bench_deflate_add(bench_deflate *it, hws_websocket ws)
{
    hws_deflate_info info = {0};
    if (hws_websocket_deflate(ws, &info) != HWS_OK || !info.agreed) return;
    bench_deflate_merge(it, &(bench_deflate){
                                .agreed_count = 1,
                                .sent_size = info.sent_size,
                                .sent_deflated_size = info.sent_deflated_size,
                                .received_size = info.received_size,
                                .received_deflated_size = info.received_deflated_size,
                            });
}

void bench_deflate_merge(bench_deflate *it, const bench_deflate *other)
{
    it->agreed_count += other->agreed_count;
    it->sent_size += other->sent_size;
    it->sent_deflated_size += other->sent_deflated_size;
    it->received_size += other->received_size;
    it->received_deflated_size += other->received_deflated_size;
}
