/* SPDX-License-Identifier: MIT */
/* The client: opens WebSockets, and keeps them open.
 *
 *     static void on_open(hws_websocket ws, void *user) { hws_websocket_send_text(ws, "hello"); }
 *
 *     int main(void)
 *     {
 *         return hws_connect(&(hws_client_options){
 *             .url = "wss://example.com/chat", .on_open = on_open, .on_message = on_message});
 *     }
 *
 * Three ways to run: in a loop of the program (hws_loop_run, or inside a foreign one), in a thread
 * of the library (hws_loop_start), and blocking (hws_websocket_receive).  All of them speak through
 * the handle of hawser/websocket.h. */
#ifndef HAWSER_CLIENT_H
#define HAWSER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/deflate.h"
#include "hawser/export.h"
#include "hawser/header.h"
#include "hawser/loop.h"
#include "hawser/step.h"
#include "hawser/tls.h"
#include "hawser/websocket.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    HWS_CLIENT_HEADER_MAX = 32, /* fields that a program may add */
    HWS_REDIRECT_MAX = 5,       /* redirects that can be allowed in a row */
    HWS_CLIENT_BODY_MAX = 1024, /* bytes of a refusal's body that are looked at */
};

/* An attempt to connect, before it is made: what on_attempt may change.  Texts that it sets are
 * copied when it returns; what it leaves alone stays as it was for the last attempt. */
typedef struct hws_attempt {
    uint32_t number;           /* from 1; begins anew when a connection has stayed open */
    const char *url;           /* where to */
    const char *bearer;        /* a token for "Authorization: Bearer"; NULL: none */
    const hws_header *headers; /* in place of those of the options */
    size_t header_count;

    /* Set, it is not made now: on_attempt is called again by hws_websocket_reconnect, when the
     * token has been fetched, say. */
    bool hold;
} hws_attempt;

/* `{0}` with `url` is a working client: zero means the default stated here.  Everything is copied.
 * Sizes in bytes, times in milliseconds. */
typedef struct hws_client_options {
    /* "ws://", "wss://", or "http://" and "https://" for the same; a fragment is refused.  */
    const char *url;

    /* The callbacks of hws_handlers (hawser/websocket.h). */
    void (*on_open)(hws_websocket ws, void *user);
    void (*on_message)(hws_websocket ws, const hws_message *message, void *user);
    void (*on_error)(hws_websocket ws, hws_status status, const char *text, void *user);
    void (*on_close)(hws_websocket ws, const hws_close *close, void *user);
    void (*on_drain)(hws_websocket ws, void *user);
    void (*on_pong)(hws_websocket ws, const void *payload, size_t size, void *user);

    /* Before each attempt to connect, the first too. */
    void (*on_attempt)(hws_websocket ws, hws_attempt *attempt, void *user);

    /* The connection was lost, or could not be made, as `close` tells; it is tried again in
     * `delay_ms`.  The WebSocket is CONNECTING; on_open follows, or on_close. */
    void (*on_retry)(hws_websocket ws, const hws_close *close, uint32_t delay_ms, void *user);

    /* A message that waited for the connection will never be sent: before on_close, or because too
     * many waited already (from another thread, where send could not say so). */
    void (*on_drop)(hws_websocket ws, const hws_message *message, void *user);

    /* Tells how a connection comes about (hawser/step.h). */
    void (*on_step)(hws_websocket ws, const hws_step *step, void *user);

    void *user; /* what callbacks get until hws_websocket_set_user */

    /* The opening handshake. */
    const char *const *protocols; /* subprotocols in order of preference, ended by NULL */
    bool protocol_optional;       /* go on when the server takes none of them; else that fails */
    const char *origin;           /* NULL: none is named */
    const hws_header *headers;    /* more fields, such as User-Agent */
    size_t header_count;
    const char *cookies;         /* "a=b; c=d" */
    const char *user_password;   /* "user:password", Basic (RFC 7617) */
    const char *bearer;          /* a token, Bearer (RFC 6750) */
    uint32_t redirect_count_max; /* 0: redirects are not followed; never from wss to ws, and
                                     what identifies the user goes to the same origin alone */

    /* The way there. */
    const char *unix_path; /* of a socket to connect to, whatever host the URL names */
    const char *proxy;     /* "http://user:password@host:3128", "https://...", "socks5://..." (names
                              are looked up here), "socks5h://..." (there), "none"; NULL: as
                              http_proxy, https_proxy, all_proxy and no_proxy say */
    hws_tls_options tls;

    /* Staying connected. */
    bool reconnect;              /* try again when the connection is lost or cannot be made, unless
                                 what was told is final */
    uint32_t retry_delay_ms;     /* the first wait is random up to this, each further one up to
                                    twice as much as the one before; 0: 5000 */
    uint32_t retry_delay_max_ms; /* 0: 60000 */
    uint32_t retry_count_max;    /* attempts in a row that fail; 0: no end */
    uint32_t stable_ms;          /* who has been open for so long begins anew; 0: 10000 */
    size_t offline_size_max;     /* of messages that wait for the connection; 0: 1 MiB; SIZE_MAX:
                                    none do, and a send before on_open fails, as in a browser */

    /* Blocking: messages wait for hws_websocket_receive in place of on_message; when inbox_size_max
     * bytes wait, nothing more is read. */
    bool blocking;
    size_t inbox_size_max; /* 0: 1 MiB */

    /* Messages, and limits. */
    uint64_t message_size_max;     /* 0: 16 MiB */
    size_t send_queue_max;         /* 0: 1 MiB */
    uint32_t connect_timeout_ms;   /* for the name, the addresses and the proxy; 0: 10000 */
    uint32_t handshake_timeout_ms; /* then for TLS and the answer; 0: 10000 */
    uint32_t ping_interval_ms;     /* of silence; 0: 20000; UINT32_MAX: no pings */
    uint32_t pong_timeout_ms;      /* 0: 20000 */
    uint32_t close_timeout_ms;     /* for the peer's Close; 0: 5000 */
    uint32_t message_timeout_ms;   /* for a message to arrive; 0: 30000 and 1 s per 16 KiB */
    uint32_t send_timeout_ms;      /* without the peer reading anything; 0: 10000 */
    bool stream_parts;             /* as in hws_route */
    hws_deflate_options deflate;   /* compression, where the server can do it */
    char reserved[64];             /* zero */
} hws_client_options;

/* Begins to open a WebSocket, CONNECTING; on_open or on_close follows.  `ws` lives as long as the
 * loop, and so does what it stands for until on_close has been called.
 *
 * Errors: HWS_ERR_URL_*; HWS_ERR_HANDSHAKE_PROTOCOL (no tokens, or one twice);
 *         HWS_ERR_INVALID_ARGUMENT (a header, a cookie or a proxy that cannot be sent as it is;
 *         limits that contradict one another); HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT, HWS_ERR_SYSTEM.
 *         Everything that takes longer to find out is told by on_close.
 * Thread: any, once the loop turns; else the one that made the loop.  From another thread it waits
 *         for the loop's turn. */
HWS_API HWS_MUST_CHECK hws_status hws_websocket_open(hws_loop *loop,
                                                     const hws_client_options *options,
                                                     hws_websocket *ws);

/* The next message of a blocking WebSocket; waits for it at most `timeout_ms` (-1: for ever).  If
 * no other thread turns the loop, it is turned meanwhile.
 *
 * message  Its bytes live until the next hws_websocket_receive of `ws`, at the longest until the
 *          loop is freed.  Unchanged on failure.
 *
 * If another thread made the loop, somebody must turn it (hws_loop_start).  on_close is called when
 * the connection ends, which may be before its last messages have been received.
 *
 * Errors: HWS_ERR_TIMEOUT; after the last message, when the WebSocket has closed: the failure, or
 *         HWS_ERR_NOT_OPEN when it was closed in order, and from then on for ever;
 *         HWS_ERR_INVALID_ARGUMENT: not a blocking one, or from inside a callback.
 * Thread: any, one at a time. */
HWS_API HWS_MUST_CHECK hws_status hws_websocket_receive(hws_websocket ws, hws_message *message,
                                                        int timeout_ms);

/* Makes the attempt that waits (for its time, or for on_attempt's hold) now.
 *
 * Errors: HWS_ERR_NOT_OPEN: stale; HWS_ERR_INVALID_ARGUMENT: none waits.  Thread: any. */
HWS_API hws_status hws_websocket_reconnect(hws_websocket ws);

/* The URL, as it was given or changed since; "" for a WebSocket of a server, and for a stale one.
 * Thread: the loop's.  Lives until the next attempt. */
HWS_API const char *hws_websocket_url(hws_websocket ws);

/* A whole program in one call: makes a loop, opens the WebSocket, and turns until it has closed.
 * SIGINT and SIGTERM close it with 1000, a second one at once.
 *
 * Returns: 0: it was open, and was closed in order; 1: it was not (one line on stderr says why);
 *          2: it could not begin. */
HWS_API int hws_connect(const hws_client_options *options);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_CLIENT_H */
