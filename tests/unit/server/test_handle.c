/* SPDX-License-Identifier: MIT */
/* Handles: stale ones, calls that are wrong, calls from inside a callback. */
#include "lib/echo_fixture.h"

static void test_stale_handles(void **state)
{
    (void)state;
    start();
    raw_client *first = open_client("/echo");
    const hws_websocket stale = it.last;
    assert_int_equal(hws_websocket_abort(stale), HWS_OK);
    assert_int_equal(hws_websocket_send_text(stale, "x"), HWS_ERR_NOT_OPEN);
    assert_int_equal(it.closed, 0); /* never from inside a call */
    await(first, &it.closed, 1);
    assert_int_equal(it.close.code, 1006);

    raw_client *second = open_client("/echo");
    assert_int_equal(it.last.slot, stale.slot);
    assert_int_equal(hws_websocket_send_text(stale, "x"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_close(stale, 1000, NULL), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_ping(stale, "", 0), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_subscribe(stale, "t"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_publish(stale, "t", &(hws_message){.type = HWS_TEXT}),
                     HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_accept(stale, NULL, NULL, 0), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_set_user(stale, NULL), HWS_ERR_NOT_OPEN);
    assert_null(hws_websocket_user(stale));
    assert_string_equal(hws_websocket_protocol(stale), "");
    assert_int_equal(hws_websocket_buffered_amount(stale), 0);
    assert_int_equal(hws_websocket_ready_state(stale), HWS_CLOSED);
    assert_int_equal(hws_websocket_send_text((hws_websocket){0}, "x"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_send_text(it.last, "fresh"), HWS_OK);
    raw_expect(second, 0x81, "fresh");
    raw_free(first);
    raw_free(second);
}

static void test_calls_with_bad_arguments(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    const hws_websocket ws = it.last;
    assert_int_equal(hws_websocket_send(ws, NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_send_text(ws, NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_send_binary(ws, NULL, 1), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_send_text(ws, "\xff"), HWS_ERR_UTF8);
    assert_int_equal(hws_websocket_ping(ws, ws.slots, 126), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_close(ws, 1006, NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_close(ws, 1000, "\xff"), HWS_ERR_UTF8);
    assert_int_equal(hws_websocket_subscribe(ws, ""), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_subscribe(ws, NULL), HWS_ERR_INVALID_ARGUMENT);
    char name[257] = {0};
    memset(name, 'n', 256);
    assert_int_equal(hws_websocket_subscribe(ws, name), HWS_ERR_INVALID_ARGUMENT);
    name[255] = 0;
    assert_int_equal(hws_websocket_subscribe(ws, name), HWS_OK);
    char address[48];
    assert_int_equal(hws_websocket_address(ws, address, 47), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_address(ws, address, sizeof address), HWS_OK);
    assert_string_equal(address, "127.0.0.1");
    raw_expect_silence(client);
    assert_int_equal(hws_websocket_ready_state(ws), HWS_OPEN);
    raw_free(client);
}

/* V001, V002: everything from inside the callbacks. */
static void close_in_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)message;
    (void)user;
    assert_int_equal(hws_websocket_send_text(ws, "last words"), HWS_OK);
    assert_int_equal(hws_websocket_close(ws, 4001, "enough"), HWS_OK);
    assert_int_equal(hws_websocket_close(ws, 4001, "enough"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_send_text(ws, "more"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CLOSING);
}

static void test_close_inside_a_message(void **state)
{
    (void)state;
    it.options.route[0].on_message = close_in_message;
    start();
    raw_client *client = open_client("/echo");
    raw_send_text(client, "one");
    raw_send_text(client, "two, which nobody hears");
    raw_expect(client, 0x81, "last words");
    raw_expect(client, 0x88,
               "\x0f\xa1"
               "enough");
    assert_int_equal(it.closed, 0);
    raw_send(client, 0x88, "\x0f\xa1", 2);
    raw_expect_end(client);
    assert_int_equal(it.close.code, 4001);
    assert_true(it.close.was_clean);
    raw_free(client);
}

static void abort_in_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)message;
    assert_int_equal(hws_websocket_abort(ws), HWS_OK);
    assert_int_equal(hws_websocket_abort(ws), HWS_ERR_NOT_OPEN);
}

static void test_abort_inside_a_message(void **state)
{
    (void)state;
    it.options.route[0].on_message = abort_in_message;
    start();
    raw_client *client = open_client("/echo");
    uint8_t two[] = {0x81, 0x81, 0, 0, 0, 0, 'a', 0x81, 0x81, 0, 0, 0, 0, 'b'};
    raw_write(client, two, sizeof two);
    raw_expect_end(client);
    assert_int_equal(it.closed, 1);
    raw_free(client);
}

static void test_user_data(void **state)
{
    (void)state;
    it.options.route[0].on_open = on_open;
    start();
    raw_client *client = open_client("/echo");
    assert_ptr_equal(hws_websocket_user(it.last), &it);
    int mine;
    assert_int_equal(hws_websocket_set_user(it.last, &mine), HWS_OK);
    assert_ptr_equal(hws_websocket_user(it.last), &mine);
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stale_handles),
        TEST(test_calls_with_bad_arguments),
        TEST(test_close_inside_a_message),
        TEST(test_abort_inside_a_message),
        TEST(test_user_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
