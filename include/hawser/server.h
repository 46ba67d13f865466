/* SPDX-License-Identifier: MIT */
/* A server: addresses to listen on, routes, WebSockets and their topics.
 *
 *     int main(void)
 *     {
 *         return hws_serve(&(hws_server_options){
 *             .listen = "http://localhost:8080",
 *             .route = {{.path = "/chat", .on_open = on_open, .on_message = on_message}},
 *         });
 *     }
 *
 * Thread: all callbacks of a WebSocket, from on_upgrade to on_close, and those of a request come
 *         from one thread: that of the loop which the connection lives in.  With thread_count 1
 *         (the default) that is the caller's loop.  With more, callbacks of different connections
 *         come at the same time from different threads, and what they share (`user` of a route,
 *         globals, log_user, the memory hook) must bear that.  A program's own state for one
 *         WebSocket (hws_websocket_set_user) needs no lock.  In hws_server_free, which has stopped
 *         the other threads, on_close comes from the thread that called it. */
#ifndef HAWSER_SERVER_H
#define HAWSER_SERVER_H

#include <stdint.h>

#include "hawser/deflate.h"
#include "hawser/export.h"
#include "hawser/limits.h"
#include "hawser/loop.h"
#include "hawser/request.h"
#include "hawser/tls.h"
#include "hawser/topic.h"
#include "hawser/websocket.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hws_server hws_server;

enum {
    HWS_ROUTE_MAX = 32,         /* routes of a server */
    HWS_PROTOCOL_SIZE_MAX = 64, /* bytes of a subprotocol's name */
    HWS_THREADS_MAX = 256,
};

/* One thread per processor that the program may use (taskset and cgroups are heard). */
#define HWS_THREADS_ALL UINT32_MAX

/* What happens at a path.  A route with on_request answers plain HTTP; one with any of the other
 * callbacks takes WebSockets; one may do both. */
typedef struct hws_route {
    /* "/chat" is that path alone; "/rooms/" followed by "*" is every path that begins so.  The
     * first route that fits is taken. */
    const char *path;

    /* The callbacks of hws_handlers (hawser/websocket.h). */
    void (*on_open)(hws_websocket ws, void *user);
    void (*on_message)(hws_websocket ws, const hws_message *message, void *user);
    void (*on_error)(hws_websocket ws, hws_status status, const char *text, void *user);
    void (*on_close)(hws_websocket ws, const hws_close *close, void *user);
    void (*on_drain)(hws_websocket ws, void *user);
    void (*on_pong)(hws_websocket ws, const void *payload, size_t size, void *user);

    void *user; /* what callbacks get until hws_websocket_set_user */

    /* Sees the request for a WebSocket and decides: hws_websocket_accept or hws_websocket_refuse,
     * now or later (`request` lives only until this returns); or answers it itself, which refuses.
     * NULL: everyone is accepted.
     * Undecided after handshake_timeout_ms: 504.  `ws` is CONNECTING until then. */
    void (*on_upgrade)(hws_websocket ws, hws_request *request, void *user);

    /* Answers a request that is not for a WebSocket.  NULL: files, or 426 where there are
     * WebSockets, or 404. */
    void (*on_request)(hws_request *request, void *user);

    /* Subprotocols in the server's order of preference, ended by NULL; the first that the client
     * offers is chosen.  NULL: none. */
    const char *const *protocols;

    /* Overrides of the server's option of the same name; 0: as the server. */
    uint64_t message_size_max;

    /* Messages are handed over as they arrive, in parts (hws_message_part), and may then be larger
     * than memory: message_size_max may be UINT64_MAX. */
    bool stream_parts;
    char reserved[63]; /* zero */
} hws_route;

/* `{0}` with `listen` is a working server: zero means the default stated here.  All that is pointed
 * to must outlive the server. */
typedef struct hws_server_options {
    /* One or more addresses, separated by spaces: "http://localhost:8080" (127.0.0.1 and ::1),
     * "http://" + "*:8080" (every address, v4 and v6), "http://0.0.0.0:80", "http://[::1]:8080",
     * "unix:/run/chat.sock"; https for TLS.  Port 0 asks the kernel for a free one.  NULL:
     * "http://localhost:8080". */
    const char *listen;

    hws_tls_options tls; /* for https addresses */
    const char *files;   /* a folder with static files; NULL: none */
    hws_route route[HWS_ROUTE_MAX];

    /* Who may open a WebSocket from a web page (the Origin header, RFC 6455 §10.2).  NULL: pages
     * of the same origin (scheme, host and port of the request), and clients that send no Origin
     * because they are no browsers.  Otherwise more origins such as "https://example.com",
     * separated by spaces, that may too; "*" lets every page in. */
    const char *origins;

    /* Host names that requests may be for, separated by spaces, against DNS rebinding; addresses
     * and localhost always may.  NULL: any; but when only loopback is listened on, only localhost
     * and loopback addresses. */
    const char *hosts;

    /* Limits.  Sizes in bytes, times in milliseconds. */
    uint64_t message_size_max;     /* of a message that arrives; 0: 1 MiB */
    size_t send_queue_max;         /* waiting for one peer before sends are refused; 0: 1 MiB */
    size_t head_size_max;          /* of a request's head; 0: 16 KiB */
    size_t body_size_max;          /* of a request's body; 0: 1 MiB */
    uint32_t connection_count_max; /* in all, with those that linger; 0: as descriptors allow */
    uint32_t topic_count_max;      /* topics of one WebSocket; 0: 128 */
    uint32_t handshake_timeout_ms; /* from accept to 101; 0: 10000 */
    uint32_t idle_timeout_ms;      /* of HTTP between requests; 0: 60000 */
    uint32_t ping_interval_ms;     /* of silence; 0: 25000; UINT32_MAX: no pings */
    uint32_t pong_timeout_ms;      /* 0: 8000 */
    uint32_t close_timeout_ms;     /* for the peer's Close; 0: 5000 */
    uint32_t message_timeout_ms;   /* for a message to arrive; 0: 30000 and 1 s per 16 KiB */
    uint32_t send_timeout_ms;      /* without the peer reading anything; 0: 10000 */

    hws_limits limits; /* the other limits; zero is the good default */

    /* Compression, where clients offer it.  By default an idle connection pays nothing for it, and
     * one with takeover about 182 KiB; hawser/deflate.h has the formula. */
    hws_deflate_options deflate;

    const hws_memory *memory; /* NULL: malloc */

    /* One line about something worth knowing, for a log; NULL: silence.  The library itself writes
     * nothing anywhere. */
    void (*on_log)(int level, const char *text, void *user);
    void *log_user;

    /* Threads, each with a loop, and with connections that stay in it: the caller's loop is one,
     * the others are the library's.  0: 1, so that callbacks come from the caller's thread alone;
     * HWS_THREADS_ALL; at most HWS_THREADS_MAX. */
    uint32_t thread_count;

    /* Sockets that listen already, passed on by systemd or by a process that leaves: so many
     * descriptors from 3 on.  An address of `listen` that one of them is bound to is taken over
     * with the connections that wait there (port 0 takes any port); `listen` may name one as
     * "fd:3", or "https+fd:3" with TLS.  Those that were taken become close-on-exec, which tells
     * them from those that were not. */
    uint32_t inherited_count;

    uint32_t drain_ms; /* hws_serve: over which SIGTERM spreads its closes; 0: 30000 */

    /* Proxies in front that say whom they speak for in the PROXY protocol (version 1 or 2) before
     * anything else, TLS too: addresses and networks such as "192.0.2.1", "10.0.0.0/8" or
     * "2001:db8::/32", and "unix" for those on unix sockets, separated by spaces, 32 at most.  Who
     * comes from there must say it, within handshake_timeout_ms, or is sent off without an answer;
     * whom it names is the peer for limits, logs and callbacks.  From elsewhere the same bytes are
     * no HTTP.  NULL: there are none. */
    const char *proxy_protocol;
    char reserved[44]; /* zero */
} hws_server_options;

/* The levels of on_log. */
enum { HWS_LOG_ERROR = 0, HWS_LOG_WARNING = 1, HWS_LOG_INFO = 2, HWS_LOG_DEBUG = 3 };

/* Makes a server in a loop, and listens.  On failure `explain` (256 bytes are enough; may be NULL)
 * says in one line what is wrong and what to do.  Threads of its own run when this returns.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT (also options that contradict one another), HWS_ERR_ADDRESS,
 *         HWS_ERR_ADDRESS_IN_USE, HWS_ERR_PERMISSION, HWS_ERR_NOT_FOUND (files),
 *         HWS_ERR_TLS_FILE, HWS_ERR_SYSTEM, HWS_ERR_NO_MEMORY.
 * Thread: the loop's. */
HWS_API HWS_MUST_CHECK hws_status hws_server_new(hws_loop *loop, const hws_server_options *options,
                                                 char *explain, size_t explain_size,
                                                 hws_server **server);

/* Stops accepting, and closes every WebSocket with `code` (0, or a code that may not be sent: 1001)
 * after what waits for it has left; when all are gone, at the latest after close_timeout_ms,
 * `on_done` (may be NULL) is called.
 * Thread: the loop's, and so for on_done. */
HWS_API void hws_server_close(hws_server *server, int code, void (*on_done)(void *user),
                              void *user);

/* The end of a deploy: stops accepting, answers who still asks for a WebSocket with 503 and a
 * Retry-After of random seconds, and closes every WebSocket with 1012 (service restart) after what
 * waits for it has left.  Lest those who come back come together, that is spread over
 * `duration_ms`, though each thread closes at least a hundred a second.  hws_server_close hastens
 * it, and its `on_done` then takes the place of this one.
 *
 * duration_ms  0: all at once.
 * Thread: the loop's, and so for on_done. */
HWS_API void hws_server_drain(hws_server *server, uint32_t duration_ms, void (*on_done)(void *user),
                              void *user);

/* Looks at once whether files of certificates have changed; what is good takes effect, and on_log
 * hears of it.  They are looked at by themselves, too, when a connection begins.  Thread: any. */
HWS_API void hws_server_renew(hws_server *server);

/* The listening sockets, for a process that takes over: `index` counts from 0; -1 when there are no
 * more.  They stay the server's.  Thread: the loop's. */
HWS_API int hws_server_socket(const hws_server *server, size_t index);

/* Another process has them, too: the paths of unix sockets stay when this server closes.
 * Thread: the loop's. */
HWS_API void hws_server_leave_paths(hws_server *server);

/* Stops the threads of its own, and ends what is left, at once, with an on_close for each.  NULL is
 * let pass.  Calls of other threads on the server and its WebSockets must have ended before.
 * Thread: the loop's, but not from inside a callback. */
HWS_API void hws_server_free(hws_server *server);

/* The first address as a URL with the real port, such as "http://localhost:41873"; lives as long
 * as the server.  `index` counts from 0; NULL when there are no more. */
HWS_API const char *hws_server_url(const hws_server *server, size_t index);

/* What a client can know the server by whose certificate no authority signed: the SHA-256 of the
 * certificate that is shown to who asks for no name, 64 hexadecimal digits in lower case; "" when
 * no address is https.  Lifetime: until the certificate is renewed.  Thread: the loop's. */
HWS_API const char *hws_server_fingerprint(const hws_server *server);

/* Over all threads; those that change meanwhile may be counted or not.  Thread: any. */
HWS_API size_t hws_server_websocket_count(const hws_server *server);

/* Makes a loop and a server, and turns until a signal: SIGINT closes every WebSocket with 1001,
 * SIGTERM drains (hws_server_drain, drain_ms); a second signal hastens that.  Then it
 * returns: 0 after that, 2 when it could not start (one line on stderr says why). */
HWS_API int hws_serve(const hws_server_options *options);

/* Decides about a WebSocket that on_upgrade was asked about.  The first decision counts, and is
 * carried out when the loop gets to it.
 *
 * protocol  One of the route's that the client offers; NULL: the first of those.
 * headers   More fields for the answer; may be NULL when the count is 0.
 *
 * Errors: HWS_ERR_NOT_OPEN: the client is gone, or it was decided before;
 *         HWS_ERR_INVALID_ARGUMENT: a protocol that is not the route's or was not offered, more
 *         than 32 headers, or one that would not stay one line.
 * Thread: any. */
HWS_API hws_status hws_websocket_accept(hws_websocket ws, const char *protocol,
                                        const hws_header *headers, size_t header_count);

/* `status` 300 to 599; `reason` becomes the body, as plain text; NULL: the standard phrase. */
HWS_API hws_status hws_websocket_refuse(hws_websocket ws, int status, const char *reason,
                                        const hws_header *headers, size_t header_count);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_SERVER_H */
