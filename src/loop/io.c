/* SPDX-License-Identifier: MIT */
/* The part of a descriptor's life that all backends share.
 *
 *     open ──▶ accept | receive | connect, send … ──▶ close ──▶ (nothing under way) ──▶ on_close
 *                                               └──▶ release ─────────────────────────────▲
 *
 * A descriptor stands in at most one list, through hws_io.next: loop->due while a completion waits
 * for step 7, then loop->closing for step 8, or one of the backend's own. */
#include "loop/io.h"

#include <assert.h>
#include <errno.h>

#include "base/try.h"
#include "loop/send.h"
#include "loop/state.h"

void hws_io_list_push(hws_io_list *list, hws_io *io)
{
    assert(!hws_io_is(io, HWS_IO_LINKED));
    hws_io_mark(io, HWS_IO_LINKED);
    io->next = NULL;
    if (list->last)
        list->last->next = io;
    else
        list->first = io;
    list->last = io;
}

hws_io *hws_io_list_pop(hws_io_list *list)
{
    hws_io *io = list->first;
    if (!io) return NULL;
    hws_io_unmark(io, HWS_IO_LINKED);
    list->first = io->next;
    if (!list->first) list->last = NULL;
    return io;
}

void hws_io_list_remove(hws_io_list *list, hws_io *gone)
{
    hws_io_list kept = {0};
    for (hws_io *io = hws_io_list_pop(list); io; io = hws_io_list_pop(list))
        if (io != gone) hws_io_list_push(&kept, io);
    *list = kept;
}

void hws_io_due(hws_io *io, unsigned due)
{
    hws_io_mark(io, due);
    if (!hws_io_is(io, HWS_IO_LINKED)) hws_io_list_push(&io->loop->due, io);
}

void hws_io_due_error(hws_io *io, int error)
{
    io->error = (uint16_t)error;
    hws_io_due(io, HWS_IO_DUE_ERROR);
}

/* One after the other; each call may close `io`, or ask for more of it. */
static void complete(hws_io *io)
{
    const unsigned due = io->state;
    hws_io_unmark(io, HWS_IO_DUE_CONNECT | HWS_IO_DUE_SEND | HWS_IO_DUE_ERROR);
    if (due & HWS_IO_DUE_CONNECT) {
        hws_io_unmark(io, HWS_IO_CONNECTS);
        io->handler->on_connect(io, io->error);
        return; /* nothing else can have been under way */
    }
    if (due & HWS_IO_DUE_SEND) {
        hws_io_unmark(io, HWS_IO_SENDS);
        io->handler->on_send(io, io->result);
    }
    if (!(due & HWS_IO_DUE_ERROR) || hws_io_is(io, HWS_IO_CLOSES | HWS_IO_ENDED)) return;
    hws_io_mark(io, HWS_IO_ENDED);
    hws_io_unmark(io, HWS_IO_RECEIVES);
    if (io->handler->on_receive) io->handler->on_receive(io, (hws_span){0}, io->error);
}

void hws_io_complete_due(hws_loop *loop)
{
    hws_io_list due = loop->due;
    loop->due = (hws_io_list){0};
    hws_io *io;
    while ((io = hws_io_list_pop(&due))) {
        if (hws_io_is(io, HWS_IO_CLOSES))
            hws_io_list_push(&loop->closing, io);
        else
            complete(io);
    }
}

void hws_io_close_closing(hws_loop *loop)
{
    hws_io_list closing = loop->closing;
    loop->closing = (hws_io_list){0};
    hws_io *io;
    while ((io = hws_io_list_pop(&closing))) {
        loop->backend->close(io);
        loop->io_count--;
        io->handler->on_close(io); /* its memory may be gone now */
    }
}

hws_status hws_io_open(hws_io *io, hws_loop *loop, int fd, const hws_io_handler *handler)
{
    assert(fd >= 0 && handler->on_close);
    *io = (hws_io){.loop = loop, .handler = handler, .fd = fd};
    HWS_TRY(loop->backend->open(io));
    loop->io_count++;
    return HWS_OK;
}

void hws_io_accept(hws_io *io, bool on)
{
    assert(!hws_io_is(io, HWS_IO_CLOSES));
    if (hws_io_is(io, HWS_IO_ACCEPTS) == on) return;
    io->state ^= HWS_IO_ACCEPTS;
    io->loop->backend->accept(io);
}

void hws_io_receive(hws_io *io, bool on)
{
    assert(!hws_io_is(io, HWS_IO_CLOSES));
    if (hws_io_is(io, HWS_IO_RECEIVES) == on || hws_io_is(io, HWS_IO_ENDED)) return;
    io->state ^= HWS_IO_RECEIVES;
    io->loop->backend->receive(io);
}

void hws_io_send(hws_io *io, const hws_span *spans, size_t count)
{
    assert(!hws_io_is(io, HWS_IO_CLOSES | HWS_IO_SENDS));
    assert(count >= 1 && count <= HWS_IO_SPANS_MAX);
    hws_io_mark(io, HWS_IO_SENDS);
    io->loop->backend->send(io, spans, count);
}

int64_t hws_io_send_now(hws_io *io, const hws_span *spans, size_t count)
{
    assert(!hws_io_is(io, HWS_IO_CLOSES));
    assert(count >= 1 && count <= HWS_IO_SPANS_MAX);
    if (hws_io_is(io, HWS_IO_SENDS)) return 0;
    const int64_t sent = hws_send(io->fd, spans, count);
    if (sent == -EAGAIN) return 0;
    if (sent < 0) hws_send_failed(io->fd);
    return sent;
}

bool hws_io_sends_at_once(const hws_io *io)
{
    return io->loop->backend->sends_at_once;
}

/* Turns.  One send in so many is in vain where many add to each other's queues. */
enum { GATHERS_FOR = 64 };

bool hws_io_gathers(const hws_io *io)
{
    const bool submits_many = !hws_io_sends_at_once(io) && !io->loop->serves_one;
    return submits_many || io->loop->turn < io->loop->gathers_until;
}

void hws_io_gather(const hws_io *io)
{
    io->loop->gathers_until = io->loop->turn + GATHERS_FOR;
}

bool hws_io_send_waits(const hws_io *io)
{
    return hws_io_is(io, HWS_IO_SEND_WAITS);
}

void hws_io_connect(hws_io *io, const struct sockaddr *address, uint32_t address_size)
{
    assert(!hws_io_is(io, HWS_IO_CLOSES | HWS_IO_CONNECTS));
    hws_io_mark(io, HWS_IO_CONNECTS);
    io->loop->backend->connect(io, address, address_size);
}

void hws_io_shutdown(hws_io *io)
{
    assert(!hws_io_is(io, HWS_IO_CLOSES));
    io->loop->backend->shutdown(io);
}

void hws_io_close(hws_io *io, bool reset)
{
    assert(!hws_io_is(io, HWS_IO_CLOSES));
    hws_io_mark(io, HWS_IO_CLOSES | (reset ? HWS_IO_RESETS : 0u));
    io->loop->backend->cancel(io);
}

int hws_io_release(hws_io *io)
{
    assert(!hws_io_is(io, HWS_IO_CLOSES | HWS_IO_CONNECTS | HWS_IO_SENDS));
    const int fd = io->fd;
    hws_io_mark(io, HWS_IO_CLOSES);
    io->loop->backend->release(io);
    io->fd = -1;
    return fd;
}
