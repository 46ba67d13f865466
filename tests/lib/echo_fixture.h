/* SPDX-License-Identifier: MIT */
/* A server that echoes at /echo, over loopback, its loop turned by hand; what it tells is noted. */
#ifndef HAWSER_TESTS_ECHO_FIXTURE_H
#define HAWSER_TESTS_ECHO_FIXTURE_H

#include "lib/raw_client.h"
#include "lib/test_memory.h"

typedef struct fixture {
    hws_loop *loop;
    hws_server *server;
    hws_server_options options;
    test_memory counter;
    hws_memory memory;

    hws_websocket last;
    int opened;
    int closed;
    int drained;
    int errors;
    bool done;
    hws_close close;
    char reason[128];
    char text[256];
} fixture;

static fixture it;

static inline void on_open(hws_websocket ws, void *user)
{
    assert_ptr_equal(user, &it);
    it.last = ws;
    it.opened++;
}

static inline void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    if (message->size < sizeof it.text) {
        memcpy(it.text, message->data, message->size);
        it.text[message->size] = 0;
    }
    const hws_status status = hws_websocket_send(ws, message);
    if (status >= HWS_OK) return;
    assert_int_equal(it.counter.fail_after, 0); /* only where the test lets memory fail */
    (void)hws_websocket_abort(ws);
}

static inline void on_error(hws_websocket ws, hws_status status, const char *text, void *user)
{
    (void)ws;
    (void)user;
    assert_int_equal(strncmp(text, hws_status_text(status), strlen(hws_status_text(status))), 0);
    it.errors++;
}

static inline void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)user;
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CLOSED);
    assert_int_equal(hws_websocket_send_text(ws, "too late"), HWS_ERR_NOT_OPEN);
    it.close = *close;
    snprintf(it.reason, sizeof it.reason, "%.*s", (int)close->reason.size, close->reason.data);
    it.closed++;
}

static inline void on_drain(hws_websocket ws, void *user)
{
    (void)user;
    assert_int_equal(hws_websocket_buffered_amount(ws), 0);
    it.drained++;
}

static inline hws_route echo_route(const char *path)
{
    return (hws_route){.path = path,
                       .on_open = on_open,
                       .on_message = on_message,
                       .on_error = on_error,
                       .on_close = on_close,
                       .on_drain = on_drain,
                       .user = &it};
}

static inline int set_up(void **state)
{
    (void)state;
    it = (fixture){0};
    it.memory = test_memory_hook(&it.counter);
    it.options = (hws_server_options){
        .listen = "http://127.0.0.1:0",
        .route = {echo_route("/echo")},
    };
    return hws_loop_new(&(hws_loop_options){.memory = &it.memory}, &it.loop) == HWS_OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    hws_server_free(it.server);
    hws_loop_free(it.loop);
    assert_int_equal(it.counter.bytes_out, 0);
    assert_int_equal(it.opened, it.closed); /* every on_open had its on_close */
    return 0;
}

static inline void start(void)
{
    char explain[256];
    const hws_status status =
        hws_server_new(it.loop, &it.options, explain, sizeof explain, &it.server);
    if (status != HWS_OK) fail_msg("%s", explain);
}

static inline raw_client *open_client(const char *path)
{
    return raw_open(it.loop, it.server, path);
}

static inline void await(raw_client *client, const int *count, int want)
{
    for (int turns = 0; *count < want; turns++) {
        assert_true(turns < 60000);
        raw_turn(client);
    }
}

/* For on_open. */
static inline void chat_open(hws_websocket ws, void *user)
{
    on_open(ws, user);
    assert_int_equal(hws_websocket_subscribe(ws, "chat"), HWS_OK);
    assert_int_equal(hws_websocket_subscribe(ws, "chat"), HWS_OK); /* twice is once */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif /* HAWSER_TESTS_ECHO_FIXTURE_H */
