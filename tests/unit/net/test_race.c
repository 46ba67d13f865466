/* SPDX-License-Identifier: MIT */
/* Every address is one of loopback, with a port of its own: one that answers, one that refuses, one
 * that never answers. */
#include "net/race.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/syscalls.h"
#include "lib/test_memory.h"
#include "loop/state.h"

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static int descriptors_before;

/* A socket that is its own peer, when told so. */
static bool talks_to_itself;

int __real_getpeername(int fd, struct sockaddr *address, socklen_t *size);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *size);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
    if (talks_to_itself) return getsockname(fd, address, size);
    return __real_getpeername(fd, address, size);
}

enum { IN_TRY = 1, IN_FAILED = 2, IN_ANSWERED = 4 };

/* An owner that writes down what it hears: "try a; refused a; try b; won". */
typedef struct owner {
    hws_race *race;
    char heard[4096];
    char why[128]; /* of the last that failed */
    int fd;        /* -1: not won */
    bool lost;
    hws_status status;
    char text[1024];
    size_t tried;
    uint64_t tried_ms[HWS_RACE_ADDRESS_MAX + 1];
    uint64_t told_ms; /* the last that answered or failed */
    size_t late;      /* tried in no turn in which another failed */
    int cancels_in;
    int next_error; /* of the connect after the first failure; 0: whatever comes */
} owner;

static owner it;

/* The listener, and the address of each letter. */
enum { LETTERS = 8 };
static int listeners[LETTERS];
static hws_address addresses[LETTERS];
static int fillers[LETTERS][2];

static void hear(const char *what, const hws_address *address)
{
    char letter = '?';
    for (int i = 0; i < LETTERS; i++)
        if (memcmp(&addresses[i], address, sizeof *address) == 0) letter = (char)('a' + i);
    const size_t used = strlen(it.heard);
    snprintf(it.heard + used, sizeof it.heard - used, "%s%s %c", used > 0 ? "; " : "", what,
             letter);
}

static void maybe_cancel(int in)
{
    if (it.cancels_in != in) return;
    hws_race_cancel(it.race);
    it.race = NULL; /* whoever is called after this fails below */
}

static void on_try(void *user, const hws_address *address)
{
    assert_ptr_equal(user, &it);
    assert_non_null(it.race);
    if (it.tried == 0 || loop->now_ms != it.told_ms) it.late++;
    it.tried_ms[it.tried++] = loop->now_ms;
    hear("try", address);
    maybe_cancel(IN_TRY);
}

static void on_tried(void *user, const hws_address *address, hws_status status, const char *why)
{
    assert_ptr_equal(user, &it);
    assert_non_null(it.race);
    assert_int_equal(status == HWS_OK, why[0] == 0);
    hear(status == HWS_OK ? "answered" : "failed", address);
    it.told_ms = loop->now_ms;
    if (status < HWS_OK) snprintf(it.why, sizeof it.why, "%s", why);
    if (it.next_error) syscalls_fail(SYSCALL_connect, 1, 1, it.next_error);
    it.next_error = 0;
    maybe_cancel(status == HWS_OK ? IN_ANSWERED : IN_FAILED);
}

static void on_won(void *user, int fd)
{
    assert_ptr_equal(user, &it);
    assert_non_null(it.race);
    it.race = NULL;
    it.fd = fd;
}

static void on_lost(void *user, hws_status status)
{
    assert_ptr_equal(user, &it);
    assert_non_null(it.race);
    assert_int_equal(hws_race_explain(it.race, "no answer", it.text, sizeof it.text), it.tried);
    it.race = NULL;
    it.lost = true;
    it.status = status;
}

static const hws_race_owner calls = {on_try, on_tried, on_won, on_lost};

/* The peers. */

/* A port that is ours; who does not listen at it refuses, and nobody else can have it. */
static void bind_at(int letter)
{
    hws_address *address = &addresses[letter];
    assert_true(hws_address_literal((hws_text){"127.0.0.1", 9}, 0, address));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, &address->any, address->size), 0);
    assert_int_equal(getsockname(fd, &address->any, &address->size), 0);
    listeners[letter] = fd;
}

static void listen_at(int letter, int backlog)
{
    bind_at(letter);
    assert_int_equal(listen(listeners[letter], backlog), 0);
}

static void answering(int letter)
{
    listen_at(letter, 16);
}

/* A backlog of 0 holds one; the SYN of the others is dropped. */
static void silent(int letter)
{
    listen_at(letter, 0);
    for (int i = 0; i < 2; i++) {
        fillers[letter][i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(fillers[letter][i], &addresses[letter].any, addresses[letter].size);
    }
}

static void refusing(int letter)
{
    bind_at(letter);
}

static void race_among(size_t count, bool more)
{
    it.race = NULL;
    assert_int_equal(hws_race_new(loop, addresses, count, more, &calls, &it, &it.race), HWS_OK);
    assert_string_equal(it.heard, "");
}

static void step(void)
{
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

#define STEP_UNTIL(condition)                                                                      \
    while (!(condition)) assert_int_equal(hws_loop_step(loop, 1000), HWS_OK)

static void steps_for_ms(uint64_t ms)
{
    const uint64_t until_ms = hws_loop_now_ms(loop) + ms;
    while (hws_loop_now_ms(loop) < until_ms) assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
}

static int set_up(void **state)
{
    syscalls_reset();
    talks_to_itself = false;
    it = (owner){.fd = -1};
    memset(addresses, 0, sizeof addresses);
    for (int i = 0; i < LETTERS; i++) listeners[i] = fillers[i][0] = fillers[i][1] = -1;
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    *state = NULL;
    return 0;
}

/* Nothing is left of the race, and its descriptors are gone but for the winner's. */
static void assert_over(void)
{
    assert_null(it.race);
    if (it.fd >= 0) close(it.fd);
    step();
    step();
    assert_int_equal(loop->io_count, 0);
    assert_int_equal(loop->alarms.count, 1); /* the backend's */
}

static int tear_down(void **state)
{
    (void)state;
    syscalls_reset();
    for (int i = 0; i < LETTERS; i++) {
        if (listeners[i] >= 0) close(listeners[i]);
        for (int k = 0; k < 2; k++)
            if (fillers[i][k] >= 0) close(fillers[i][k]);
    }
    counter.fail_after = SIZE_MAX;
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

static void test_the_first_answers(void **state)
{
    (void)state;
    answering(0);
    answering(1);
    race_among(2, false);
    STEP_UNTIL(it.fd >= 0);
    assert_string_equal(it.heard, "try a; answered a");
    int nodelay = 0;
    assert_int_equal(
        getsockopt(it.fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &(socklen_t){sizeof nodelay}), 0);
    assert_true(nodelay);
    assert_true(fcntl(it.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(it.fd, F_GETFD) & FD_CLOEXEC);
    const int accepted = accept(listeners[0], NULL, NULL);
    assert_int_equal(write(it.fd, "hi", 2), 2);
    char bytes[2];
    assert_int_equal(read(accepted, bytes, 2), 2);
    close(accepted);
    assert_over();
}

static void test_a_failure_starts_the_next(void **state)
{
    (void)state;
    refusing(0);
    refusing(1);
    answering(2);
    race_among(3, false);
    STEP_UNTIL(it.fd >= 0);
    assert_int_equal(it.late, 1); /* the first; the others in the turn of a failure */
    assert_string_equal(it.heard, "try a; failed a; try b; failed b; try c; answered c");
    assert_string_equal(it.why, "connection refused");
    assert_over();
}

/* RFC 8305 §5: 250 ms after the one before. */
static void test_silence_starts_the_next(void **state)
{
    (void)state;
    silent(0);
    silent(1);
    answering(2);
    race_among(3, false);
    STEP_UNTIL(it.fd >= 0);
    assert_string_equal(it.heard, "try a; try b; try c; answered c");
    assert_true(it.tried_ms[1] - it.tried_ms[0] >= 250);
    assert_true(it.tried_ms[2] - it.tried_ms[1] >= 250);
    assert_over();
}

/* A failure of any attempt starts the next, and the 250 ms anew. */
static void test_a_failure_in_between(void **state)
{
    (void)state;
    silent(0);
    refusing(1);
    silent(2);
    answering(3);
    race_among(4, false);
    STEP_UNTIL(it.fd >= 0);
    assert_string_equal(it.heard, "try a; try b; failed b; try c; try d; answered d");
    assert_true(it.tried_ms[2] - it.tried_ms[1] < 200);
    assert_in_range(it.tried_ms[3] - it.tried_ms[2], 250, 450);
    assert_over();
}

/* The first is not given up when the second starts: it wins when its SYN is repeated. */
static void test_the_first_answers_late(void **state)
{
    (void)state;
    silent(0);
    silent(1);
    race_among(2, false);
    STEP_UNTIL(it.tried == 2);
    for (int i = 0; i < 2; i++) {
        close(fillers[0][i]);
        fillers[0][i] = -1;
    }
    close(accept(listeners[0], NULL, NULL));
    STEP_UNTIL(it.fd >= 0);
    assert_string_equal(it.heard, "try a; try b; answered a");
    assert_over();
}

/* All fail: the most telling failure counts, and each is told of. */
static void test_all_fail(void **state)
{
    (void)state;
    static const struct {
        int errors[2];
        hws_status status;
        const char *words[2];
    } cases[] = {
        {{ECONNREFUSED, ENETUNREACH},
         HWS_ERR_CONNECT_REFUSED,
         {"connection refused", "network is unreachable"}},
        {{ETIMEDOUT, ECONNREFUSED}, HWS_ERR_CONNECT_REFUSED, {"no answer", "connection refused"}},
        {{ETIMEDOUT, EHOSTUNREACH}, HWS_ERR_CONNECT_UNREACHABLE, {"no answer", "no route to host"}},
        {{ENETUNREACH, ETIMEDOUT},
         HWS_ERR_CONNECT_UNREACHABLE,
         {"network is unreachable", "no answer"}},
        {{ETIMEDOUT, ETIMEDOUT}, HWS_ERR_CONNECT_TIMEOUT, {"no answer", "no answer"}},
        {{ECONNREFUSED, EACCES}, HWS_ERR_PERMISSION, {"connection refused", "permission denied"}},
        {{EPERM, ECONNREFUSED},
         HWS_ERR_PERMISSION,
         {"not permitted, by a firewall perhaps", "connection refused"}},
        {{EACCES, ENOMEM}, HWS_ERR_NO_MEMORY, {"permission denied", "out of memory"}},
        {{EINVAL, EADDRNOTAVAIL},
         HWS_ERR_CONNECT_UNREACHABLE,
         {"a link-local address lacks its interface", "no address or port to connect from"}},
        {{ECONNREFUSED, EPROTOTYPE},
         HWS_ERR_SYSTEM,
         {"connection refused", "Protocol wrong type for socket"}},
    };
    refusing(0);
    assert_true(hws_address_literal((hws_text){"2001:db8::1", 11}, 443, &addresses[1]));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        syscalls_reset();
        it = (owner){.fd = -1, .next_error = cases[i].errors[1]};
        syscalls_fail(SYSCALL_connect, 1, 1, cases[i].errors[0]);
        race_among(2, false);
        STEP_UNTIL(it.lost);
        assert_int_equal(it.status, cases[i].status);
        char text[256];
        snprintf(text, sizeof text, "127.0.0.1 port %u: %s; [2001:db8::1] port 443: %s",
                 hws_address_port(&addresses[0]), cases[i].words[0], cases[i].words[1]);
        assert_string_equal(it.text, text);
        assert_string_equal(it.heard, "try a; failed a; try b; failed b");
        assert_over();
    }
}

/* O001: without a descriptor, memory or room in epoll one address fails like another. */
static void test_nothing_to_connect_with(void **state)
{
    (void)state;
    static const struct {
        syscall_name name;
        size_t n;
        int error;
        hws_status status;
    } cases[] = {
        {SYSCALL_socket, 1, EMFILE, HWS_ERR_SYSTEM},
        {SYSCALL_socket, 1, ENFILE, HWS_ERR_SYSTEM},
        {SYSCALL_socket, 1, ENOBUFS, HWS_ERR_NO_MEMORY},
        {SYSCALL_socket, 1, ENOMEM, HWS_ERR_NO_MEMORY},
        {SYSCALL_socket, 1, EACCES, HWS_ERR_PERMISSION},
        {SYSCALL_socket, 1, EAFNOSUPPORT, HWS_ERR_CONNECT_UNREACHABLE},
        {SYSCALL_setsockopt, 1, ENOMEM, HWS_ERR_NO_MEMORY},
        {SYSCALL_epoll_ctl, 1, ENOSPC, HWS_ERR_SYSTEM},
        {SYSCALL_epoll_ctl, 2, ENOMEM, HWS_ERR_NO_MEMORY},
        {SYSCALL_getsockopt, 1, ENOBUFS, HWS_ERR_NO_MEMORY},
    };
    answering(0);
    answering(1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (cases[i].name == SYSCALL_epoll_ctl && on_io_uring(loop)) continue;
        syscalls_reset();
        it = (owner){.fd = -1};
        race_among(1, false);
        syscalls_fail(cases[i].name, cases[i].n, 1, cases[i].error);
        STEP_UNTIL(it.lost);
        assert_int_equal(it.status, cases[i].status);
        assert_over();

        it = (owner){.fd = -1};
        race_among(2, false);
        syscalls_fail(cases[i].name, cases[i].n, 1, cases[i].error);
        STEP_UNTIL(it.fd >= 0);
        assert_string_equal(it.heard, "try a; failed a; try b; answered b");
        assert_over();
    }
}

static void test_connected_to_itself(void **state)
{
    (void)state;
    answering(0);
    talks_to_itself = true;
    race_among(1, false);
    STEP_UNTIL(it.lost);
    assert_int_equal(it.status, HWS_ERR_CONNECT_REFUSED);
    assert_over();
}

/* E025. */
static void test_too_many_addresses(void **state)
{
    (void)state;
    static hws_address many[100];
    refusing(0);
    for (size_t i = 0; i < COUNT_OF(many); i++) many[i] = addresses[0];
    assert_int_equal(hws_race_new(loop, many, COUNT_OF(many), false, &calls, &it, &it.race),
                     HWS_OK);
    STEP_UNTIL(it.lost);
    assert_int_equal(it.tried, HWS_RACE_ADDRESS_MAX);
    assert_int_equal(it.status, HWS_ERR_CONNECT_REFUSED);
    assert_non_null(strstr(it.text, ": connection refused; and 28 more"));
    assert_over();
}

/* Addresses that come late. */

static void test_late_address_wins(void **state)
{
    (void)state;
    refusing(0);
    answering(1);
    race_among(1, true);
    STEP_UNTIL(it.why[0]);
    step();
    assert_false(it.lost); /* there may be more */
    hws_race_add(it.race, &addresses[1], 1);
    assert_string_equal(it.heard, "try a; failed a");
    STEP_UNTIL(it.fd >= 0);
    assert_true(it.tried_ms[1] - it.tried_ms[0] < 200); /* nothing is under way: at once */
    assert_string_equal(it.heard, "try a; failed a; try b; answered b");
    assert_over();
}

static void test_nothing_came_late(void **state)
{
    (void)state;
    refusing(0);
    race_among(1, true);
    STEP_UNTIL(it.why[0]);
    hws_race_add(it.race, NULL, 0);
    assert_false(it.lost);
    STEP_UNTIL(it.lost);
    assert_int_equal(it.status, HWS_ERR_CONNECT_REFUSED);
    assert_over();
}

/* By turns with those that are left, the late ones first: the last that was tried is of the other
 * family. */
static void test_late_addresses_mix(void **state)
{
    (void)state;
    silent(0);
    for (int i = 1; i < 5; i++) refusing(i);
    race_among(3, true);
    STEP_UNTIL(it.tried == 1);
    hws_race_add(it.race, &addresses[3], 2);
    STEP_UNTIL(it.lost || it.tried == 5);
    STEP_UNTIL(strstr(it.heard, "failed c"));
    assert_string_equal(
        it.heard, "try a; try d; failed d; try b; failed b; try e; failed e; try c; failed c");
    assert_in_range(it.tried_ms[1] - it.tried_ms[0], 250, 450);
    hws_race_cancel(it.race);
    it.race = NULL;
    assert_over();
}

/* One is under way, and the 250 ms have passed: the late one starts at once. */
static void test_late_address_does_not_wait(void **state)
{
    (void)state;
    silent(0);
    answering(1);
    race_among(1, true);
    steps_for_ms(300);
    hws_race_add(it.race, &addresses[1], 1);
    step();
    assert_int_equal(it.tried, 2);
    STEP_UNTIL(it.fd >= 0);
    assert_over();
}

static void test_late_addresses_are_bounded(void **state)
{
    (void)state;
    static hws_address many[40];
    refusing(0);
    for (size_t i = 0; i < COUNT_OF(many); i++) many[i] = addresses[0];
    assert_int_equal(hws_race_new(loop, many, 20, true, &calls, &it, &it.race), HWS_OK);
    hws_race_add(it.race, many, COUNT_OF(many));
    STEP_UNTIL(it.lost);
    assert_int_equal(it.tried, HWS_RACE_ADDRESS_MAX);
    assert_over();
}

/* Giving up. */

static void test_cancel(void **state)
{
    (void)state;
    static const struct {
        int in;
        const char *heard;
    } cases[] = {{IN_TRY, "try a"}, {IN_FAILED, "try a; failed a"}};
    refusing(0);
    answering(1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        it = (owner){.fd = -1, .cancels_in = cases[i].in};
        race_among(2, false);
        STEP_UNTIL(!it.race);
        steps_for_ms(20);
        assert_string_equal(it.heard, cases[i].heard);
        assert_over();
    }
    it = (owner){.fd = -1, .cancels_in = IN_FAILED}; /* at once */
    syscalls_fail(SYSCALL_socket, 1, 1, EMFILE);
    race_among(2, false);
    STEP_UNTIL(!it.race);
    assert_string_equal(it.heard, "try a; failed a");
    assert_over();

    it = (owner){.fd = -1, .cancels_in = IN_ANSWERED};
    race_among(2, false);
    STEP_UNTIL(!it.race);
    assert_int_equal(it.fd, -1);
    assert_string_equal(it.heard, "try a; failed a; try b; answered b");
    assert_over();
}

static void test_cancel_from_outside(void **state)
{
    (void)state;
    silent(0);
    silent(1);
    race_among(2, false);
    hws_race_cancel(it.race);
    it.race = NULL;
    assert_over();
    assert_string_equal(it.heard, "");

    race_among(2, false);
    STEP_UNTIL(it.tried == 2);
    hws_race_cancel(it.race);
    it.race = NULL;
    assert_over();
    assert_string_equal(it.heard, "try a; try b");
}

/* The time is up: each that has not answered is told of, unless nobody listens any more. */
static void test_expire(void **state)
{
    (void)state;
    silent(0);
    silent(1);
    for (int cancels = 0; cancels < 2; cancels++) {
        it = (owner){.fd = -1};
        race_among(2, false);
        STEP_UNTIL(it.tried == 2);
        it.cancels_in = cancels ? IN_FAILED : 0;
        hws_race_expire(it.race, "no answer within 10 s");
        assert_string_equal(it.why, "no answer within 10 s");
        assert_string_equal(it.heard, cancels ? "try a; try b; failed a"
                                              : "try a; try b; failed a; failed b");
        if (!cancels) hws_race_cancel(it.race);
        it.race = NULL;
        assert_over();
    }
}

/* The loop ends the race that was given up just before. */
static void test_cancel_before_the_loop_ends(void **state)
{
    (void)state;
    silent(0);
    race_among(1, false);
    STEP_UNTIL(it.tried == 1);
    hws_race_cancel(it.race);
}

static void test_no_memory(void **state)
{
    (void)state;
    static hws_alarm heap[63]; /* full, so that the race's alarm needs memory, too */
    for (size_t i = 0; i < COUNT_OF(heap); i++)
        assert_int_equal(hws_alarm_set(&heap[i], loop, UINT64_MAX), HWS_OK);
    answering(0);
    for (size_t n = 0; n < 2; n++) {
        counter.fail_after = n;
        assert_int_equal(hws_race_new(loop, addresses, 1, false, &calls, &it, &it.race),
                         HWS_ERR_NO_MEMORY);
        assert_null(it.race);
    }
    counter.fail_after = 2;
    race_among(1, false);
    STEP_UNTIL(it.fd >= 0); /* nothing is allocated on the way */
    for (size_t i = 0; i < COUNT_OF(heap); i++) hws_alarm_unset(&heap[i], loop);
    assert_over();
}

/* Unix sockets. */

static void test_unix(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/hawser-race-%d", (int)getpid());
    unlink(path);
    assert_int_equal(hws_address_local((hws_text){path, strlen(path)}, &addresses[0]), HWS_OK);
    race_among(1, false);
    STEP_UNTIL(it.lost);
    assert_int_equal(it.status, HWS_ERR_CONNECT_REFUSED);
    assert_string_equal(it.why, "no such file");
    assert_non_null(strstr(it.text, path));
    assert_over();

    listeners[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listeners[0], &addresses[0].any, addresses[0].size), 0);
    assert_int_equal(listen(listeners[0], 0), 0);
    it = (owner){.fd = -1};
    race_among(1, false);
    STEP_UNTIL(it.fd >= 0);
    assert_true(fcntl(it.fd, F_GETFD) & FD_CLOEXEC);
    const int first = it.fd;
    it = (owner){.fd = -1};
    race_among(1, false); /* the backlog is full */
    STEP_UNTIL(it.lost);
    assert_int_equal(it.status, HWS_ERR_CONNECT_REFUSED);
    assert_string_equal(it.why, "too many connections wait there");
    assert_over();
    close(first);
    unlink(path);
}

/* Explaining. */

static void test_explain(void **state)
{
    (void)state;
    silent(0);
    refusing(1);
    race_among(2, true);
    char text[256] = "x";
    assert_int_equal(hws_race_explain(it.race, "no answer", text, sizeof text), 0);
    assert_string_equal(text, "");
    STEP_UNTIL(it.why[0]);
    assert_int_equal(hws_race_explain(it.race, "no answer within 10 s", text, sizeof text), 2);
    char expected[256];
    snprintf(expected, sizeof expected,
             "127.0.0.1 port %u: no answer within 10 s; 127.0.0.1 port %u: connection refused",
             hws_address_port(&addresses[0]), hws_address_port(&addresses[1]));
    assert_string_equal(text, expected);
    for (size_t size = 0; size <= strlen(expected) + 1; size++) { /* cut, never written beyond */
        memset(text, 'x', sizeof text);
        assert_int_equal(hws_race_explain(it.race, "no answer within 10 s", text, size), 2);
        assert_int_equal(text[size], 'x');
        if (size > 0) assert_int_equal(strlen(text), size - 1);
        if (size > 0) assert_memory_equal(text, expected, size - 1);
    }
    hws_race_cancel(it.race);
    it.race = NULL;
    assert_over();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_first_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failure_starts_the_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_silence_starts_the_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failure_in_between, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_first_answers_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_to_connect_with, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connected_to_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_address_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_came_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_addresses_mix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_address_does_not_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_addresses_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_from_outside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_expire, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_before_the_loop_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_explain, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
