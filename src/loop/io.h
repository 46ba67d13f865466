/* SPDX-License-Identifier: MIT */
/* Input and output on one descriptor, completion-shaped: an operation is asked for, and later, in
 * the same turn or another, it completes by a call of the handler.
 *
 * No handler is ever called from inside a function of this header.  The operation lives in its
 * owner: nothing is allocated for it.  io_uring does this by nature; the epoll backend performs the
 * system call when the descriptor is ready and then completes.
 *
 *     accept    one request, many completions, until stopped
 *     receive   one request, many completions, until paused; the bytes lie in the loop's buffer
 *     send      one request, one completion; at most one under way
 *     connect   one request, one completion
 *     close     the last request; on_close when nothing of the descriptor is under way any more
 *     release   likewise, and the descriptor lives on elsewhere */
#ifndef HAWSER_LOOP_IO_H
#define HAWSER_LOOP_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "hawser/loop.h"
#include "hawser/span.h"

typedef struct hws_io hws_io;

/* Shared by all descriptors of one kind; a call that its kind never gets may be NULL. */
typedef struct hws_io_handler {
    /* A new descriptor, nonblocking and close-on-exec, now the callee's; or a failure (-errno),
     * after which accepting goes on by itself: a shortage of descriptors is waited out, never spun
     * on. */
    void (*on_accept)(hws_io *io, int fd);

    /* Where the next bytes are best received; they are then told of there.  Size 0: anywhere.  The
     * callee does nothing else.  May be NULL. */
    hws_span (*on_room)(hws_io *io);

    /* `error` 0: bytes, which may be changed in place and are gone after the call; size 0 is the
     * end of the stream.  Otherwise a positive errno, which is told even while receiving is paused.
     * After an end or an error no more comes. */
    void (*on_receive)(hws_io *io, hws_span bytes, int error);

    /* `sent`: bytes the kernel took, counted over all spans; 0: it took none, but is ready again:
     * ask once more with what there is then.  Negative: -errno, and sending is over; what has
     * arrived before is still received, and then the end. */
    void (*on_send)(hws_io *io, int64_t sent);

    /* 0, or a positive errno. */
    void (*on_connect)(hws_io *io, int error);

    /* The descriptor is closed, or released, and the loop has forgotten `io`: its memory may go. */
    void (*on_close)(hws_io *io);
} hws_io_handler;

/* Embedded in its owner; all fields are the loop's. */
struct hws_io {
    hws_loop *loop;
    const hws_io_handler *handler;
    hws_io *next;   /* in the loop's list of completions that are due */
    int fd;         /* -1: released */
    int32_t result; /* of the send that completed; io_uring: what was asked for */
    uint16_t state; /* what is wanted, what is under way, what is due */
    uint16_t watch; /* the backend's */
    uint16_t error; /* errno of what is due */
    uint16_t held;  /* io_uring: where what arrived during a pause is; 0: nothing did */
};

/* Takes over `fd` (nonblocking).  Errors: HWS_ERR_SYSTEM (epoll_ctl: out of watches), and `fd` is
 * still the caller's. */
HWS_MUST_CHECK hws_status hws_io_open(hws_io *io, hws_loop *loop, int fd,
                                      const hws_io_handler *handler);

void hws_io_accept(hws_io *io, bool on);
void hws_io_receive(hws_io *io, bool on);

/* The bytes must stay where they are until on_send; `spans` itself need not.  `count` is 1 to
 * HWS_IO_SPANS_MAX; more may be passed on to the next send. */
enum { HWS_IO_SPANS_MAX = 64 };
void hws_io_send(hws_io *io, const hws_span *spans, size_t count);

/* Hands to the kernel what it takes at once: nothing is under way afterwards, and nothing
 * completes.
 *
 * Returns: the bytes it took; 0 also when it takes none, or a send is under way; or -errno, as
 * on_send gets it. */
int64_t hws_io_send_now(hws_io *io, const hws_span *spans, size_t count);

/* Whether that is what hws_io_send would do as well. */
bool hws_io_sends_at_once(const hws_io *io);

/* Whether what is sent in a turn had better leave at its end, in one: the backend submits all sends
 * together, and this turn may have several; or hws_io_gather was called of late, since more was
 * added to what had left already. */
bool hws_io_gathers(const hws_io *io);
void hws_io_gather(const hws_io *io);

struct sockaddr;
void hws_io_connect(hws_io *io, const struct sockaddr *address, uint32_t address_size);

/* Whether a send is under way that the kernel did not take at once. */
bool hws_io_send_waits(const hws_io *io);

/* Ends sending (FIN), after what was handed to the kernel. */
void hws_io_shutdown(hws_io *io);

/* No handler but on_close is called after this.  `reset`: with RST instead of FIN. */
void hws_io_close(hws_io *io, bool reset);

/* Lets the descriptor go without closing it, for another owner in this loop or elsewhere: with
 * nothing under way, and before anything was received (what the loop has taken from the kernel
 * already would be lost).  As after a close, no handler but on_close is called, and `io` stays
 * where it is until then.  Returns the descriptor, which is the caller's. */
HWS_MUST_CHECK int hws_io_release(hws_io *io);

#endif /* HAWSER_LOOP_IO_H */
