/* SPDX-License-Identifier: MIT */
/* Channels: publications with history, presence and recovery, spoken with clients in the JSON form
 * of the Centrifuge protocol, and with back ends over HTTP.
 *
 *     hws_hub *hub;
 *     if (hws_hub_new(&(hws_hub_options){0}, explain, sizeof explain, &hub) != HWS_OK) return 1;
 *     hws_server_options options = {
 *         .route = {hws_hub_route(hub), hws_hub_api_route(hub)},
 *     };
 *     ... make the server, run its loop, free it ...
 *     hws_hub_free(hub);
 *
 * A channel is made by the first who uses it and gone with the last.  Its name is at most
 * HWS_CHANNEL_SIZE_MAX bytes of UTF-8 without spaces and control characters.  What stands before
 * the first ":" is its namespace, which says what may be done there; what stands after a "#" are
 * the users, with "," between them, who alone may subscribe: "chat:dialog#ada,ben".
 *
 * Values of JSON are jansson's, which has allocators of its own (json_set_alloc_funcs); when those
 * fail, what was asked for fails, and nothing else.
 *
 * Thread: any, unless something else is said. */
#ifndef HAWSER_CHANNEL_H
#define HAWSER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/decision.h"
#include "hawser/export.h"
#include "hawser/memory.h"
#include "hawser/server.h"
#include "hawser/span.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hws_hub hws_hub;

enum {
    HWS_CHANNEL_SIZE_MAX = 255,    /* bytes of a channel's name */
    HWS_NAMESPACE_SIZE_MAX = 64,   /* bytes of a namespace's name */
    HWS_NAMESPACE_MAX = 32,        /* namespaces of a hub */
    HWS_HISTORY_SIZE_MAX = 100000, /* publications that a channel may keep */
    HWS_HISTORY_LIMIT_MAX = 300,   /* publications in one answer, and that one recovers at once */
    HWS_TOKEN_KEY_MAX = 8,         /* keys of a hub */
    HWS_KEY_ID_SIZE_MAX = 64,      /* bytes of a key's id */
    HWS_CLAIM_SIZE_MAX = 255,      /* bytes of an audience, and of an issuer */
    HWS_API_KEY_SIZE_MAX = 255,    /* bytes */
    HWS_EPOCH_SIZE = 17,           /* bytes of an epoch, terminated */
    HWS_TOP_MAX = 100,             /* channels that hws_hub_top tells */
};

/* Who may subscribe or publish. */
typedef enum hws_who {
    HWS_WHO_DEFAULT = 0,     /* HWS_WHO_HOOK where a decider is asked about it; else without keys
                                (and without a decider of who connects) HWS_WHO_ALL and
                                HWS_WHO_SUBSCRIBERS, with them HWS_WHO_TOKEN and HWS_WHO_NOBODY */
    HWS_WHO_ALL = 1,         /* everyone who is connected */
    HWS_WHO_USERS = 2,       /* who has a name: the `sub` of a connection's token */
    HWS_WHO_SUBSCRIBERS = 3, /* publish: who is subscribed */
    HWS_WHO_TOKEN = 4,       /* subscribe: who has a token for it, or the user of its name */
    HWS_WHO_NOBODY = 5,      /* publish: only back ends; subscribe: nobody */
    HWS_WHO_HOOK = 6,        /* whom the hub's decider lets; subscribe: or who has a token */
} hws_who;

/* What may be done in the channels of a namespace.  Zero is the default that is stated. */
typedef struct hws_namespace {
    const char *name;           /* NULL: of the channels that have no ":" in their names */
    uint32_t history_size;      /* publications that are kept; 0: none */
    uint32_t history_ttl_ms;    /* how long; 0: 300000 */
    uint32_t max_rate;          /* publications in a second that a subscriber gets; of more, the
                                   latest; not with `recovery`; 0: all */
    uint32_t batch_interval_ms; /* publications of that long arrive in one frame; 0: at once */
    uint32_t max_message;       /* bytes of a publication's JSON; 0: 65536 */
    hws_who publish;
    hws_who subscribe;
    bool recovery;      /* who comes back gets what he missed; needs history_size */
    bool no_presence;   /* nobody is told who is here */
    bool no_join_leave; /* nor who comes and goes */
    char reserved[29];  /* zero */
} hws_namespace;

/* A key that tokens are signed with. */
typedef struct hws_token_key {
    const char *id; /* the `kid` of tokens that it is for; NULL: any */
    hws_text text; /* a secret of at least 32 bytes (HS256), or a public key in PEM: RSA of at least
                       2048 bits (RS256), or P-256 (ES256) */
} hws_token_key;

/* What became of an access token that somebody showed. */
typedef enum hws_login_result {
    HWS_LOGIN_ACCEPTED,
    HWS_LOGIN_REFUSED, /* it is another, or absent */
    HWS_LOGIN_BRAKED,  /* it was not looked at: its address has guessed too often */
} hws_login_result;

/* A client's call of a procedure; lives until on_rpc returns. */
typedef struct hws_rpc hws_rpc;

/* `{0}` is a working hub for development. */
typedef struct hws_hub_options {
    const hws_namespace *namespaces; /* copied */
    size_t namespace_count;

    /* Answers RPC: with hws_rpc_answer or hws_rpc_fail, before it returns.  NULL, or no answer:
     * error 108 (not available).  Thread: that of the client's connection. */
    void (*on_rpc)(hws_rpc *rpc, void *user);
    void *user;

    /* Keys of tokens (JWT).  None: a hub for development, which lets everybody in who comes from
     * this machine (loopback, unix sockets), and nobody else.  Copied. */
    const hws_token_key *token_keys;
    size_t token_key_count;
    const char *token_audience; /* that their `aud` must name; NULL: any */
    const char *token_issuer;   /* that their `iss` must be; NULL: any.  Both need a key */

    hws_text api_key; /* what back ends show; 16 to HWS_API_KEY_SIZE_MAX bytes; absent: there are
                         none.  Copied. */

    /* The one token that lets WebSockets in, from anywhere, in place of token_keys; 16 to
     * HWS_API_KEY_SIZE_MAX bytes.  An address that shows five others has to wait, longer each
     * time.  Copied. */
    hws_text access_token;

    /* Is told of each that shows a token; may be NULL.  Thread: that of the client's connection. */
    void (*on_login)(hws_login_result result, const char *address, void *user);

    uint32_t subscription_count_max; /* channels of one client; 0: 128 */
    uint32_t channel_count_max;      /* channels that there may be; 0: 1000000 */
    uint32_t ping_interval_ms;       /* 0: 25000 */
    uint32_t pong_timeout_ms;        /* 0: 8000 */
    uint32_t connect_timeout_ms;     /* from the WebSocket to the command connect; 0: 10000 */
    const hws_memory *memory;        /* NULL: malloc */
    bool token_without_exp;          /* tokens may be for ever */
    bool allow_anonymous;            /* who has no token comes in, too, from anywhere */

    /* Who is asked before something is done, and what of; NULL: nobody.  Who asks about who
     * connects needs no keys.  Its answer to RPC is in place of on_rpc.  Copied; its texts and its
     * user outlive the hub. */
    const hws_decider *decider;

    char reserved[32]; /* zero */
} hws_hub_options;

/* Makes a hub.  On failure `explain` (256 bytes are enough; may be NULL) says what is wrong.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT, HWS_ERR_NO_MEMORY, HWS_ERR_RANDOM, HWS_ERR_SYSTEM. */
HWS_API HWS_MUST_CHECK hws_status hws_hub_new(const hws_hub_options *options, char *explain,
                                              size_t explain_size, hws_hub **hub);

/* The route of its WebSockets, "/connection/websocket".  Lifetime: the hub's. */
HWS_API hws_route hws_hub_route(hws_hub *hub);

/* The route for those who only listen, "/connection/uni_websocket": the first message is what they
 * connect with, and each that comes back is a push.  Lifetime: the hub's. */
HWS_API hws_route hws_hub_one_way_route(hws_hub *hub);

/* The routes for where a WebSocket does not pass: HTTP streams and Server-Sent Events under
 * "/connection/" (to stand behind those of the WebSockets), and "/emulation", where the commands of
 * such clients go.  Lifetime: the hub's. */
HWS_API hws_route hws_hub_stream_route(hws_hub *hub);
HWS_API hws_route hws_hub_emulation_route(hws_hub *hub);

/* The route of its API for back ends, "/api/" and what follows; needs an `api_key`.
 * Lifetime: the hub's. */
HWS_API hws_route hws_hub_api_route(hws_hub *hub);

/* Where a publication stands in its channel. */
typedef struct hws_position {
    uint64_t offset; /* from 1; 0: the channel keeps no history */
    char epoch[HWS_EPOCH_SIZE];
} hws_position;

typedef struct hws_hub_publish_options {
    const char *idempotency_key; /* NULL: none; the same key within five minutes is the same
                                    publication, and gets the same answer */
    bool skip_history;
    char reserved[31]; /* zero */
} hws_hub_publish_options;

/* Publishes `data`, a JSON text, to all subscribers of a channel, whatever may be published there
 * by clients.  All of them, on all threads, see the publications of a channel in the same order.
 *
 * options   May be NULL.
 * position  May be NULL.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT (a channel that cannot be, or no JSON), HWS_ERR_NOT_FOUND (there
 *         is no such namespace), HWS_ERR_MESSAGE_TOO_BIG, HWS_ERR_LIMIT (too many channels, or a
 *         thread that does not keep up), HWS_ERR_NO_MEMORY; nobody has got it then. */
HWS_API hws_status hws_hub_publish(hws_hub *hub, const char *channel, hws_text data,
                                   const hws_hub_publish_options *options, hws_position *position);

/* Calls a method of the API for back ends (docs/channels.md), such as "presence", from within the
 * program, without its key.
 *
 * parameters  A JSON object.
 * answer      Is called once, before this returns, with {"result":…} or {"error":…}, which lives
 *             until it returns.
 * Errors: HWS_ERR_INVALID_ARGUMENT (no such method, no object), HWS_ERR_NO_MEMORY; `answer` is not
 *         called then. */
HWS_API hws_status hws_hub_call(hws_hub *hub, const char *method, hws_text parameters,
                                void (*answer)(hws_text json, void *user), void *user);

/* What one channel is about, over all threads. */
typedef struct hws_channel_figures {
    char name[HWS_CHANNEL_SIZE_MAX + 1];
    uint64_t subscriber_count;
    uint64_t delivery_total; /* since somebody has been in it */
    uint64_t reserved[4];
} hws_channel_figures;

/* The channels with the most subscribers, those first; of as many, by name.  Looks at every channel
 * that somebody subscribes to: a second for some millions.
 *
 * Returns: how many there are in `list`, at most `count` and HWS_TOP_MAX; with several threads one
 *          is missed that is not among the largest 4 * count of any of them. */
HWS_API size_t hws_hub_top(hws_hub *hub, hws_channel_figures *list, size_t count);

/* Clients that are connected. */
HWS_API size_t hws_hub_client_count(const hws_hub *hub);

/* Of an RPC; the texts live until on_rpc returns. */
HWS_API hws_text hws_rpc_method(const hws_rpc *rpc);
HWS_API hws_text hws_rpc_data(const hws_rpc *rpc); /* JSON; absent: there is none */
HWS_API hws_text hws_rpc_user(const hws_rpc *rpc); /* "" for who has no name */
HWS_API hws_text hws_rpc_client(const hws_rpc *rpc);

/* Answers with `data`, a JSON text.  Errors: HWS_ERR_INVALID_ARGUMENT (no JSON, answered before),
 * HWS_ERR_NO_MEMORY.  Thread: that of on_rpc. */
HWS_API hws_status hws_rpc_answer(hws_rpc *rpc, hws_text data);

/* Answers with an error: `code` 400 to 1999, `message` of at most 255 bytes.
 * Errors: HWS_ERR_INVALID_ARGUMENT, HWS_ERR_NO_MEMORY.  Thread: that of on_rpc. */
HWS_API hws_status hws_rpc_fail(hws_rpc *rpc, int code, const char *message);

/* The server is about to close all: from now on nobody is told who leaves. */
HWS_API void hws_hub_end(hws_hub *hub);

/* After its server was freed.  NULL is let pass.  Thread: that of the server's loop. */
HWS_API void hws_hub_free(hws_hub *hub);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_CHANNEL_H */
