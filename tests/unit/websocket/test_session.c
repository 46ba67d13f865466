/* SPDX-License-Identifier: MIT */
/* A session under what an application may do to it, over loopback and through the public calls. */
#include "hawser/websocket.h"

#include "lib/server_fixture.h"

/* Nothing brings a WebSocket back that has closed. */
static void abort_in_close(hws_websocket ws, const hws_close *close, void *user)
{
    note_close(ws, close, user);
    assert_int_equal(hws_websocket_abort(ws), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_close(ws, 1000, NULL), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CLOSED);
}

static void test_abort_inside_on_close(void **state)
{
    (void)state;
    it.options.route[0].on_close = abort_in_close;
    start();
    raw_client *client = raw_open(it.loop, it.server, "/");
    raw_send(client, 0x88, "\x03\xe8", 2);
    raw_expect_close(client, 1000);
    raw_expect_end(client);
    assert_int_equal(it.closed, 1);
    assert_true(it.close.was_clean);
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_abort_inside_on_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
