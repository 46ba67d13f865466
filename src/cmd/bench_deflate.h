/* SPDX-License-Identifier: MIT */
/* How well the connections of a load compressed. */
#ifndef HAWSER_CMD_BENCH_DEFLATE_H
#define HAWSER_CMD_BENCH_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "hawser/hawser.h"

/* Sums over connections; bytes of those messages that went compressed. */
typedef struct bench_deflate {
    uint64_t agreed_count; /* connections */
    uint64_t sent_size;
    uint64_t sent_deflated_size;
    uint64_t received_size;
    uint64_t received_deflated_size;
} bench_deflate;

/* Adds what a connection, which is open, has done. */
void bench_deflate_add(bench_deflate *it, hws_websocket ws);

void bench_deflate_merge(bench_deflate *it, const bench_deflate *other);

#endif /* HAWSER_CMD_BENCH_DEFLATE_H */
