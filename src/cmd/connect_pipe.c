/* SPDX-License-Identifier: MIT */
/* The standard input of a script, on its way into a WebSocket. */
#include "cmd/connect_pipe.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What is to be sent next: the first bytes, and how many of them it uses up. */
typedef struct piece {
    size_t size;
    size_t used; /* with the end of the line */
    bool is_last;
} piece;

static size_t size_of(const connect_pipe *it)
{
    return it->end - it->begin;
}

/* All of the input, a buffer at a time.  False: more is to be read first. */
static bool next_of_binary(const connect_pipe *it, piece *next)
{
    const size_t size = size_of(it);
    *next = (piece){.size = size, .used = size, .is_last = it->has_ended};
    return it->has_ended || size == CONNECT_PIPE_SIZE;
}

/* A line, or as much of it as there is room for; the last may lack its newline. */
static bool next_of_text(const connect_pipe *it, piece *next)
{
    const uint8_t *bytes = it->buffer + it->begin;
    const uint8_t *newline = memchr(bytes, '\n', size_of(it));
    const size_t size = newline ? (size_t)(newline - bytes) : size_of(it);
    *next = (piece){
        .size = size, .used = newline ? size + 1 : size, .is_last = newline || it->has_ended};
    if (newline || size == CONNECT_PIPE_SIZE) return true;
    return it->has_ended && (size > 0 || it->is_within);
}

static bool next_piece(const connect_pipe *it, piece *next)
{
    if (it->is_done) return false;
    return it->is_binary ? next_of_binary(it, next) : next_of_text(it, next);
}

static hws_message_part part_of(const connect_pipe *it, const piece *next)
{
    if (it->is_within) return next->is_last ? HWS_LAST : HWS_MIDDLE;
    return next->is_last ? HWS_WHOLE : HWS_FIRST;
}

static void forget(connect_pipe *it, const piece *sent)
{
    it->is_within = !sent->is_last;
    if (sent->is_last) it->message_count++;
    it->begin += sent->used;
    if (it->is_binary && sent->is_last) it->is_done = true;
}

static hws_status send_pieces(connect_pipe *it, hws_websocket ws)
{
    piece next;
    while (!it->is_held && next_piece(it, &next)) {
        const hws_message message = {
            .type = it->is_binary ? HWS_BINARY : HWS_TEXT,
            .part = part_of(it, &next),
            .data = it->buffer + it->begin,
            .size = next.size,
        };
        const hws_status status = hws_websocket_send(ws, &message);
        it->is_held = status == HWS_BUFFERED || status == HWS_ERR_QUEUE_FULL;
        if (status == HWS_ERR_QUEUE_FULL) return HWS_OK; /* it is sent again */
        if (status < HWS_OK) return status;
        forget(it, &next);
    }
    if (it->has_ended && size_of(it) == 0) it->is_done = true;
    return HWS_OK;
}

/* Room at the end, for what is whole has been sent: at the most a part of a message is moved. */
static void make_room(connect_pipe *it)
{
    memmove(it->buffer, it->buffer + it->begin, size_of(it));
    it->end -= it->begin;
    it->begin = 0;
}

hws_status connect_pipe_read(connect_pipe *it, hws_websocket ws)
{
    make_room(it);
    assert(it->end < CONNECT_PIPE_SIZE); /* a full buffer is sent, or held */
    const ssize_t size = read(it->fd, it->buffer + it->end, CONNECT_PIPE_SIZE - it->end);
    if (size < 0) return errno == EINTR || errno == EAGAIN ? HWS_OK : HWS_ERR_SYSTEM;
    if (size == 0) it->has_ended = true;
    it->end += (size_t)size;
    return send_pieces(it, ws);
}

hws_status connect_pipe_resume(connect_pipe *it, hws_websocket ws)
{
    it->is_held = false;
    return send_pieces(it, ws);
}
