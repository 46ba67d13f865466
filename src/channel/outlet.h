/* SPDX-License-Identifier: MIT */
/* How a client is told things: as WebSocket messages, or as the events or lines of an answer that
 * goes on. */
#ifndef HAWSER_CHANNEL_OUTLET_H
#define HAWSER_CHANNEL_OUTLET_H

#include "base/blob.h"
#include "hawser/websocket.h"
#include "server/feed.h"

typedef enum hws_format {
    HWS_FORMAT_WEBSOCKET, /* a frame */
    HWS_FORMAT_SSE,       /* "data: …" for each line */
    HWS_FORMAT_LINES,
    HWS_FORMAT_ONE_WAY_SSE, /* from here on without the "push" around each */
    HWS_FORMAT_ONE_WAY_LINES,
    HWS_FORMAT_ONE_WAY_WEBSOCKET,
} hws_format;

enum { HWS_FORMAT_COUNT = 6 };

static inline bool hws_format_is_one_way(hws_format format)
{
    return format >= HWS_FORMAT_ONE_WAY_SSE;
}

static inline bool hws_format_is_websocket(hws_format format)
{
    return format == HWS_FORMAT_WEBSOCKET || format == HWS_FORMAT_ONE_WAY_WEBSOCKET;
}

/* Zero is a WebSocket that is none. */
typedef struct hws_outlet {
    hws_format format;
    hws_websocket ws;
    hws_feed *feed; /* in place of it; NULL when it has ended */
} hws_outlet;

/* JSON, line by line, which many are to get: made once for each format that somebody has. */
typedef struct hws_bulletin {
    const hws_memory *memory;
    hws_text text;
    hws_blob *of[HWS_FORMAT_COUNT]; /* NULL: was not asked for yet */
} hws_bulletin;

static inline hws_bulletin hws_bulletin_of(const hws_memory *memory, hws_text text)
{
    return (hws_bulletin){.memory = memory, .text = text};
}

/* As it goes out in that format; NULL when there is no memory.  The bulletin's. */
hws_blob *hws_bulletin_in(hws_bulletin *bulletin, hws_format format);
void hws_bulletin_release(hws_bulletin *bulletin);

/* Errors: HWS_ERR_QUEUE_FULL, HWS_ERR_NOT_OPEN, HWS_ERR_NO_MEMORY. */
hws_status hws_outlet_share(const hws_outlet *outlet, hws_blob *blob);

/* Ends it, with a code of the protocol and a reason of at most 123 bytes. */
void hws_outlet_close(hws_outlet *outlet, const hws_memory *memory, int code, const char *reason);

#endif /* HAWSER_CHANNEL_OUTLET_H */
