/* SPDX-License-Identifier: MIT */
/* The server as its own files see it: what its workers share.  It is made before they start, and
 * does not change while they run; what changes belongs to worker 0's thread, and says so. */
#ifndef HAWSER_SERVER_INTERNAL_H
#define HAWSER_SERVER_INTERNAL_H

#include "base/hash.h"
#include "hawser/server.h"
#include "http/file.h"
#include "http/h1.h"
#include "net/networks.h"
#include "server/access.h"
#include "server/addresses.h"
#include "wire/deflate.h"

typedef struct hws_tls_context hws_tls_context;
typedef struct hws_worker hws_worker;

enum {
    HWS_LISTEN_MAX = 16,      /* addresses in hws_server_options.listen */
    HWS_LISTEN_URL_MAX = 320, /* bytes of one of them as a URL, terminated */
};

/* One word of hws_server_options.listen; "localhost" is two addresses. */
typedef struct hws_place {
    char url[HWS_LISTEN_URL_MAX];
    hws_address addresses[2]; /* as they were bound */
    size_t address_count;
    bool is_inherited; /* another process may have made it: nothing is bound here */
    bool is_secure;    /* https */
} hws_place;

struct hws_server {
    const hws_memory *memory;
    hws_server_options options; /* zeros replaced by the defaults */
    hws_access access;
    hws_hash_key topic_key;
    hws_files *files;     /* NULL: none */
    hws_tls_context *tls; /* NULL: no address is https */
    hws_h1_options h1;
    hws_deflate_budget deflate_budget;
    hws_networks proxies;     /* whose connections begin with whom they speak for */
    hws_addresses *addresses; /* counts connections, and what lingers after them */
    hws_place places[HWS_LISTEN_MAX];
    size_t place_count;

    hws_worker *workers[HWS_THREADS_MAX]; /* the first lives in the caller's loop */
    uint32_t worker_count;

    /* Of worker 0's thread. */
    bool closing;
    bool draining;          /* a close hastens it */
    uint32_t emptied_count; /* workers that have no WebSocket left since */
    void (*on_done)(void *user);
    void *on_done_user;
};

/* One line to on_log, printf-like.  Thread: any worker's. */
void hws_server_log(const hws_server *server, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The last WebSocket of a worker is gone, after hws_server_close.  Thread: worker 0's. */
void hws_server_emptied(hws_server *server);

/* Connections in all, also those that linger.  Thread: any. */
uint32_t hws_server_stream_count(const hws_server *server);

/* Opens the addresses of options.listen: for worker 0, then for the others at what it got.  On
 * failure what was opened stays for hws_listen_close, and `explain` has one line. */
HWS_MUST_CHECK hws_status hws_listen_open(hws_server *server, char *explain, size_t explain_size);

/* Thread: the worker's. */
void hws_listen_close(hws_worker *worker);

/* Whether an address is https. */
bool hws_listen_is_secure(const hws_server *server);

/* Whether nobody but this machine can connect. */
bool hws_listen_is_local(const hws_server *server);

#endif /* HAWSER_SERVER_INTERNAL_H */
