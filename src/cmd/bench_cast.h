/* SPDX-License-Identifier: MIT */
/* One connection sends, and all the others wait for what it sent.
 *
 * The time of sending travels in the message, as 16 hexadecimal digits: at its front, or in a chat
 * as the member "at" of what is published. */
#ifndef HAWSER_CMD_BENCH_CAST_H
#define HAWSER_CMD_BENCH_CAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/status.h"

enum {
    BENCH_STAMP_SIZE = 16,
    BENCH_CHAT_SIZE_MIN = 34, /* bytes of {"at":"0123456789abcdef","pad":""} */
};

struct bench_load;

/* Makes what is sent, in `payload`.  Errors: HWS_ERR_NO_MEMORY. */
hws_status bench_cast_payload(struct bench_load *it);

void bench_stamp_write(uint8_t stamp[BENCH_STAMP_SIZE], uint64_t time_ns);

/* Returns: false when there are no such digits at the front of `bytes`. */
bool bench_stamp_read(const uint8_t *bytes, size_t size, uint64_t *time_ns);

/* The stamp of the next publication in what a chat's server sent, which may hold several.  `bytes`
 * and `size` are moved behind it.  Returns: false when there is none any more. */
bool bench_stamp_next(const uint8_t **bytes, size_t *size, uint64_t *time_ns);

#endif /* HAWSER_CMD_BENCH_CAST_H */
