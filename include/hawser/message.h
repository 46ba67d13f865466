/* SPDX-License-Identifier: MIT */
/* A WebSocket message, as it is sent and as it arrives (RFC 6455 §5.6). */
#ifndef HAWSER_MESSAGE_H
#define HAWSER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values are those of the opcodes (§5.2). */
typedef enum hws_message_type {
    HWS_TEXT = 0x1,   /* UTF-8 */
    HWS_BINARY = 0x2, /* any bytes */
} hws_message_type;

/* Zero in `part` is a whole message. */
typedef enum hws_message_part {
    HWS_WHOLE = 0,
    HWS_FIRST = 1,  /* the first of several fragments */
    HWS_MIDDLE = 2, /* neither the first nor the last */
    HWS_LAST = 3,   /* the last; it may be empty */
} hws_message_part;

/* Whether a message that is sent is compressed, where permessage-deflate was agreed on (RFC 7692).
 * What would grow by it is sent as it is all the same. */
typedef enum hws_compress {
    HWS_COMPRESS_AUTO = 0,   /* when it has hws_deflate_options.size_min bytes */
    HWS_COMPRESS_NEVER = 1,  /* it holds a secret beside what an attacker may choose: its size would
                                tell whether the two are alike (CRIME, BREACH) */
    HWS_COMPRESS_ALWAYS = 2, /* whatever its size */
} hws_compress;

typedef struct hws_message {
    hws_message_type type; /* of the whole message, in every part of it */
    hws_message_part part;
    const uint8_t *data;   /* may be NULL when size is 0; not terminated */
    size_t size;           /* bytes */
    hws_compress compress; /* of one that is sent; of several parts the first decides */
} hws_message;

#endif /* HAWSER_MESSAGE_H */
