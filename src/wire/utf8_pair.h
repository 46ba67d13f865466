/* SPDX-License-Identifier: MIT */
/* UTF-8 as a question to each byte alone: may it stand behind the three bytes before it?
 *
 * Every rule of RFC 3629 §4 but one is about two bytes that touch.  The pairs that never stand in
 * UTF-8 fall into seven faults, and one more class is a pair that is right or wrong by what came
 * before:
 *
 *     SHORT     C0..FF  then no continuation      a character that lacks its second byte
 *     STRAY     00..7F  then 80..BF               a continuation of nothing
 *     LONG_2    C0..C1  then 80..BF               under U+0080 in two bytes
 *     LONG_3    E0      then 80..9F               under U+0800 in three
 *     LONG_4    F0      then 80..8F               under U+10000 in four; and with it, as they
 *               F5..FF  then 80..8F               share the second byte, 80..8F over U+10FFFF
 *     HALF      ED      then A0..BF               surrogates
 *     HIGH      F4..FF  then 90..BF               over U+10FFFF
 *     FOLLOWS   80..BF  then 80..BF               right if and only if a third or fourth byte is
 *                                                 due here: E0..FF stands two bytes before, or
 *                                                 F0..FF three
 *
 * A class is a set of first bytes times a set of second bytes.  The sets of second bytes are told
 * apart by the high half-byte; those of first bytes are a set of high halves times a set of low
 * halves.  So three tables of 16 entries, one bit per class, answer for a pair: the classes that
 * are in all three entries are those the pair belongs to.  A vector looks up 16 or 32 at once.
 *
 * The idea of looking up half-bytes is John Keiser's and Daniel Lemire's ("Validating UTF-8 In
 * Less Than One Instruction Per Byte", 2021).  Here nothing is carried from block to block: a
 * block is judged by three more loads, each a byte further back, so blocks may overlap and stand
 * in any order. */
#ifndef HAWSER_WIRE_UTF8_PAIR_H
#define HAWSER_WIRE_UTF8_PAIR_H

#include <stddef.h>
#include <stdint.h>

enum {
    HWS_PAIR_SHORT = 1 << 0,
    HWS_PAIR_STRAY = 1 << 1,
    HWS_PAIR_LONG_2 = 1 << 2,
    HWS_PAIR_LONG_3 = 1 << 3,
    HWS_PAIR_LONG_4 = 1 << 4,
    HWS_PAIR_HALF = 1 << 5,
    HWS_PAIR_HIGH = 1 << 6,
    HWS_PAIR_FOLLOWS = 1 << 7, /* the top bit: that is where the comparison of what is due lands */

    /* The classes that ask nothing of the low half of the first byte; and with those of F5..FF. */
    HWS_PAIR_ANY = HWS_PAIR_SHORT | HWS_PAIR_STRAY | HWS_PAIR_FOLLOWS,
    HWS_PAIR_OVER = HWS_PAIR_ANY | HWS_PAIR_HIGH | HWS_PAIR_LONG_4,

    /* A saturating subtraction of these leaves the top bit set for E0..FF and for F0..FF. */
    HWS_PAIR_DUE_THIRD = 0xE0 - 0x80,
    HWS_PAIR_DUE_FOURTH = 0xF0 - 0x80,
};

/* By the high half of the first byte. */
static const uint8_t HWS_PAIR_FIRST_HIGH[16] = {
    /* 0..7: ASCII */
    [0x0] = HWS_PAIR_STRAY,
    [0x1] = HWS_PAIR_STRAY,
    [0x2] = HWS_PAIR_STRAY,
    [0x3] = HWS_PAIR_STRAY,
    [0x4] = HWS_PAIR_STRAY,
    [0x5] = HWS_PAIR_STRAY,
    [0x6] = HWS_PAIR_STRAY,
    [0x7] = HWS_PAIR_STRAY,
    /* 8..B: continuations */
    [0x8] = HWS_PAIR_FOLLOWS,
    [0x9] = HWS_PAIR_FOLLOWS,
    [0xA] = HWS_PAIR_FOLLOWS,
    [0xB] = HWS_PAIR_FOLLOWS,
    /* C, D, E, F: leads of two, two, three and four */
    [0xC] = HWS_PAIR_SHORT | HWS_PAIR_LONG_2,
    [0xD] = HWS_PAIR_SHORT,
    [0xE] = HWS_PAIR_SHORT | HWS_PAIR_LONG_3 | HWS_PAIR_HALF,
    [0xF] = HWS_PAIR_SHORT | HWS_PAIR_LONG_4 | HWS_PAIR_HIGH,
};

/* By the low half of the first byte: C0 C1, E0 ED, F0 F4..FF. */
static const uint8_t HWS_PAIR_FIRST_LOW[16] = {
    [0x0] = HWS_PAIR_ANY | HWS_PAIR_LONG_2 | HWS_PAIR_LONG_3 | HWS_PAIR_LONG_4,
    [0x1] = HWS_PAIR_ANY | HWS_PAIR_LONG_2,
    [0x2] = HWS_PAIR_ANY,
    [0x3] = HWS_PAIR_ANY,
    [0x4] = HWS_PAIR_ANY | HWS_PAIR_HIGH,
    [0x5] = HWS_PAIR_OVER,
    [0x6] = HWS_PAIR_OVER,
    [0x7] = HWS_PAIR_OVER,
    [0x8] = HWS_PAIR_OVER,
    [0x9] = HWS_PAIR_OVER,
    [0xA] = HWS_PAIR_OVER,
    [0xB] = HWS_PAIR_OVER,
    [0xC] = HWS_PAIR_OVER,
    [0xD] = HWS_PAIR_OVER | HWS_PAIR_HALF,
    [0xE] = HWS_PAIR_OVER,
    [0xF] = HWS_PAIR_OVER,
};

/* By the high half of the second byte. */
static const uint8_t HWS_PAIR_SECOND_HIGH[16] = {
    /* 0..7: ASCII */
    [0x0] = HWS_PAIR_SHORT,
    [0x1] = HWS_PAIR_SHORT,
    [0x2] = HWS_PAIR_SHORT,
    [0x3] = HWS_PAIR_SHORT,
    [0x4] = HWS_PAIR_SHORT,
    [0x5] = HWS_PAIR_SHORT,
    [0x6] = HWS_PAIR_SHORT,
    [0x7] = HWS_PAIR_SHORT,
    /* 8, 9, A, B: continuations */
    [0x8] = HWS_PAIR_STRAY | HWS_PAIR_FOLLOWS | HWS_PAIR_LONG_2 | HWS_PAIR_LONG_3 | HWS_PAIR_LONG_4,
    [0x9] = HWS_PAIR_STRAY | HWS_PAIR_FOLLOWS | HWS_PAIR_LONG_2 | HWS_PAIR_LONG_3 | HWS_PAIR_HIGH,
    [0xA] = HWS_PAIR_STRAY | HWS_PAIR_FOLLOWS | HWS_PAIR_LONG_2 | HWS_PAIR_HALF | HWS_PAIR_HIGH,
    [0xB] = HWS_PAIR_STRAY | HWS_PAIR_FOLLOWS | HWS_PAIR_LONG_2 | HWS_PAIR_HALF | HWS_PAIR_HIGH,
    /* C..F: leads */
    [0xC] = HWS_PAIR_SHORT,
    [0xD] = HWS_PAIR_SHORT,
    [0xE] = HWS_PAIR_SHORT,
    [0xF] = HWS_PAIR_SHORT,
};

/* Where the last whole character ends, if no byte up to `size` has a fault: the character that
 * `size` cuts, if any, begins one to three bytes before it.  `size` is at least 3. */
static inline size_t hws_utf8_border(const uint8_t *bytes, size_t size)
{
    if (bytes[size - 1] >= 0xC0) return size - 1;
    if (bytes[size - 2] >= 0xE0) return size - 2;
    if (bytes[size - 3] >= 0xF0) return size - 3;
    return size;
}

#endif /* HAWSER_WIRE_UTF8_PAIR_H */
