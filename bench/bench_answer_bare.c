/* SPDX-License-Identifier: MIT */
/* The least that opening, closing and broadcasting cost: accept, read, write what has to be.
 *
 *     bench_answer_bare          prints its port, and serves until it is ended
 *     bench_answer_bare --tls    the same over OpenSSL
 *
 * Nothing is parsed.  The first that comes on a connection is its request; bench_connect always has
 * the key of RFC 6455 §1.3, and so the answer is fixed (other keys are hashed).  The second is a
 * Close, which is answered, and the connection closed; but for a path of /broadcast it is a small
 * frame, and goes to all the others with one send each. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "bare.h"
#include "channel.h"

enum { REQUEST_MAX = 4096, KEY_SIZE = 24, ACCEPT_SIZE = 28, SMALL_MAX = 125 };

static const char SAMPLE_KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char SAMPLE_ACCEPT[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
static const char CLOSE[] = {(char)0x88, 2, 3, (char)0xE8}; /* 1000, RFC 6455 §7.4.1 */

typedef struct peer {
    bench_channel channel;
    bool is_open;
    size_t place; /* in `listeners`; SIZE_MAX: it is not there */
} peer;

static SSL_CTX *context; /* NULL: without TLS */
static peer **listeners;
static size_t listener_count;

static void join(peer *it)
{
    listeners = bare_need(realloc(listeners, (listener_count + 1) * sizeof *listeners));
    it->place = listener_count;
    listeners[listener_count++] = it;
}

static void end(peer *it)
{
    if (it->place != SIZE_MAX) {
        listeners[it->place] = listeners[--listener_count];
        listeners[it->place]->place = it->place;
    }
    channel_close(&it->channel);
    free(it);
}

static bool send_all(const bench_channel *to, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = channel_send(to, bytes, size);
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent < 0 && bare_await_room(to->fd) < 0) return false;
        if (sent < 0) continue;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* RFC 6455 §4.2.2, 5.4. */
static bool hash(const char *key, char accept[ACCEPT_SIZE + 1])
{
    char text[KEY_SIZE + 36 + 1];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size;
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    if (EVP_Digest(text, sizeof text - 1, digest, &size, EVP_sha1(), NULL) != 1) return false;
    return EVP_EncodeBlock((unsigned char *)accept, digest, (int)size) == ACCEPT_SIZE;
}

static bool answer(peer *it, const char *request)
{
    static const char KEY[] = "Sec-WebSocket-Key: ";
    char text[256];
    char accept[ACCEPT_SIZE + 1];
    const char *key = strcasestr(request, KEY);
    if (!key || strlen(key) < sizeof KEY - 1 + KEY_SIZE) return false;
    key += sizeof KEY - 1;
    if (memcmp(key, SAMPLE_KEY, KEY_SIZE) == 0)
        memcpy(accept, SAMPLE_ACCEPT, sizeof accept);
    else if (!hash(key, accept))
        return false;
    const int size = snprintf(text, sizeof text,
                              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                              accept);
    it->is_open = true;
    if (strncmp(request, "GET /broadcast ", 15) == 0) join(it);
    return send_all(&it->channel, text, (size_t)size);
}

/* A masked frame of few bytes, as a server sends it. */
static bool broadcast(const peer *from, const char *frame, size_t size)
{
    char out[2 + SMALL_MAX];
    const size_t payload_size = (size_t)(frame[1] & 0x7F);
    if (size != 6 + payload_size || payload_size > SMALL_MAX) return false;
    out[0] = frame[0];
    out[1] = (char)payload_size;
    for (size_t i = 0; i < payload_size; i++) out[2 + i] = (char)(frame[6 + i] ^ frame[2 + i % 4]);
    for (size_t i = 0; i < listener_count; i++)
        if (listeners[i] != from && !send_all(&listeners[i]->channel, out, 2 + payload_size))
            return false;
    return true;
}

/* Returns: whether it stays. */
static bool read_and_answer(peer *it)
{
    char bytes[REQUEST_MAX];
    const ssize_t size = channel_receive(&it->channel, bytes, sizeof bytes - 1);
    if (size < 0 && errno == EAGAIN) return true;
    if (size <= 0) return false;
    bytes[size] = '\0';
    if (!it->is_open) return answer(it, bytes);
    if (it->place != SIZE_MAX && bytes[0] != CLOSE[0]) return broadcast(it, bytes, (size_t)size);
    (void)send_all(&it->channel, CLOSE, sizeof CLOSE);
    return false;
}

static void serve(void *who)
{
    if (!read_and_answer(who)) end(who);
}

static void accept_one(int epoll, int listener)
{
    peer *made = bare_need(calloc(1, sizeof *made));
    made->place = SIZE_MAX;
    made->channel.fd = bare_accept(listener);
    if (context) {
        made->channel.ssl = bare_need(SSL_new(context));
        SSL_set_fd(made->channel.ssl, made->channel.fd);
        SSL_set_accept_state(made->channel.ssl);
    }
    bare_watch(epoll, made->channel.fd, made);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && strcmp(argv[1], "--tls") == 0) context = bare_context();
    bare_serve(bare_listen(), accept_one, serve);
}
