/* SPDX-License-Identifier: MIT */
/* A server that lets its WebSockets go little by little. */
#include "server/drain.h"

#include "lib/backend.h"
#include "lib/server_fixture.h"

enum { CLIENTS = 25 };

static int done_count;

static void note_done(void *user)
{
    assert_ptr_equal(user, &it);
    done_count++;
}

static void turn_until_closed(int count)
{
    for (int turns = 0; it.closed < count; turns++) {
        assert_true(turns < 60000);
        assert_int_equal(hws_loop_step(it.loop, 10), HWS_OK);
    }
}

static void await_done(void)
{
    for (int turns = 0; done_count == 0; turns++) {
        assert_true(turns < 60000);
        assert_int_equal(hws_loop_step(it.loop, 10), HWS_OK);
    }
    assert_int_equal(done_count, 1);
}

static void open_all(raw_client *clients[CLIENTS])
{
    done_count = 0;
    start();
    for (int i = 0; i < CLIENTS; i++) clients[i] = raw_open(it.loop, it.server, "/");
}

/* How many have been sent a Close frame after one turn. */
static int closing_count(raw_client *clients[CLIENTS])
{
    int count = 0;
    uint8_t byte;
    whole_turn(it.loop);
    for (int i = 0; i < CLIENTS; i++)
        count += recv(clients[i]->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
    return count;
}

static void let_go(raw_client *clients[CLIENTS])
{
    for (int i = 0; i < CLIENTS; i++) {
        raw_expect_close(clients[i], 1012);
        raw_send(clients[i], 0x88, "\x03\xF4", 2);
    }
    turn_until_closed(CLIENTS);
    await_done();
    for (int i = 0; i < CLIENTS; i++) raw_free(clients[i]);
}

/* Row U001. */
static void test_ten_at_a_time(void **state)
{
    (void)state;
    raw_client *clients[CLIENTS];
    open_all(clients);
    hws_server_drain(it.server, 60000, note_done, &it);
    const int at_once = closing_count(clients);
    assert_in_range(at_once, 10, 20);           /* 20: that turn was a slow one */
    hws_server_drain(it.server, 0, NULL, NULL); /* once is enough */
    let_go(clients);
}

static void test_a_close_hastens(void **state)
{
    (void)state;
    raw_client *clients[CLIENTS];
    open_all(clients);
    hws_server_drain(it.server, UINT32_MAX, NULL, NULL);
    hws_server_close(it.server, 1012, note_done, &it);
    hws_server_close(it.server, 1001, NULL, NULL); /* hastens nothing any more */
    assert_int_equal(closing_count(clients), CLIENTS);
    let_go(clients);
}

static void test_no_time_is_all_at_once(void **state)
{
    (void)state;
    raw_client *clients[CLIENTS];
    open_all(clients);
    hws_server_drain(it.server, 0, note_done, &it);
    assert_int_equal(closing_count(clients), CLIENTS);
    let_go(clients);
}

/* Row U005: who was accepted before, and asks only now, is served, and then let go like the
 * rest. */
static void test_who_was_accepted_before_is_served(void **state)
{
    (void)state;
    done_count = 0;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_turn(client);
    hws_server_drain(it.server, 1000, note_done, &it);
    raw_turn(client);
    assert_int_equal(done_count, 0);
    char head[2048];
    raw_ask(client, "/", "");
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, " 101 "));
    raw_expect_close(client, 1012);
    raw_send(client, 0x88, "\x03\xF4", 2);
    await_done();
    raw_free(client);
}

/* But not who asks again, nor for ever who asks for nothing. */
static void test_who_asks_nothing_is_not_waited_for(void **state)
{
    (void)state;
    done_count = 0;
    start();
    raw_client *silent = raw_connect(it.loop, raw_port(it.server));
    raw_client *kept = raw_connect(it.loop, raw_port(it.server));
    char head[2048];
    raw_print(kept, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    raw_read_head(kept, head, sizeof head);
    raw_forget(kept, kept->size);
    raw_turn(silent);
    hws_server_drain(it.server, 1000, note_done, &it);
    await_done();
    raw_expect_end(silent);
    raw_free(silent);
    raw_free(kept);
}

static void test_freed_while_it_drains(void **state)
{
    (void)state;
    raw_client *clients[CLIENTS];
    open_all(clients);
    hws_server_drain(it.server, 60000, note_done, &it);
    hws_server_free(it.server);
    it.server = NULL;
    assert_int_equal(it.closed, CLIENTS);
    assert_int_equal(done_count, 0);
    for (int i = 0; i < CLIENTS; i++) raw_free(clients[i]);
}

static void test_sockets_are_told(void **state)
{
    (void)state;
    start();
    const int fd = hws_server_socket(it.server, 0);
    assert_true(fd >= 0);
    assert_int_equal(hws_server_socket(it.server, 1), -1);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(ntohs(address.sin_port), raw_port(it.server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ten_at_a_time),
        TEST(test_a_close_hastens),
        TEST(test_no_time_is_all_at_once),
        TEST(test_who_was_accepted_before_is_served),
        TEST(test_who_asks_nothing_is_not_waited_for),
        TEST(test_freed_while_it_drains),
        TEST(test_sockets_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
