/* SPDX-License-Identifier: MIT */
/* What is asked of the kernel for one descriptor, and what is taken back. */
#include "loop/uring.h"

struct io_uring_sqe *hws_uring_next(hws_uring *self)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&self->ring);
    if (sqe || !self->is_enabled) return sqe;
    (void)io_uring_submit(&self->ring); /* what it did not take is still in the queue */
    return io_uring_get_sqe(&self->ring);
}

static uint64_t name_of(const hws_io *io, unsigned kind)
{
    return (uint64_t)(uintptr_t)io | kind;
}

void hws_uring_begin(struct io_uring_sqe *sqe, hws_io *io, unsigned kind, unsigned bits)
{
    io_uring_sqe_set_data64(sqe, name_of(io, kind));
    hws_uring_set(io, bits);
}

void hws_uring_pend(hws_io *io)
{
    if (!hws_io_is(io, HWS_IO_LINKED)) hws_io_list_push(&hws_uring_of(io)->pending, io);
}

/* By its name and not by its descriptor, which may have a new owner already. */
static bool cancel(hws_io *io, unsigned kind)
{
    struct io_uring_sqe *sqe = hws_uring_next(hws_uring_of(io));
    if (!sqe) return false;
    io_uring_prep_cancel64(sqe, name_of(io, kind), 0);
    io_uring_sqe_set_data64(sqe, 0);
    return true;
}

static bool cancel_in(hws_io *io)
{
    if (!hws_uring_has(io, HWS_URING_IN) || hws_uring_has(io, HWS_URING_CANCELS)) return true;
    const bool accepts = hws_uring_has(io, HWS_URING_ACCEPT);
    if (!cancel(io, accepts ? HWS_URING_OF_ACCEPT : HWS_URING_OF_RECEIVE)) return false;
    hws_uring_set(io, HWS_URING_CANCELS);
    return true;
}

static bool cancel_out(hws_io *io)
{
    if (!hws_uring_has(io, HWS_URING_OUT) || hws_uring_has(io, HWS_URING_CANCELS_OUT)) return true;
    if (!cancel(io, HWS_URING_OF_OUT)) return false;
    hws_uring_set(io, HWS_URING_CANCELS_OUT);
    return true;
}

/* A send needs no cancel: it completes when it is submitted. */
static bool end(hws_io *io)
{
    hws_uring *self = hws_uring_of(io);
    if (!hws_uring_has(io, HWS_URING_UNDER_WAY)) {
        hws_io_list_push(&io->loop->closing, io);
        return true;
    }
    if (!cancel_in(io) || !cancel_out(io)) return false;
    if (hws_uring_has(io, HWS_URING_FAILS) && !cancel(io, HWS_URING_OF_FAILS)) return false;
    hws_io_list_push(&self->dying, io);
    return true;
}

static bool wants_input(const hws_io *io)
{
    return hws_io_is(io, HWS_IO_ACCEPTS | HWS_IO_RECEIVES) && !hws_uring_has(io, HWS_URING_RESTS);
}

static bool wants_output(const hws_io *io)
{
    return hws_io_is(io, HWS_IO_SEND_WAITS | HWS_IO_CONNECTS);
}

/* An error that comes while nothing is asked for would not be told by anything else. */
static bool wants_failures(const hws_io *io)
{
    return !wants_input(io) && !wants_output(io) && !hws_io_is(io, HWS_IO_ENDED) &&
           !hws_uring_has(io, HWS_URING_RESTS);
}

static bool begin_input(hws_io *io)
{
    return hws_io_is(io, HWS_IO_ACCEPTS) ? hws_uring_accept_begin(io) : hws_uring_receive_begin(io);
}

/* Behind those who stand there already. */
static void stand_in_line(hws_io *io)
{
    hws_io_list_push(&hws_uring_of(io)->line, io);
}

bool hws_uring_settle(hws_io *io)
{
    if (hws_io_is(io, HWS_IO_CLOSES)) return end(io);
    const bool input = wants_input(io);
    if (hws_io_is(io, HWS_IO_DUE_CONNECT) || (input && io->held)) {
        hws_io_list_push(&hws_uring_of(io)->ready, io); /* which comes back here */
        return true;
    }
    if (input && !hws_uring_has(io, HWS_URING_IN)) {
        if (hws_uring_receive_waits(io))
            stand_in_line(io);
        else if (!begin_input(io))
            return false;
    }
    if ((!input || hws_uring_has(io, HWS_URING_RENEW)) && !cancel_in(io)) return false;
    const bool output = wants_output(io);
    if (output && !hws_uring_has(io, HWS_URING_OUT) && !hws_uring_out_begin(io)) return false;
    if (!output && !cancel_out(io)) return false;
    return !wants_failures(io) || hws_uring_has(io, HWS_URING_FAILS) || hws_uring_fails_begin(io);
}
