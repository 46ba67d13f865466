/* SPDX-License-Identifier: MIT */
/* Bytes for people: sixteen a line, with their offset, in hexadecimal digits and as ASCII. */
#ifndef HAWSER_CMD_HEXDUMP_H
#define HAWSER_CMD_HEXDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Writes a line for each sixteen bytes, each behind `line_begin`; nothing for no bytes. */
void hexdump_write(FILE *file, const uint8_t *bytes, size_t size, const char *line_begin);

/* Reads hexadecimal digits, two a byte, with spaces between bytes where one likes.
 *
 * bytes    At least half as many as `text` has characters; may be `text` itself; undefined on
 *          failure.
 * Returns: false when `text` is anything else. */
bool hexdump_read(const char *text, uint8_t *bytes, size_t *size);

#endif /* HAWSER_CMD_HEXDUMP_H */
