/* SPDX-License-Identifier: MIT */
/* Which bytes are ASCII: those without their top bit. */
#ifndef HAWSER_WIRE_ASCII_H
#define HAWSER_WIRE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of eight bytes, or of the OR of many times eight. */
static inline bool hws_ascii_bits(uint64_t any)
{
    return (any & UINT64_C(0x8080808080808080)) == 0;
}

static inline uint64_t hws_ascii_load(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The last word overlaps the one before: nothing is done byte by byte but texts under 4 bytes. */
static inline bool hws_ascii(const uint8_t *bytes, size_t size)
{
    uint64_t any = 0;
    if (size >= 8) {
        for (size_t at = 0; at + 8 < size; at += 8) any |= hws_ascii_load(bytes + at);
        any |= hws_ascii_load(bytes + size - 8);
    } else if (size >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, bytes, sizeof first);
        memcpy(&last, bytes + size - sizeof last, sizeof last);
        any = first | last;
    } else {
        for (size_t at = 0; at < size; at++) any |= bytes[at];
    }
    return hws_ascii_bits(any);
}

#endif /* HAWSER_WIRE_ASCII_H */
