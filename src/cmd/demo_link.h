/* SPDX-License-Identifier: MIT */
/* A client of channels as the demonstrations need it: one WebSocket that comes back, and the
 * Centrifuge protocol in JSON on it.
 *
 *     demo_link_open ──▶ connect ──▶ subscribe ... ──▶ on_ready ──▶ demo_link_publish, _flush
 *                           ▲                             │
 *                           └────── the library reconnects ┘ */
#ifndef HAWSER_CMD_DEMO_LINK_H
#define HAWSER_CMD_DEMO_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "cmd/access_token.h"
#include "hawser/client.h"

enum {
    DEMO_CHANNEL_MAX = 2,
    DEMO_CHANNEL_SIZE_MAX = 64,  /* bytes, terminated */
    DEMO_DATA_SIZE_MAX = 512,    /* bytes of a publication's JSON, terminated */
    DEMO_BATCH_SIZE_MAX = 16384, /* bytes of commands that leave in one message: a token fits */
    DEMO_BATCH_COUNT_MAX = 64,   /* commands in one message: as many as a hub takes */
};

/* The first group is set by who makes it; the rest is zero. */
typedef struct demo_link {
    const char *command; /* "demo-feed", for complaints */
    const char *url;
    access_token *token;                                   /* looked for at each connection */
    char name[DEMO_CHANNEL_SIZE_MAX];                      /* what others see; "": none */
    char channel[DEMO_CHANNEL_MAX][DEMO_CHANNEL_SIZE_MAX]; /* to subscribe to; "": none */
    void (*on_ready)(struct demo_link *link);              /* may publish from now on; or NULL */
    void (*on_publication)(struct demo_link *link, const char *channel, const json_t *data);
    void (*on_end)(struct demo_link *link); /* it is gone for good, or was refused */
    void *user;

    hws_websocket ws;
    uint64_t last_id;
    bool is_ready;
    bool is_dying; /* of our own will */
    bool has_failed;
    size_t batch_size;
    size_t batch_count;
    char batch[DEMO_BATCH_SIZE_MAX];
} demo_link;

/* Errors: as hws_websocket_open. */
hws_status demo_link_open(demo_link *link, hws_loop *loop);

/* Puts a publication into the message under way; `data` is JSON.  What the connection cannot take
 * is lost: a demonstration has more. */
void demo_link_publish(demo_link *link, const char *channel, const char *data);

/* The message under way leaves. */
void demo_link_flush(demo_link *link);

/* Ends it as a power cut does, without a word; on_end follows, and it may be opened anew. */
void demo_link_die(demo_link *link);

/* Bytes that have not left yet. */
size_t demo_link_waiting(const demo_link *link);

#endif /* HAWSER_CMD_DEMO_LINK_H */
