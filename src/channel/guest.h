/* SPDX-License-Identifier: MIT */
/* The life of a client's connection, and what it is told.
 *
 *     NEW ──connect──▶ CONNECTED ──25 s──▶ PINGED ──pong──▶ CONNECTED
 *      │ 10 s              │ its token        │ 8 s
 *      ▼                   ▼ expires          ▼
 *     ENDED (3502)        ENDED (3005)       ENDED (3012)
 *
 * It belongs to the thread of its WebSocket.  Answers of an engine may come after it has gone:
 * whoever waits for one holds a reference. */
#ifndef HAWSER_CHANNEL_GUEST_H
#define HAWSER_CHANNEL_GUEST_H

#include "channel/channel.h"
#include "channel/headers.h"
#include "channel/outlet.h"
#include "channel/writer.h"

enum {
    HWS_GUEST_ID_SIZE = 32,      /* bytes of a client's id: 16 random ones in hex */
    HWS_GUEST_FRAME_MAX = 65536, /* bytes of a message with commands */
    HWS_GUEST_COMMAND_MAX = 64,  /* commands in one message */
    HWS_EXPIRE_GRACE_S = 25,     /* for a client to bring a fresh token */
};

/* The protocol's close codes: clients come back after 3000 to 3499, and stay away after 3500 to
 * 3999. */
enum {
    HWS_DISCONNECT_SERVER_ERROR = 3004,
    HWS_DISCONNECT_EXPIRED = 3005,
    HWS_DISCONNECT_SLOW = 3008,
    HWS_DISCONNECT_INSUFFICIENT_STATE = 3010,
    HWS_DISCONNECT_NO_PONG = 3012,
    HWS_DISCONNECT_INVALID_TOKEN = 3500,
    HWS_DISCONNECT_BAD_REQUEST = 3501,
    HWS_DISCONNECT_STALE = 3502,
    HWS_DISCONNECT_FORCED = 3503,
};

/* The codes of a subscription that the server ends. */
enum {
    HWS_UNSUBSCRIBE_SERVER = 2000,
    HWS_UNSUBSCRIBE_INSUFFICIENT = 2500,
    HWS_UNSUBSCRIBE_EXPIRED = 2501,
};

typedef enum hws_guest_state {
    HWS_GUEST_NEW,       /* has not sent connect */
    HWS_GUEST_CONNECTED, /* is idle or busy */
    HWS_GUEST_PINGED,    /* owes a pong */
    HWS_GUEST_ENDED,     /* is being closed: nothing it sends matters any more */
} hws_guest_state;

typedef struct hws_guest hws_guest;
struct hws_question;

struct hws_guest {
    hws_table_entry by_session; /* in the station's sessions, if it has one */
    hws_station *station;
    hws_guest *previous; /* in the station's list */
    hws_guest *next;
    hws_outlet outlet;
    size_t reference_count;
    hws_guest_state state;
    hws_timer *timer;
    uint64_t due_ms;    /* for what the state waits for */
    uint64_t expires_s; /* of its token, in seconds since 1970; 0: never */
    uint64_t ask_s;     /* when who let it in is asked about it again; 0: never */
    hws_subscription *subscriptions;
    uint32_t subscription_count;
    char id[HWS_GUEST_ID_SIZE + 1];
    char session[HWS_GUEST_ID_SIZE + 1]; /* what its commands show; "": they come by themselves */
    char *user;                          /* "" for who has no name; NULL before connect */
    size_t user_size;
    char *info; /* JSON that others are told of it; NULL before connect */
    size_t info_size;
    char *meta; /* JSON that who decides is told of it, and nobody else; NULL: none */
    size_t meta_size;
    hws_deferred deferred; /* ends what has lost its place */

    hws_headers headers;             /* of the request that it came with */
    struct hws_question *question;   /* that its commands wait for; NULL: they do not */
    struct hws_question *refreshing; /* whether it may stay; NULL: nobody is asked now */
    bool is_vouched;                 /* somebody else let it in, and can be asked again */
};

static inline hws_text hws_guest_id(const hws_guest *client)
{
    return (hws_text){client->id, HWS_GUEST_ID_SIZE};
}

static inline hws_text hws_guest_user(const hws_guest *client)
{
    return (hws_text){client->user ? client->user : "", client->user_size};
}

hws_guest *hws_guest_ref(hws_guest *client);
void hws_guest_unref(hws_guest *client);

/* Closes with a code of the protocol; nothing of this client is obeyed after it. */
void hws_guest_disconnect(hws_guest *client, int code, const char *reason);

/* Goes over to CONNECTED: `user` and `conn_info` (JSON; absent: none) are copied.
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_guest_connected(hws_guest *client, hws_text user, hws_text conn_info);

/* Keeps what who let it in wants to be told again; absent: nothing.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_guest_set_meta(hws_guest *client, hws_text meta);

/* What others are told of it: {"client":…,"user":…,"conn_info":…,"chan_info":…}. */
void hws_guest_write_info(const hws_guest *client, hws_text conn_info, hws_text chan_info,
                          hws_writer *writer);

/* Looks anew at when something is due, after `expires_s` of it or of a subscription was set. */
void hws_guest_schedule(hws_guest *client);

/* A number below `limit`, which is not 0; 0 when chance is not to be had. */
uint64_t hws_guest_draw(const hws_guest *client, uint64_t limit);

/* It expires then (0: never), which is for who let it in to say: he may be asked again, at some
 * moment in the last tenth of that time, so that who came together is not asked about together. */
void hws_guest_set_expiry(hws_guest *client, uint64_t expires_s);

/* Sends a message; one for which there was no memory ends the client. */
void hws_guest_send(hws_guest *client, const hws_writer *message);

/* Sends what many are sent; or, of it, what was made for this client's format. */
void hws_guest_share(hws_guest *client, hws_bulletin *bulletin);
void hws_guest_share_blob(hws_guest *client, hws_blob *blob);

/* A subscription has a gap: at the end of the turn its client is told, and subscribes anew. */
void hws_guest_lost_place(hws_subscription *subscription);

/* Its subscription to a channel; NULL: none. */
hws_subscription *hws_guest_subscription(const hws_guest *client, hws_text channel);

/* Ends it and tells those who stay; with a code other than 0 the client is told, too. */
void hws_guest_unsubscribe(hws_guest *client, hws_subscription *subscription, int code,
                           const char *reason);

/* A client whose outlet is no WebSocket: it is to begin with `commands`, or else to end.  NULL when
 * there is no memory. */
hws_guest *hws_guest_new(hws_hub *hub, hws_loop *loop, hws_format format);
void hws_guest_begin(hws_guest *client, hws_feed *feed, hws_text commands);

/* The one of that session; NULL: it is not here. */
hws_guest *hws_guest_of_session(const hws_station *station, hws_text session);

/* Lines of commands that came for it. */
void hws_guest_take(hws_guest *client, hws_text commands);

/* Those that have waited for a decision. */
void hws_guest_resume(hws_guest *client, hws_text lines);

/* Its connection is gone, and so is the client. */
void hws_guest_free(hws_guest *client);

/* The handlers of a hub's WebSockets; `user` of the route is the hub. */
/* As on_upgrade of a WebSocket that is let in.  Errors: HWS_ERR_NO_MEMORY, …: it is not. */
HWS_MUST_CHECK hws_status hws_guest_expect(hws_hub *hub, hws_websocket ws, hws_request *request);

/* One that has opened, and is told things in that format. */
void hws_guest_open(hws_hub *hub, hws_websocket ws, hws_format format);

void hws_guest_on_open(hws_websocket ws, void *user);
void hws_guest_on_message(hws_websocket ws, const hws_message *message, void *user);
void hws_guest_on_close(hws_websocket ws, const hws_close *close, void *user);

#endif /* HAWSER_CHANNEL_GUEST_H */
