/* SPDX-License-Identifier: MIT */
#include "lib/hub_stage.h"

#include <stdio.h>

#include "channel/json.h"
#include "server/feed.h"
#include "server/visit.h"

static const char API_KEY[] = "a key of back ends";

hws_hub *hub_stage_hub;
fake_stream hub_stage_listener;

static hws_loop *loop;
static hws_server server;
static hws_worker worker;
static long blocks_before; /* there was a hub */

static void on_request(void *owner, hws_request *request)
{
    static const char API[] = "/api/";
    (void)owner;
    const hws_text path = hws_request_path(request);
    const bool is_api = path.size >= sizeof API - 1 && memcmp(path.data, API, sizeof API - 1) == 0;
    const hws_route route =
        is_api ? hws_hub_api_route(hub_stage_hub) : hws_hub_stream_route(hub_stage_hub);
    route.on_request(request, route.user);
}

static void on_close(void *owner, hws_h1 *h1)
{
    (void)h1;
    hws_visit_free(owner);
}

void hub_stage_settle(fake_stream *peer)
{
    for (int i = 0; i < 4; i++) {
        const hws_status status = hws_loop_step(loop, 0);
        assert(status == HWS_OK);
        fake_stream_take(&hub_stage_listener, SIZE_MAX);
        fake_stream_take(peer, SIZE_MAX);
    }
}

void hub_stage_ask(fake_stream *peer, const char *path, hws_text body)
{
    static const hws_h1_owner CALLS = {.on_request = on_request, .on_close = on_close};
    char head[512];
    hws_visit *visit = calloc(1, sizeof *visit);
    assert(visit);
    fake_stream_init(peer, loop);
    *visit = (hws_visit){.worker = &worker, .has_asked = true, .next = worker.visits};
    if (visit->next) visit->next->previous = visit;
    worker.visits = visit;
    const hws_status status =
        hws_h1_new(loop, &peer->stream, &worker.h1, &CALLS, visit, &visit->h1);
    assert(status == HWS_OK);
    const int size = snprintf(head, sizeof head,
                              "POST %s HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\n"
                              "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                              path, API_KEY, body.size);
    fake_stream_give(peer, head, (size_t)size);
    if (body.size > 0) fake_stream_give(peer, body.data, body.size);
    hub_stage_settle(peer);
}

static void *plain_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

/* What answers an RPC gives back what it was given. */
static void on_rpc(hws_rpc *rpc, void *user)
{
    (void)user;
    const hws_text data = hws_rpc_data(rpc);
    if (data.data)
        (void)hws_rpc_answer(rpc, data);
    else if (hws_rpc_method(rpc).size > 0)
        (void)hws_rpc_fail(rpc, 1000, "no data");
}

void hub_stage_begin(void)
{
    static const hws_memory PLAIN = {.resize = plain_resize};
    static const hws_namespace NAMESPACES[] = {
        {.history_size = 0},
        {.name = "kept", .history_size = 3, .recovery = true},
        {.name = "slow", .max_rate = 1},
        {.name = "batched", .batch_interval_ms = 1},
        {.name = "quiet", .no_presence = true, .no_join_leave = true, .max_message = 8},
        {.name = "closed", .publish = HWS_WHO_NOBODY, .subscribe = HWS_WHO_NOBODY},
    };
    static const char LISTEN[] =
        "{\"id\":1,\"connect\":{}}\n"
        "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"join_leave\":true}}\n"
        "{\"id\":3,\"subscribe\":{\"channel\":\"kept:a\"}}";
    heap_begin();
    blocks_before = heap.blocks;
    if (!loop && hws_loop_new(NULL, &loop) != HWS_OK) abort();
    server.options.send_queue_max = 1 << 20;
    worker =
        (hws_worker){.server = &server, .loop = loop, .memory = &PLAIN, .h1 = {.memory = &PLAIN}};
    const hws_hub_options options = {
        .namespaces = NAMESPACES,
        .namespace_count = sizeof NAMESPACES / sizeof *NAMESPACES,
        .on_rpc = on_rpc,
        .api_key = {API_KEY, sizeof API_KEY - 1},
        .subscription_count_max = 4,
        .channel_count_max = 8,
        .allow_anonymous = true,
        .memory = &heap.hook,
    };
    if (hws_hub_new(&options, NULL, 0, &hub_stage_hub) != HWS_OK) abort();
    hub_stage_ask(&hub_stage_listener, "/connection/http_stream",
                  (hws_text){LISTEN, sizeof LISTEN - 1});
}

void hub_stage_end(fake_stream *peer)
{
    while (worker.visits) {
        hws_visit *visit = worker.visits;
        hws_h1_close(visit->h1);
        hws_visit_free(visit);
    }
    hws_feeds_end(&worker);
    hub_stage_settle(peer);
    assert(hws_hub_client_count(hub_stage_hub) == 0);
    hws_hub_free(hub_stage_hub);
    assert(heap.blocks == blocks_before);
}

int hub_stage_answer(const fake_stream *peer, hws_text *body)
{
    const char *text = (const char *)peer->output;
    const char *end = memmem(text, peer->output_size, "\r\n\r\n", 4);
    *body = (hws_text){0};
    if (!end) return 0;
    *body = (hws_text){end + 4, peer->output_size - (size_t)(end + 4 - text)};
    return (int)strtol(text + 9, NULL, 10);
}

json_t *hub_stage_next(hws_text *lines)
{
    json_t *object = NULL;
    if (lines->size == 0) return NULL;
    const char *newline = memchr(lines->data, '\n', lines->size);
    assert(newline);
    const size_t size = (size_t)(newline - lines->data);
    const hws_status status = hws_json_read((hws_text){lines->data, size}, &object);
    assert(status == HWS_OK && json_is_object(object));
    *lines = (hws_text){newline + 1, lines->size - size - 1};
    return object;
}
