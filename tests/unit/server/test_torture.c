/* SPDX-License-Identifier: MIT */
/* Rows O001, O002, O004 to O007: a whole life of a server and a client in one loop, again and
 * again, each time with another allocation or another system call that fails.  Whatever fails,
 * nothing turns for ever, nothing leaks, and each on_open has its on_close. */
#include <errno.h>
#include <poll.h>

#include "hawser/hawser.h"
#include "lib/cmocka.h"
#include "lib/descriptors.h"
#include "lib/syscalls.h"
#include "lib/test_memory.h"

enum {
    IDLE_MAX = 5,
    TURNS_MAX = 100000,
    LONG_MESSAGE = 100000, /* more than one receive of the loop takes */
    RECEIVE_SIZE = 16384,
};

static struct {
    hws_loop *loop;
    hws_server *server;
    test_memory counter;
    hws_memory memory;
    size_t asked;  /* allocations so far */
    size_t fails;  /* the one that fails; 0: none */
    bool for_ever; /* and all that follow */
    int opened;    /* on the server's side */
    int closed;
    int echoes; /* that came back */
    bool client_is_closed;
    bool server_is_done;
} it;

static uint8_t long_message[LONG_MESSAGE];

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    if (new_size > 0) {
        it.asked++;
        if (it.asked == it.fails || (it.for_ever && it.fails > 0 && it.asked > it.fails))
            return NULL;
    }
    return test_memory_resize(user, block, old_size, new_size);
}

/* The server. */

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    it.opened++;
    (void)hws_websocket_subscribe(ws, "news");
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)hws_websocket_send(ws, message);
    if (message->size == 4) (void)hws_server_publish(it.server, "news", message);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    (void)close;
    (void)user;
    it.closed++;
}

static void set_done(void *user)
{
    (void)user;
    it.server_is_done = true;
}

/* The client: a text, a long message in two parts, a ping; then it closes. */

static void client_opened(hws_websocket ws, void *user)
{
    (void)user;
    (void)hws_websocket_send_text(ws, "text");
    (void)hws_websocket_ping(ws, "ping", 4);
    hws_message part = {
        .type = HWS_BINARY, .part = HWS_FIRST, .data = long_message, .size = sizeof long_message};
    (void)hws_websocket_send(ws, &part);
    part.part = HWS_LAST;
    (void)hws_websocket_send(ws, &part);
}

static void client_heard(hws_websocket ws, const hws_message *message, void *user)
{
    (void)message;
    (void)user;
    /* The echo of the text, the broadcast, the long one. */
    if (++it.echoes == 3) (void)hws_websocket_close(ws, 1000, "done");
}

static void client_closed(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    (void)close;
    (void)user;
    it.client_is_closed = true;
}

/* Nothing is under way: over loopback what was sent has arrived. */
static bool is_idle(void)
{
    struct pollfd loop = {.fd = hws_loop_fd(it.loop), .events = POLLIN};
    return hws_loop_timeout_ms(it.loop) != 0 && poll(&loop, 1, 1) == 0;
}

/* Until nothing happens any more: what waits for its time then is ended by force. */
static bool turn_until(const bool *flag)
{
    for (int idle = 0, turns = 0; !*flag && idle < IDLE_MAX; turns++) {
        idle = is_idle() ? idle + 1 : 0;
        (void)hws_loop_step(it.loop, 0); /* a failure is told, and it is turned on */
        if (turns > TURNS_MAX) fail_msg("it turns for ever");
    }
    return *flag;
}

static hws_status start_server(void)
{
    static const hws_route route = {
        .path = "/", .on_open = on_open, .on_message = on_message, .on_close = on_close};
    const hws_server_options options = {.listen = "http://127.0.0.1:0", .route = {route}};
    return hws_server_new(it.loop, &options, NULL, 0, &it.server);
}

static hws_status open_client(void)
{
    hws_websocket ws;
    const hws_client_options options = {
        .url = hws_server_url(it.server, 0),
        .proxy = "none",
        .on_open = client_opened,
        .on_message = client_heard,
        .on_close = client_closed,
    };
    return hws_websocket_open(it.loop, &options, &ws);
}

static void converse(void)
{
    if (open_client() != HWS_OK || !turn_until(&it.client_is_closed)) return;
    hws_server_close(it.server, 1001, set_done, NULL);
    (void)turn_until(&it.server_is_done);
}

/* Returns: whether all went as if nothing had failed. */
static bool live(void)
{
    it.opened = it.closed = it.echoes = 0;
    it.client_is_closed = it.server_is_done = false;
    it.server = NULL;
    it.loop = NULL;
    if (hws_loop_new(&(hws_loop_options){.memory = &it.memory, .receive_size = RECEIVE_SIZE},
                     &it.loop) != HWS_OK)
        return false;
    if (start_server() == HWS_OK) converse();
    hws_server_free(it.server);
    hws_loop_free(it.loop);
    assert_int_equal(it.opened, it.closed);
    return it.echoes == 3 && it.server_is_done;
}

static int set_up(void **state)
{
    (void)state;
    syscalls_reset();
    it.memory = test_memory_hook(&it.counter);
    it.memory.resize = resize;
    it.asked = it.fails = 0;
    it.for_ever = false;
    return 0;
}

/* A life with failure number `n`, and what it must leave behind: nothing. */
static bool live_and_leave_nothing(size_t n)
{
    const int descriptors = descriptors_open();
    it.asked = 0;
    it.fails = n;
    const bool was_good = live();
    if (it.counter.bytes_out != 0) fail_msg("failure %zu leaks %zu bytes", n, it.counter.bytes_out);
    if (descriptors_open() != descriptors) fail_msg("failure %zu leaks a descriptor", n);
    return was_good;
}

static void fail_each_allocation(bool for_ever)
{
    assert_true(live_and_leave_nothing(0));
    const size_t all = it.asked;
    assert_true(all > 20);
    it.for_ever = for_ever;
    for (size_t n = 1; n <= all; n++) live_and_leave_nothing(n);
    assert_true(live_and_leave_nothing(0));
}

static void test_one_allocation_fails(void **state)
{
    (void)state;
    fail_each_allocation(false);
}

static void test_all_allocations_fail_from_then_on(void **state)
{
    (void)state;
    fail_each_allocation(true);
}

/* System calls. */

static const struct {
    syscall_name name;
    int errors[5];
} CALLS[] = {
    {SYSCALL_accept4, {EMFILE, ECONNABORTED, EINTR, ENOMEM, EPERM}},
    {SYSCALL_bind, {EADDRINUSE, EACCES}},
    {SYSCALL_connect, {ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL}},
    {SYSCALL_epoll_create1, {EMFILE, ENOMEM}},
    {SYSCALL_epoll_ctl, {ENOSPC, ENOMEM}},
    {SYSCALL_epoll_wait, {EINTR}},
    {SYSCALL_eventfd, {EMFILE}},
    {SYSCALL_getrandom, {EINTR, ENOSYS}},
    {SYSCALL_getsockopt, {ENOBUFS}},
    {SYSCALL_listen, {EADDRINUSE}},
    {SYSCALL_recv, {EINTR, EAGAIN, ECONNRESET, ETIMEDOUT, ENOMEM}},
    {SYSCALL_send, {EINTR, EAGAIN, ECONNRESET, EPIPE, ENOBUFS}},
    {SYSCALL_sendmsg, {EINTR, EAGAIN, ECONNRESET, EPIPE, ENOMEM}},
    {SYSCALL_setsockopt, {ENOPROTOOPT}},
    {SYSCALL_socket, {EMFILE, ENFILE}},
    {SYSCALL_timerfd_create, {EMFILE}},
    {SYSCALL_timerfd_settime, {ENOMEM}},
};

static size_t calls_in_a_life(syscall_name name)
{
    syscalls_reset();
    assert_true(live_and_leave_nothing(0));
    return syscalls_count(name);
}

/* Interrupted and repeated calls change nothing; the others may end a connection, or the start. */
static bool is_harmless(syscall_name name, int error)
{
    return error == EINTR || (error == EAGAIN && name == SYSCALL_recv);
}

static void test_one_system_call_fails(void **state)
{
    (void)state;
    enum { EACH_MAX = 12 }; /* of many calls of a kind: the first, among which are all call sites */
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        const syscall_name name = CALLS[i].name;
        const size_t all = calls_in_a_life(name);
        for (size_t n = 1; n <= all && n <= EACH_MAX; n++) {
            for (size_t e = 0; e < 5 && CALLS[i].errors[e] != 0; e++) {
                syscalls_reset();
                syscalls_fail(name, n, 1, CALLS[i].errors[e]);
                const bool was_good = live_and_leave_nothing(0);
                if (is_harmless(name, CALLS[i].errors[e]) && !was_good)
                    fail_msg("call %d, number %zu: %s", (int)name, n, strerror(CALLS[i].errors[e]));
            }
        }
    }
    syscalls_reset();
    assert_true(live_and_leave_nothing(0));
}

/* O005: a little at a time in both directions; none is lost or doubled. */
static void test_short_reads_and_writes(void **state)
{
    (void)state;
    syscalls_shorten(997);
    assert_true(live_and_leave_nothing(0));
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_allocation_fails),
        TEST(test_all_allocations_fail_from_then_on),
        TEST(test_one_system_call_fails),
        TEST(test_short_reads_and_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
