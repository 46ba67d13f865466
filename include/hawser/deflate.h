/* SPDX-License-Identifier: MIT */
/* permessage-deflate (RFC 7692): what a server or a client wants of it, and what it got.
 *
 * What a window, takeover and a level cost in memory is said at hws_deflate_options; what they cost
 * in processor time, in docs/decisions/0027. */
#ifndef HAWSER_DEFLATE_H
#define HAWSER_DEFLATE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is the default stated here, which is made to cost an idle connection nothing.
 *
 * With takeover a message is compressed against those before it, and the connection holds the state
 * for it as long as it lives, from its first compressed message on:
 *
 *     to send       4 * 2^send_window_bits + 512 * 2^memory_level + 6.5 KiB
 *     to receive    2^receive_window_bits + 7.5 KiB
 *
 * that is about 142 KiB and 40 KiB by default, 9 KiB and 8 KiB with 9 bits and memory_level 1.
 * Without takeover the state is borrowed from the loop while a message is on its way; a loop that
 * has been busy keeps about a MiB for that. */
typedef struct hws_deflate_options {
    bool enabled;                /* a server agrees to it, a client offers it; false: neither */
    bool send_takeover;          /* keep what was sent; false: each message stands for itself */
    bool receive_takeover;       /* let the peer do so (a peer may insist); false: likewise */
    uint8_t send_window_bits;    /* 9 to 15; 0: 15, unless the peer wants less */
    uint8_t receive_window_bits; /* 8 to 15; 0: 15 */
    uint8_t level;               /* of zlib, 1 (fast) to 9 (small); 0: 1 */
    uint8_t memory_level;        /* of zlib, 1 to 9, for takeover; 0: 5 */
    uint32_t size_min;           /* bytes of the smallest message that is compressed by itself, see
                                    hws_message.compress; 0: 128 */

    /* Of a server: bytes that all state together, over all its threads, may take.  What would go
     * over it is agreed on without takeover, or not at all.  0: an eighth of
     * limits.memory_size_max. */
    uint64_t memory_max;
    char reserved[32]; /* zero */
} hws_deflate_options;

/* What a WebSocket has agreed on, and how well it does. */
typedef struct hws_deflate_info {
    bool agreed; /* false: all others are zero */
    bool send_takeover;
    bool receive_takeover;
    uint8_t send_window_bits;
    uint8_t receive_window_bits;

    /* Bytes of messages that went compressed, and what was made of them.  Of a client: over all its
     * connections; of a server's WebSocket: of all those of its thread. */
    uint64_t sent_size;
    uint64_t sent_deflated_size;
    uint64_t received_size;
    uint64_t received_deflated_size;
} hws_deflate_info;

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_DEFLATE_H */
