/* SPDX-License-Identifier: MIT */
/* A hub in a server, over loopback, whose memory is counted. */
#ifndef HAWSER_TESTS_HUB_FIXTURE_H
#define HAWSER_TESTS_HUB_FIXTURE_H

#include "hawser/channel.h"
#include "lib/raw_client.h"
#include "lib/test_memory.h"

static test_memory counter; /* of the hub alone */
static hws_memory memory;
static hws_loop *loop;
static hws_hub *hub;
static hws_server *server;

static inline void hub_fixture_begin(const hws_hub_options *options, size_t send_queue_max)
{
    char explain[256];
    hws_hub_options with_memory = *options;
    with_memory.memory = &memory;
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    assert_int_equal(hws_hub_new(&with_memory, explain, sizeof explain, &hub), HWS_OK);
    const hws_server_options server_options = {
        .listen = "http://127.0.0.1:0",
        .route = {hws_hub_route(hub), hws_hub_stream_route(hub), hws_hub_emulation_route(hub)},
        .send_queue_max = send_queue_max,
    };
    assert_int_equal(hws_server_new(loop, &server_options, explain, sizeof explain, &server),
                     HWS_OK);
}

static inline void hub_fixture_end(void)
{
    hws_server_free(server);
    hws_hub_free(hub);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
}

static inline raw_client *connect_client(void)
{
    return raw_open(loop, server, "/connection/websocket");
}

/* The next message holds that text; false: the connection ended. */
static inline bool receive(raw_client *client, const char *part)
{
    uint8_t first;
    hws_span payload;
    if (!raw_read(client, &first, &payload) || (first & 15) == 8) return false;
    char text[4096];
    snprintf(text, sizeof text, "%.*s", (int)payload.size, (const char *)payload.data);
    if (!strstr(text, part) && !strstr(text, "\"code\":100,"))
        fail_msg("%s is not in %s", part, text);
    return true;
}

static inline bool ask(raw_client *client, const char *command, const char *part)
{
    raw_send_text(client, command);
    return receive(client, part);
}

#endif /* HAWSER_TESTS_HUB_FIXTURE_H */
