/* SPDX-License-Identifier: MIT */
/* The peer is in the test: it answers as a proxy does, word for word, and then speaks TLS, or not.
 * Names are the test's, too. */
#ifndef HAWSER_TESTS_DIAL_FIXTURE_H
#define HAWSER_TESTS_DIAL_FIXTURE_H

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

static inline void peer_on_receive(void *user, hws_span bytes)
{
    (void)user;
    assert_true(there.size + bytes.size < sizeof there.got);
    memcpy(there.got + there.size, bytes.data, bytes.size);
    there.size += bytes.size;
}

static inline void peer_on_end(void *user, hws_status why)
{
    (void)user;
    (void)why;
    there.ended = true;
}

static inline void ignore(void *user)
{
    (void)user;
}

static const hws_stream_owner peer_calls = {
    .on_receive = peer_on_receive, .on_end = peer_on_end, .on_sent = ignore, .on_ready = ignore};

/* Of the stream that was dialled: it is not receiving, but it may end. */
static inline void hear_nothing(void *user, hws_span bytes)
{
    (void)user;
    (void)bytes;
    fail_msg("a stream that is not receiving");
}

static inline void ignore_end(void *user, hws_status why)
{
    (void)user;
    (void)why;
}

static const hws_stream_owner stream_calls = {
    .on_receive = hear_nothing, .on_end = ignore_end, .on_sent = ignore, .on_ready = ignore};

static inline void peer_secure(void)
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

static inline bool has_got_all(void)
{
    const size_t size = strlen(there.expected);
    return there.size >= size && memcmp(there.got + there.size - size, there.expected, size) == 0;
}

static inline void peer_answer(void)
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

static inline void peer_turn(void)
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

static inline void peer_listen(void)
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

static inline void peer_close(void)
{
    if (there.stream) hws_stream_close(there.stream, 0);
    if (there.fd >= 0) close(there.fd);
    if (there.listener >= 0) close(there.listener);
    there = (peer){.fd = -1, .listener = -1};
}

/* It still listens, but nobody is there. */
static inline void peer_refuse(void)
{
    close(there.listener);
    there.listener = -1;
}

#define ANSWER(expects, literal)                                                                   \
    there.expected = (expects);                                                                    \
    there.answer = (literal);                                                                      \
    there.answer_size = sizeof(literal) - 1

/* The owner. */

static inline void on_connected(void *user, hws_stream *stream)
{
    assert_ptr_equal(user, &it);
    assert_non_null(it.dial);
    it.dial = NULL;
    it.is_done = true;
    it.stream = stream;
    hws_stream_own(stream, &stream_calls, &it);
}

static inline void on_failed(void *user, hws_status status, const char *text)
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

static inline void on_step(void *user, const hws_step *step)
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

static inline void step(void)
{
    assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
    peer_turn();
}

static inline hws_status dial(const hws_dial_target *target)
{
    const size_t cancels_at = it.cancels_at;
    it = (owner){.cancels_at = cancels_at};
    const hws_status status = hws_dial_new(loop, target, &calls, &it, &it.dial);
    assert_int_equal(it.step_count, 0);
    assert_false(it.is_done);
    return status;
}

static inline void dial_to_the_end(const hws_dial_target *target)
{
    assert_int_equal(dial(target), HWS_OK);
    while (!it.is_done) step();
}

/* The stream is good for something. */
static inline void assert_connected(bool is_secure)
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

__attribute__((format(printf, 2, 3))) static inline void assert_failed(hws_status status,
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

static inline void make_contexts(void)
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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline hws_proxy proxy_of(hws_proxy_kind kind, const char *host)
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

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif /* HAWSER_TESTS_DIAL_FIXTURE_H */
