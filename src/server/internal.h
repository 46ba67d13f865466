/* SPDX-License-Identifier: MIT */
/* The server as its own files see it. */
#ifndef HAWSER_SERVER_INTERNAL_H
#define HAWSER_SERVER_INTERNAL_H

#include "hawser/server.h"
#include "http/file.h"
#include "http/h1.h"
#include "loop/loop.h"
#include "net/listener.h"
#include "server/access.h"
#include "server/service.h"
#include "server/topic.h"
#include "websocket/slots.h"

typedef struct hws_visit hws_visit;

enum {
    HWS_LISTEN_MAX = 16,      /* addresses in hws_server_options.listen */
    HWS_LISTEN_URL_MAX = 320, /* bytes of one of them as a URL, terminated */
};

/* One word of hws_server_options.listen; "localhost" takes two sockets. */
typedef struct hws_listening {
    hws_listener *sockets[2];
    char url[HWS_LISTEN_URL_MAX];
} hws_listening;

struct hws_server {
    hws_loop *loop;
    const hws_memory *memory;
    hws_server_options options; /* zeros replaced by the defaults */
    hws_slots *slots;
    hws_topics topics;
    hws_access access;
    hws_files *files; /* NULL: none */
    hws_h1_options h1;
    hws_service services[HWS_ROUTE_MAX];
    size_t service_count;
    hws_listening listenings[HWS_LISTEN_MAX];
    size_t listening_count;
    hws_visit *visits;  /* connections that speak HTTP */
    hws_tally *streams; /* those, WebSockets, and what lingers after them */

    bool closing;
    hws_deferred done; /* tells that the last connection is gone */
    void (*on_done)(void *user);
    void *on_done_user;
};

/* A visit or a WebSocket ended. */
void hws_server_left(hws_server *server);

/* One line to on_log, printf-like. */
void hws_server_log(const hws_server *server, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Opens the addresses of options.listen, `on_accept` for each connection.  On failure what was
 * opened stays for hws_listen_close, and `explain` has one line. */
HWS_MUST_CHECK hws_status hws_listen_open(hws_server *server,
                                          void (*on_accept)(void *server, int fd), char *explain,
                                          size_t explain_size);
void hws_listen_close(hws_server *server);

/* Whether nobody but this machine can connect. */
bool hws_listen_is_local(const hws_server *server);

#endif /* HAWSER_SERVER_INTERNAL_H */
