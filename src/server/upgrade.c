/* SPDX-License-Identifier: MIT */
/* A request becomes a WebSocket in three steps, the second of which may take its time:
 *
 *     checked ──▶ decided (on_upgrade, or at once) ──▶ 101, and the stream changes hands
 *        └────────────────┴──▶ an error status, and the connection ends
 *
 * A decision always travels to the loop like a call from another thread does: so on_open is never
 * called from inside hws_websocket_accept. */
#include "server/upgrade.h"

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"
#include "http/response.h"
#include "websocket/remote.h"
#include "wire/deflate_offer.h"
#include "wire/handshake.h"

enum {
    HEADERS_MAX = 32,
    ANSWER_SIZE_MAX = 512, /* of a 101, but for the application's headers */
};

bool hws_upgrade_is_asked(const hws_request *request)
{
    const hws_http_head *head = hws_request_head(request);
    return hws_handshake_is_asked(head) || hws_http_head_count(head, "Sec-WebSocket-Key") > 0;
}

/* The visit is over; what is left of it is the stream. */
static hws_stream *leave_http(hws_visit *visit, hws_span *early)
{
    hws_stream *stream = hws_h1_take_stream(visit->h1, early);
    visit->pending = NULL;
    hws_visit_free(visit);
    return stream;
}

/* The connection that a decision is for, if it is still to be made: the client may have gone, or
 * have been told that it took too long, and then the handle is stale. */
static hws_connection *find_undecided(hws_websocket ws)
{
    hws_connection *connection = hws_connection_find(ws);
    return connection && !hws_session_stream(&connection->session) ? connection : NULL;
}

/* Takes the connection away from its visit, which goes on as HTTP. */
static hws_visit *forget(hws_connection *connection)
{
    hws_visit *visit = connection->visit;
    visit->pending = NULL;
    hws_connection_cancel(connection);
    return visit;
}

static void give_up(hws_connection *connection, hws_status why)
{
    hws_visit *visit = forget(connection);
    hws_reasons_add(&visit->worker->metric.refused, why);
    hws_request_refuse(hws_h1_request(visit->h1), why);
}

static hws_status write_answer(hws_visit *visit, const hws_handshake_reply *reply)
{
    size_t size_max = ANSWER_SIZE_MAX + reply->extensions.size;
    for (size_t i = 0; i < reply->header_count; i++)
        size_max += reply->headers[i].name.size + reply->headers[i].value.size + 4;

    hws_queue *queue = &hws_h1_stream(visit->h1)->queue;
    uint8_t *place = hws_queue_reserve(queue, size_max);
    if (!place) return HWS_ERR_NO_MEMORY;
    size_t size = 0;
    const hws_status status = hws_handshake_accept(hws_request_head(hws_h1_request(visit->h1)),
                                                   reply, (char *)place, size_max, &size);
    hws_queue_commit(queue, size);
    return status;
}

/* What the two agree on of permessage-deflate, and the memory for it: where the budget leaves no
 * room to keep windows, none are kept, and when it is overdrawn, there is nothing to agree on. */
static hws_deflate_terms agree_on_deflate(const hws_visit *visit, hws_deflate_offer *answer)
{
    const hws_deflate *deflate = &visit->worker->deflate;
    const hws_http_head *head = hws_request_head(hws_h1_request(visit->h1));
    hws_deflate_options options = visit->worker->server->options.deflate;
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!hws_deflate_answer(&options, head, answer)) break;
        const hws_deflate_terms terms = hws_deflate_terms_of(answer, HWS_ROLE_SERVER, &options);
        if (hws_deflate_enter(deflate, terms)) return terms;
        options.send_takeover = options.receive_takeover = false;
    }
    return (hws_deflate_terms){0};
}

/* `reply->protocol` is one of the route's own strings. */
static void open_websocket(hws_connection *connection, hws_handshake_reply reply)
{
    hws_visit *visit = connection->visit;
    hws_worker *worker = visit->worker;
    hws_deflate_offer answer;
    char extensions[HWS_DEFLATE_TEXT_MAX];
    const hws_deflate_terms deflate = agree_on_deflate(visit, &answer);
    if (deflate.send_bits > 0)
        reply.extensions = (hws_text){extensions, hws_deflate_write(&answer, extensions)};
    const hws_status status = write_answer(visit, &reply);
    if (status != HWS_OK) {
        hws_deflate_leave(&worker->deflate, deflate);
        give_up(connection, status);
        return;
    }
    hws_span early;
    hws_stream *stream = leave_http(visit, &early);
    hws_session_set_protocol(&connection->session, reply.protocol.data);
    if (hws_connection_open(connection, stream, deflate, early) == HWS_OK) return;
    hws_deflate_leave(&worker->deflate, deflate);
    hws_stream_close(stream, 0);
    hws_worker_left(worker);
}

/* An answer that on_upgrade gives by itself refuses the WebSocket.  The handle tells whether there
 * is one still: on_upgrade may have closed the server. */
static void ask(hws_connection *connection, hws_request *request)
{
    const hws_websocket ws = hws_session_handle(&connection->session);
    const hws_route *route = hws_connection_service(connection)->route;
    hws_h1_hold(connection->visit->h1);
    route->on_upgrade(ws, request, route->user);

    connection = find_undecided(ws);
    if (connection && !hws_h1_is_held(connection->visit->h1)) {
        const hws_visit *visit = forget(connection);
        hws_reasons_add(&visit->worker->metric.refused, HWS_OK);
    }
}

void hws_upgrade_begin(hws_visit *visit, const hws_service *service, hws_request *request)
{
    const hws_http_head *head = hws_request_head(request);
    hws_status status = hws_handshake_check(head);
    if (status == HWS_OK &&
        !hws_access_origin(&visit->worker->server->access, head, hws_request_is_secure(request)))
        status = HWS_ERR_HANDSHAKE_ORIGIN;
    hws_connection *connection;
    if (status == HWS_OK) status = hws_connection_new(service, visit, &connection);
    if (status != HWS_OK) {
        hws_reasons_add(&visit->worker->metric.refused, status);
        hws_server_log(visit->worker->server, HWS_LOG_INFO, "%s: WebSocket refused: %s",
                       hws_request_address(request), hws_status_text(status));
        hws_request_refuse(request, status);
        return;
    }
    visit->pending = connection;
    if (!service->route->on_upgrade) {
        const hws_text protocol = hws_handshake_choose(head, service->route->protocols);
        open_websocket(connection, (hws_handshake_reply){.protocol = protocol});
        return;
    }
    ask(connection, request);
}

/* Deciding. */

/* One of the route's subprotocols that the client offers, as the route has it; without a name the
 * first of them.  Absent: there is none. */
static hws_text find_protocol(const hws_connection *connection, hws_text name)
{
    const hws_http_head *head = hws_request_head(hws_h1_request(connection->visit->h1));
    const char *const *known = hws_connection_service(connection)->route->protocols;
    if (!name.data) return hws_handshake_choose(head, known);
    for (; known && *known; known++) {
        const char *const one[] = {*known, NULL};
        if (hws_text_equal(hws_text_of(*known), name)) return hws_handshake_choose(head, one);
    }
    return (hws_text){0};
}

/* Headers travel as strings with zeros behind them: name, value, name, value, … */
static size_t unpack(hws_span packed, hws_header headers[HEADERS_MAX])
{
    size_t count = 0;
    const char *at = (const char *)packed.data;
    const char *end = at + packed.size;
    while (at < end && count < HEADERS_MAX) {
        headers[count].name = at;
        at += strlen(at) + 1;
        headers[count].value = at;
        at += strlen(at) + 1;
        count++;
    }
    return count;
}

static hws_status pack(const hws_header *headers, size_t count, const hws_memory *memory,
                       hws_buffer *packed)
{
    for (size_t i = 0; i < count; i++) {
        HWS_TRY(hws_buffer_append(packed, memory, headers[i].name, strlen(headers[i].name) + 1,
                                  SIZE_MAX));
        HWS_TRY(hws_buffer_append(packed, memory, headers[i].value, strlen(headers[i].value) + 1,
                                  SIZE_MAX));
    }
    return HWS_OK;
}

static hws_status post_packed(hws_websocket ws, hws_remote call, const hws_header *headers,
                              size_t header_count)
{
    const hws_memory *memory = hws_slots_memory(ws.slots);
    hws_buffer packed = {0};
    hws_status status = pack(headers, header_count, memory, &packed);
    if (status == HWS_OK) {
        call.ws = ws;
        call.bytes = (hws_span){packed.data, packed.size};
        status = hws_remote_post(ws.slots, &call);
    }
    hws_buffer_release(&packed, memory);
    return status;
}

/* The first decision counts; one that does not get on its way is none. */
static hws_status post_decision(hws_websocket ws, hws_remote call, const hws_header *headers,
                                size_t header_count)
{
    if (!hws_slots_decide(ws)) return HWS_ERR_NOT_OPEN;
    const hws_status status = post_packed(ws, call, headers, header_count);
    if (status == HWS_BUFFERED) return HWS_OK;
    hws_slots_return_decision(ws);
    return status;
}

static bool headers_are_there(const hws_header *headers, size_t count)
{
    if (count > HEADERS_MAX || (count > 0 && !headers)) return false;
    for (size_t i = 0; i < count; i++)
        if (!headers[i].name || !headers[i].value) return false;
    return true;
}

static void to_fields(const hws_header *headers, size_t count, hws_http_field fields[HEADERS_MAX])
{
    for (size_t i = 0; i < count; i++)
        fields[i] = (hws_http_field){hws_text_of(headers[i].name), hws_text_of(headers[i].value)};
}

static void accept_arrived(const hws_remote *remote)
{
    hws_connection *connection = find_undecided(remote->ws);
    if (!connection) return;
    hws_header headers[HEADERS_MAX];
    hws_http_field fields[HEADERS_MAX];
    const size_t count = unpack(remote->bytes, headers);
    to_fields(headers, count, fields);
    open_websocket(connection, (hws_handshake_reply){
                                   .protocol = find_protocol(connection, remote->name),
                                   .headers = fields,
                                   .header_count = count,
                               });
}

/* Whether the headers may stand in a 101: written to nowhere, they are judged all the same. */
static hws_status check_accept(const hws_header *headers, size_t count)
{
    if (!headers_are_there(headers, count)) return HWS_ERR_INVALID_ARGUMENT;
    hws_http_field fields[HEADERS_MAX];
    hws_writer nowhere = {0};
    to_fields(headers, count, fields);
    return hws_handshake_add_headers(&nowhere, fields, count);
}

hws_status hws_websocket_accept(hws_websocket ws, const char *protocol, const hws_header *headers,
                                size_t header_count)
{
    if (hws_slots_ready_state(ws) != HWS_CONNECTING) return HWS_ERR_NOT_OPEN;
    HWS_TRY(check_accept(headers, header_count));
    if (hws_remote_is_here(ws.slots)) {
        const hws_connection *connection = find_undecided(ws);
        if (!connection) return HWS_ERR_NOT_OPEN;
        if (protocol && !find_protocol(connection, hws_text_of(protocol)).data)
            return HWS_ERR_INVALID_ARGUMENT;
    }
    return post_decision(ws, (hws_remote){.call = accept_arrived, .name = hws_text_of(protocol)},
                         headers, header_count);
}

static hws_response refusal(int status, hws_text reason, const hws_header *headers, size_t count)
{
    return (hws_response){
        .status = status,
        .type = reason.size > 0 ? "text/plain; charset=utf-8" : NULL,
        .body = reason.data,
        .body_size = reason.size,
        .headers = headers,
        .header_count = count,
        .close = true,
    };
}

static void refuse_arrived(const hws_remote *remote)
{
    hws_connection *connection = find_undecided(remote->ws);
    if (!connection) return;
    hws_visit *visit = forget(connection);
    hws_request *request = hws_h1_request(visit->h1);
    hws_reasons_add(&visit->worker->metric.refused, HWS_OK);
    hws_header headers[HEADERS_MAX];
    const size_t count = unpack(remote->bytes, headers);
    const hws_response response = refusal(remote->code, remote->name, headers, count);
    if (hws_request_respond(request, &response) != HWS_OK)
        hws_request_refuse(request, HWS_ERR_NO_MEMORY);
}

hws_status hws_websocket_refuse(hws_websocket ws, int status, const char *reason,
                                const hws_header *headers, size_t header_count)
{
    const hws_text text = reason ? hws_text_of(reason) : hws_text_of(hws_response_reason(status));
    const hws_response response = refusal(status, text, headers, header_count);
    if (status < 300 || !headers_are_there(headers, header_count)) return HWS_ERR_INVALID_ARGUMENT;
    HWS_TRY(hws_response_check(&response));
    return post_decision(ws, (hws_remote){.call = refuse_arrived, .code = status, .name = text},
                         headers, header_count);
}
