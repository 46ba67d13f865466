/* SPDX-License-Identifier: MIT */
/* A server's life: made, closing, free. */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "net/tls_context.h"
#include "server/admission.h"
#include "server/consistency.h"
#include "server/limit.h"
#include "server/secure.h"
#include "server/shed.h"
#include "server/worker.h"
#include "wire/close.h"
#include "wire/deflate_offer.h"

enum {
    DESCRIPTORS_KEPT_FREE = 64, /* for files, listeners, and the program around us */
    DESCRIPTORS_OF_WORKER = 4,  /* its loop and listeners */
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

static uint32_t default_connection_count_max(uint32_t worker_count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > UINT32_MAX) return UINT32_MAX;
    const uint32_t all = (uint32_t)limit.rlim_cur;
    const uint32_t kept = DESCRIPTORS_KEPT_FREE + (worker_count - 1) * DESCRIPTORS_OF_WORKER;
    return all - (all / 2 < kept ? all / 2 : kept);
}

/* Rows A011, A026: a limit that the descriptors cannot hold is lowered, and said. */
static void limit_connections(hws_server *server)
{
    const uint32_t possible = default_connection_count_max(server->worker_count);
    uint32_t *wanted = &server->options.connection_count_max;
    if (*wanted > possible)
        hws_server_log(server, HWS_LOG_WARNING,
                       "the descriptor limit allows %u connections, not %u", possible, *wanted);
    if (*wanted == 0 || *wanted > possible) *wanted = possible;
}

/* The processors that the program may use: taskset, cgroups' cpusets and containers are heard. */
static uint32_t processor_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    const int count = CPU_COUNT(&set);
    return count > 0 ? (uint32_t)count : 1;
}

static uint32_t worker_count(const hws_server_options *options)
{
    uint32_t count = options->thread_count;
    if (count == HWS_THREADS_ALL) count = processor_count();
    if (count == 0) return 1;
    return count < HWS_THREADS_MAX ? count : HWS_THREADS_MAX;
}

static void complete_options(hws_server *server)
{
    hws_server_options *options = &server->options;
    if (!options->listen) options->listen = "http://localhost:8080";
    if (options->send_queue_max == 0) options->send_queue_max = 1 << 20;
    if (options->topic_count_max == 0) options->topic_count_max = 128;
    limit_connections(server);
    hws_limit_complete(options);

    server->h1 = (hws_h1_options){
        .head_timeout_ms = options->handshake_timeout_ms,
        .hold_timeout_ms = options->handshake_timeout_ms,
        .idle_timeout_ms = options->idle_timeout_ms,
        .send_timeout_ms = options->send_timeout_ms,
        .head_size_max = options->head_size_max,
        .body_size_max = options->body_size_max,
        .memory = server->memory,
    };
    hws_limit_h1(&options->limits, &server->h1);
    hws_h1_options_complete(&server->h1);
}

/* "what: text", when the caller wants to know. */
static hws_status explain_as(hws_status status, const char *what, char *explain, size_t size)
{
    if (explain) snprintf(explain, size, "%s: %s", what, hws_status_text(status));
    return status;
}

/* A worker that fails without having said why has no memory, or no descriptors. */
static hws_status open_workers(hws_server *server, hws_loop *loop, char *explain, size_t size)
{
    const uint32_t count = server->worker_count;
    server->worker_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const hws_status status = hws_worker_new(server, i, i == 0 ? loop : NULL, explain, size,
                                                 &server->workers[server->worker_count]);
        if (status == HWS_OK) {
            server->worker_count++;
            continue;
        }
        const bool is_explained = explain && size > 0 && explain[0];
        return is_explained ? status : explain_as(status, "cannot start", explain, size);
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

static hws_status open_deflate(hws_server *server, char *explain, size_t size)
{
    hws_deflate_options *options = &server->options.deflate;
    const hws_status status = hws_deflate_options_complete(options);
    if (status != HWS_OK)
        return explain_as(status, "compression takes windows of 9 to 15 bits and levels of 1 to 9",
                          explain, size);
    if (options->memory_max == 0) options->memory_max = server->options.limits.memory_size_max / 8;
    const uint64_t size_max = options->memory_max;
    server->deflate_budget.size_max = size_max < SIZE_MAX ? (size_t)size_max : SIZE_MAX;
    return HWS_OK;
}

static hws_status open_all(hws_server *server, hws_loop *loop, const hws_limits *given,
                           char *explain, size_t size)
{
    HWS_TRY(hws_admission_open(server, loop, given, explain, size));
    const hws_status random = hws_loop_random(loop, &server->topic_key, sizeof server->topic_key);
    if (random != HWS_OK) return explain_as(random, "cannot start", explain, size);
    HWS_TRY(open_deflate(server, explain, size));
    HWS_TRY(open_workers(server, loop, explain, size));
    if (server->options.files) {
        const hws_status status =
            hws_files_open(server->memory, server->options.files, &server->files);
        if (status != HWS_OK) return explain_as(status, server->options.files, explain, size);
    }
    HWS_TRY(open_access(server, explain, size));
    HWS_TRY(hws_secure_open(server, explain, size));
    for (uint32_t i = 0; i < server->worker_count; i++) hws_shed_begin(server->workers[i]);
    HWS_TRY(hws_listen_open(server, explain, size));
    for (uint32_t i = 1; i < server->worker_count; i++) {
        const hws_status status = hws_loop_start(server->workers[i]->loop);
        if (status != HWS_OK) return explain_as(status, "cannot start a thread", explain, size);
    }
    return HWS_OK;
}

hws_status hws_server_new(hws_loop *loop, const hws_server_options *options, char *explain,
                          size_t explain_size, hws_server **server)
{
    if (explain && explain_size > 0) explain[0] = 0;
    const char *mistake = hws_consistency_check(options);
    if (mistake) {
        if (explain) snprintf(explain, explain_size, "%s", mistake);
        return HWS_ERR_INVALID_ARGUMENT;
    }
    const hws_memory *memory = options->memory ? options->memory : hws_loop_memory(loop);
    hws_server *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return explain_as(HWS_ERR_NO_MEMORY, "cannot start", explain, explain_size);
    made->memory = memory;
    made->options = *options;
    made->worker_count = worker_count(options);
    complete_options(made);

    const hws_status status = open_all(made, loop, &options->limits, explain, explain_size);
    if (status != HWS_OK) {
        hws_server_free(made);
        return status;
    }
    *server = made;
    return HWS_OK;
}

/* The WebSockets are gone; HTTP connections were left open that long to tell whoever still asks
 * for one that we are closing (row D029). */
void hws_server_emptied(hws_server *server)
{
    if (++server->emptied_count < server->worker_count) return;
    for (uint32_t i = 0; i < server->worker_count; i++) hws_worker_end_visits(server->workers[i]);
    if (server->on_done) server->on_done(server->on_done_user);
}

static void begin_closing(hws_server *server, void (*on_done)(void *user), void *user)
{
    server->closing = true;
    server->on_done = on_done;
    server->on_done_user = user;
}

void hws_server_drain(hws_server *server, uint32_t duration_ms, void (*on_done)(void *user),
                      void *user)
{
    if (server->closing) return;
    begin_closing(server, on_done, user);
    server->draining = true;
    for (uint32_t i = 0; i < server->worker_count; i++)
        hws_worker_drain(server->workers[i], duration_ms);
}

void hws_server_close(hws_server *server, int code, void (*on_done)(void *user), void *user)
{
    if (server->closing && !server->draining) return;
    begin_closing(server, on_done, user);
    server->draining = false;
    const int sent = hws_close_code_is_valid(code) ? code : HWS_CLOSE_GOING_AWAY;
    for (uint32_t i = 0; i < server->worker_count; i++) hws_worker_close(server->workers[i], sent);
}

void hws_server_free(hws_server *server)
{
    if (!server) return;
    for (uint32_t i = 0; i < server->worker_count; i++) hws_worker_stop(server->workers[i]);
    for (uint32_t i = 0; i < server->worker_count; i++) hws_worker_end(server->workers[i]);
    for (uint32_t i = server->worker_count; i > 0; i--) hws_worker_free(server->workers[i - 1]);
    hws_addresses_free(server->addresses);
    hws_files_close(server->files);
    hws_tls_context_unref(server->tls);
    hws_memory_free(server->memory, server, sizeof *server);
}

const char *hws_server_url(const hws_server *server, size_t index)
{
    return index < server->place_count ? server->places[index].url : NULL;
}

void hws_server_renew(hws_server *server)
{
    if (server->tls) hws_tls_context_renew(server->tls);
}

const char *hws_server_fingerprint(const hws_server *server)
{
    return server->tls ? hws_tls_context_fingerprint(server->tls) : "";
}

size_t hws_server_websocket_count(const hws_server *server)
{
    size_t count = 0;
    for (uint32_t i = 0; i < server->worker_count; i++)
        count += hws_slots_count(server->workers[i]->slots);
    return count;
}

uint32_t hws_server_stream_count(const hws_server *server)
{
    return hws_addresses_count(server->addresses);
}
