/* SPDX-License-Identifier: MIT */
/* What the messages of a load say: anything of the size that was asked for, the same every time. */
#ifndef HAWSER_CMD_BENCH_CONTENT_H
#define HAWSER_CMD_BENCH_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum bench_content {
    BENCH_CONTENT_ASCII,   /* the alphabet */
    BENCH_CONTENT_CHINESE, /* three bytes to a character; ASCII where less than three are left */
    BENCH_CONTENT_JSON,    /* records as quotes or chats have them; for compression */
    BENCH_CONTENT_RANDOM,  /* base64 digits without a pattern: hardly to be compressed */
} bench_content;

/* Returns: false when there is no content of that name. */
bool bench_content_named(const char *name, bench_content *content);

/* Fills `bytes` with valid UTF-8. */
void bench_content_fill(bench_content content, uint8_t *bytes, size_t size);

#endif /* HAWSER_CMD_BENCH_CONTENT_H */
