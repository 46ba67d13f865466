/* SPDX-License-Identifier: MIT */
/* The peer is in the test: it answers as a proxy does, word for word, and then speaks TLS, or not.
 * Names are the test's, too. */
#include "net/dialer.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/names.h"
#include "lib/syscalls.h"
#include "lib/test_memory.h"
#include "loop/state.h"
#include "net/address.h"
#include "net/dialer_state.h"
#include "net/stream_tls.h"

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static int descriptors_before;
static hws_tls_context *server;
static hws_tls_context *trusting;
static hws_tls_context *strict;

/* The one who dials, and all he hears: the steps, each as "name text" or "name status text". */
typedef struct owner {
    hws_dial *dial;
    char steps[4096];
    size_t step_count;
    size_t cancels_at; /* this step, from 1 */
    bool saw_tls;
    hws_stream *stream;
    hws_status status;
    char text[1200];
    bool is_done;
    size_t size;
} owner;

static owner it;

/* The peer.  It answers once, when what it has got ends as expected. */
typedef struct peer {
    int listener;
    uint16_t port;
    int fd; /* -1: nobody has come */
    char got[4096];
    size_t size;
    const char *expected; /* NULL: it says nothing */
    const char *answer;
    size_t answer_size;
    int secures; /* layers of TLS that it speaks, before the talk and behind it */
    bool talks_in_tls;
    hws_stream *stream; /* once it is secured */
    bool ended;
} peer;

static peer there;

/* The peer's side. */

static void peer_on_receive(void *user, hws_span bytes)
{
    (void)user;
    assert_true(there.size + bytes.size < sizeof there.got);
    memcpy(there.got + there.size, bytes.data, bytes.size);
    there.size += bytes.size;
}

static void peer_on_end(void *user, hws_status why)
{
    (void)user;
    (void)why;
    there.ended = true;
}

static void ignore(void *user)
{
    (void)user;
}

static const hws_stream_owner peer_calls = {peer_on_receive, peer_on_end, ignore, ignore};

/* Of the stream that was dialled: it is not receiving, but it may end. */
static void hear_nothing(void *user, hws_span bytes)
{
    (void)user;
    (void)bytes;
    fail_msg("a stream that is not receiving");
}

static void ignore_end(void *user, hws_status why)
{
    (void)user;
    (void)why;
}

static const hws_stream_owner stream_calls = {hear_nothing, ignore_end, ignore, ignore};

static void peer_secure(void)
{
    if (!there.stream) {
        assert_int_equal(hws_stream_tcp_new(loop, there.fd, 0, &there.stream), HWS_OK);
        there.fd = -1;
    }
    assert_int_equal(hws_stream_tls_new(there.stream, server, NULL, 0, &there.stream), HWS_OK);
    hws_stream_own(there.stream, &peer_calls, &there);
    hws_stream_receive(there.stream, true);
    there.secures--;
}

static bool has_got_all(void)
{
    const size_t size = strlen(there.expected);
    return there.size >= size && memcmp(there.got + there.size - size, there.expected, size) == 0;
}

static void peer_answer(void)
{
    if (!there.expected || !has_got_all()) return;
    if (there.stream) {
        assert_int_equal(hws_queue_append(&there.stream->queue, there.answer, there.answer_size),
                         HWS_OK);
        hws_stream_flush(there.stream);
    } else {
        assert_int_equal(write(there.fd, there.answer, there.answer_size), there.answer_size);
    }
    there.expected = NULL;
    if (there.stream && there.secures > 0) assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    if (there.secures > 0) peer_secure();
}

static void peer_turn(void)
{
    if (there.fd < 0 && !there.stream && there.listener >= 0) {
        there.fd = accept4(there.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (there.fd >= 0 && there.secures > 0 && (there.talks_in_tls || !there.expected))
            peer_secure();
    }
    if (there.fd >= 0) {
        const ssize_t size =
            read(there.fd, there.got + there.size, sizeof there.got - 1 - there.size);
        if (size > 0) there.size += (size_t)size;
    }
    peer_answer();
}

static void peer_listen(void)
{
    hws_address address;
    there = (peer){.fd = -1};
    assert_true(hws_address_literal((hws_text){"127.0.0.1", 9}, 0, &address));
    there.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(there.listener, &address.any, address.size), 0);
    assert_int_equal(listen(there.listener, 8), 0);
    hws_address_of_socket(there.listener, &address);
    there.port = hws_address_port(&address);
}

static void peer_close(void)
{
    if (there.stream) hws_stream_close(there.stream, 0);
    if (there.fd >= 0) close(there.fd);
    if (there.listener >= 0) close(there.listener);
    there = (peer){.fd = -1, .listener = -1};
}

/* It still listens, but nobody is there. */
static void peer_refuse(void)
{
    close(there.listener);
    there.listener = -1;
}

#define ANSWER(expects, literal)                                                                   \
    there.expected = (expects);                                                                    \
    there.answer = (literal);                                                                      \
    there.answer_size = sizeof(literal) - 1

/* The owner. */

static void on_connected(void *user, hws_stream *stream)
{
    assert_ptr_equal(user, &it);
    assert_non_null(it.dial);
    it.dial = NULL;
    it.is_done = true;
    it.stream = stream;
    hws_stream_own(stream, &stream_calls, &it);
}

static void on_failed(void *user, hws_status status, const char *text)
{
    assert_ptr_equal(user, &it);
    assert_non_null(it.dial);
    assert_true(status < HWS_OK);
    assert_true(text[0] && !strchr(text, '\n'));
    assert_null(strstr(text, "secret"));
    it.dial = NULL;
    it.is_done = true;
    it.status = status;
    snprintf(it.text, sizeof it.text, "%s", text);
}

static void on_step(void *user, const hws_step *step)
{
    static const char *const NAMES[] = {"resolve", "resolved", "connect", "connected",
                                        "proxy",   "tls",      "request", "response"};
    assert_ptr_equal(user, &it);
    assert_non_null(it.dial);
    assert_null(strstr(step->text, "secret"));
    assert_true(step->at_us < 60000000);
    const size_t used = strlen(it.steps);
    snprintf(it.steps + used, sizeof it.steps - used, "%s%s%s%s\n", NAMES[step->type],
             step->status < HWS_OK ? " failed" : "", step->text[0] ? " " : "", step->text);
    if (step->type == HWS_STEP_TLS && step->tls) it.saw_tls = true;
    if (++it.step_count != it.cancels_at) return;
    hws_dial_cancel(it.dial);
    it.dial = NULL;
    it.is_done = true;
}

static const hws_dial_owner calls = {on_connected, on_failed, on_step};

static void step(void)
{
    assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
    peer_turn();
}

static hws_status dial(const hws_dial_target *target)
{
    const size_t cancels_at = it.cancels_at;
    it = (owner){.cancels_at = cancels_at};
    const hws_status status = hws_dial_new(loop, target, &calls, &it, &it.dial);
    assert_int_equal(it.step_count, 0);
    assert_false(it.is_done);
    return status;
}

static void dial_to_the_end(const hws_dial_target *target)
{
    assert_int_equal(dial(target), HWS_OK);
    while (!it.is_done) step();
}

/* The stream is good for something. */
static void assert_connected(bool is_secure)
{
    assert_string_equal(it.text, "");
    assert_non_null(it.stream);
    assert_int_equal(it.stream->secure, is_secure);
    there.size = 0;
    assert_int_equal(hws_queue_append(&it.stream->queue, "hello", 5), HWS_OK);
    hws_stream_flush(it.stream);
    while (there.size < 5) step();
    assert_memory_equal(there.got, "hello", 5);
    hws_stream_close(it.stream, 0);
    it.stream = NULL;
}

__attribute__((format(printf, 2, 3))) static void assert_failed(hws_status status,
                                                                const char *format, ...)
{
    char text[1200];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    assert_string_equal(it.text, text);
    assert_int_equal(it.status, status);
}

static void make_contexts(void)
{
    char words[256];
    const hws_tls_options shown = {.self_signed = true};
    const hws_tls_options any = {.insecure = true};
    const hws_tls_options good = {0};
    assert_int_equal(
        hws_tls_context_new(loop, HWS_TLS_SERVER, &shown, NULL, NULL, words, sizeof words, &server),
        HWS_OK);
    assert_int_equal(
        hws_tls_context_new(loop, HWS_TLS_CLIENT, &any, NULL, NULL, words, sizeof words, &trusting),
        HWS_OK);
    assert_int_equal(
        hws_tls_context_new(loop, HWS_TLS_CLIENT, &good, NULL, NULL, words, sizeof words, &strict),
        HWS_OK);
}

static int set_up(void **state)
{
    names_reset();
    syscalls_reset();
    it = (owner){0};
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    make_contexts();
    peer_listen();
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    names_reset();
    syscalls_reset();
    counter.fail_after = SIZE_MAX;
    if (it.stream) hws_stream_close(it.stream, 0);
    peer_close();
    hws_tls_context_unref(server);
    hws_tls_context_unref(trusting);
    hws_tls_context_unref(strict);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

/* Directly. */

static void test_an_address(void **state)
{
    (void)state;
    char steps[128];
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port});
    snprintf(steps, sizeof steps, "connect 127.0.0.1 port %u\nconnected 127.0.0.1 port %u\n",
             there.port, there.port);
    assert_string_equal(it.steps, steps);
    assert_connected(false);
}

static void test_a_name(void **state)
{
    (void)state;
    char steps[256];
    names_found(AF_INET, "127.0.0.1");
    dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = there.port});
    snprintf(steps, sizeof steps,
             "resolve chat.example\nresolved 127.0.0.1\nconnect 127.0.0.1 port %u\n"
             "connected 127.0.0.1 port %u\n",
             there.port, there.port);
    assert_string_equal(it.steps, steps);
    assert_connected(false);
}

static void test_localhost(void **state)
{
    (void)state;
    dial_to_the_end(&(hws_dial_target){.host = "localhost", .port = there.port});
    assert_non_null(strstr(it.steps, "resolve localhost\nresolved ::1 127.0.0.1\nconnect [::1]"));
    assert_connected(false);
}

/* The addresses of the other family come after the first have failed. */
static void test_a_late_family(void **state)
{
    (void)state;
    names_found(AF_INET6, "::1");
    names_found(AF_INET, "127.0.0.1");
    names_hold(AF_INET, true);
    assert_int_equal(dial(&(hws_dial_target){.host = "chat.example", .port = there.port}), HWS_OK);
    while (!strstr(it.steps, "connected failed [::1]")) step();
    step();
    assert_false(it.is_done);
    names_hold(AF_INET, false);
    while (!it.is_done) step();
    assert_non_null(strstr(it.steps, "refused\nresolved 127.0.0.1\nconnect 127.0.0.1"));
    assert_connected(false);
}

/* There are none: that is no step. */
static void test_a_late_and_empty_family(void **state)
{
    (void)state;
    char steps[256];
    names_found(AF_INET6, "::1");
    names_hold(AF_INET, true);
    assert_int_equal(dial(&(hws_dial_target){.host = "chat.example", .port = there.port}), HWS_OK);
    while (!strstr(it.steps, "connected failed [::1]")) step();
    names_hold(AF_INET, false);
    while (!it.is_done) step();
    snprintf(steps, sizeof steps,
             "resolve chat.example\nresolved ::1\nconnect [::1] port %u\n"
             "connected failed [::1] port %u: connection refused\n",
             there.port, there.port);
    assert_string_equal(it.steps, steps);
    assert_failed(HWS_ERR_CONNECT_REFUSED,
                  "connecting to chat.example: [::1] port %u: connection refused", there.port);
}

/* They are not waited for when the first have answered. */
static void test_a_family_that_is_not_needed(void **state)
{
    (void)state;
    names_found(AF_INET, "127.0.0.1");
    names_hold(AF_INET6, true);
    dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = there.port});
    names_hold(AF_INET6, false);
    assert_connected(false);
}

static void test_no_such_name(void **state)
{
    (void)state;
    dial_to_the_end(&(hws_dial_target){.host = "chat.invalid", .port = there.port});
    assert_failed(HWS_ERR_NAME, "chat.invalid: name not found");
    assert_string_equal(it.steps,
                        "resolve chat.invalid\nresolved failed chat.invalid: name not found\n");
    char name[400];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = 0;
    dial_to_the_end(&(hws_dial_target){.host = name, .port = there.port});
    assert_failed(HWS_ERR_NAME, "%.253s: not a host name", name);
}

static void test_refused(void **state)
{
    (void)state;
    peer_refuse();
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port});
    assert_failed(HWS_ERR_CONNECT_REFUSED, "connecting to 127.0.0.1 port %u: connection refused",
                  there.port);
    names_found(AF_INET6, "::1");
    names_found(AF_INET, "127.0.0.1");
    dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = there.port});
    assert_failed(HWS_ERR_CONNECT_REFUSED,
                  "connecting to chat.example: [::1] port %u: connection refused; "
                  "127.0.0.1 port %u: connection refused",
                  there.port, there.port);
}

static void test_no_stream(void **state)
{
    (void)state;
    if (on_io_uring(loop)) return; /* where a stream is made without a system call */
    assert_int_equal(dial(&(hws_dial_target){.host = "127.0.0.1", .port = there.port}), HWS_OK);
    syscalls_fail(SYSCALL_epoll_ctl, 4, 1, ENOSPC); /* in, out of and again into the set */
    while (!it.is_done) step();
    assert_failed(HWS_ERR_SYSTEM, "connecting to 127.0.0.1: the operating system refused");
}

/* Unix sockets. */

static void test_unix(void **state)
{
    (void)state;
    char path[64];
    hws_address address;
    peer_refuse();
    snprintf(path, sizeof path, "/tmp/hawser-dialer-%d", (int)getpid());
    unlink(path);
    const hws_dial_target target = {.host = "localhost", .port = 80, .unix_path = path};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_REFUSED, "connecting to %s: no such file", path);
    assert_int_equal(hws_address_local((hws_text){path, strlen(path)}, &address), HWS_OK);
    there.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(there.listener, &address.any, address.size), 0);
    assert_int_equal(listen(there.listener, 8), 0);
    dial_to_the_end(&target);
    assert_connected(false);
    unlink(path);
    char long_path[200];
    memset(long_path, 'a', sizeof long_path);
    long_path[sizeof long_path - 1] = 0;
    dial_to_the_end(&(hws_dial_target){.unix_path = long_path});
    assert_int_equal(it.status, HWS_ERR_ADDRESS);
    assert_non_null(strstr(it.text, "not a path that a socket can have (1 to 107 bytes)"));
}

/* TLS. */

static void test_tls(void **state)
{
    (void)state;
    there.secures = 1;
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .tls = trusting});
    assert_true(it.saw_tls);
    assert_non_null(strstr(it.steps, "\ntls\n"));
    assert_connected(true);
}

static void test_tls_untrusted(void **state)
{
    (void)state;
    there.secures = 1;
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .tls = strict});
    assert_true(it.saw_tls);
    assert_int_equal(it.status, HWS_ERR_TLS_UNTRUSTED);
    char start[64];
    snprintf(start, sizeof start, "TLS with 127.0.0.1 port %u: ", there.port);
    assert_memory_equal(it.text, start, strlen(start));
    assert_non_null(strstr(it.steps, "\ntls failed "));
    assert_null(strstr(it.steps, start)); /* the step says why, and no more */
}

static void test_not_tls(void **state)
{
    (void)state;
    assert_int_equal(
        dial(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .tls = trusting}), HWS_OK);
    while (there.size == 0) step();
    assert_int_equal(write(there.fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28), 28);
    while (!it.is_done) step();
    assert_int_equal(it.status, HWS_ERR_TLS_NOT_TLS);
}

static void test_tls_closed(void **state)
{
    (void)state;
    assert_int_equal(
        dial(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .tls = trusting}), HWS_OK);
    while (there.size == 0) step();
    close(there.fd);
    there.fd = -1;
    while (!it.is_done) step();
    assert_int_equal(it.status, HWS_ERR_CONNECTION_LOST);
    assert_non_null(strstr(it.text, "TLS with 127.0.0.1 port "));
}

/* What cannot be looked for in a certificate. */
static void test_tls_name(void **state)
{
    (void)state;
    names_found(AF_INET, "127.0.0.1");
    dial_to_the_end(&(hws_dial_target){.host = "a..b", .port = there.port, .tls = trusting});
    if (it.stream) return; /* which the context decides */
    assert_int_equal(it.status, HWS_ERR_TLS_NAME);
    assert_non_null(strstr(it.text, "TLS with a..b port "));
}

/* Proxies. */

static hws_proxy proxy_of(hws_proxy_kind kind, const char *host)
{
    return (hws_proxy){
        .kind = kind,
        .host = {host, strlen(host)},
        .port = there.port,
        .user = {"user", 4},
        .password = {"secret", 6},
    };
}

#define OPENED "HTTP/1.1 200 Connection established\r\n\r\n"

static void test_connect(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    ANSWER("\r\n\r\n", OPENED);
    dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy});
    assert_memory_equal(there.got, "CONNECT chat.example:443 HTTP/1.1\r\n", 35);
    char line[128];
    snprintf(line, sizeof line, "proxy 127.0.0.1 port %u opened the way, by CONNECT\n", there.port);
    assert_non_null(strstr(it.steps, line));
    assert_null(strstr(it.steps, "resolve"));
    assert_connected(false);
}

static void test_connect_and_tls(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    ANSWER("\r\n\r\n", OPENED);
    there.secures = 1;
    dial_to_the_end(
        &(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy, .tls = trusting});
    assert_true(it.saw_tls);
    assert_connected(true);
}

static void test_a_proxy_in_tls(void **state)
{
    (void)state;
    for (int inner = 0; inner < 2; inner++) {
        const hws_proxy proxy = proxy_of(HWS_PROXY_HTTPS, "127.0.0.1");
        ANSWER("\r\n\r\n", OPENED);
        there.secures = 1 + inner;
        there.talks_in_tls = true;
        dial_to_the_end(&(hws_dial_target){.host = "chat.example",
                                           .port = 443,
                                           .proxy = &proxy,
                                           .proxy_tls = trusting,
                                           .tls = inner ? trusting : NULL});
        char line[128];
        snprintf(line, sizeof line, "\ntls the proxy 127.0.0.1 port %u\nproxy 127.0.0.1",
                 there.port);
        assert_non_null(strstr(it.steps, line));
        assert_int_equal(strstr(it.steps, "\ntls\n") != NULL, inner);
        assert_connected(true);
        peer_close();
        peer_listen();
    }
}

static void test_a_proxy_in_tls_untrusted(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTPS, "127.0.0.1");
    there.secures = 1;
    dial_to_the_end(&(hws_dial_target){
        .host = "chat.example", .port = 443, .proxy = &proxy, .proxy_tls = strict});
    assert_int_equal(it.status, HWS_ERR_TLS_UNTRUSTED);
    char start[64];
    snprintf(start, sizeof start, "TLS with the proxy 127.0.0.1 port %u: ", there.port);
    assert_memory_equal(it.text, start, strlen(start));
}

/* E026, and what else a proxy may say. */
static void test_proxy_failures(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        hws_status status;
        const char *text; /* behind the proxy's name */
    } cases[] = {
        {"HTTP/1.1 403 Forbidden\r\n\r\n", HWS_ERR_PROXY, " answered 403 Forbidden"},
        {"HTTP/1.1 407 Who are you\r\n\r\n", HWS_ERR_PROXY_AUTHENTICATION,
         " answered 407 Who are you"},
        {"SSH-2.0-OpenSSH_9.2\r\n", HWS_ERR_PROXY_PROTOCOL, " does not answer in HTTP"},
        {OPENED "x", HWS_ERR_PROXY_PROTOCOL, " sent more than its answer"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
        there.expected = "\r\n\r\n";
        there.answer = cases[i].answer;
        there.answer_size = strlen(cases[i].answer);
        dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy});
        assert_failed(cases[i].status, "the proxy 127.0.0.1 port %u%s", there.port, cases[i].text);
        assert_non_null(strstr(it.steps, "\nproxy failed the proxy 127.0.0.1"));
        peer_close();
        peer_listen();
    }
}

static void test_proxy_closes(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    for (int resets = 0; resets < 2; resets++) {
        assert_int_equal(
            dial(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy}), HWS_OK);
        while (there.size == 0) step();
        if (resets)
            close_with_reset(there.fd);
        else
            close(there.fd);
        there.fd = -1;
        there.size = 0;
        while (!it.is_done) step();
        if (resets)
            assert_failed(HWS_ERR_CONNECTION_RESET,
                          "the proxy 127.0.0.1 port %u: the connection was reset", there.port);
        else
            assert_failed(HWS_ERR_PROXY,
                          "the proxy 127.0.0.1 port %u closed the connection without opening the "
                          "way",
                          there.port);
    }
}

static void test_no_proxy_there(void **state)
{
    (void)state;
    hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    const hws_dial_target target = {.host = "chat.example", .port = 443, .proxy = &proxy};
    peer_refuse();
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_REFUSED,
                  "connecting to the proxy 127.0.0.1 port %u: connection refused", there.port);
    proxy = proxy_of(HWS_PROXY_HTTP, "proxy.invalid");
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_NAME, "the proxy proxy.invalid: name not found");
    names_found(AF_INET, "127.0.0.1");
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_REFUSED,
                  "connecting to the proxy proxy.invalid: 127.0.0.1 port %u: connection refused",
                  there.port);
    proxy.kind = HWS_PROXY_NONE; /* and nobody asks it */
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .proxy = &proxy});
    assert_failed(HWS_ERR_CONNECT_REFUSED, "connecting to 127.0.0.1 port %u: connection refused",
                  there.port);
}

static void test_what_a_proxy_cannot_be_told(void **state)
{
    (void)state;
    static char user[300];
    memset(user, 'u', sizeof user - 1);
    hws_proxy proxy = proxy_of(HWS_PROXY_SOCKS5H, "127.0.0.1");
    proxy.user = (hws_text){user, sizeof user - 1};
    const hws_dial_target target = {.host = "chat.example", .port = 443, .proxy = &proxy};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_LIMIT,
                  "the proxy 127.0.0.1 port %u: the host, the user or the password is too long "
                  "for it",
                  there.port);
    close(there.fd);
    there.fd = -1;
    proxy.user = (hws_text){"%zz", 3};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_INVALID_ARGUMENT,
                  "the proxy 127.0.0.1 port %u: the host, the user or the password cannot be told "
                  "to it",
                  there.port);
}

/* SOCKS 5. */

static hws_proxy socks_of(hws_proxy_kind kind)
{
    hws_proxy proxy = proxy_of(kind, "127.0.0.1");
    proxy.user = proxy.password = (hws_text){0};
    return proxy;
}

/* Greets, and waits for the request. */
static void greet_socks(const hws_dial_target *target)
{
    ANSWER("\x05\x01", "\x05\x00");
    there.expected = NULL;
    assert_int_equal(dial(target), HWS_OK);
    while (there.size < 3) step();
    assert_memory_equal(there.got, "\x05\x01\x00", 3);
    assert_int_equal(write(there.fd, "\x05\x00", 2), 2);
    while (there.size < 13) step();
}

static void open_socks(void)
{
    assert_int_equal(write(there.fd, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10), 10);
    while (!it.is_done) step();
    assert_non_null(strstr(it.steps, " opened the way, by SOCKS 5\n"));
    assert_connected(false);
}

static void test_socks_looks_up_there(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5H);
    greet_socks(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy});
    assert_memory_equal(there.got + 3,
                        "\x05\x01\x00\x03\x0c"
                        "chat.example"
                        "\x01\xbb",
                        19);
    assert_int_equal(names_asked(), 0);
    open_socks();
}

/* The proxy may have no IPv6: it is told an IPv4 address where there is one. */
static void test_socks_looks_up_here(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5);
    const hws_dial_target target = {.host = "chat.example", .port = 443, .proxy = &proxy};
    names_found(AF_INET6, "2001:db8::1");
    names_found(AF_INET, "192.0.2.1 192.0.2.2");
    greet_socks(&target);
    assert_memory_equal(there.got + 3, "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb", 10);
    open_socks();
    /* The two families are asked at once, and may be heard of one after the other. */
    assert_non_null(strstr(it.steps, "resolve chat.example\nresolved "));
    assert_non_null(strstr(it.steps, "192.0.2.1 192.0.2.2\n"));
}

static void test_socks_looks_up_here_late(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5);
    const hws_dial_target target = {.host = "chat.example", .port = 443, .proxy = &proxy};
    names_found(AF_INET6, "2001:db8::1");
    names_hold(AF_INET, true);
    assert_int_equal(dial(&target), HWS_OK);
    while (!strstr(it.steps, "resolved 2001:db8::1\n")) step();
    for (int i = 0; i < 5; i++) step();
    assert_null(strstr(it.steps, "connect")); /* an IPv4 address may yet come */
    names_hold(AF_INET, false);
    while (there.size < 3) step();
    assert_int_equal(write(there.fd, "\x05\x00", 2), 2);
    while (there.size < 3 + 22) step();
    assert_int_equal(there.got[6], 4);
    open_socks();
    peer_close();
    peer_listen();

    const hws_proxy again = socks_of(HWS_PROXY_SOCKS5);
    names_found(AF_INET, "192.0.2.1");
    names_hold(AF_INET6, true); /* which nobody needs */
    greet_socks(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &again});
    assert_int_equal(there.got[6], 1);
    names_hold(AF_INET6, false);
    open_socks();
}

static void test_socks_cannot_look_up(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5);
    dial_to_the_end(&(hws_dial_target){.host = "chat.invalid", .port = 443, .proxy = &proxy});
    assert_failed(HWS_ERR_NAME, "chat.invalid: name not found");
}

static void test_socks_refused(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5H);
    greet_socks(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy});
    assert_int_equal(write(there.fd, "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", 10), 10);
    while (!it.is_done) step();
    assert_failed(HWS_ERR_PROXY,
                  "the proxy 127.0.0.1 port %u answered 5: the host refused the connection",
                  there.port);
}

/* Out of time. */

static void test_no_name_in_time(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "proxy.example");
    hws_dial_target target = {.host = "chat.example", .port = 443, .connect_timeout_ms = 60};
    names_hold(AF_INET, true);
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_NAME_TEMPORARY,
                  "chat.example: no answer from the name servers within 60 ms");
    assert_non_null(strstr(it.steps, "resolved failed chat.example: no answer"));
    target.proxy = &proxy;
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_NAME_TEMPORARY,
                  "the proxy proxy.example: no answer from the name servers within 60 ms");
}

static void test_no_connection_in_time(void **state)
{
    (void)state;
    int fillers[2];
    hws_address address;
    assert_true(hws_address_literal((hws_text){"127.0.0.1", 9}, there.port, &address));
    const int listener = there.listener;
    there.listener = -1; /* nobody accepts */
    assert_int_equal(listen(listener, 0), 0);
    for (int i = 0; i < 2; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(fillers[i], &address.any, address.size);
    }
    hws_dial_target target = {.host = "127.0.0.1", .port = there.port, .connect_timeout_ms = 1000};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_TIMEOUT, "connecting to 127.0.0.1 port %u: no answer within 1 s",
                  there.port);
    char line[128];
    snprintf(line, sizeof line, "connected failed 127.0.0.1 port %u: no answer within 1 s\n",
             there.port);
    assert_non_null(strstr(it.steps, line));

    names_found(AF_INET6, "::1");
    names_found(AF_INET, "127.0.0.1");
    target =
        (hws_dial_target){.host = "chat.example", .port = there.port, .connect_timeout_ms = 1000};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_TIMEOUT,
                  "connecting to chat.example: [::1] port %u: connection refused; 127.0.0.1 port "
                  "%u: no answer within 1 s",
                  there.port, there.port);
    target.host = "127.0.0.1";
    it.cancels_at = 2; /* in the step that tells of it */
    dial_to_the_end(&target);
    assert_string_equal(it.text, "");
    for (int i = 0; i < 2; i++) close(fillers[i]);
    close(listener);
}

static void test_no_proxy_in_time(void **state)
{
    (void)state;
    hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    hws_dial_target target = {.host = "chat.example",
                              .port = 443,
                              .proxy = &proxy,
                              .proxy_tls = trusting,
                              .tls = trusting,
                              .connect_timeout_ms = 50,
                              .tls_timeout_ms = 5000};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_TIMEOUT, "the proxy 127.0.0.1 port %u: no answer within 50 ms",
                  there.port);
    proxy.kind = HWS_PROXY_HTTPS;
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_TIMEOUT,
                  "TLS with the proxy 127.0.0.1 port %u: the handshake has not ended within 50 ms",
                  there.port);
}

static void test_no_tls_in_time(void **state)
{
    (void)state;
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1",
                                       .port = there.port,
                                       .tls = trusting,
                                       .connect_timeout_ms = 5000,
                                       .tls_timeout_ms = 50});
    assert_failed(HWS_ERR_CONNECT_TIMEOUT,
                  "TLS with 127.0.0.1 port %u: the handshake has not ended within 50 ms",
                  there.port);
    assert_non_null(strstr(it.steps, "\ntls failed the handshake has not ended within 50 ms\n"));
}

/* The loop's end is the end of time. */
/* A deadline counts from the call, however long the turn has taken before it. */

static void dial_late_in_a_turn(hws_deferred *deferred)
{
    const uint64_t begun_ms = hws_loop_now_ms(loop);
    while (hws_clock_ms() < begun_ms + 3) {
    }
    const uint64_t called_ms = hws_clock_ms();
    const hws_dial_target target = {.host = "127.0.0.1", .port = 1};
    assert_int_equal(dial(&target), HWS_OK);
    const uint64_t until_ms = hws_alarm_at_ms(&it.dial->deadline, loop);
    assert_true(until_ms >= called_ms + it.dial->target.connect_timeout_ms);
    hws_dial_cancel(it.dial);
    it.is_done = true;
    (void)deferred;
}

static void test_late_in_a_turn(void **state)
{
    (void)state;
    hws_deferred deferred = {.call = dial_late_in_a_turn};
    hws_loop_defer(loop, &deferred);
    step();
    assert_true(it.is_done);
}

static void test_the_loop_ends(void **state)
{
    (void)state;
    names_hold(AF_INET, true);
    assert_int_equal(dial(&(hws_dial_target){.host = "chat.example", .port = 443}), HWS_OK);
    step();
    peer_close();
    hws_tls_context_unref(server);
    hws_tls_context_unref(trusting);
    hws_tls_context_unref(strict);
    hws_loop_free(loop);
    assert_int_equal(it.status, HWS_ERR_NAME_TEMPORARY);
    names_hold(AF_INET, false);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    make_contexts();
}

/* Giving up, and running short: at every place of the longest way. */

static hws_proxy long_proxy;
static hws_dial_target long_way;

static void prepare_the_long_way(void)
{
    names_found(AF_INET6, "::1");
    names_found(AF_INET, "127.0.0.1");
    long_proxy = proxy_of(HWS_PROXY_HTTPS, "proxy.example");
    long_way = (hws_dial_target){.host = "chat.example",
                                 .port = 443,
                                 .proxy = &long_proxy,
                                 .proxy_tls = trusting,
                                 .tls = trusting};
    ANSWER("\r\n\r\n", OPENED);
    there.secures = 2;
    there.talks_in_tls = true;
}

static void leave_the_long_way(void)
{
    if (it.stream) hws_stream_close(it.stream, 0);
    it.stream = NULL;
    peer_close();
    for (int i = 0; i < 3; i++) assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(loop->io_count, 0);
    peer_listen();
}

static void test_cancel_in_each_step(void **state)
{
    (void)state;
    size_t n = 0;
    do {
        prepare_the_long_way();
        it.cancels_at = ++n;
        dial_to_the_end(&long_way);
        assert_string_equal(it.text, "");
        leave_the_long_way();
    } while (it.step_count == n);
    assert_in_range(n, 10, 11); /* when the two families are heard of one after the other */
}

static void test_cancel_in_each_turn(void **state)
{
    (void)state;
    for (int turns = 0;; turns++) {
        prepare_the_long_way();
        assert_int_equal(dial(&long_way), HWS_OK);
        for (int i = 0; i < turns && !it.is_done; i++) step();
        const bool is_done = it.is_done;
        if (!is_done) hws_dial_cancel(it.dial);
        it.dial = NULL;
        leave_the_long_way();
        if (is_done) break;
        assert_false(it.is_done);
    }
}

/* The n-th allocation fails, and all that follow in its turn. */
static void test_no_memory(void **state)
{
    (void)state;
    int failed_count = 0;
    for (size_t n = 0;; n++) {
        prepare_the_long_way();
        counter.fail_after = n;
        const hws_status status = dial(&long_way);
        if (status < HWS_OK) {
            assert_int_equal(status, HWS_ERR_NO_MEMORY);
            counter.fail_after = SIZE_MAX;
            leave_the_long_way();
            continue;
        }
        while (!it.is_done) {
            assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
            const size_t left = counter.fail_after;
            counter.fail_after = SIZE_MAX; /* the peer has enough, and posts come again */
            peer_turn();
            counter.fail_after = left > 0 ? left : SIZE_MAX;
        }
        const bool was_enough = counter.fail_after != SIZE_MAX;
        failed_count += !it.stream;
        counter.fail_after = SIZE_MAX;
        leave_the_long_way();
        if (was_enough) break;
    }
    assert_true(failed_count >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_localhost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_late_family, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_late_and_empty_family, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_family_that_is_not_needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_such_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls_untrusted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connect_and_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_proxy_in_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_proxy_in_tls_untrusted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_proxy_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_proxy_closes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_proxy_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_proxy_cannot_be_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_socks_looks_up_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_socks_looks_up_here, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_socks_looks_up_here_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_socks_cannot_look_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_socks_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_name_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_connection_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_proxy_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_tls_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_in_a_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_loop_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_in_each_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_in_each_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
