/* SPDX-License-Identifier: MIT */
/* A client of bytes on a blocking socket, with the server's loop turned by hand on the same thread:
 * what happens is the same every time. */
#ifndef HAWSER_TESTS_RAW_CLIENT_H
#define HAWSER_TESTS_RAW_CLIENT_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "hawser/frame.h"
#include "hawser/hawser.h"
#include "lib/cmocka.h"

#define RAW_KEY "dGhlIHNhbXBsZSBub25jZQ=="

typedef struct raw_client {
    hws_loop *loop;
    int fd;
    uint8_t bytes[1 << 18]; /* received and not looked at yet */
    size_t size;
    bool ended;
} raw_client;

/* The port of "http://localhost:41873". */
static inline uint16_t raw_port(const hws_server *server)
{
    const char *url = hws_server_url(server, 0);
    assert_non_null(url);
    return (uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10);
}

static inline raw_client *raw_connect(hws_loop *loop, uint16_t port)
{
    raw_client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client->loop = loop;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(client->fd, (const struct sockaddr *)&address, sizeof address), 0);
    return client;
}

static inline void raw_free(raw_client *client)
{
    if (client->fd >= 0) close(client->fd);
    free(client);
}

static inline void raw_write(raw_client *client, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        const ssize_t sent = send(client->fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            at += sent;
            size -= (size_t)sent;
        } else {
            assert_int_equal(hws_loop_step(client->loop, 1), HWS_OK);
        }
    }
}

static inline void raw_print(raw_client *client, const char *text)
{
    raw_write(client, text, strlen(text));
}

/* Turns the loop, and takes in what has come. */
static inline void raw_turn(raw_client *client)
{
    assert_int_equal(hws_loop_step(client->loop, 1), HWS_OK);
    const ssize_t size = recv(client->fd, client->bytes + client->size,
                              sizeof client->bytes - client->size, MSG_DONTWAIT);
    if (size > 0) client->size += (size_t)size;
    if (size == 0) client->ended = true;
}

static inline int64_t raw_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* False: the server ended the connection first.  Turns are short where a loop has more to do than
 * this; the limit is for tests that would hang. */
static inline bool raw_await(raw_client *client, size_t size)
{
    const int64_t until_s = raw_now_s() + 60;
    for (int turns = 0; client->size < size && !client->ended; turns++) {
        assert_true(turns < 60000 || raw_now_s() < until_s);
        raw_turn(client);
    }
    return client->size >= size;
}

static inline void raw_forget(raw_client *client, size_t size)
{
    client->size -= size;
    memmove(client->bytes, client->bytes + size, client->size);
}

/* The head of an answer, terminated; empty when the connection ended without one. */
static inline void raw_read_head(raw_client *client, char *head, size_t max)
{
    head[0] = 0;
    for (size_t size = 1; raw_await(client, size); size++) {
        assert_true(size < max);
        if (size < 4 || memcmp(client->bytes + size - 4, "\r\n\r\n", 4) != 0) continue;
        memcpy(head, client->bytes, size);
        head[size] = 0;
        raw_forget(client, size);
        return;
    }
}

static inline void raw_ask(raw_client *client, const char *path, const char *more)
{
    char request[4096];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Key: " RAW_KEY "\r\n"
             "Sec-WebSocket-Version: 13\r\n%s\r\n",
             path, more);
    raw_print(client, request);
}

static inline raw_client *raw_open(hws_loop *loop, const hws_server *server, const char *path)
{
    raw_client *client = raw_connect(loop, raw_port(server));
    char head[2048];
    raw_ask(client, path, "");
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 101 "));
    assert_non_null(strstr(head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    return client;
}

/* `first` is the first byte of the frame: 0x81 is a whole text. */
static inline void raw_send(raw_client *client, uint8_t first, const void *payload, size_t size)
{
    uint8_t *frame = malloc(HWS_FRAME_HEADER_MAX + size);
    assert_non_null(frame);
    const hws_frame_header header = {.payload_size = size,
                                     .opcode = first & 15,
                                     .rsv = (first >> 4) & 7,
                                     .fin = first >> 7,
                                     .masked = true};
    const size_t head = hws_frame_header_write(&header, frame);
    if (size > 0) memcpy(frame + head, payload, size);
    raw_write(client, frame, head + size);
    free(frame);
}

static inline void raw_send_text(raw_client *client, const char *text)
{
    raw_send(client, 0x81, text, strlen(text));
}

/* The next frame; false when the connection ended first.  `payload` lives until the next read. */
static inline bool raw_read(raw_client *client, uint8_t *first, hws_span *payload)
{
    static uint8_t copy[1 << 18];
    const hws_frame_rules rules = {.rsv_allowed = 4}; /* tests look at the first byte */
    for (size_t size = 2; raw_await(client, size); size++) {
        hws_frame_header header;
        size_t head;
        assert_int_equal(hws_frame_header_read(client->bytes, client->size, &rules, &header, &head),
                         HWS_OK);
        if (head == 0) continue;
        const size_t payload_size = (size_t)header.payload_size;
        assert_true(head + payload_size <= sizeof copy);
        if (!raw_await(client, head + payload_size)) return false;
        *first = client->bytes[0];
        memcpy(copy, client->bytes + head, payload_size);
        *payload = (hws_span){copy, payload_size};
        raw_forget(client, head + payload_size);
        return true;
    }
    return false;
}

static inline void raw_expect(raw_client *client, uint8_t want_first, const char *want)
{
    uint8_t first;
    hws_span payload;
    assert_true(raw_read(client, &first, &payload));
    assert_int_equal(first, want_first);
    assert_int_equal(payload.size, strlen(want));
    assert_memory_equal(payload.data, want, payload.size);
}

static inline void raw_expect_close(raw_client *client, int want_code)
{
    uint8_t first;
    hws_span payload;
    assert_true(raw_read(client, &first, &payload));
    assert_int_equal(first, 0x88);
    assert_true(payload.size >= 2);
    assert_int_equal(payload.data[0] << 8 | payload.data[1], want_code);
}

static inline void raw_expect_end(raw_client *client)
{
    uint8_t first;
    hws_span payload;
    assert_false(raw_read(client, &first, &payload));
}

/* Nothing comes for a few turns. */
static inline void raw_expect_silence(raw_client *client)
{
    for (int i = 0; i < 5; i++) raw_turn(client);
    assert_int_equal(client->size, 0);
    assert_false(client->ended);
}

#endif /* HAWSER_TESTS_RAW_CLIENT_H */
