/* SPDX-License-Identifier: MIT */
/* From end to end: TCP over loopback, the real loop, real time. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"
#include "http/file.h"
#include "http/h1.h"
#include "lib/descriptors.h"
#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_loop *loop;
static hws_h1_options options;
static hws_files *files;
static hws_h1 *h1;
static hws_h1 *held;
static int closed_count;
static int peer; /* the client's end */
static int descriptors_before;
/* What mkdtemp replaces; in pieces, for tools/check-tidy takes three of them for a leftover. */
#define TO_FILL_IN                                                                                 \
    "XX"                                                                                           \
    "XX"                                                                                           \
    "XX"
static char folder[] = "/tmp/hawser-loopback-" TO_FILL_IN;

enum { BIG_SIZE = 5 * 1000 * 1000 };
static char *big;
static char *received;
static size_t received_size;
static bool received_end;
static bool received_reset;

static bool path_is(hws_request *request, const char *path)
{
    return hws_text_equal(hws_request_path(request), hws_text_of(path));
}

static void on_request(void *owner, hws_request *request)
{
    (void)owner;
    if (path_is(request, "/hold")) {
        held = hws_request_h1(request);
        hws_h1_hold(held);
    } else if (path_is(request, "/address")) {
        const char *address = hws_request_address(request);
        assert_int_equal(
            hws_request_respond(request,
                                &(hws_response){.body = address, .body_size = strlen(address)}),
            HWS_OK);
    } else {
        hws_files_respond(files, request);
    }
}

static void on_close(void *owner, hws_h1 *each)
{
    (void)owner;
    if (each == held) held = NULL;
    closed_count++;
    h1 = NULL;
}

static void connect_peer(void)
{
    static const hws_h1_owner CALLS = {.on_request = on_request, .on_close = on_close};
    int pair[2];
    hws_stream *stream;
    tcp_pair(pair);
    peer = pair[0];
    received_size = 0;
    received_end = false;
    received_reset = false;
    closed_count = 0;
    assert_int_equal(hws_stream_tcp_new(loop, pair[1], 0, &stream), HWS_OK);
    assert_int_equal(hws_h1_new(loop, stream, &options, &CALLS, NULL, &h1), HWS_OK);
}

static void receive_some(void)
{
    for (;;) {
        const ssize_t size = recv(peer, received + received_size, 2 * BIG_SIZE - received_size, 0);
        if (size < 0) {
            received_reset = errno != EAGAIN;
            return;
        }
        received_end = size == 0;
        if (size == 0) return;
        received_size += (size_t)size;
        received[received_size] = '\0';
    }
}

/* Turns until the connection has ended for the peer, or the text has come. */
static void turn_until(const char *text)
{
    while (!received_end && !received_reset) {
        if (text && received_size > 0 && strstr(received, text)) return;
        assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
        receive_some();
    }
}

static void send_text(const char *text)
{
    assert_int_equal(send(peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void turn_until_closed(void)
{
    while (closed_count == 0) assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
}

static void write_file(const char *name, const char *bytes, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    big = malloc(BIG_SIZE);
    received = malloc(2 * BIG_SIZE + 1);
    assert_non_null(big);
    assert_non_null(received);
    for (size_t i = 0; i < BIG_SIZE; i++) big[i] = (char)('a' + i % 25);
    write_file("big", big, BIG_SIZE);
    write_file("small.txt", "small", 5);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/big", folder);
    remove(path);
    snprintf(path, sizeof path, "%s/small.txt", folder);
    remove(path);
    free(big);
    free(received);
    return remove(folder);
}

static int set_up(void **state)
{
    (void)state;
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    options = (hws_h1_options){.memory = &memory};
    held = NULL;
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    assert_int_equal(hws_files_open(&memory, folder, &files), HWS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (h1) hws_h1_close(h1);
    h1 = NULL;
    close(peer);
    hws_files_close(files);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

static void test_requests_on_one_connection(void **state)
{
    (void)state;
    connect_peer();
    send_text("GET /address HTTP/1.1\r\nHost: a\r\n\r\n");
    turn_until("127.0.0.1");
    send_text("GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    turn_until("not found\n");
    assert_non_null(strstr(received, "\r\n\r\nsmallHTTP/1.1 404 "));
    send_text("GET /small.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    turn_until(NULL);
    assert_true(received_end);
    assert_memory_equal(received + received_size - 5, "small", 5);
    assert_int_equal(closed_count, 1);
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    connect_peer();
    static const char REQUEST[] = "GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    for (size_t i = 0; i < sizeof REQUEST - 1; i++) {
        assert_int_equal(send(peer, REQUEST + i, 1, MSG_NOSIGNAL), 1);
        assert_int_equal(hws_loop_step(loop, 100), HWS_OK);
    }
    turn_until("small");
}

/* A007: the answer comes whole, though the peer has ended its side already. */
static void test_half_closed_after_the_request(void **state)
{
    (void)state;
    connect_peer();
    send_text("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    turn_until(NULL);
    assert_true(received_end);
    assert_true(received_size > BIG_SIZE);
    assert_memory_equal(received + received_size - BIG_SIZE, big, BIG_SIZE);
    assert_int_equal(closed_count, 1);
}

static void test_nothing_but_an_end(void **state)
{
    (void)state;
    connect_peer();
    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    turn_until(NULL);
    assert_true(received_end);
    assert_int_equal(received_size, 0);
    assert_int_equal(closed_count, 1);
}

static void test_reset(void **state)
{
    (void)state;
    connect_peer();
    send_text("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(hws_loop_step(loop, 100), HWS_OK);
    close_with_reset(peer);
    peer = -1;
    turn_until_closed();
}

/* The refusal reaches a peer that is still sending its body: no reset destroys it on its way. */
static void test_refusal_amid_a_body(void **state)
{
    (void)state;
    options.body_size_max = 1000;
    connect_peer();
    send_text("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n");
    size_t sent = 0;
    for (int i = 0; i < 200; i++) {
        const ssize_t size = send(peer, big + sent, BIG_SIZE - sent, MSG_NOSIGNAL);
        if (size > 0) sent += (size_t)size;
        assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
        if (sent == BIG_SIZE) break;
    }
    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    turn_until(NULL);
    assert_true(received_end);
    assert_memory_equal(received, "HTTP/1.1 413 ", 13);
    assert_memory_equal(received + received_size - 25, "HTTP body over the limit\n", 25);
}

static void test_timeouts(void **state)
{
    (void)state;
    options = (hws_h1_options){
        .memory = &memory, .head_timeout_ms = 40, .idle_timeout_ms = 40, .hold_timeout_ms = 40};
    connect_peer();
    turn_until(NULL);
    assert_true(received_end);
    assert_int_equal(received_size, 0);
    close(peer);

    connect_peer();
    send_text("GET / HTTP/1.1\r\n");
    turn_until(NULL);
    assert_memory_equal(received, "HTTP/1.1 408 ", 13);
    close(peer);

    connect_peer();
    send_text("GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    turn_until(NULL);
    assert_memory_equal(received, "HTTP/1.1 200 ", 13);
    close(peer);

    connect_peer();
    send_text("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    turn_until(NULL);
    assert_memory_equal(received, "HTTP/1.1 504 ", 13);
}

static void answer_held(void *user)
{
    (void)user;
    const hws_response response = {.body = "later", .body_size = 5};
    assert_int_equal(hws_request_respond(hws_h1_request(held), &response), HWS_OK);
}

static void test_held_and_answered_by_a_post(void **state)
{
    (void)state;
    connect_peer();
    send_text("GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!held) assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
    assert_int_equal(hws_loop_post(loop, answer_held, NULL), HWS_OK);
    turn_until("\r\n\r\nsmall");
    assert_non_null(strstr(received, "\r\n\r\nlaterHTTP/1.1 200 "));
}

static void test_peer_leaves_a_held_request(void **state)
{
    (void)state;
    connect_peer();
    send_text("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!held) assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
    close(peer);
    peer = -1;
    turn_until_closed();
    assert_null(held);
}

/* The loop is freed while connections are at every stage. */
static void test_freed_with_work_under_way(void **state)
{
    (void)state;
    static const char *const SENT[] = {
        "", "GET / H", "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"};
    for (size_t i = 0; i < COUNT_OF(SENT); i++) {
        connect_peer();
        if (SENT[i][0]) send_text(SENT[i]);
        assert_int_equal(hws_loop_step(loop, SENT[i][0] ? 100 : 0), HWS_OK);
        hws_h1_close(h1);
        h1 = NULL;
        hws_loop_free(loop);
        close(peer);
        assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    }
    peer = -1;
}

int main(void)
{
    signal(SIGPIPE, SIG_DFL); /* whoever raises it shall die of it */
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
        TEST(requests_on_one_connection),
        TEST(byte_by_byte),
        TEST(half_closed_after_the_request),
        TEST(nothing_but_an_end),
        TEST(reset),
        TEST(refusal_amid_a_body),
        TEST(timeouts),
        TEST(held_and_answered_by_a_post),
        TEST(peer_leaves_a_held_request),
        TEST(freed_with_work_under_way),
#undef TEST
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
