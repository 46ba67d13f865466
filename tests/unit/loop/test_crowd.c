/* SPDX-License-Identifier: MIT */
/* Many descriptors that are readable at once: who is served when. */
#include "hawser/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/syscalls.h"
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

static void close_some(const int *peers, int first, int count)
{
    for (int i = first; i < first + count; i++) {
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
    close_some(peers, 0, CROWD);
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
    close_some(peers, 0, CROWD);
}

/* Who brings much.  Not all that a socket holds comes at once, so that it stays readable; and more
 * than a turn's worth comes from all of them, who are more than one batch of the kernel's. */

enum {
    TURN_SIZE = 32 << 20,
    RECEIVE_SIZE = 160 << 10,
    PIECE = 32 << 10,
    HEAVY_CROWD = 300,
    LIGHT = HEAVY_CROWD, /* one more */
};

static unsigned served[LIGHT + 1]; /* times */
static int order[LIGHT + 1];       /* in this turn */
static int order_count;
static size_t turn_received; /* bytes */
static unsigned served_count;
static unsigned served_at_ring;

static void heavy_on_receive(hws_io *each, hws_span bytes, int error)
{
    assert_int_equal(error, 0);
    const ptrdiff_t which = each - crowd;
    served[which]++;
    served_count++;
    turn_received += bytes.size;
    if (order_count <= LIGHT) order[order_count++] = (int)which; /* a ring serves one repeatedly */
}

static const hws_io_handler heavy_handler = {.on_receive = heavy_on_receive,
                                             .on_close = crowd_on_close};

static void open_heavy_for(int peers[LIGHT + 1], uint32_t receive_size)
{
    memset(served, 0, sizeof served);
    hws_loop_free(loop);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.receive_size = receive_size}, &loop),
                     HWS_OK);
    for (int i = 0; i <= LIGHT; i++) {
        int pair[2];
        unix_pair(pair);
        peers[i] = pair[1];
        assert_int_equal(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
        assert_int_equal(hws_io_open(&crowd[i], loop, pair[0], &heavy_handler), HWS_OK);
        hws_io_receive(&crowd[i], true);
    }
}

static void open_heavy(int peers[LIGHT + 1])
{
    open_heavy_for(peers, RECEIVE_SIZE);
}

/* As much as goes in. */
static void fill_one(const int *peers, int i)
{
    static const uint8_t bytes[PIECE];
    while (send(peers[i], bytes, sizeof bytes, MSG_NOSIGNAL) > 0) continue;
    assert_int_equal(errno, EAGAIN);
    assert_true(crowd_pending(i) > RECEIVE_SIZE); /* else the test shows nothing */
}

static void fill(const int *peers, int count)
{
    for (int i = 0; i < count; i++) fill_one(peers, i);
}

static void send_little(const int *peers, int count)
{
    for (int i = 0; i < count; i++) assert_int_equal(write(peers[i], "x", 1), 1);
}

static void turn(void)
{
    order_count = 0;
    turn_received = 0;
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

typedef struct fairness {
    unsigned least;
    unsigned most;
} fairness;

static fairness served_since(const unsigned before[HEAVY_CROWD])
{
    fairness it = {.least = UINT_MAX};
    for (int i = 0; i < HEAVY_CROWD; i++) {
        const unsigned times = served[i] - before[i];
        if (times < it.least) it.least = times;
        if (times > it.most) it.most = times;
    }
    return it;
}

/* Turns that are too short for all, until who brings much is known. */
static void turn_until_known(const int *peers)
{
    enum { TURNS = 6 };
    for (int i = 0; i < TURNS; i++) {
        fill(peers, HEAVY_CROWD);
        turn();
        assert_true(turn_received >= TURN_SIZE);
        assert_true(turn_received < TURN_SIZE + 2 * RECEIVE_SIZE);
    }
    assert_true(served_since((unsigned[HEAVY_CROWD]){0}).least >= 1);
}

static void close_all(const int *peers)
{
    close_some(peers, 0, LIGHT + 1);
    turn();
}

/* Nobody is served a second time before everybody was once. */
static void test_a_turn_is_too_short_for_all(void **state)
{
    (void)state;
    if (on_io_uring(loop)) return; /* its turns are shorter: below */
    int peers[LIGHT + 1];
    unsigned before[HEAVY_CROWD];
    open_heavy(peers);
    turn_until_known(peers);
    memcpy(before, served, sizeof before);
    for (unsigned i = 1; i <= 9; i++) {
        fill(peers, HEAVY_CROWD);
        turn();
        assert_true(turn_received >= TURN_SIZE);
        assert_true(turn_received < TURN_SIZE + RECEIVE_SIZE);
        const fairness it = served_since(before);
        assert_true(it.most - it.least <= 1);
        assert_true(i < 9 || it.least >= 5);
    }
    close_all(peers);
}

/* And who brings little waits for none of them. */
static void test_who_brings_much_goes_last(void **state)
{
    (void)state;
    if (on_io_uring(loop)) return; /* as above */
    int peers[LIGHT + 1];
    open_heavy(peers);
    turn_until_known(peers);
    fill(peers, HEAVY_CROWD);
    send_little(&peers[LIGHT], 1);
    turn();
    assert_int_equal(order[0], LIGHT);

    /* They are like everybody once they have brought little. */
    do turn();
    while (order_count > 0);
    for (int round = 0; round < 2; round++) {
        send_little(peers, LIGHT + 1);
        turn();
        assert_int_equal(order[0], round == 0 ? LIGHT : 0);
        do turn();
        while (order_count > 0);
    }
    close_all(peers);
}

static void heavy_on_ring(hws_alarm *each, hws_loop *of)
{
    (void)each;
    (void)of;
    served_at_ring = served_count;
}

/* Alarms wait until everybody was served. */
static void test_alarms_wait_for_who_brings_much(void **state)
{
    (void)state;
    if (on_io_uring(loop)) return; /* as above */
    int peers[LIGHT + 1];
    open_heavy(peers);
    turn_until_known(peers);
    bell = (hws_alarm){.on_ring = heavy_on_ring};
    assert_int_equal(hws_alarm_set(&bell, loop, 0), HWS_OK);
    const unsigned served_before = served_count;
    while (hws_alarm_is_set(&bell)) {
        fill(peers, HEAVY_CROWD);
        turn();
    }
    assert_true(served_at_ring - served_before >= HEAVY_CROWD);
    close_all(peers);
}

/* Who cannot be moved is served first and takes all of a turn, but for one that was moved. */
static void test_the_second_set_is_full(void **state)
{
    (void)state;
    if (on_io_uring(loop)) return; /* it has none */
    enum { MOVED = 20 };
    int peers[LIGHT + 1];
    unsigned before[HEAVY_CROWD];
    open_heavy(peers);
    /* Two calls for each: into the one, out of the other. */
    syscalls_fail(SYSCALL_epoll_ctl, 2 * MOVED + 1, SIZE_MAX / 2, ENOSPC);
    turn_until_known(peers);
    memcpy(before, served, sizeof before);
    for (int i = 0; i < 2 * MOVED; i++) {
        fill(peers, HEAVY_CROWD);
        turn();
    }
    assert_true(served_since(before).least >= 1);
    syscalls_reset();
    close_all(peers);
}

/* Who cannot be moved, for want of memory in the kernel, is served where he is. */
static void test_the_sets_are_full(void **state)
{
    (void)state;
    if (on_io_uring(loop)) return; /* it has none */
    int peers[LIGHT + 1];
    open_heavy(peers);
    syscalls_fail(SYSCALL_epoll_ctl, 1, SIZE_MAX / 2, ENOSPC);
    turn_until_known(peers);
    syscalls_reset();
    hws_io_receive(&crowd[0], false); /* watched less, where he is */
    turn_until_known(peers);          /* the others are moved */
    hws_io_receive(&crowd[0], true);
    syscalls_fail(SYSCALL_epoll_ctl, 1, SIZE_MAX / 2, ENOMEM);
    do turn();
    while (order_count > 0);
    const unsigned served_before = served_count;
    send_little(peers, LIGHT + 1);
    do turn();
    while (order_count > 0);
    assert_int_equal(served_count - served_before, LIGHT + 1);
    syscalls_reset();
    close_all(peers);
}

/* A ring asks for one receive at a time of those who bring much, and for so many in a turn as half
 * of its buffers are for: of small ones, and of large ones, where the kernel has them. */

typedef struct ring_kind {
    uint32_t receive_size;
    int receives; /* in a turn */
    size_t size;  /* bytes of each, at most */
    int rounds;   /* that show who is served how often */
} ring_kind;

static const ring_kind ring_kinds[] = {
    {.receive_size = RECEIVE_SIZE, .receives = 128, .size = 20 << 10, .rounds = 10},
    {.receive_size = 0, .receives = 6, .size = 260 << 10, .rounds = 2},
};

enum { STAY_TURNS = 16 };

/* Until each of them had its stay. */
static int round_turns(const ring_kind *kind)
{
    return (HEAVY_CROWD / kind->receives + 1) * STAY_TURNS;
}

static void ring_turns(const int *peers, int count)
{
    enum { LITTLE = 40 << 10 };
    for (int i = 0; i < count; i++) {
        for (int each = 0; each < HEAVY_CROWD; each++)
            if (crowd_pending(each) < LITTLE) fill_one(peers, each);
        turn();
    }
}

static void hear_who_brings_little(const ring_kind *kind)
{
    int peers[LIGHT + 1];
    open_heavy_for(peers, kind->receive_size);
    ring_turns(peers, round_turns(kind));
    for (int i = 0; i < 20; i++) {
        const unsigned before = served[LIGHT];
        size_t received = 0;
        send_little(&peers[LIGHT], 1);
        while (served[LIGHT] == before) {
            ring_turns(peers, 1);
            received += turn_received;
            assert_true(received < 4 * (size_t)kind->receives * kind->size);
        }
    }
    close_all(peers);
}

static void test_a_ring_is_quick_to_hear_who_brings_little(void **state)
{
    (void)state;
    if (!on_io_uring(loop)) return;
    for (size_t i = 0; i < COUNT_OF(ring_kinds); i++) hear_who_brings_little(&ring_kinds[i]);
}

static void serve_all_who_bring_much(const ring_kind *kind)
{
    const int turns = round_turns(kind);
    int peers[LIGHT + 1];
    unsigned before[HEAVY_CROWD];
    open_heavy_for(peers, kind->receive_size);
    ring_turns(peers, turns);
    memcpy(before, served, sizeof before);
    ring_turns(peers, turns + STAY_TURNS);
    assert_true(served_since(before).least >= 1);
    memcpy(before, served, sizeof before);
    ring_turns(peers, kind->rounds * turns);
    const fairness it = served_since(before);
    assert_true(it.least >= (unsigned)kind->rounds * STAY_TURNS / 2);
    assert_true(it.most <= 2 * it.least);
    close_all(peers);
}

static void test_a_ring_serves_all_who_bring_much(void **state)
{
    (void)state;
    if (!on_io_uring(loop)) return;
    for (size_t i = 0; i < COUNT_OF(ring_kinds); i++) serve_all_who_bring_much(&ring_kinds[i]);
}

/* Those who stand in line have nothing under way: they may pause, and go, like anybody. */
static void let_go_of_who_stands_in_line(const ring_kind *kind)
{
    enum { GONE = 100, PAUSED = 200 };
    int peers[LIGHT + 1];
    open_heavy_for(peers, kind->receive_size);
    ring_turns(peers, round_turns(kind));
    close_some(peers, 0, GONE);
    for (int i = GONE; i < PAUSED; i++) hws_io_receive(&crowd[i], false);
    whole_turn(loop);
    assert_int_equal(loop->io_count, LIGHT + 1 - GONE);
    const unsigned paused = served[GONE];
    do turn();
    while (order_count > 0);
    assert_int_equal(served[GONE], paused);
    for (int i = PAUSED; i < HEAVY_CROWD; i++) assert_int_equal(crowd_pending(i), 0);
    for (int i = GONE; i < PAUSED; i++) hws_io_receive(&crowd[i], true);
    do turn();
    while (order_count > 0 || crowd_pending(PAUSED - 1) > 0);
    for (int i = GONE; i < PAUSED; i++) assert_int_equal(crowd_pending(i), 0);
    close_some(peers, GONE, LIGHT + 1 - GONE);
    whole_turn(loop);
}

static void test_a_ring_lets_go_of_who_stands_in_line(void **state)
{
    (void)state;
    if (!on_io_uring(loop)) return;
    for (size_t i = 0; i < COUNT_OF(ring_kinds); i++) let_go_of_who_stands_in_line(&ring_kinds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_data_wins_over_an_alarm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_crowd_is_seen_from_outside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_turn_is_too_short_for_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_brings_much_goes_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alarms_wait_for_who_brings_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_second_set_is_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_sets_are_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_ring_is_quick_to_hear_who_brings_little, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_ring_serves_all_who_bring_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_ring_lets_go_of_who_stands_in_line, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
