/* SPDX-License-Identifier: MIT */
#include "websocket/traffic.h"

#include "wire/close.h"

void hws_traffic_shared(hws_traffic *traffic, const hws_blob *frame)
{
    if (!traffic) return;
    hws_counter_add(&traffic->messages_sent, 1);
    hws_counter_add(&traffic->bytes_sent, hws_endpoint_framed(frame).size);
}

void hws_traffic_opened(hws_traffic *traffic, bool is_deflated)
{
    if (!traffic) return;
    hws_counter_add(&traffic->opened, 1);
    if (is_deflated) hws_counter_add(&traffic->deflated, 1);
}

unsigned hws_traffic_close_class(int code)
{
    if (code >= 1000 && code <= 1015) return (unsigned)code - 1000;
    if (code >= 3000 && code <= 3999) return 16;
    if (code >= 4000 && code <= 4999) return 17;
    return 18;
}

static int sent_code(const hws_endpoint *endpoint)
{
    if (!endpoint->close_sent) return HWS_CLOSE_ABNORMAL;
    return endpoint->close_code ? endpoint->close_code : HWS_CLOSE_NO_CODE;
}

void hws_traffic_closed(hws_traffic *traffic, const hws_endpoint *endpoint, const hws_close *close)
{
    if (!traffic) return;
    const int received = close->was_clean ? close->code : HWS_CLOSE_ABNORMAL;
    hws_counter_add(&traffic->closed, 1);
    if (close->status != HWS_OK) hws_reasons_add(&traffic->failures, close->status);
    hws_counter_add(&traffic->closes_received[hws_traffic_close_class(received)], 1);
    hws_counter_add(&traffic->closes_sent[hws_traffic_close_class(sent_code(endpoint))], 1);
}
