/* SPDX-License-Identifier: MIT */
/* The least that an echo costs which is a WebSocket's: frames are found, unmasked, and sent back
 * behind heads of our own, many in one send.
 *
 *     bench_frame_bare       prints its port, and serves until it is ended
 *
 * Nothing is checked, no text either; what is no whole message in one frame is taken for one.  The
 * handshake has one answer, as bench_load always has the key of RFC 6455 §1.3. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bare.h"

enum {
    RECEIVE_SIZE = 256 * 1024, /* of one recv, as in bench_echo_bare */
    IN_PLACE_MIN = 8192,       /* bytes of a payload that is sent from where it lies */
    HEAD_MAX = 14,
    PIECES_MAX = 64, /* of one send */
};

static const char ANSWER[] = "HTTP/1.1 101 Switching Protocols\r\n"
                             "Upgrade: websocket\r\n"
                             "Connection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

typedef struct peer {
    int fd;
    bool is_open;
    uint8_t *rest; /* of a frame that was cut */
    size_t size;
    size_t capacity;
} peer;

/* What all share: frames as they came, those that go as copies, and all that go, in their order. */
static uint8_t input[RECEIVE_SIZE];
static uint8_t output[RECEIVE_SIZE];
static size_t output_size;
static struct iovec pieces[PIECES_MAX];
static size_t piece_count;

/* Takes what was sent off the front. */
static struct iovec *skip(struct iovec *piece, size_t sent)
{
    for (; sent > 0 && sent >= piece->iov_len; piece++) sent -= piece->iov_len;
    if (sent == 0) return piece;
    piece->iov_base = (char *)piece->iov_base + sent;
    piece->iov_len -= sent;
    return piece;
}

static bool flush(int fd)
{
    struct iovec *piece = pieces;
    struct iovec *end = pieces + piece_count;
    piece_count = output_size = 0;
    while (piece < end) {
        const struct msghdr message = {.msg_iov = piece, .msg_iovlen = (size_t)(end - piece)};
        const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && (errno != EAGAIN || bare_await_room(fd) < 0)) return false;
        if (sent > 0) piece = skip(piece, (size_t)sent);
    }
    return true;
}

/* Behind what goes before it, in one piece where they touch. */
static void add(uint8_t *bytes, size_t size)
{
    struct iovec *last = piece_count > 0 ? &pieces[piece_count - 1] : NULL;
    if (last && (uint8_t *)last->iov_base + last->iov_len == bytes)
        last->iov_len += size;
    else
        pieces[piece_count++] = (struct iovec){bytes, size};
}

/* A frame at the front of what came (RFC 6455 §5.2). */
typedef struct frame {
    size_t head_size; /* 0: more is to come before that is known */
    size_t payload_size;
    const uint8_t *key;
} frame;

static frame look(const uint8_t *bytes, size_t size)
{
    if (size < 2) return (frame){0};
    const size_t length = bytes[1] & 127;
    const size_t length_size = length < 126 ? 0 : length == 126 ? 2 : 8;
    const size_t head_size = 2 + length_size + 4;
    if (size < head_size) return (frame){0};
    size_t payload_size = length_size == 0 ? length : 0;
    for (size_t i = 0; i < length_size; i++) payload_size = payload_size << 8 | bytes[2 + i];
    return (frame){head_size, payload_size, bytes + head_size - 4};
}

static size_t write_head(uint8_t *to, uint8_t first, size_t payload_size)
{
    const size_t length_size = payload_size < 126 ? 0 : payload_size < 65536 ? 2 : 8;
    to[0] = first;
    to[1] = (uint8_t)(length_size == 0 ? payload_size : length_size == 2 ? 126 : 127);
    for (size_t i = 0; i < length_size; i++)
        to[2 + i] = (uint8_t)(payload_size >> 8 * (length_size - 1 - i));
    return 2 + length_size;
}

static void unmask(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *key)
{
    uint64_t twice;
    uint64_t word;
    size_t at = 0;
    memcpy(&twice, key, 4);
    memcpy((char *)&twice + 4, key, 4);
    for (; size - at >= sizeof word; at += sizeof word) {
        memcpy(&word, from + at, sizeof word);
        word ^= twice;
        memcpy(to + at, &word, sizeof word);
    }
    for (; at < size; at++) to[at] = from[at] ^ key[at % 4];
}

/* The head that goes is shorter than the one that came, and so has its place before the payload. */
static void answer_in_place(uint8_t *bytes, const frame *it)
{
    uint8_t *payload = bytes + it->head_size;
    uint8_t head[HEAD_MAX];
    const size_t head_size = write_head(head, bytes[0], it->payload_size);
    unmask(payload, payload, it->payload_size, it->key);
    memcpy(payload - head_size, head, head_size);
    add(payload - head_size, head_size + it->payload_size);
}

static void answer_with_a_copy(const uint8_t *bytes, const frame *it)
{
    uint8_t *to = output + output_size;
    const size_t head_size = write_head(to, bytes[0], it->payload_size);
    unmask(to + head_size, bytes + it->head_size, it->payload_size, it->key);
    add(to, head_size + it->payload_size);
    output_size += head_size + it->payload_size;
}

static bool answer(int fd, uint8_t *bytes, const frame *it)
{
    const bool is_full =
        piece_count == PIECES_MAX || sizeof output - output_size < HEAD_MAX + IN_PLACE_MIN;
    if (is_full && !flush(fd)) return false;
    if (it->payload_size < IN_PLACE_MIN)
        answer_with_a_copy(bytes, it);
    else
        answer_in_place(bytes, it);
    return true;
}

/* Answers what is whole.  Returns how much that was; -1: the peer is gone.
 *
 * wanted   Set to the size of the frame that is not. */
static ssize_t answer_all(int fd, uint8_t *bytes, size_t size, size_t *wanted)
{
    size_t at = 0;
    *wanted = HEAD_MAX;
    for (;;) {
        const frame it = look(bytes + at, size - at);
        if (it.head_size == 0) break;
        *wanted = it.head_size + it.payload_size;
        if (size - at < *wanted) break;
        if (!answer(fd, bytes + at, &it)) return -1;
        at += *wanted;
    }
    return flush(fd) ? (ssize_t)at : -1;
}

static void keep(peer *it, const uint8_t *bytes, size_t size, size_t wanted)
{
    if (wanted < RECEIVE_SIZE) wanted = RECEIVE_SIZE;
    if (size > 0 && it->capacity < wanted) {
        uint8_t *grown = bare_need(malloc(wanted));
        memcpy(grown, bytes, size);
        free(it->rest);
        it->rest = grown;
        it->capacity = wanted;
    } else if (size > 0) {
        memmove(it->rest, bytes, size);
    }
    it->size = size;
}

static void end(peer *it)
{
    close(it->fd);
    free(it->rest);
    free(it);
}

/* The load sends nothing behind its request before it has the answer. */
static bool open_websocket(peer *it, const uint8_t *bytes, size_t size)
{
    it->is_open = size >= 4 && memcmp(bytes + size - 4, "\r\n\r\n", 4) == 0;
    return it->is_open && send(it->fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) > 0;
}

static bool read_and_answer(peer *it)
{
    uint8_t *bytes = it->size > 0 ? it->rest : input;
    const size_t room = it->size > 0 ? it->capacity - it->size : sizeof input;
    const ssize_t got =
        recv(it->fd, bytes + it->size, room < RECEIVE_SIZE ? room : RECEIVE_SIZE, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    if (!it->is_open) return open_websocket(it, bytes, (size_t)got);

    size_t wanted;
    const size_t size = it->size + (size_t)got;
    const ssize_t answered = answer_all(it->fd, bytes, size, &wanted);
    if (answered >= 0) keep(it, bytes + answered, size - (size_t)answered, wanted);
    return answered >= 0;
}

static void serve(void *who)
{
    if (!read_and_answer(who)) end(who);
}

static void accept_one(int epoll, int listener)
{
    peer *it = bare_need(calloc(1, sizeof *it));
    it->fd = bare_accept(listener);
    bare_watch(epoll, it->fd, it);
}

int main(void)
{
    bare_serve(bare_listen(), accept_one, serve);
}
