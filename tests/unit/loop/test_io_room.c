/* SPDX-License-Identifier: MIT */
/* Bytes that have a better place than the loop's buffer: the rest of a large message.  A ring does
 * not ask for it (docs/decisions/0038). */
#include "loop/io.h"

#include <sys/socket.h>

#include "lib/io_fixture.h"

enum { ALL = 1 << 20, PLACE_SIZE = 64 * 1024 };

static uint8_t place[PLACE_SIZE];
static size_t place_size; /* that on_room tells of now; 0: none */
static size_t placed;     /* bytes that were received there */
static bool place_goes;   /* with every second call, and comes back with the next */

static hws_span on_room(hws_io *io)
{
    (void)io;
    return (hws_span){place, place_size};
}

static void on_receive_placed(hws_io *io, hws_span bytes, int error)
{
    assert_true(bytes.data != place || bytes.size <= place_size);
    if (bytes.data == place) placed += bytes.size;
    if (place_goes) place_size = PLACE_SIZE - place_size;
    on_receive(io, bytes, error);
}

static const hws_io_handler placed_handler = {.on_room = on_room,
                                              .on_receive = on_receive_placed,
                                              .on_send = on_send,
                                              .on_close = on_close};

static void open_placed(end *it, int fd)
{
    place_size = PLACE_SIZE;
    placed = 0;
    place_goes = false;
    open_end(it, fd);
    it->io.handler = &placed_handler;
    hws_io_receive(&it->io, true);
}

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at % 251 + at / 4096);
}

/* Writes what the socket takes, up to `limit`; answers where it goes on. */
static size_t write_more(int fd, size_t at, size_t limit)
{
    uint8_t bytes[8192];
    while (at < limit) {
        size_t size = 0;
        while (size < sizeof bytes && at + size < limit) {
            bytes[size] = pattern(at + size);
            size++;
        }
        const ssize_t written = send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (written < 0) {
            assert_int_equal(errno, EAGAIN);
            break;
        }
        at += (size_t)written;
    }
    return at;
}

/* Little by little: what a socket holds at once may be received at once. */
static void receive_all(end *it, int peer)
{
    size_t sent = 0;
    while (it->size < ALL) {
        sent = write_more(peer, sent, it->size + ALL / 8 < ALL ? it->size + ALL / 8 : ALL);
        assert_int_equal(hws_loop_step(loop, it->size < sent ? -1 : 0), HWS_OK);
    }
    for (size_t i = 0; i < ALL; i++)
        if (it->bytes[i] != pattern(i)) fail_msg("byte %zu", i);
}

/* Answers how much of it came in its place. */
static size_t placed_of_all(pair_maker *maker, bool goes)
{
    int pair[2];
    maker(pair);
    end it;
    open_placed(&it, pair[0]);
    place_goes = goes;
    receive_all(&it, pair[1]);
    close_end(&it, false);
    close(pair[1]);
    return placed;
}

static void test_all_of_it_in_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++)
        assert_int_equal(placed_of_all(makers[i], false), ALL);
}

static void test_a_place_that_comes_and_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++)
        assert_in_range(placed_of_all(makers[i], true), 1, ALL - 1);
}

/* Nothing is heard while receiving is paused; a place that is gone by then is not written to. */
static void test_pause(void **state)
{
    (void)state;
    int pair[2];
    unix_pair(pair);
    end it;
    open_placed(&it, pair[0]);
    whole_turn(loop);
    hws_io_receive(&it.io, false);
    assert_int_equal(write(pair[1], "a", 1), 1);
    whole_turn(loop);
    assert_int_equal(it.size, 0);
    hws_io_receive(&it.io, true);
    STEP_UNTIL(it.size == 1);
    assert_int_equal(placed, 1);

    whole_turn(loop);
    place_size = 0;
    assert_int_equal(write(pair[1], "b", 1), 1);
    STEP_UNTIL(it.size == 2);
    assert_int_equal(placed, 1);
    assert_memory_equal(it.bytes, "ab", 2);
    close_end(&it, false);
    close(pair[1]);
}

static void test_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        int pair[2];
        makers[i](pair);
        end it;
        open_placed(&it, pair[0]);
        whole_turn(loop);
        assert_int_equal(write(pair[1], "last", 4), 4);
        close(pair[1]);
        STEP_UNTIL(it.ended);
        assert_int_equal(it.error, 0);
        assert_int_equal(placed, 4);
        close_end(&it, false);
    }
}

static void test_a_reset(void **state)
{
    (void)state;
    int pair[2];
    tcp_pair(pair);
    end it;
    open_placed(&it, pair[0]);
    whole_turn(loop);
    const struct linger at_once = {.l_onoff = 1};
    assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(pair[1]);
    STEP_UNTIL(it.ended);
    assert_int_equal(it.error, ECONNRESET);
    close_end(&it, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_of_it_in_its_place),
        TEST(test_a_place_that_comes_and_goes),
        TEST(test_pause),
        TEST(test_the_end),
        TEST(test_a_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
