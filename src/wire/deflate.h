/* SPDX-License-Identifier: MIT */
/* Deflate as an endpoint needs it (RFC 7692 §7.2): the engine is a table that is passed in, like
 * the inner loops (wire/kernels.h), and its state is borrowed from a pool.
 *
 *     hws_deflate   of a worker, or of a client: an engine, its pool, a budget, counters
 *     terms         of one connection: two windows, and whether they are kept
 *     deflater      one direction of one connection, while it has something to compress; with
 *     inflater      takeover as long as the connection lives */
#ifndef HAWSER_WIRE_DEFLATE_H
#define HAWSER_WIRE_DEFLATE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/counter.h"
#include "hawser/endpoint.h"
#include "hawser/span.h"
#include "hawser/status.h"

enum {
    HWS_DEFLATE_BITS_MIN = 8,
    HWS_DEFLATE_BITS_MAX = 15,
    HWS_DEFLATE_TAIL_SIZE = 4,  /* bytes that end a message and are not sent (§7.2.1) */
    HWS_DEFLATE_RSV = 4,        /* RSV1: the message is compressed (§6) */
    HWS_DEFLATE_TEXT_MAX = 256, /* bytes of all offers, or of an answer with a zero behind it */
};

/* 00 00 FF FF: an empty stored block, behind the bits that begin it. */
extern const uint8_t hws_deflate_tail[HWS_DEFLATE_TAIL_SIZE];

/* What one side of a connection has agreed on.  Zero: nothing. */
typedef struct hws_deflate_terms {
    uint8_t send_bits; /* 8 to 15; 0: no deflate at all */
    uint8_t receive_bits;
    bool send_takeover;
    bool receive_takeover;
} hws_deflate_terms;

typedef struct hws_deflater hws_deflater;
typedef struct hws_inflater hws_inflater;
typedef struct hws_codec_pool hws_codec_pool;

/* An engine.  Its contexts come without a history. */
typedef struct hws_codec {
    const char *name;

    /* `window_bits` 9 to 15.  `is_own`: for as long as the connection lives, which has reserved the
     * memory.  NULL: no memory, or none left in the budget. */
    hws_deflater *(*take_deflater)(hws_codec_pool *pool, uint8_t window_bits, bool is_own);
    void (*give_deflater)(hws_codec_pool *pool, hws_deflater *deflater);

    /* Compresses all of `input`, and ends it with hws_deflate_tail.
     * Returns: the bytes of `output`, or 0 when that has too little room; it must then be reset. */
    size_t (*deflate)(hws_deflater *deflater, hws_span input, uint8_t *output, size_t size_max);

    /* The same, and within this call alone, for a message that stands for itself: by the fastest
     * way there is.  Returns 0 also when there is no memory. */
    size_t (*deflate_alone)(hws_codec_pool *pool, uint8_t window_bits, hws_span input,
                            uint8_t *output, size_t size_max);

    /* Forgets what it has compressed before. */
    void (*reset_deflater)(hws_deflater *deflater);

    /* `window_bits` 8 to 15.  NULL: no memory. */
    hws_inflater *(*take_inflater)(hws_codec_pool *pool, uint8_t window_bits, bool is_own);
    void (*give_inflater)(hws_codec_pool *pool, hws_inflater *inflater);

    /* Inflates from the front of `input` until it is used up or `output` is full; when it is full
     * there may be more to come, also without input.  A last block (BFINAL) ends nothing.
     *
     * size     Bytes of output; also on failure, when it is what came before the fault.
     * Errors:  HWS_ERR_DEFLATE, HWS_ERR_NO_MEMORY; both are final. */
    hws_status (*inflate)(hws_inflater *inflater, hws_span *input, uint8_t *output, size_t size_max,
                          size_t *size);

    /* Whether a last block (BFINAL) has just ended, with nothing behind it. */
    bool (*has_ended)(const hws_inflater *inflater);

    /* Whether what came so far ends with a whole block, and at a byte. */
    bool (*is_whole)(const hws_inflater *inflater);

    size_t (*deflater_size)(const hws_deflater *deflater); /* bytes of memory */
    size_t (*inflater_size)(const hws_inflater *inflater);

    /* Bytes of the contexts that a connection has for itself. */
    size_t (*own_size)(const hws_codec_pool *pool, hws_deflate_terms terms);
} hws_codec;

/* Memory of all contexts of a server, over all its threads. */
typedef struct hws_deflate_budget {
    _Atomic(size_t) used; /* bytes */
    size_t size_max;
} hws_deflate_budget;

/* Takes `size` bytes of it.  False: there are not that many left. */
bool hws_deflate_reserve(hws_deflate_budget *budget, size_t size);

/* The same, though there may be none left. */
void hws_deflate_overdraw(hws_deflate_budget *budget, size_t size);
void hws_deflate_return(hws_deflate_budget *budget, size_t size);

/* Thread: one; but the counters are for any to read. */
typedef struct hws_deflate {
    const hws_codec *codec;
    hws_codec_pool *pool;
    hws_deflate_budget *budget; /* NULL: none */
    uint64_t inflated_from;     /* bytes that went into inflaters, also of what failed */
    uint64_t inflated_to;       /* and what came out of them */
    uint32_t size_min;          /* of a message that is compressed without being told to */
    hws_counter sent;           /* bytes of messages before they were compressed */
    hws_counter sent_deflated;
    hws_counter received; /* after they were inflated */
    hws_counter received_deflated;
    char shown[HWS_DEFLATE_TEXT_MAX]; /* hws_websocket_extensions, asked for last */
} hws_deflate;

/* Reserves what a connection of these terms will have for itself, and gives it back.  False: there
 * is not so much left. */
bool hws_deflate_enter(const hws_deflate *deflate, hws_deflate_terms terms);
void hws_deflate_leave(const hws_deflate *deflate, hws_deflate_terms terms);

/* The window that `size` bytes that stand for themselves are compressed with, so that one who was
 * promised `window_bits` can inflate them: distances are shorter than the message.
 *
 * Returns: 0: there is none that zlib can make. */
uint8_t hws_deflate_bits_for(uint8_t window_bits, size_t size);

/* Whether a message is to be compressed: `size` bytes, as it wants itself. */
bool hws_deflate_wants(const hws_deflate *deflate, const hws_message *message);

#endif /* HAWSER_WIRE_DEFLATE_H */
