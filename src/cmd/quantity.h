/* SPDX-License-Identifier: MIT */
/* Sizes, durations and numbers as people write them: "64K", "500ms", "7". */
#ifndef HAWSER_CMD_QUANTITY_H
#define HAWSER_CMD_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes: a whole number, or one with K, M or G behind it, which are powers of 1024.
 *
 * Returns: false when `text` is anything else or too large; `size` is then as before. */
bool quantity_size(const char *text, uint64_t *size);

/* Milliseconds: a whole number of seconds, or one with ms, s, m or h behind it.
 *
 * Returns: as above. */
bool quantity_duration(const char *text, uint64_t *duration_ms);

/* A whole number.  Returns: as above. */
bool quantity_count(const char *text, uint64_t *count);

#endif /* HAWSER_CMD_QUANTITY_H */
