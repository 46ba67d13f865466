/* SPDX-License-Identifier: MIT */
/* Who decides about a WebSocket, how often, and when it is too late. */
#include "server/upgrade.h"

#include <pthread.h>

#include "lib/server_fixture.h"

static void expect_status(raw_client *client, const char *status)
{
    char head[1024];
    raw_read_head(client, head, sizeof head);
    if (!strstr(head, status)) fail_msg("wanted %s, got %s", status, head);
}

static void note_asked(hws_websocket ws, hws_request *request, void *user)
{
    (void)request;
    (void)user;
    it.last = ws;
}

/* on_upgrade answers the request as if it were any other. */
static void answer_403(hws_websocket ws, hws_request *request, void *user)
{
    (void)user;
    it.last = ws;
    const hws_response response = {.status = 403};
    assert_int_equal(hws_request_respond(request, &response), HWS_OK);
    assert_int_equal(hws_request_respond(request, &response), HWS_ERR_INVALID_ARGUMENT);
}

static void test_on_upgrade_answers_itself(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = answer_403;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    for (int i = 0; i < 2; i++) { /* the connection is still HTTP's */
        raw_ask(client, "/", "");
        expect_status(client, " 403 ");
        assert_int_equal(hws_websocket_ready_state(it.last), HWS_CLOSED);
        assert_int_equal(hws_websocket_accept(it.last, NULL, NULL, 0), HWS_ERR_NOT_OPEN);
        assert_int_equal(hws_server_websocket_count(it.server), 0);
    }
    raw_free(client);
}

static void accept_and_answer(hws_websocket ws, hws_request *request, void *user)
{
    assert_int_equal(hws_websocket_accept(ws, NULL, NULL, 0), HWS_OK);
    answer_403(ws, request, user);
}

static void test_an_answer_comes_before_a_decision(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = accept_and_answer;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/", "");
    expect_status(client, " 403 ");
    raw_expect_silence(client);
    assert_int_equal(it.opened, 0);
    raw_free(client);
}

static hws_status decide(bool accept)
{
    return accept ? hws_websocket_accept(it.last, NULL, NULL, 0)
                  : hws_websocket_refuse(it.last, 403, NULL, NULL, 0);
}

/* All four orders: the first counts, and the second is told so. */
static void test_a_second_decision_is_told(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = note_asked;
    start();
    for (int i = 0; i < 4; i++) {
        const bool accept_first = i & 1;
        raw_client *client = raw_connect(it.loop, raw_port(it.server));
        raw_ask(client, "/", "");
        raw_expect_silence(client);
        it.counter.fail_after = 0; /* a decision that cannot be sent on its way was none */
        assert_int_equal(decide(accept_first), HWS_ERR_NO_MEMORY);
        it.counter.fail_after = SIZE_MAX;
        assert_int_equal(decide(accept_first), HWS_OK);
        assert_int_equal(hws_websocket_ready_state(it.last), HWS_CONNECTING);
        assert_int_equal(decide(i & 2), HWS_ERR_NOT_OPEN);
        expect_status(client, accept_first ? " 101 " : " 403 ");
        assert_int_equal(decide(i & 2), HWS_ERR_NOT_OPEN);
        raw_free(client);
    }
    assert_int_equal(it.opened, 2);
}

static void *accept_elsewhere(void *user)
{
    return hws_websocket_accept(it.last, NULL, NULL, 0) == HWS_OK ? user : NULL;
}

/* Many threads at once: one of them was the first. */
static void test_decisions_from_threads(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = note_asked;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/", "");
    raw_expect_silence(client);
    pthread_t threads[8];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, accept_elsewhere, &it), 0);
    int first = 0;
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *was_first;
        pthread_join(threads[i], &was_first);
        first += was_first != NULL;
    }
    assert_int_equal(first, 1);
    expect_status(client, " 101 ");
    assert_int_equal(it.opened, 1);
    raw_free(client);
}

static void close_server(hws_websocket ws, hws_request *request, void *user)
{
    (void)user;
    it.last = ws;
    hws_server_close(it.server, 0, NULL, NULL);
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CLOSED);
    assert_true(hws_request_path(request).size == 1);
}

static void test_on_upgrade_closes_the_server(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = close_server;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/", "");
    expect_status(client, " 503 ");
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_on_upgrade_answers_itself),    TEST(test_an_answer_comes_before_a_decision),
        TEST(test_a_second_decision_is_told),    TEST(test_decisions_from_threads),
        TEST(test_on_upgrade_closes_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
