/* SPDX-License-Identifier: MIT */
/* io_uring: the kernel makes the calls, and tells of their results.
 *
 * One system call a turn submits what the turn before asked for, lets the kernel work (deferred to
 * that very moment, so that nothing happens behind the back of a turn) and waits.  The ring is made
 * where the loop is made, and belongs to the thread that turns it first. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/try.h"
#include "loop/socket.h"
#include "loop/uring.h"

enum {
    SUBMISSIONS_MAX = 1024,  /* that wait for the next system call; more make one of their own */
    COMPLETIONS_MAX = 16384, /* beyond these the kernel keeps them in a list */
    TURN_COMPLETIONS = 4096, /* delivered in one turn */
    STAY_TURNS = 16,         /* how long who has begun to bring much goes on before others */
    RETRY_MS = 10,           /* when the kernel takes nothing */
    SETUP = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
            IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
};

/* Waiting. */

static hws_status failed(int error)
{
    errno = error;
    return HWS_ERR_SYSTEM;
}

/* From the thread that turns the loop for the first time.  (liburing 2.3 has a function for this,
 * but does not export it.) */
static hws_status enable(hws_uring *self)
{
    if (self->is_enabled) return HWS_OK;
    const int fd = self->ring.ring_fd;
    const int result = io_uring_register((unsigned)fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    if (result < 0) return failed(-result);
    self->is_enabled = true;
    return HWS_OK;
}

/* A descriptor of the loop's own. */
static void watch_own(hws_uring *self, int fd, uint64_t kind, bool *is_set)
{
    if (*is_set) return;
    struct io_uring_sqe *sqe = hws_uring_next(self);
    if (!sqe) return;
    io_uring_prep_poll_multishot(sqe, fd, POLLIN);
    io_uring_sqe_set_data64(sqe, kind);
    *is_set = true;
}

static hws_io_list join(hws_io_list front, hws_io_list back)
{
    if (!front.first) return back;
    if (!back.first) return front;
    front.last->next = back.first;
    return (hws_io_list){front.first, back.last};
}

/* Who has begun to bring much goes on for a while, as long as what he brings is in the cache; then
 * those who stand in line come first. */
static hws_io_list take_pending(hws_uring *self)
{
    const bool is_their_turn = self->loop->turn % STAY_TURNS == 0;
    const hws_io_list all =
        is_their_turn ? join(self->line, self->pending) : join(self->pending, self->line);
    self->pending = self->line = (hws_io_list){0};
    return all;
}

/* False: the kernel takes nothing now. */
static bool settle_pending(hws_uring *self)
{
    watch_own(self, self->loop->wake_fd, HWS_URING_OF_WAKE, &self->wake_is_set);
    watch_own(self, self->loop->alarm_clock.fd, HWS_URING_OF_ALARM_CLOCK, &self->clock_is_set);
    hws_io_list pending = take_pending(self);
    self->one_count = 0;
    hws_io *io;
    while ((io = hws_io_list_pop(&pending))) {
        if (hws_uring_settle(io)) continue;
        hws_uring_pend(io);
        while ((io = hws_io_list_pop(&pending))) hws_uring_pend(io);
        return false;
    }
    return self->wake_is_set && self->clock_is_set;
}

static int enter(hws_uring *self, int timeout_ms)
{
    if (timeout_ms == 0) return io_uring_submit_and_get_events(&self->ring);
    if (timeout_ms < 0) return io_uring_submit_and_wait(&self->ring, 1);
    struct io_uring_cqe *first;
    struct __kernel_timespec timeout = {.tv_sec = timeout_ms / 1000,
                                        .tv_nsec = timeout_ms % 1000 * 1000000LL};
    return io_uring_submit_and_wait_timeout(&self->ring, &first, 1, &timeout, NULL);
}

/* The kernel has put off work.  The flag may stay behind when all is done. */
static bool has_put_off(const hws_uring *self)
{
    return (IO_URING_READ_ONCE(*self->ring.sq.kflags) & IORING_SQ_TASKRUN) != 0;
}

/* Newer kernels do only a little of the work that was put off (20 receives, say) before they return
 * to who waits for one completion.  The next turn goes on with the rest, and what came is answered
 * while it lies in the cache.  Who polls the descriptor would not hear of the rest: for him it is
 * done at once, as it is for whoever asks for many and does not wait. */
static void finish_work(hws_uring *self)
{
    if (self->event_fd < 0 || !has_put_off(self)) return;
    struct io_uring_cqe *first;
    struct __kernel_timespec at_once = {0};
    (void)io_uring_submit_and_wait_timeout(&self->ring, &first, TURN_COMPLETIONS, &at_once, NULL);
}

/* What was done just now was told as well.  What comes before the next line is in the flag that
 * finish_work looks at, what comes after it is told anew. */
static void calm(const hws_uring *self)
{
    uint64_t count;
    if (self->event_fd < 0) return;
    const ssize_t size = read(self->event_fd, &count, sizeof count);
    (void)size; /* it may have been quiet */
}

/* A signal ends a wait, and so does time; what the kernel did not take for want of memory, or
 * because completions are to be fetched first, is still in the queue. */
static hws_status submit_and_wait(hws_uring *self, int timeout_ms)
{
    const int result = enter(self, timeout_ms);
    if (io_uring_sq_ready(&self->ring) == 0) self->sends.part_count = self->sends.message_count = 0;
    calm(self);
    finish_work(self);
    if (result >= 0) return HWS_OK;
    switch (-result) {
    case EINTR:
    case ETIME:
    case EAGAIN:
    case EBUSY:
        return HWS_OK;
    case EEXIST: /* the ring is another thread's */
        return HWS_ERR_INVALID_ARGUMENT;
    default:
        return failed(-result);
    }
}

static hws_status uring_wait(hws_loop *loop, int timeout_ms)
{
    hws_uring *self = loop->backend_state;
    HWS_TRY(enable(self));
    if (!settle_pending(self) && (timeout_ms < 0 || timeout_ms > RETRY_MS)) timeout_ms = RETRY_MS;
    if (self->ready.first || self->line.first || loop->closing.first) timeout_ms = 0;
    return submit_and_wait(self, timeout_ms);
}

static bool uring_is_pending(const hws_loop *loop)
{
    const hws_uring *self = loop->backend_state;
    return !self->wake_is_set || !self->clock_is_set || self->pending.first || self->line.first ||
           self->ready.first || io_uring_sq_ready(&self->ring) > 0 ||
           io_uring_cq_ready(&self->ring) > 0;
}

/* Delivering. */

static void woken(hws_uring *self, unsigned flags)
{
    self->loop->woken = true;
    if (!(flags & IORING_CQE_F_MORE)) self->wake_is_set = false;
}

static void alarm_clock_rang(hws_uring *self, unsigned flags)
{
    hws_alarm_clock_rang(&self->loop->alarm_clock);
    if (!(flags & IORING_CQE_F_MORE)) self->clock_is_set = false;
}

static void complete_io(hws_io *io, unsigned kind, int result, unsigned flags)
{
    hws_uring *self = hws_uring_of(io);
    switch (kind) {
    case HWS_URING_OF_RECEIVE:
        hws_uring_received(io, result, flags);
        break;
    case HWS_URING_OF_ACCEPT:
        hws_uring_acceptable(io, result);
        break;
    case HWS_URING_OF_SEND:
        hws_uring_sent(io, result);
        break;
    case HWS_URING_OF_OUT:
        hws_uring_is_writable(io, result, flags);
        break;
    default:
        hws_uring_failed(io, result, flags);
    }
    if (hws_io_is(io, HWS_IO_CLOSES) && !hws_uring_has(io, HWS_URING_UNDER_WAY))
        self->some_died = true;
}

static hws_io *io_of(const struct io_uring_cqe *cqe)
{
    return (hws_io *)(uintptr_t)(cqe->user_data & ~(uint64_t)HWS_URING_KIND_MASK);
}

static void complete(hws_uring *self, const struct io_uring_cqe *cqe)
{
    const unsigned kind = cqe->user_data & HWS_URING_KIND_MASK;
    if (kind == HWS_URING_OF_WAKE)
        woken(self, cqe->flags);
    else if (kind == HWS_URING_OF_ALARM_CLOCK)
        alarm_clock_rang(self, cqe->flags);
    else if (kind != 0)
        complete_io(io_of(cqe), kind, cqe->res, cqe->flags);
}

/* What came in two receives because a buffer was full is handed over in one. */
static bool join_to_next(hws_uring *self, const struct io_uring_cqe *cqe)
{
    const struct io_uring_cq *queue = &self->ring.cq;
    const struct io_uring_cqe *next = &queue->cqes[*queue->khead & queue->ring_mask];
    const bool goes_on = cqe->user_data == next->user_data && (cqe->flags & IORING_CQE_F_MORE) &&
                         cqe->res > 0 && next->res > 0;
    if (!goes_on || (cqe->user_data & HWS_URING_KIND_MASK) != HWS_URING_OF_RECEIVE) return false;
    return hws_uring_received_in_part(io_of(cqe), cqe, next);
}

/* A turn that has one event alone, joined from however many, says so. */
static void complete_all(hws_uring *self, unsigned count)
{
    const struct io_uring_cq *queue = &self->ring.cq;
    unsigned event_count = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct io_uring_cqe copy = queue->cqes[*queue->khead & queue->ring_mask];
        io_uring_cq_advance(&self->ring, 1);
        if (i + 1 < count && join_to_next(self, &copy)) continue;
        self->loop->serves_one = i + 1 == count && event_count == 0;
        event_count++;
        complete(self, &copy);
    }
    self->loop->serves_one = false;
}

static void tell_ready(hws_uring *self)
{
    hws_io_list ready = self->ready;
    self->ready = (hws_io_list){0};
    hws_io *io;
    while ((io = hws_io_list_pop(&ready))) {
        if (!hws_io_is(io, HWS_IO_CLOSES)) {
            if (hws_io_is(io, HWS_IO_DUE_CONNECT))
                hws_uring_connected(io, io->error);
            else
                hws_uring_receive_held(io);
        }
        hws_uring_pend(io);
    }
}

/* Those of `dying` of which nothing is under way any more may be closed. */
static void bury(hws_uring *self)
{
    if (!self->some_died) return;
    self->some_died = false;
    hws_io_list dying = self->dying;
    self->dying = (hws_io_list){0};
    hws_io *io;
    while ((io = hws_io_list_pop(&dying)))
        hws_io_list_push(hws_uring_has(io, HWS_URING_UNDER_WAY) && self->is_open
                             ? &self->dying
                             : &self->loop->closing,
                         io);
}

static bool uring_deliver(hws_loop *loop)
{
    hws_uring *self = loop->backend_state;
    self->unserved = 0;
    tell_ready(self);
    const unsigned ready = io_uring_cq_ready(&self->ring);
    const unsigned count = ready < TURN_COMPLETIONS ? ready : TURN_COMPLETIONS;
    complete_all(self, count);
    bury(self);
    loop->served_count += count - self->unserved;
    const bool has_more = ready > count || self->unserved > 0 || self->line.first ||
                          io_uring_cq_has_overflow(&self->ring) || (count > 0 && has_put_off(self));
    if (has_more) hws_uring_note_more(self);
    return has_more;
}

/* A ring whose work is deferred does not wake who polls it: the work would have to be done first.
 * It does signal an eventfd. */
static int uring_descriptor(const hws_loop *loop)
{
    hws_uring *self = loop->backend_state;
    if (self->event_fd >= 0) return self->event_fd;
    self->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->event_fd < 0) return -1;
    if (io_uring_register_eventfd(&self->ring, self->event_fd) == 0) return self->event_fd;
    close(self->event_fd);
    return self->event_fd = -1;
}

/* Opening and closing. */

static hws_status uring_open(hws_io *io)
{
    hws_uring_pend(io);
    return HWS_OK;
}

static void uring_cancel(hws_io *io)
{
    hws_uring *self = hws_uring_of(io);
    if (hws_uring_has(io, HWS_URING_RESTS)) hws_rest_end(&self->rest, io);
    if (hws_io_is(io, HWS_IO_LINKED)) return; /* it is settled before the next wait */
    if (hws_uring_has(io, HWS_URING_UNDER_WAY))
        hws_uring_pend(io);
    else
        hws_io_list_push(&io->loop->closing, io);
}

static void uring_close(hws_io *io)
{
    hws_uring_held_drop(io);
    if (io->fd >= 0) hws_socket_close(io->fd, hws_io_is(io, HWS_IO_RESETS));
}

static void uring_shutdown(hws_io *io)
{
    shutdown(io->fd, SHUT_WR);
}

/* Ending.  The thread of the ring ends its operations in good order, so that nothing of a listener
 * is left when the loop is; to every other thread closing the ring is all that is possible, and
 * what the thread of the ring had under way has ended with it. */

static void close_ring(hws_uring *self)
{
    if (self->is_open) io_uring_queue_exit(&self->ring);
    self->is_open = false;
    self->some_died = true;
    bury(self);
}

static void close_pending(hws_uring *self)
{
    hws_io_list pending = take_pending(self);
    hws_io *io;
    while ((io = hws_io_list_pop(&pending)))
        hws_io_list_push(hws_io_is(io, HWS_IO_CLOSES) ? &self->loop->closing : &self->pending, io);
}

static bool reap(hws_uring *self)
{
    if (!settle_pending(self) || submit_and_wait(self, self->dying.first ? -1 : 0) != HWS_OK)
        return false;
    complete_all(self, io_uring_cq_ready(&self->ring));
    bury(self);
    return true;
}

static void uring_end(hws_loop *loop)
{
    hws_uring *self = loop->backend_state;
    self->ending = true;
    if (self->is_open && enable(self) == HWS_OK) {
        do {
            if (!reap(self)) break;
        } while (self->dying.first);
        if (!self->dying.first) return;
    }
    close_ring(self);
    close_pending(self);
}

/* Starting and stopping. */

static hws_status refused(int error)
{
    errno = error;
    return HWS_ERR_BACKEND;
}

static bool has_operations(hws_uring *self)
{
    static const int needed[] = {IORING_OP_ASYNC_CANCEL, IORING_OP_POLL_ADD, IORING_OP_RECV,
                                 IORING_OP_SEND, IORING_OP_SENDMSG};
    struct io_uring_probe *probe = io_uring_get_probe_ring(&self->ring);
    if (!probe) return false;
    bool all = true;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        all = all && io_uring_opcode_supported(probe, needed[i]);
    io_uring_free_probe(probe);
    return all;
}

/* DEFER_TASKRUN came with Linux 6.1, after provided rings (5.19) and multishot receive (6.0): who
 * takes these flags has all of them.  A filter may allow some of the system calls only; the third
 * one is tried on the ring that is not enabled yet. */
static hws_status open_ring(hws_uring *self)
{
    struct io_uring_params parameters = {.flags = SETUP, .cq_entries = COMPLETIONS_MAX};
    const int result = io_uring_queue_init_params(SUBMISSIONS_MAX, &self->ring, &parameters);
    if (result < 0) return refused(-result);
    self->is_open = true;
    /* What a forked child writes there would be the parent's submission. */
    const int kept = io_uring_ring_dontfork(&self->ring);
    if (kept < 0) return refused(-kept);
    if (!has_operations(self)) return refused(ENOSYS);
    const int entered = io_uring_get_events(&self->ring);
    return entered == -EBADFD ? HWS_OK : refused(entered < 0 ? -entered : ENOSYS);
}

static void uring_stop(hws_loop *loop)
{
    hws_uring *self = loop->backend_state;
    close_ring(self);
    if (self->event_fd >= 0) close(self->event_fd);
    hws_rest_release(&self->rest, loop);
    hws_uring_held_release(self);
    hws_uring_buffers_release(self);
    hws_memory_free(loop->memory, self, sizeof *self);
}

static hws_status uring_start(hws_loop *loop)
{
    hws_uring *self = hws_memory_new_zeroed(loop->memory, sizeof *self);
    if (!self) return HWS_ERR_NO_MEMORY;
    loop->backend_state = self;
    self->loop = loop;
    self->event_fd = -1;
    HWS_TRY(hws_rest_init(&self->rest, loop, hws_uring_accept_again));
    HWS_TRY(open_ring(self));
    return hws_uring_buffers_init(self);
}

const hws_backend hws_backend_uring = {
    .name = "io_uring",
    .start = uring_start,
    .stop = uring_stop,
    .end = uring_end,
    .fd = uring_descriptor,
    .is_pending = uring_is_pending,
    .wait = uring_wait,
    .deliver = uring_deliver,
    .open = uring_open,
    .accept = hws_uring_pend,
    .receive = hws_uring_pend,
    .send = hws_uring_send,
    .connect = hws_uring_connect,
    .shutdown = uring_shutdown,
    .cancel = uring_cancel,
    .release = uring_cancel,
    .close = uring_close,
};
