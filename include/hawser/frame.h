/* SPDX-License-Identifier: MIT */
/* The header of a WebSocket frame (RFC 6455 §5.2): its numbers, and both directions of it.
 *
 * Pure: nothing here reads a socket, a clock or the heap. */
#ifndef HAWSER_FRAME_H
#define HAWSER_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    HWS_FRAME_HEADER_MAX = 14,   /* bytes: 2 fixed, 8 of length, 4 of mask key */
    HWS_FRAME_CONTROL_MAX = 125, /* payload bytes of a control frame (§5.5) */
};

/* The values are the wire's (§5.2). */
typedef enum hws_opcode {
    HWS_OPCODE_CONTINUATION = 0x0,
    HWS_OPCODE_TEXT = 0x1,
    HWS_OPCODE_BINARY = 0x2,
    HWS_OPCODE_CLOSE = 0x8,
    HWS_OPCODE_PING = 0x9,
    HWS_OPCODE_PONG = 0xA,
} hws_opcode;

typedef struct hws_frame_header {
    uint64_t payload_size; /* bytes, at most 2^63-1 */
    uint8_t mask_key[4];   /* zero unless masked */
    uint8_t opcode;        /* an hws_opcode */
    uint8_t rsv;           /* RSV1 is 4, RSV2 is 2, RSV3 is 1 */
    bool fin;
    bool masked;
} hws_frame_header;

/* What a reader lets pass. */
typedef struct hws_frame_rules {
    uint8_t rsv_allowed; /* bits claimed by negotiated extensions */
    bool from_client;    /* true: frames must be masked; false: must not (§5.1) */
} hws_frame_rules;

/* Reads a header from the front of `bytes`.
 *
 * A header that is wrong already in its first bytes is refused at once, though the rest of it is
 * still to come.
 *
 * Returns: HWS_OK, with *header_size the bytes it took, or 0 when more are needed (`header` is then
 *          undefined).
 * Errors:  HWS_ERR_FRAME_RSV, _OPCODE, _CONTROL, _MASK, _LENGTH. */
HWS_API HWS_MUST_CHECK hws_status hws_frame_header_read(const uint8_t *bytes, size_t size,
                                                        const hws_frame_rules *rules,
                                                        hws_frame_header *header,
                                                        size_t *header_size);

/* Writes `header` in its shortest form.  Returns its size in bytes. */
HWS_API size_t hws_frame_header_write(const hws_frame_header *header,
                                      uint8_t bytes[HWS_FRAME_HEADER_MAX]);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_FRAME_H */
