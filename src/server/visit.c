/* SPDX-License-Identifier: MIT */
/* From a request to whoever answers it: a route's WebSocket, a route's function, or a file. */
#include "server/visit.h"

#include "base/memory.h"
#include "base/text.h"
#include "server/upgrade.h"

enum {
    TURN_AWAY_LINGER_MS = 1000,
    TURN_AWAY_MAX = 16, /* at once; the others are closed without an answer */
};

static const hws_service *find_service(const hws_server *server, hws_text path)
{
    for (size_t i = 0; i < server->service_count; i++)
        if (hws_service_fits(&server->services[i], path)) return &server->services[i];
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

static void on_request(void *owner, hws_request *request)
{
    hws_visit *visit = owner;
    const hws_server *server = visit->server;
    if (!method_is_known(request)) {
        hws_request_refuse(request, HWS_ERR_HTTP_METHOD);
        return;
    }
    if (server->closing) {
        hws_request_refuse(request, HWS_ERR_SHUTTING_DOWN);
        return;
    }
    if (!hws_access_host(&server->access, hws_http_head_authority(hws_request_head(request)))) {
        refuse_host(request);
        return;
    }
    const hws_service *service = find_service(server, hws_request_path(request));
    if (service && service->opens && (!service->route->on_request || hws_upgrade_is_asked(request)))
        hws_upgrade_begin(visit, service, request);
    else if (service && service->route->on_request)
        service->route->on_request(request, service->route->user);
    else if (server->files && !hws_upgrade_is_asked(request))
        hws_files_respond(server->files, request);
    else
        hws_request_refuse(request, HWS_ERR_NOT_FOUND);
}

static void on_close(void *owner, hws_h1 *h1)
{
    (void)h1;
    hws_visit *visit = owner;
    hws_server *server = visit->server;
    hws_visit_free(visit);
    hws_server_left(server);
}

static const hws_h1_owner H1_CALLS = {.on_request = on_request, .on_close = on_close};

/* Too many connections: the answer that costs nothing but itself, and its descriptor for a moment
 * (row A014). */
static void turn_away(hws_stream *stream, uint32_t excess)
{
    static const char ANSWER[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                 "Retry-After: 3\r\n"
                                 "Content-Length: 0\r\n"
                                 "Connection: close\r\n"
                                 "\r\n";
    const bool is_answered = excess < TURN_AWAY_MAX &&
                             hws_queue_append(&stream->queue, ANSWER, sizeof ANSWER - 1) == HWS_OK;
    hws_stream_close(stream, is_answered ? TURN_AWAY_LINGER_MS : 0);
}

void hws_visit_begin(hws_server *server, int fd)
{
    hws_stream *stream;
    if (hws_stream_tcp_new(server->loop, fd, server->options.send_timeout_ms, &stream) != HWS_OK) {
        hws_server_log(server, HWS_LOG_WARNING, "no memory for a new connection");
        return;
    }
    const uint32_t count = hws_tally_count(server->streams);
    hws_stream_count(stream, server->streams);
    if (count >= server->options.connection_count_max) {
        turn_away(stream, count - server->options.connection_count_max);
        return;
    }
    hws_visit *visit = hws_memory_new_zeroed(server->memory, sizeof *visit);
    if (!visit) {
        hws_stream_close(stream, 0);
        return;
    }
    visit->server = server;
    if (hws_h1_new(server->loop, stream, &server->h1, &H1_CALLS, visit, &visit->h1) != HWS_OK) {
        hws_memory_free(server->memory, visit, sizeof *visit);
        return;
    }
    visit->next = server->visits;
    if (visit->next) visit->next->previous = visit;
    server->visits = visit;
}

void hws_visit_free(hws_visit *visit)
{
    hws_server *server = visit->server;
    if (visit->pending) hws_connection_cancel(visit->pending);
    if (visit->next) visit->next->previous = visit->previous;
    if (visit->previous)
        visit->previous->next = visit->next;
    else
        server->visits = visit->next;
    hws_memory_free(server->memory, visit, sizeof *visit);
}

void hws_visit_end(hws_visit *visit)
{
    hws_server *server = visit->server;
    if (visit->pending) hws_request_refuse(hws_h1_request(visit->h1), HWS_ERR_SHUTTING_DOWN);
    hws_h1_close(visit->h1);
    hws_visit_free(visit);
    hws_server_left(server);
}
