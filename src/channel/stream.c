/* SPDX-License-Identifier: MIT */
/* Where a WebSocket does not pass: an answer that goes on carries what the client is told, and its
 * commands come as requests of their own (/emulation), or not at all.
 *
 *     GET  /connection/sse?cf_connect=COMMAND       events      ┐ POST /emulation
 *     POST /connection/http_stream       COMMAND    lines       ┘ {"session","node","data"}
 *     GET  /connection/uni_sse?cf_connect=PARAMETERS            one way: pushes alone
 *     POST /connection/uni_http_stream   PARAMETERS
 */
#include "base/memory.h"
#include "channel/guest.h"
#include "channel/json.h"
#include "channel/one_way.h"
#include "channel/query.h"
#include "server/feed.h"

enum { COMMAND_SIZE_MAX = HWS_GUEST_FRAME_MAX };

typedef struct transport {
    const char *path;
    const char *method;
    hws_format format;
} transport;

static const transport TRANSPORTS[] = {
    {"/connection/sse", "GET", HWS_FORMAT_SSE},
    {"/connection/http_stream", "POST", HWS_FORMAT_LINES},
    {"/connection/uni_sse", "GET", HWS_FORMAT_ONE_WAY_SSE},
    {"/connection/uni_http_stream", "POST", HWS_FORMAT_ONE_WAY_LINES},
};

static void refuse(hws_request *request, int status, const char *text)
{
    (void)hws_request_respond(request, &(hws_response){.status = status,
                                                       .type = "text/plain; charset=utf-8",
                                                       .body = text,
                                                       .body_size = strlen(text)});
}

static bool is_method(const hws_request *request, const char *method)
{
    return hws_text_equal(hws_request_method(request), hws_text_of(method));
}

/* Its connect: in the query of a GET, which is all that an EventSource can send, else the body. */
static bool read_connect(hws_request *request, const transport *by, hws_writer *to)
{
    hws_text text = hws_request_body(request);
    if (strcmp(by->method, "GET") == 0) {
        if (!hws_query_read(hws_request_query(request), "cf_connect", to)) return false;
    } else {
        hws_write(to, text);
    }
    text = hws_writer_text(to);
    return text.size <= COMMAND_SIZE_MAX;
}

static hws_text head_of(hws_format format)
{
    static const char events[] = "Content-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n";
    static const char lines[] = "Content-Type: application/json\r\nX-Accel-Buffering: no\r\n";
    const bool is_events = format == HWS_FORMAT_SSE || format == HWS_FORMAT_ONE_WAY_SSE;
    return hws_text_of(is_events ? events : lines);
}

static void on_end(void *owner)
{
    hws_guest_free(owner);
}

static void begin(hws_hub *hub, hws_request *request, const transport *by, hws_text commands)
{
    hws_feed *feed;
    hws_loop *loop = hws_feed_loop_of(request);
    hws_guest *client = hws_guest_new(hub, loop, by->format);
    if (!client) {
        refuse(request, 503, "out of memory\n");
        return;
    }
    hws_status status =
        hws_headers_keep(&client->headers, hub->memory, hub->decider.headers, request);
    if (status == HWS_OK)
        status = hws_feed_begin(request, head_of(by->format), on_end, client, &feed);
    if (status == HWS_OK) {
        hws_guest_begin(client, feed, commands);
        return;
    }
    hws_guest_free(client);
    refuse(request, hws_status_http(status), hws_status_text(status));
}

static void answer(hws_hub *hub, hws_request *request, const transport *by)
{
    hws_writer connect = hws_writer_on(hub->memory);
    hws_writer command = hws_writer_on(hub->memory);
    if (!read_connect(request, by, &connect)) {
        refuse(request, 400, "cf_connect is missing, malformed or too large\n");
    } else if (hws_format_is_one_way(by->format)) {
        hws_one_way_write_connect(&command, hws_writer_text(&connect));
        begin(hub, request, by, hws_writer_text(&command));
    } else {
        begin(hub, request, by, hws_writer_text(&connect));
    }
    hws_writer_release(&command);
    hws_writer_release(&connect);
}

static const transport *find(hws_text path)
{
    for (size_t i = 0; i < sizeof TRANSPORTS / sizeof *TRANSPORTS; i++)
        if (hws_text_equal(path, hws_text_of(TRANSPORTS[i].path))) return &TRANSPORTS[i];
    return NULL;
}

static void on_stream_request(hws_request *request, void *user)
{
    hws_hub *hub = user;
    const transport *by = find(hws_request_path(request));
    if (!by)
        refuse(request, 404, "not found\n");
    else if (!is_method(request, by->method))
        refuse(request, 405, "method not allowed\n");
    else if (!hws_hub_welcomes(hub, hws_request_address(request)))
        refuse(request, 403, "channels without keys are for this machine alone\n");
    else
        answer(hub, request, by);
}

/* Emulation. */

static hws_status pass_on(hws_hub *hub, hws_text session, hws_text data)
{
    hws_writer order = hws_writer_on(hub->memory);
    HWS_WRITE(&order, "{\"order\":\"emulate\",\"session\":");
    hws_write_string(&order, session);
    HWS_WRITE(&order, ",\"data\":");
    hws_write_string(&order, data);
    HWS_WRITE(&order, "}");
    const hws_text text = hws_writer_text(&order);
    const hws_status status =
        text.data ? hub->engine->calls->tell(hub->engine, text) : HWS_ERR_NO_MEMORY;
    hws_writer_release(&order);
    return status;
}

/* A session of another node, or of one that was, is not found here: its client begins anew. */
static void emulate(hws_hub *hub, hws_request *request, const json_t *body)
{
    hws_text session = {0};
    hws_text node = {0};
    hws_text data = {0};
    if (!hws_json_get_text(body, "session", &session) || !hws_json_get_text(body, "node", &node) ||
        !hws_json_get_text(body, "data", &data) || session.size != HWS_GUEST_ID_SIZE ||
        data.size == 0 || data.size > COMMAND_SIZE_MAX)
        refuse(request, 400, "session, node and data are wanted\n");
    else if (!hws_text_equal(node, hws_text_of(hub->uid)))
        refuse(request, 404, "there is no such node\n");
    else if (pass_on(hub, session, data) != HWS_OK)
        refuse(request, 503, "out of memory\n");
    else
        (void)hws_request_respond(request, &(hws_response){.status = 204});
}

static void on_emulation(hws_request *request, void *user)
{
    json_t *body = NULL;
    if (!is_method(request, "POST"))
        refuse(request, 405, "method not allowed\n");
    else if (hws_json_read(hws_request_body(request), &body) != HWS_OK || !json_is_object(body))
        refuse(request, 400, "an object is wanted\n");
    else
        emulate(user, request, body);
    json_decref(body);
}

hws_route hws_hub_stream_route(hws_hub *hub)
{
    return (hws_route){.path = "/connection/*", .on_request = on_stream_request, .user = hub};
}

hws_route hws_hub_emulation_route(hws_hub *hub)
{
    return (hws_route){.path = "/emulation", .on_request = on_emulation, .user = hub};
}
