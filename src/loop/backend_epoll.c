/* SPDX-License-Identifier: MIT */
/* epoll: says when a descriptor is ready; the system calls are made here.
 *
 * Level-triggered, and interest changes lazily (docs/loop.md, "What epoll is asked to do").
 * hws_io.watch holds the events that the kernel watches for, and the bits below. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/try.h"
#include "loop/accept.h"
#include "loop/rest.h"
#include "loop/send.h"
#include "loop/socket.h"
#include "loop/state.h"

enum {
    EVENTS_MAX = 256,         /* in one turn, of either set */
    RECEIVE_SIZE = 260 << 10, /* powers of two, and the heads of their frames */
    TURN_SIZE = 32 << 20,     /* bytes; once all together have received them, the turn is over */
    HEAVY_SIZE = 32 << 10,    /* bytes that one has received at once */
    BROKEN = EPOLLERR | EPOLLHUP, /* cannot be masked */
};

enum {
    IN_SET = 1 << 15,   /* known to the kernel */
    IS_FULL = 1 << 14,  /* the last send was taken in part: wait for room before the next */
    RESTS = 1 << 13,    /* in `rest` */
    IS_HEAVY = 1 << 12, /* in the set of the heavy */
    EVENT_BITS = EPOLLIN | EPOLLOUT,
};

/* When turns are too short for all, those who bring much are moved to a set of their own, which is
 * served last and watched by the other one. */
typedef struct epoll {
    int fd;
    int heavy_fd;
    int event_count;
    bool is_crowded; /* the last turn was too short for all */
    size_t received; /* bytes, in this turn */
    uint8_t *buffer; /* all receive into it */
    hws_rest rest;
    struct epoll_event events[EVENTS_MAX];
} epoll;

/* The sets. */

/* Not any more when its end is known already, and due: a socket that failed to connect hangs up
 * without an error, as if it had not begun. */
static bool connects(const hws_io *io)
{
    return hws_io_is(io, HWS_IO_CONNECTS) && !hws_io_is(io, HWS_IO_DUE_CONNECT);
}

static unsigned wanted(const hws_io *io)
{
    unsigned events = 0;
    if (hws_io_is(io, HWS_IO_ACCEPTS | HWS_IO_RECEIVES) && !(io->watch & RESTS)) events |= EPOLLIN;
    if (hws_io_is(io, HWS_IO_SEND_WAITS) || connects(io)) events |= EPOLLOUT;
    return events;
}

static int set_of(const hws_io *io)
{
    const epoll *self = io->loop->backend_state;
    return io->watch & IS_HEAVY ? self->heavy_fd : self->fd;
}

/* Returns 0 or an errno, and then nothing has changed. */
static int watch(hws_io *io, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = io};
    const int operation = io->watch & IN_SET ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(set_of(io), operation, io->fd, &event) < 0) return errno;
    io->watch = (uint16_t)((io->watch & ~(unsigned)EVENT_BITS) | events | IN_SET);
    return 0;
}

static void leave_set(hws_io *io)
{
    if (io->watch & IN_SET) epoll_ctl(set_of(io), EPOLL_CTL_DEL, io->fd, NULL);
    io->watch = (uint16_t)(io->watch & ~(IN_SET | IS_HEAVY | EVENT_BITS));
}

/* To the other set.  It stays where it is when the kernel is out of memory for it. */
static void change_set(hws_io *io)
{
    const int from = set_of(io);
    const unsigned watched = io->watch;
    io->watch = (uint16_t)((watched & ~(unsigned)IN_SET) ^ IS_HEAVY);
    if (watch(io, watched & EVENT_BITS) == 0)
        epoll_ctl(from, EPOLL_CTL_DEL, io->fd, NULL);
    else
        io->watch = (uint16_t)watched;
}

/* Returns 0 or an errno. */
static int watch_also(hws_io *io, unsigned events)
{
    const unsigned watched = io->watch & EVENT_BITS;
    return (events & ~watched) ? watch(io, watched | events) : 0;
}

/* What was reported and nobody wants would be reported for ever. */
static void watch_less(hws_io *io, unsigned unwanted)
{
    const int error = watch(io, (io->watch & EVENT_BITS) & ~unwanted);
    if (error == 0) return;
    leave_set(io);
    hws_io_due_error(io, error);
}

/* As above, for what cannot be masked.  Leaving loses nothing: what is unread stays, and whoever
 * wants it joins the set again. */
static void leave_broken(hws_io *io, unsigned events)
{
    leave_set(io);
    if (!(events & EPOLLERR) || hws_io_is(io, HWS_IO_ENDED)) return;
    const int error = hws_socket_error(io->fd);
    hws_io_due_error(io, error ? error : ECONNRESET);
}

/* Accepting. */

static void rest(hws_io *io)
{
    epoll *self = io->loop->backend_state;
    if (hws_io_is(io, HWS_IO_LINKED)) return; /* it rests already */
    leave_set(io);
    io->watch |= RESTS;
    hws_rest_begin(&self->rest, io);
}

static void go_on_accepting(hws_io *io)
{
    io->watch = (uint16_t)(io->watch & ~RESTS);
    if (hws_io_is(io, HWS_IO_ACCEPTS) && watch_also(io, EPOLLIN) != 0) rest(io);
}

static void accept_some(hws_io *io)
{
    const int error = hws_accept_some(io);
    if (error == 0) return;
    rest(io);
    io->handler->on_accept(io, -error);
}

static void epoll_accept(hws_io *io)
{
    if (!hws_io_is(io, HWS_IO_ACCEPTS) || io->watch & RESTS) return;
    if (watch_also(io, EPOLLIN) != 0) rest(io);
}

/* Receiving. */

/* In the loop's buffer, unless the bytes have a better place. */
static hws_span room_for(hws_io *io)
{
    const epoll *self = io->loop->backend_state;
    const size_t size_max = io->loop->receive_size;
    hws_span room = io->handler->on_room ? io->handler->on_room(io) : (hws_span){0};
    if (room.size == 0) return (hws_span){self->buffer, size_max};
    if (room.size > size_max) room.size = size_max;
    return room;
}

static void note_received(hws_io *io, size_t size)
{
    epoll *self = io->loop->backend_state;
    self->received += size;
    const bool is_heavy = io->watch & IS_HEAVY;
    if (size < HEAVY_SIZE ? is_heavy : self->is_crowded && !is_heavy) change_set(io);
}

static void receive(hws_io *io)
{
    const hws_span room = room_for(io);
    ssize_t size;
    do size = recv(io->fd, room.data, room.size, MSG_DONTWAIT);
    while (size < 0 && errno == EINTR);

    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
        hws_io_mark(io, HWS_IO_ENDED);
        hws_io_unmark(io, HWS_IO_RECEIVES);
    }
    const int error = size < 0 ? errno : 0;
    const hws_span bytes = {room.data, size > 0 ? (size_t)size : 0};
    note_received(io, bytes.size);
    io->handler->on_receive(io, bytes, error);
}

static void epoll_receive(hws_io *io)
{
    if (!hws_io_is(io, HWS_IO_RECEIVES)) return;
    const int error = watch_also(io, EPOLLIN);
    if (error != 0) hws_io_due_error(io, error);
}

/* Sending. */

static size_t size_of(const hws_span *spans, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += spans[i].size;
    return size;
}

static void send_done(hws_io *io, int32_t result)
{
    io->result = result;
    hws_io_due(io, HWS_IO_DUE_SEND);
}

static void send_failed(hws_io *io, int error)
{
    hws_send_failed(io->fd);
    send_done(io, -error);
}

static void wait_for_room(hws_io *io)
{
    hws_io_mark(io, HWS_IO_SEND_WAITS);
    const int error = watch_also(io, EPOLLOUT);
    if (error == 0) return;
    hws_io_unmark(io, HWS_IO_SEND_WAITS);
    send_failed(io, error);
}

static void epoll_send(hws_io *io, const hws_span *spans, size_t count)
{
    if (io->watch & IS_FULL) {
        wait_for_room(io);
        return;
    }
    const int64_t sent = hws_send(io->fd, spans, count);
    if (sent >= 0) {
        if ((size_t)sent < size_of(spans, count)) io->watch |= IS_FULL;
        send_done(io, (int32_t)sent); /* the kernel takes less than 2 GiB at a time */
    } else if (sent == -EAGAIN) {
        wait_for_room(io);
    } else {
        send_failed(io, (int)-sent);
    }
}

static void has_room(hws_io *io)
{
    io->watch = (uint16_t)(io->watch & ~IS_FULL);
    hws_io_unmark(io, HWS_IO_SENDS | HWS_IO_SEND_WAITS);
    io->handler->on_send(io, 0);
}

static void epoll_shutdown(hws_io *io)
{
    shutdown(io->fd, SHUT_WR);
}

/* Connecting. */

static void connect_done(hws_io *io, int error)
{
    io->error = (uint16_t)error;
    hws_io_due(io, HWS_IO_DUE_CONNECT);
}

static void epoll_connect(hws_io *io, const struct sockaddr *address, uint32_t address_size)
{
    int error = connect(io->fd, address, address_size) < 0 ? errno : 0;
    /* Interrupted, it goes on in the background (connect(2)). */
    if (error == EINPROGRESS || error == EINTR) {
        error = watch_also(io, EPOLLOUT);
        if (error == 0) return;
    }
    connect_done(io, error);
}

static void connected(hws_io *io)
{
    const int error = hws_socket_error(io->fd);
    hws_io_unmark(io, HWS_IO_CONNECTS);
    io->handler->on_connect(io, error);
}

/* Opening and closing. */

static hws_status epoll_open(hws_io *io)
{
    return watch(io, EPOLLIN) == 0 ? HWS_OK : HWS_ERR_SYSTEM;
}

static void epoll_cancel(hws_io *io)
{
    epoll *self = io->loop->backend_state;
    if (io->watch & RESTS) hws_rest_end(&self->rest, io);
    if (!hws_io_is(io, HWS_IO_LINKED)) hws_io_list_push(&io->loop->closing, io);
}

/* At once: its next owner may want to join it to the set anew, in this very turn. */
static void epoll_release(hws_io *io)
{
    leave_set(io);
    epoll_cancel(io);
}

static void epoll_close(hws_io *io)
{
    if (io->fd < 0) return; /* released */
    leave_set(io);
    hws_socket_close(io->fd, hws_io_is(io, HWS_IO_RESETS));
}

/* Waiting. */

static hws_status epoll_wait_for(hws_loop *loop, int timeout_ms)
{
    epoll *self = loop->backend_state;
    self->event_count = epoll_wait(self->fd, self->events, EVENTS_MAX, timeout_ms);
    if (self->event_count >= 0) return HWS_OK;
    self->event_count = 0;
    return errno == EINTR ? HWS_OK : HWS_ERR_SYSTEM;
}

static void is_readable(hws_io *io)
{
    if (hws_io_is(io, HWS_IO_ACCEPTS))
        accept_some(io);
    else
        receive(io);
}

static void is_writable(hws_io *io)
{
    if (connects(io))
        connected(io);
    else
        has_room(io);
}

/* Not in line: the usual case is then one short run of code. */
__attribute__((noinline)) static void handle_all(hws_io *io, unsigned events)
{
    const unsigned was_wanted = wanted(io);
    const bool broken = (events & BROKEN) != 0;

    /* What arrived comes before what went wrong after it. */
    if ((broken || events & EPOLLIN) && wanted(io) & EPOLLIN) is_readable(io);
    if (hws_io_is(io, HWS_IO_CLOSES)) return;
    if ((broken || events & EPOLLOUT) && wanted(io) & EPOLLOUT) is_writable(io);
    if (hws_io_is(io, HWS_IO_CLOSES)) return;

    const unsigned unwanted = events & EVENT_BITS & ~was_wanted & ~wanted(io);
    if (broken && !was_wanted)
        leave_broken(io, events);
    else if (unwanted & io->watch)
        watch_less(io, unwanted);
}

static void handle(hws_io *io, unsigned events)
{
    if (events == EPOLLIN && wanted(io) & EPOLLIN) /* the usual case */
        is_readable(io);
    else
        handle_all(io, events);
}

static void serve(hws_loop *loop, const struct epoll_event *event)
{
    hws_io *io = event->data.ptr;
    if (hws_io_is(io, HWS_IO_CLOSES)) return;
    handle(io, event->events);
    loop->served_count++;
}

/* One at least, and no more than there is room for in this turn: whom the kernel has reported it
 * puts behind the others.  Returns whether there may be more. */
static bool serve_heavy(epoll *self, hws_loop *loop)
{
    const size_t room = self->received < TURN_SIZE ? TURN_SIZE - self->received : 1;
    const size_t share_count = (room + loop->receive_size - 1) / loop->receive_size;
    const int count_max = share_count < EVENTS_MAX ? (int)share_count : EVENTS_MAX;
    const int count = epoll_wait(self->heavy_fd, self->events, count_max, 0);
    for (int i = 0; i < count; i++) serve(loop, &self->events[i]);
    return count == count_max;
}

/* What is left when the turn is over is reported again. */
static bool epoll_deliver(hws_loop *loop)
{
    epoll *self = loop->backend_state;
    bool has_heavy = false;
    bool is_over = false;
    self->received = 0;
    for (int i = 0; i < self->event_count; i++) {
        const struct epoll_event *event = &self->events[i];
        if (!event->data.ptr)
            loop->woken = true;
        else if (event->data.ptr == &loop->alarm_clock)
            hws_alarm_clock_rang(&loop->alarm_clock);
        else if (event->data.ptr == self)
            has_heavy = true;
        else if (self->received < TURN_SIZE)
            serve(loop, event);
        else
            is_over = true;
    }
    if (has_heavy) is_over |= serve_heavy(self, loop);
    self->is_crowded = is_over;
    return is_over || self->event_count == EVENTS_MAX;
}

static int epoll_descriptor(const hws_loop *loop)
{
    const epoll *self = loop->backend_state;
    return self->fd;
}

/* Starting and stopping. */

static void epoll_stop(hws_loop *loop)
{
    epoll *self = loop->backend_state;
    hws_rest_release(&self->rest, loop);
    if (self->fd >= 0) close(self->fd);
    if (self->heavy_fd >= 0) close(self->heavy_fd);
    hws_memory_free(loop->memory, self->buffer, loop->receive_size);
    hws_memory_free(loop->memory, self, sizeof *self);
}

/* A descriptor of the loop's own. */
static hws_status watch_own(const epoll *self, int fd, unsigned events, void *who)
{
    struct epoll_event event = {.events = events, .data.ptr = who};
    return epoll_ctl(self->fd, EPOLL_CTL_ADD, fd, &event) < 0 ? HWS_ERR_SYSTEM : HWS_OK;
}

static hws_status epoll_start(hws_loop *loop)
{
    epoll *self = hws_memory_new_zeroed(loop->memory, sizeof *self);
    if (!self) return HWS_ERR_NO_MEMORY;
    loop->backend_state = self;
    self->fd = -1;
    self->heavy_fd = -1;
    HWS_TRY(hws_rest_init(&self->rest, loop, go_on_accepting));
    if (loop->receive_size == 0) loop->receive_size = RECEIVE_SIZE;
    self->buffer = hws_memory_new(loop->memory, loop->receive_size);
    if (!self->buffer) return HWS_ERR_NO_MEMORY;
    self->fd = epoll_create1(EPOLL_CLOEXEC);
    if (self->fd < 0) return HWS_ERR_SYSTEM;
    self->heavy_fd = epoll_create1(EPOLL_CLOEXEC);
    if (self->heavy_fd < 0) return HWS_ERR_SYSTEM;
    HWS_TRY(watch_own(self, loop->wake_fd, EPOLLIN | EPOLLET, NULL));
    HWS_TRY(watch_own(self, loop->alarm_clock.fd, EPOLLIN | EPOLLET, &loop->alarm_clock));
    return watch_own(self, self->heavy_fd, EPOLLIN, self);
}

const hws_backend hws_backend_epoll = {
    .name = "epoll",
    .sends_at_once = true,
    .start = epoll_start,
    .stop = epoll_stop,
    .fd = epoll_descriptor,
    .wait = epoll_wait_for,
    .deliver = epoll_deliver,
    .open = epoll_open,
    .accept = epoll_accept,
    .receive = epoll_receive,
    .send = epoll_send,
    .connect = epoll_connect,
    .shutdown = epoll_shutdown,
    .cancel = epoll_cancel,
    .release = epoll_release,
    .close = epoll_close,
};
