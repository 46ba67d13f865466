/* SPDX-License-Identifier: MIT */
/* What a loop needs of the kernel, as a table: one for epoll, one for io_uring.
 *
 * A backend starts operations when asked and reports them later.  What completes while it is
 * asked (a send that the kernel took at once) it notes with hws_io_due, and the loop delivers it in
 * step 7 of the turn; what the kernel reports it delivers itself in step 3.  The bits of
 * hws_io.state are common to all backends, those of hws_io.watch are the backend's own. */
#ifndef HAWSER_LOOP_BACKEND_H
#define HAWSER_LOOP_BACKEND_H

#include "loop/io.h"

enum {
    HWS_IO_ACCEPTS = 1 << 0,    /* wanted */
    HWS_IO_RECEIVES = 1 << 1,   /* wanted */
    HWS_IO_CONNECTS = 1 << 2,   /* under way */
    HWS_IO_SENDS = 1 << 3,      /* under way */
    HWS_IO_SEND_WAITS = 1 << 4, /* for room in the kernel */
    HWS_IO_ENDED = 1 << 5,      /* on_receive has told the end, or an error */

    HWS_IO_DUE_CONNECT = 1 << 6, /* with `error` */
    HWS_IO_DUE_SEND = 1 << 7,    /* with `result` */
    HWS_IO_DUE_ERROR = 1 << 8,   /* of receiving, with `error` */

    HWS_IO_LINKED = 1 << 9, /* in a list */
    HWS_IO_CLOSES = 1 << 10,
    HWS_IO_RESETS = 1 << 11, /* closes with RST */
};

typedef struct hws_backend {
    const char *name;
    bool sends_at_once; /* `send` makes the system call itself */

    /* Makes loop->backend_state, which `stop` takes down, whether this fails or not.  Watches
     * loop->wake_fd, where loop->woken says that it was written to, and loop->alarm_clock.
     * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM; HWS_ERR_BACKEND: it does not work here. */
    hws_status (*start)(hws_loop *loop);
    void (*stop)(hws_loop *loop);

    /* The loop is being freed: links all that closes into loop->closing, without a call of any
     * handler.  May be called again.  NULL: `cancel` did so. */
    void (*end)(hws_loop *loop);

    int (*fd)(const hws_loop *loop); /* see hws_loop_fd */

    /* Whether something was asked for that waits for the next `wait`.  NULL: never. */
    bool (*is_pending)(const hws_loop *loop);

    /* Hands over what was started (one system call for all of it, where the kernel can) and waits
     * for at most `timeout_ms`, -1: for ever.
     * Errors: HWS_ERR_SYSTEM, HWS_ERR_INVALID_ARGUMENT (the wrong thread); a signal is none. */
    hws_status (*wait)(hws_loop *loop, int timeout_ms);

    /* Delivers what `wait` got.  Adds to loop->served_count, and returns whether the kernel may
     * have more to report at once. */
    bool (*deliver)(hws_loop *loop);

    /* Errors: HWS_ERR_SYSTEM. */
    hws_status (*open)(hws_io *io);

    void (*accept)(hws_io *io);  /* HWS_IO_ACCEPTS has changed */
    void (*receive)(hws_io *io); /* HWS_IO_RECEIVES has changed */
    void (*send)(hws_io *io, const hws_span *spans, size_t count);
    void (*connect)(hws_io *io, const struct sockaddr *address, uint32_t address_size);
    void (*shutdown)(hws_io *io);

    /* HWS_IO_CLOSES is new: ends what is under way, and links `io` into loop->closing when nothing
     * is. */
    void (*cancel)(hws_io *io);

    /* The same, but the descriptor leaves the loop at once, open.  Nothing is under way. */
    void (*release)(hws_io *io);

    /* Closes the descriptor, unless it was released; step 8. */
    void (*close)(hws_io *io);
} hws_backend;

extern const hws_backend hws_backend_epoll;
extern const hws_backend hws_backend_uring;

/* Starts the one that is asked for (HWS_BACKEND_*), and sets loop->backend.
 * Errors: of `start`; HWS_ERR_BACKEND also when there is none of that name. */
HWS_MUST_CHECK hws_status hws_backend_start(hws_loop *loop, uint8_t asked);

/* Notes that one of HWS_IO_DUE_* is to be delivered in step 7. */
void hws_io_due(hws_io *io, unsigned due);

/* An error of receiving that is found out while nobody may be called. */
void hws_io_due_error(hws_io *io, int error);

#endif /* HAWSER_LOOP_BACKEND_H */
