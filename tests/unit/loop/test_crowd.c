/* SPDX-License-Identifier: MIT */
/* Many descriptors that are readable at once: who is served when. */
#include "hawser/loop.h"

#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "loop/state.h"

static hws_loop *loop;
static hws_alarm bell;
static int descriptors_before;

static int set_up(void **state)
{
    descriptors_before = descriptors_open();
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

/* Data wins, also when there was more of it than one batch holds: the alarm waits until every
 * descriptor had its turn. */

enum { CROWD = 512 }; /* two batches */

static hws_io crowd[CROWD];
static int crowd_received;
static int crowd_received_at_ring;

static void crowd_on_receive(hws_io *each, hws_span bytes, int error)
{
    (void)each;
    assert_int_equal(error, 0);
    assert_int_equal(bytes.size, 1);
    crowd_received++;
}

static void crowd_on_close(hws_io *each)
{
    (void)each;
}

static const hws_io_handler crowd_handler = {.on_receive = crowd_on_receive,
                                             .on_close = crowd_on_close};

static void crowd_on_ring(hws_alarm *each, hws_loop *of)
{
    (void)each;
    (void)of;
    crowd_received_at_ring = crowd_received;
}

static int crowd_pending(int i)
{
    int size = 0;
    assert_int_equal(ioctl(crowd[i].fd, FIONREAD, &size), 0);
    return size;
}

static void open_crowd(int peers[CROWD])
{
    crowd_received = 0;
    for (int i = 0; i < CROWD; i++) {
        int pair[2];
        unix_pair(pair);
        peers[i] = pair[1];
        assert_int_equal(hws_io_open(&crowd[i], loop, pair[0], &crowd_handler), HWS_OK);
        hws_io_receive(&crowd[i], true);
    }
}

static void close_crowd(const int peers[CROWD])
{
    for (int i = 0; i < CROWD; i++) {
        hws_io_close(&crowd[i], false);
        close(peers[i]);
    }
}

static void test_data_wins_over_an_alarm(void **state)
{
    (void)state;
    int peers[CROWD];
    open_crowd(peers);
    bell = (hws_alarm){.on_ring = crowd_on_ring};
    /* Receives that begin in this turn, and such as are under way. */
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < CROWD; i++) assert_int_equal(write(peers[i], "x", 1), 1);
        assert_int_equal(hws_alarm_set(&bell, loop, 0), HWS_OK);
        while (hws_alarm_is_set(&bell)) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
        assert_int_equal(crowd_received_at_ring, round * CROWD);
    }

    /* Nor is it put off for ever by a flood: each may be heard once, in however many turns. */
    assert_int_equal(hws_alarm_set(&bell, loop, 0), HWS_OK);
    while (hws_alarm_is_set(&bell)) {
        assert_true(crowd_received - crowd_received_at_ring < CROWD);
        for (int i = 0; i < CROWD; i++) {
            const int pending = crowd_pending(i);
            if (pending == 0) assert_int_equal(write(peers[i], "x", 1), 1);
        }
        assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    }
    close_crowd(peers);
}

/* Who turns the loop only when its descriptor, or its timeout, says so hears all of them. */
static void test_a_crowd_is_seen_from_outside(void **state)
{
    (void)state;
    int peers[CROWD];
    open_crowd(peers);
    struct pollfd watched = {.fd = hws_loop_fd(loop), .events = POLLIN};
    while (hws_loop_timeout_ms(loop) == 0) assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    for (int i = 0; i < CROWD; i++) assert_int_equal(write(peers[i], "x", 1), 1);
    while (crowd_received < CROWD) {
        const bool is_due = hws_loop_timeout_ms(loop) == 0;
        assert_true(is_due || poll(&watched, 1, 10000) == 1); /* long enough for any machine */
        assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    }
    close_crowd(peers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_data_wins_over_an_alarm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_crowd_is_seen_from_outside, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
