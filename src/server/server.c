/* SPDX-License-Identifier: MIT */
/* A server's life: made, closing, free. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "server/connection.h"
#include "server/visit.h"
#include "wire/close.h"

enum {
    DESCRIPTORS_KEPT_FREE = 64, /* for files, listeners, and the program around us */
};

void hws_server_log(const hws_server *server, int level, const char *format, ...)
{
    if (!server->options.on_log) return;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    server->options.on_log(level, text, server->options.log_user);
}

static uint32_t default_connection_count_max(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > UINT32_MAX) return UINT32_MAX;
    const uint32_t all = (uint32_t)limit.rlim_cur;
    return all - (all / 2 < DESCRIPTORS_KEPT_FREE ? all / 2 : DESCRIPTORS_KEPT_FREE);
}

/* Rows A011, A026: a limit that the descriptors cannot hold is lowered, and said. */
static void limit_connections(hws_server *server)
{
    const uint32_t possible = default_connection_count_max();
    uint32_t *wanted = &server->options.connection_count_max;
    if (*wanted > possible)
        hws_server_log(server, HWS_LOG_WARNING,
                       "the descriptor limit allows %u connections, not %u", possible, *wanted);
    if (*wanted == 0 || *wanted > possible) *wanted = possible;
}

static void complete_options(hws_server *server)
{
    hws_server_options *options = &server->options;
    if (!options->listen) options->listen = "http://localhost:8080";
    if (options->send_queue_max == 0) options->send_queue_max = 1 << 20;
    if (options->topic_count_max == 0) options->topic_count_max = 128;
    limit_connections(server);

    server->h1 = (hws_h1_options){
        .head_timeout_ms = options->handshake_timeout_ms,
        .hold_timeout_ms = options->handshake_timeout_ms,
        .idle_timeout_ms = options->idle_timeout_ms,
        .send_timeout_ms = options->send_timeout_ms,
        .head_size_max = options->head_size_max,
        .body_size_max = options->body_size_max,
        .memory = server->memory,
    };
    hws_h1_options_complete(&server->h1);
}

/* "what: text", when the caller wants to know. */
static hws_status explain_as(hws_status status, const char *what, char *explain, size_t size)
{
    if (explain) snprintf(explain, size, "%s: %s", what, hws_status_text(status));
    return status;
}

static hws_status open_services(hws_server *server, char *explain, size_t size)
{
    for (size_t i = 0; i < HWS_ROUTE_MAX && server->options.route[i].path; i++) {
        const hws_route *route = &server->options.route[i];
        const hws_status status =
            hws_service_init(&server->services[server->service_count++], server, route);
        if (status != HWS_OK) return explain_as(status, route->path, explain, size);
    }
    return HWS_OK;
}

static hws_status open_access(hws_server *server, char *explain, size_t size)
{
    const hws_server_options *options = &server->options;
    const hws_status status = hws_access_init(&server->access, options->origins, options->hosts,
                                              hws_listen_is_local(server));
    if (status != HWS_OK)
        return explain_as(status, "an origin is like https://example.com, a host like example.com",
                          explain, size);
    if (options->origins && strchr(options->origins, '*'))
        hws_server_log(server, HWS_LOG_WARNING,
                       "pages of every origin may open WebSockets, with the user's cookies");
    return HWS_OK;
}

static hws_status open_topics(hws_server *server)
{
    hws_hash_key key;
    HWS_TRY(hws_loop_random(server->loop, &key, sizeof key));
    hws_topics_init(&server->topics, server->memory, &key);
    return HWS_OK;
}

static void on_accept(void *user, int fd)
{
    hws_visit_begin(user, fd);
}

static hws_status open_all(hws_server *server, char *explain, size_t size)
{
    hws_status status = hws_slots_new(server->loop, server->memory, &server->slots);
    if (status == HWS_OK) status = hws_tally_new(hws_loop_memory(server->loop), &server->streams);
    if (status == HWS_OK) status = open_topics(server);
    if (status != HWS_OK) return explain_as(status, "cannot start", explain, size);
    if (server->options.files) {
        status = hws_files_open(server->memory, server->options.files, &server->files);
        if (status != HWS_OK) return explain_as(status, server->options.files, explain, size);
    }
    HWS_TRY(open_services(server, explain, size));
    HWS_TRY(open_access(server, explain, size));
    return hws_listen_open(server, on_accept, explain, size);
}

static void end_visits(hws_server *server)
{
    while (server->visits) hws_visit_end(server->visits);
}

/* The WebSockets are gone; HTTP connections were left open that long to tell whoever still asks
 * for one that we are closing (row D029). */
static void tell_done(hws_deferred *deferred)
{
    hws_server *server = (hws_server *)(void *)((uint8_t *)deferred - offsetof(hws_server, done));
    end_visits(server);
    void (*on_done)(void *user) = server->on_done;
    server->on_done = NULL;
    if (on_done) on_done(server->on_done_user);
}

hws_status hws_server_new(hws_loop *loop, const hws_server_options *options, char *explain,
                          size_t explain_size, hws_server **server)
{
    if (explain && explain_size > 0) explain[0] = 0;
    const hws_memory *memory = options->memory ? options->memory : hws_loop_memory(loop);
    hws_server *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return explain_as(HWS_ERR_NO_MEMORY, "cannot start", explain, explain_size);
    made->loop = loop;
    made->memory = memory;
    made->options = *options;
    made->done.call = tell_done;
    complete_options(made);

    const hws_status status = open_all(made, explain, explain_size);
    if (status != HWS_OK) {
        hws_server_free(made);
        return status;
    }
    *server = made;
    return HWS_OK;
}

static void tell_when_empty(hws_server *server)
{
    if (server->closing && server->on_done && hws_slots_count(server->slots) == 0)
        hws_loop_defer(server->loop, &server->done);
}

void hws_server_left(hws_server *server)
{
    tell_when_empty(server);
}

static void close_session(hws_session *session, void *user)
{
    const int *code = user;
    if (hws_session_close(session, *code, (hws_text){0}) == HWS_ERR_NO_MEMORY)
        (void)hws_session_abort(session);
}

static void ignore_done(void *user)
{
    (void)user;
}

static void refuse_pending(hws_server *server)
{
    for (hws_visit *visit = server->visits, *next; visit; visit = next) {
        next = visit->next;
        if (visit->pending) hws_visit_end(visit);
    }
}

void hws_server_close(hws_server *server, int code, void (*on_done)(void *user), void *user)
{
    if (server->closing) return;
    server->closing = true;
    server->on_done = on_done ? on_done : ignore_done;
    server->on_done_user = user;
    hws_listen_close(server);
    refuse_pending(server);
    int sent = hws_close_code_is_valid(code) ? code : HWS_CLOSE_GOING_AWAY;
    hws_slots_each(server->slots, close_session, &sent);
    tell_when_empty(server);
}

static void end_session(hws_session *session, void *user)
{
    (void)user;
    hws_session_end(session, HWS_ERR_SHUTTING_DOWN);
}

void hws_server_free(hws_server *server)
{
    if (!server) return;
    server->closing = true;
    server->on_done = NULL;
    hws_listen_close(server);
    end_visits(server);
    if (server->slots) hws_slots_each(server->slots, end_session, NULL);
    hws_loop_undefer(server->loop, &server->done);
    hws_topics_release(&server->topics);
    hws_files_close(server->files);
    hws_slots_free(server->slots);
    hws_tally_free(server->streams);
    hws_memory_free(server->memory, server, sizeof *server);
}

const char *hws_server_url(const hws_server *server, size_t index)
{
    return index < server->listening_count ? server->listenings[index].url : NULL;
}

size_t hws_server_websocket_count(const hws_server *server)
{
    return hws_slots_count(server->slots);
}
