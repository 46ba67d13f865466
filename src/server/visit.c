/* SPDX-License-Identifier: MIT */
/* From a request to whoever answers it: a route's WebSocket, a route's function, or a file. */
#include "server/visit.h"

#include "base/memory.h"
#include "base/text.h"
#include "server/admission.h"
#include "server/secure.h"
#include "server/upgrade.h"

static const hws_service *find_service(const hws_worker *worker, hws_text path)
{
    for (size_t i = 0; i < worker->service_count; i++)
        if (hws_service_fits(&worker->services[i], path)) return &worker->services[i];
    return NULL;
}

/* The host in a request is a name that an attacker's page may have bound to our address. */
static void refuse_host(hws_request *request)
{
    static const char TEXT[] = "this server does not answer for that host\n";
    (void)hws_request_respond(request, &(hws_response){
                                           .status = 421,
                                           .type = "text/plain; charset=utf-8",
                                           .body = TEXT,
                                           .body_size = sizeof TEXT - 1,
                                           .close = true,
                                       });
}

/* RFC 9110 §9.1: 501 for a method that nobody here knows, 405 for one that does not fit. */
static bool method_is_known(const hws_request *request)
{
    static const char *const METHODS[] = {"GET",    "HEAD",    "POST",  "PUT",
                                          "DELETE", "OPTIONS", "PATCH", "TRACE"};
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
        if (hws_text_equal(hws_request_method(request), hws_text_of(METHODS[i]))) return true;
    return false;
}

/* Of requests for a WebSocket; the others are HTTP's everyday business. */
static void count_refusal(hws_visit *visit, const hws_request *request, hws_status why)
{
    if (hws_upgrade_is_asked(request)) hws_reasons_add(&visit->worker->metric.refused, why);
}

static void refuse_path(hws_visit *visit, hws_request *request)
{
    count_refusal(visit, request, HWS_ERR_NOT_FOUND);
    hws_request_refuse(request, HWS_ERR_NOT_FOUND);
}

/* Whether it is the first request. */
static bool note_asked(hws_visit *visit)
{
    if (visit->has_asked) return false;
    visit->has_asked = true;
    visit->worker->fresh_count--;
    return true;
}

static void on_request(void *owner, hws_request *request)
{
    hws_visit *visit = owner;
    const hws_server *server = visit->worker->server;
    if (!method_is_known(request)) {
        hws_request_refuse(request, HWS_ERR_HTTP_METHOD);
        return;
    }
    const bool is_first = note_asked(visit);
    if (visit->worker->closing && !(is_first && visit->worker->drain.is_active)) {
        count_refusal(visit, request, HWS_ERR_SHUTTING_DOWN);
        hws_request_refuse(request, HWS_ERR_SHUTTING_DOWN);
        return;
    }
    if (!hws_access_host(&server->access, hws_http_head_authority(hws_request_head(request)))) {
        count_refusal(visit, request, HWS_ERR_HTTP_HOST);
        refuse_host(request);
        return;
    }
    const hws_service *service = find_service(visit->worker, hws_request_path(request));
    if (service && service->opens && (!service->route->on_request || hws_upgrade_is_asked(request)))
        hws_upgrade_begin(visit, service, request);
    else if (service && service->route->on_request)
        service->route->on_request(request, service->route->user);
    else if (server->files && !hws_upgrade_is_asked(request))
        hws_files_respond(server->files, request);
    else
        refuse_path(visit, request);
}

/* Nothing more is heard of it. */
static void leave(hws_visit *visit)
{
    hws_worker *worker = visit->worker;
    hws_visit_free(visit);
    hws_worker_left(worker);
}

static void on_close(void *owner, hws_h1 *h1)
{
    hws_visit *visit = owner;
    const bool given_up = visit->pending && hws_h1_is_held(h1); /* not left by the client */
    if (given_up) hws_reasons_add(&visit->worker->metric.refused, HWS_ERR_HANDSHAKE_TIMEOUT);
    leave(visit);
}

static void on_failure(void *owner, const hws_stream *stream, hws_status why)
{
    const hws_visit *visit = owner;
    hws_secure_log_failure(visit->worker, stream, why);
}

static const hws_h1_owner H1_CALLS = {
    .on_request = on_request,
    .on_close = on_close,
    .on_failure = on_failure,
};

static hws_status begin_http(hws_visit *visit, hws_stream *stream)
{
    hws_worker *worker = visit->worker;
    return hws_h1_new(worker->loop, stream, &worker->h1, &H1_CALLS, visit, &visit->h1);
}

/* The time that the header took is time that the head does not have. */
static void on_header(void *owner, hws_stream *plain, const hws_proxy_header *header, hws_span rest)
{
    hws_visit *visit = owner;
    visit->proxied = NULL;
    hws_stream *stream = hws_admission_settle(visit->worker, plain, visit->is_secure,
                                              header->has_source ? &header->source : NULL);
    if (!stream || begin_http(visit, stream) != HWS_OK) {
        leave(visit);
        return;
    }
    hws_h1_expect_by(visit->h1, visit->head_by_ms);
    hws_stream_pass_on(plain, rest);
}

/* Who says nothing at all is a check of whether we are there. */
static void on_no_header(void *owner, const hws_address *peer, hws_status why)
{
    hws_visit *visit = owner;
    char text[HWS_ADDRESS_TEXT_MAX];
    visit->proxied = NULL;
    hws_address_text(peer, text);
    if (why != HWS_OK) {
        hws_reasons_add(&visit->worker->metric.refused, why);
        hws_server_log(visit->worker->server, HWS_LOG_INFO,
                       "%s, a proxy: %s instead of a header of the PROXY protocol", text,
                       hws_status_text(why));
    }
    leave(visit);
}

static const hws_proxied_owner PROXIED_CALLS = {
    .on_header = on_header,
    .on_end = on_no_header,
};

static hws_status begin(hws_visit *visit, hws_stream *stream, bool is_proxied)
{
    const hws_worker *worker = visit->worker;
    if (!is_proxied) return begin_http(visit, stream);
    visit->head_by_ms = hws_loop_now_ms(worker->loop) + worker->h1.head_timeout_ms;
    return hws_proxied_new(worker->memory, stream, visit->head_by_ms, &PROXIED_CALLS, visit,
                           &visit->proxied);
}

void hws_visit_begin(hws_worker *worker, int fd, bool is_secure)
{
    bool is_proxied = false;
    hws_counter_add(&worker->metric.accepted, 1);
    hws_stream *stream = hws_admission_ask(worker, fd, is_secure, &is_proxied);
    if (!stream) return;
    hws_visit *visit = hws_memory_new_zeroed(worker->memory, sizeof *visit);
    if (!visit) {
        hws_stream_close(stream, 0);
        return;
    }
    visit->worker = worker;
    visit->is_secure = is_secure;
    if (begin(visit, stream, is_proxied) != HWS_OK) {
        hws_memory_free(worker->memory, visit, sizeof *visit);
        return;
    }
    hws_counter_add(&worker->metric.visits_begun, 1);
    worker->fresh_count++;
    visit->next = worker->visits;
    if (visit->next) visit->next->previous = visit;
    worker->visits = visit;
}

void hws_visit_free(hws_visit *visit)
{
    hws_worker *worker = visit->worker;
    hws_counter_add(&worker->metric.visits_ended, 1);
    (void)note_asked(visit);
    if (visit->pending) hws_connection_cancel(visit->pending);
    if (visit->next) visit->next->previous = visit->previous;
    if (visit->previous)
        visit->previous->next = visit->next;
    else
        worker->visits = visit->next;
    hws_memory_free(worker->memory, visit, sizeof *visit);
}

void hws_visit_end(hws_visit *visit)
{
    if (visit->pending) hws_request_refuse(hws_h1_request(visit->h1), HWS_ERR_SHUTTING_DOWN);
    if (visit->proxied)
        hws_proxied_close(visit->proxied);
    else
        hws_h1_close(visit->h1);
    leave(visit);
}
