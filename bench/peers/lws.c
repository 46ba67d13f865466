/* SPDX-License-Identifier: MIT */
/* libwebsockets: an echo, and a broadcast to all the others.  Prints its port.
 *
 * As its examples do it: what arrives is queued behind LWS_PRE bytes, and one piece is written
 * whenever the socket can be. */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct piece {
    size_t references;
    size_t size;
    enum lws_write_protocol protocol;
    unsigned char bytes[]; /* LWS_PRE, then the payload */
} piece;

typedef struct entry {
    struct entry *next;
    piece *what;
} entry;

typedef struct peer {
    struct lws *wsi;
    struct peer *next; /* of those that hear the broadcast */
    bool hears;
    entry *first;
    entry **last;
} peer;

static peer *listeners;

static void unref(piece *it)
{
    if (--it->references == 0) free(it);
}

static void push(peer *to, piece *what)
{
    entry *it = malloc(sizeof *it);
    if (!it) exit(1);
    *it = (entry){.what = what};
    what->references++;
    *to->last = it;
    to->last = &it->next;
    lws_callback_on_writable(to->wsi);
}

static void pop(peer *from)
{
    entry *it = from->first;
    from->first = it->next;
    if (!from->first) from->last = &from->first;
    unref(it->what);
    free(it);
}

static void receive(peer *it, const void *bytes, size_t size)
{
    piece *what = malloc(sizeof *what + LWS_PRE + size);
    if (!what) exit(1);
    const int first = lws_is_first_fragment(it->wsi);
    const int last = lws_is_final_fragment(it->wsi);
    const int kind = lws_frame_is_binary(it->wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
    const int protocol = (first ? kind : LWS_WRITE_CONTINUATION) | (last ? 0 : LWS_WRITE_NO_FIN);
    *what = (piece){.references = 1, .size = size, .protocol = (enum lws_write_protocol)protocol};
    memcpy(what->bytes + LWS_PRE, bytes, size);
    if (!it->hears) push(it, what);
    for (peer *to = it->hears ? listeners : NULL; to; to = to->next)
        if (to != it) push(to, what);
    unref(what);
}

static void leave(peer *it)
{
    peer **at = &listeners;
    while (*at && *at != it) at = &(*at)->next;
    if (*at) *at = it->next;
    while (it->first) pop(it);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    peer *it = user;
    char path[64];
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        *it = (peer){.wsi = wsi};
        it->last = &it->first;
        it->hears = lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) > 0 &&
                    strcmp(path, "/broadcast") == 0;
        if (it->hears) it->next = listeners, listeners = it;
        break;
    case LWS_CALLBACK_RECEIVE:
        receive(it, in, size);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (!it->first) break;
        if (lws_write(wsi, it->first->what->bytes + LWS_PRE, it->first->what->size,
                      it->first->what->protocol) < 0)
            return -1;
        pop(it);
        if (it->first) lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_CLOSED:
        leave(it);
        break;
    default:
        break;
    }
    return 0;
}

static bool has(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], flag) == 0) return true;
    return false;
}

int main(int argc, char **argv)
{
    const bool tls = has(argc, argv, "--tls");
    static const struct lws_protocols protocols[] = {
        {"echo", on_event, sizeof(peer), 65536, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
    static const struct lws_extension extensions[] = {
        {"permessage-deflate", lws_extension_callback_pm_deflate,
         "permessage-deflate; client_no_context_takeover; server_no_context_takeover"},
        {NULL, NULL, NULL}};
    struct lws_context_creation_info info = {
        .port = 0,
        .iface = "127.0.0.1",
        .protocols = protocols,
        .extensions = has(argc, argv, "--deflate") ? extensions : NULL,
        .gid = -1,
        .uid = -1,
        .pt_serv_buf_size = 262144,
        .ssl_cert_filepath = tls ? getenv("BENCH_CERTIFICATE") : NULL,
        .ssl_private_key_filepath = tls ? getenv("BENCH_KEY") : NULL,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   (tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
    };
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context *context = lws_create_context(&info);
    struct lws_vhost *host = context ? lws_create_vhost(context, &info) : NULL;
    if (!host) return 1;
    printf("%d\n", lws_get_vhost_listen_port(host));
    fflush(stdout);
    while (lws_service(context, 0) >= 0) continue;
    return 0;
}
