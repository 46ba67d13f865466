/* SPDX-License-Identifier: MIT */
/* A server with one route, whose callbacks each test sets as it likes. */
#ifndef HAWSER_TESTS_SERVER_FIXTURE_H
#define HAWSER_TESTS_SERVER_FIXTURE_H

#include "lib/raw_client.h"
#include "lib/test_memory.h"

typedef struct server_fixture {
    hws_loop *loop;
    hws_server *server;
    hws_server_options options;
    test_memory counter;
    hws_memory memory;

    hws_websocket last; /* opened, or asked about */
    int opened;
    int closed;
    hws_close close;
} server_fixture;

static server_fixture it;

static void note_open(hws_websocket ws, void *user)
{
    (void)user;
    it.last = ws;
    it.opened++;
}

static void note_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    (void)user;
    it.close = *close;
    it.closed++;
}

static int set_up(void **state)
{
    (void)state;
    it = (server_fixture){0};
    it.memory = test_memory_hook(&it.counter);
    it.options = (hws_server_options){
        .listen = "http://127.0.0.1:0",
        .route = {{.path = "/", .on_open = note_open, .on_close = note_close}},
    };
    return hws_loop_new(&(hws_loop_options){.memory = &it.memory}, &it.loop) == HWS_OK ? 0 : -1;
}

/* With the test's own callbacks at the route. */
static void start(void)
{
    char explain[256];
    if (hws_server_new(it.loop, &it.options, explain, sizeof explain, &it.server) != HWS_OK)
        fail_msg("%s", explain);
}

static int tear_down(void **state)
{
    (void)state;
    hws_server_free(it.server);
    hws_loop_free(it.loop);
    assert_int_equal(it.counter.bytes_out, 0);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif /* HAWSER_TESTS_SERVER_FIXTURE_H */
