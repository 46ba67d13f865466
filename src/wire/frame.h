/* SPDX-License-Identifier: MIT */
/* Frame headers, for the inner loop: the public functions of hawser/frame.h are these. */
#ifndef HAWSER_WIRE_FRAME_H
#define HAWSER_WIRE_FRAME_H

#include <string.h>

#include "base/span.h"
#include "hawser/frame.h"

enum {
    HWS_FRAME_FIN_BIT = 0x80,
    HWS_FRAME_OPCODE_BITS = 0x0F,
    HWS_FRAME_CONTROL_BIT = 0x08,
    HWS_FRAME_MASK_BIT = 0x80,
    HWS_FRAME_LENGTH_BITS = 0x7F,
    HWS_FRAME_LENGTH_16 = 126, /* 2 bytes of length follow */
    HWS_FRAME_LENGTH_64 = 127, /* 8 bytes of length follow */
};

/* What the first byte alone can be guilty of. */
static inline hws_status hws_frame_check_first(uint8_t first, const hws_frame_rules *rules)
{
    const uint8_t opcode = first & HWS_FRAME_OPCODE_BITS;
    if (((first >> 4) & 0x7) & ~rules->rsv_allowed) return HWS_ERR_FRAME_RSV;
    if ((opcode & 0x7) > 2) return HWS_ERR_FRAME_OPCODE; /* 3-7 and B-F */
    /* §5.5: control frames are not fragmented, and no extension defines RSV bits for them. */
    const bool is_control = (opcode & HWS_FRAME_CONTROL_BIT) != 0;
    if (is_control && !(first & HWS_FRAME_FIN_BIT)) return HWS_ERR_FRAME_CONTROL;
    if (is_control && ((first >> 4) & 0x7)) return HWS_ERR_FRAME_RSV;
    return HWS_OK;
}

static inline hws_status hws_frame_check_second(uint8_t first, uint8_t second,
                                                const hws_frame_rules *rules)
{
    const bool is_masked = (second & HWS_FRAME_MASK_BIT) != 0;
    if (is_masked != rules->from_client) return HWS_ERR_FRAME_MASK;
    if ((first & HWS_FRAME_CONTROL_BIT) && (second & HWS_FRAME_LENGTH_BITS) > HWS_FRAME_CONTROL_MAX)
        return HWS_ERR_FRAME_CONTROL;
    return HWS_OK;
}

/* See hws_frame_header_read. */
static inline hws_status hws_frame_read(const uint8_t *bytes, size_t size,
                                        const hws_frame_rules *rules, hws_frame_header *header,
                                        size_t *header_size)
{
    *header_size = 0;
    if (size < 1) return HWS_OK;
    hws_status status = hws_frame_check_first(bytes[0], rules);
    if (status != HWS_OK || size < 2) return status;
    status = hws_frame_check_second(bytes[0], bytes[1], rules);
    if (status != HWS_OK) return status;

    const uint8_t length = bytes[1] & HWS_FRAME_LENGTH_BITS;
    const size_t extra = length < HWS_FRAME_LENGTH_16 ? 0 : length == HWS_FRAME_LENGTH_16 ? 2 : 8;
    const size_t needed = 2 + extra + (rules->from_client ? 4 : 0);
    if (size < 2 + extra) return HWS_OK;

    /* §5.2: the shortest form is the only form, and the top bit stays clear. */
    const uint64_t payload_size = extra ? hws_load_be(bytes + 2, extra) : length;
    if (extra == 2 && payload_size < HWS_FRAME_LENGTH_16) return HWS_ERR_FRAME_LENGTH;
    if (extra == 8 && (payload_size <= UINT16_MAX || payload_size > INT64_MAX))
        return HWS_ERR_FRAME_LENGTH;
    if (size < needed) return HWS_OK;

    header->payload_size = payload_size;
    header->opcode = bytes[0] & HWS_FRAME_OPCODE_BITS;
    header->rsv = (bytes[0] >> 4) & 0x7;
    header->fin = (bytes[0] & HWS_FRAME_FIN_BIT) != 0;
    header->masked = rules->from_client;
    if (rules->from_client)
        memcpy(header->mask_key, bytes + 2 + extra, sizeof header->mask_key);
    else
        memset(header->mask_key, 0, sizeof header->mask_key);
    *header_size = needed;
    return HWS_OK;
}

/* The header of a whole message that is not masked. */
enum { HWS_FRAME_SHORT_MAX = 4 };

/* `size` is at most UINT16_MAX.  Returns the size of the header. */
static inline size_t hws_frame_write_short(uint8_t opcode, size_t size,
                                           uint8_t bytes[HWS_FRAME_SHORT_MAX])
{
    bytes[0] = HWS_FRAME_FIN_BIT | opcode;
    if (size < HWS_FRAME_LENGTH_16) {
        bytes[1] = (uint8_t)size;
        return 2;
    }
    bytes[1] = HWS_FRAME_LENGTH_16;
    hws_store_be(bytes + 2, 2, size);
    return 4;
}

/* See hws_frame_header_write. */
static inline size_t hws_frame_write(const hws_frame_header *header,
                                     uint8_t bytes[HWS_FRAME_HEADER_MAX])
{
    const uint64_t size = header->payload_size;
    const uint8_t mask_bit = header->masked ? HWS_FRAME_MASK_BIT : 0;
    size_t at = 2;
    bytes[0] = (uint8_t)((header->fin ? HWS_FRAME_FIN_BIT : 0) | header->rsv << 4 | header->opcode);
    if (size < HWS_FRAME_LENGTH_16) {
        bytes[1] = (uint8_t)(mask_bit | size);
    } else if (size <= UINT16_MAX) {
        bytes[1] = mask_bit | HWS_FRAME_LENGTH_16;
        hws_store_be(bytes + at, 2, size);
        at += 2;
    } else {
        bytes[1] = mask_bit | HWS_FRAME_LENGTH_64;
        hws_store_be(bytes + at, 8, size);
        at += 8;
    }
    if (!header->masked) return at;
    memcpy(bytes + at, header->mask_key, sizeof header->mask_key);
    return at + sizeof header->mask_key;
}

#endif /* HAWSER_WIRE_FRAME_H */
