/* SPDX-License-Identifier: MIT */
/* io_uring from inside: for backend_uring.c and the uring_*.c that it is made of.
 *
 * What a descriptor wants is in hws_io.state; what the kernel has been asked for, in hws_io.watch.
 * Who finds that the two may differ puts the hws_io into `pending` (hws_uring_pend), and before the
 * next wait each of those is settled: at most once a turn, however often it changed its mind.
 *
 *     pending ── settle ──▶ (operations under way) ──▶ completions
 *        │ closes                                          │ the last one
 *        └────▶ cancels, dying ────────────────────────────┴──▶ loop->closing
 */
#ifndef HAWSER_LOOP_URING_H
#define HAWSER_LOOP_URING_H

#include <liburing.h>

#include "base/buffer.h"
#include "loop/rest.h"
#include "loop/state.h"

/* Bits of hws_io.watch. */
enum {
    HWS_URING_IN = 1 << 0,      /* receiving, many times, or polling a listener is under way */
    HWS_URING_CANCELS = 1 << 1, /* that it ends has been asked for */
    HWS_URING_OUT = 1 << 2,     /* a poll for room, or for the end of connecting, is under way */
    HWS_URING_SENDS = 1 << 3,   /* a send is under way: it completes when it is submitted */
    HWS_URING_FAILS = 1 << 4,   /* a poll for errors, which nothing else would tell, is under way */
    HWS_URING_UNDER_WAY = HWS_URING_IN | HWS_URING_OUT | HWS_URING_SENDS | HWS_URING_FAILS,

    HWS_URING_FULL = 1 << 5,   /* the last send was taken in part: wait for room before the next */
    HWS_URING_RESTS = 1 << 6,  /* in `rest` */
    HWS_URING_ACCEPT = 1 << 7, /* what is under way as HWS_URING_IN is for accepting */
    HWS_URING_HALF = 1 << 8,   /* the peer has ended its side, which every poll would report */
    HWS_URING_CANCELS_OUT = 1 << 9,
    HWS_URING_LEFT = 1 << 10,  /* the last receive left something unread */
    HWS_URING_RENEW = 1 << 11, /* receiving is to end, and to begin anew */
    HWS_URING_HEAVY = 1 << 12, /* it has brought much at once */
    HWS_URING_ONE = 1 << 13,   /* what is under way as HWS_URING_IN is a single receive */
};

/* What a completion belongs to: the low bits of its user_data, beside the address of the hws_io.
 * One that is to be told of nothing has 0. */
enum {
    HWS_URING_OF_RECEIVE = 1,
    HWS_URING_OF_ACCEPT,
    HWS_URING_OF_SEND,
    HWS_URING_OF_OUT,
    HWS_URING_OF_FAILS,
    HWS_URING_OF_WAKE,
    HWS_URING_OF_ALARM_CLOCK,
    HWS_URING_KIND_MASK = 7,
};

/* What is received lies in one of these until its call returns; they all belong to the loop. */
enum { HWS_URING_LARGE_COUNT = 4 };
typedef struct hws_uring_buffers {
    void *block; /* of the loop's memory, with the next two in it */
    size_t block_size;
    struct io_uring_buf_ring *ring; /* of those that are free, at the begin of a page */
    uint8_t *bytes;
    uint32_t count; /* a power of two */
    uint32_t size;  /* of one */
    bool are_large; /* the kernel receives into one, piece behind piece, until it is full */
    uint32_t filled[HWS_URING_LARGE_COUNT]; /* bytes of each large one that have been seen */
    uint32_t joined_size;  /* bytes that are seen together with what lies behind them */
    uint32_t joined_count; /* buffers that they have filled */
} hws_uring_buffers;

/* What arrived for those who have paused; hws_io.held - 1 is the index of an entry. */
typedef struct hws_uring_entry {
    hws_buffer bytes;
    size_t taken;   /* of them, handed on already */
    uint16_t after; /* of a free entry: the next free one, plus 1 */
} hws_uring_entry;

typedef struct hws_uring_held {
    hws_uring_entry *entries;
    uint16_t capacity;
    uint16_t count; /* of entries that were ever used */
    uint16_t free;  /* the first free one of those, plus 1 */
} hws_uring_held;

/* The parts of those sends that have several, until they are submitted. */
enum { HWS_URING_PARTS_MAX = 2048, HWS_URING_MESSAGES_MAX = 256 };
typedef struct hws_uring_parts {
    struct iovec parts[HWS_URING_PARTS_MAX];
    struct msghdr messages[HWS_URING_MESSAGES_MAX];
    uint32_t part_count;
    uint32_t message_count;
} hws_uring_parts;

typedef struct hws_uring {
    hws_loop *loop;
    struct io_uring ring;
    int event_fd;    /* an eventfd that tells whoever turns this loop in his own; -1: nobody does */
    bool is_open;    /* there is a ring */
    bool is_enabled; /* it belongs to the thread that turned the loop first */
    bool wake_is_set;   /* the poll of loop->wake_fd is under way */
    bool clock_is_set;  /* that of loop->alarm_clock, too */
    bool ending;        /* nobody is called any more */
    bool some_died;     /* the last operation of one of `dying` has ended */
    uint32_t unserved;  /* of this turn's completions: there was no buffer for what has arrived */
    uint32_t one_count; /* single receives that were begun before this wait */
    uint64_t crowded_until; /* such a turn: see uring_receive.c */
    hws_io_list pending;
    hws_io_list line;  /* pending, too, but there was no room for their receive before this wait */
    hws_io_list ready; /* something is to be told that no completion will tell */
    hws_io_list dying; /* they close when nothing is under way any more */
    hws_rest rest;
    hws_uring_buffers buffers;
    hws_uring_held held;
    hws_uring_parts sends;
} hws_uring;

static inline hws_uring *hws_uring_of(const hws_io *io)
{
    return io->loop->backend_state;
}

static inline bool hws_uring_has(const hws_io *io, unsigned bits)
{
    return (io->watch & bits) != 0;
}

static inline void hws_uring_set(hws_io *io, unsigned bits)
{
    io->watch = (uint16_t)(io->watch | bits);
}

static inline void hws_uring_unset(hws_io *io, unsigned bits)
{
    io->watch = (uint16_t)(io->watch & ~bits);
}

/* uring_operation.c: asking the kernel. */

/* The next place in the submission queue, which is submitted when it is full.  NULL: it is full,
 * and the kernel takes nothing now. */
struct io_uring_sqe *hws_uring_next(hws_uring *self);

/* Says what a completion of `sqe` belongs to, and that it is under way as `bits`. */
void hws_uring_begin(struct io_uring_sqe *sqe, hws_io *io, unsigned kind, unsigned bits);

/* The descriptor is to be settled before the next wait. */
void hws_uring_pend(hws_io *io);

/* Asks for what is wanted and not under way, ends what is under way and not wanted.  False: the
 * kernel takes nothing now. */
bool hws_uring_settle(hws_io *io);

/* uring_buffers.c */

/* Errors: HWS_ERR_NO_MEMORY; HWS_ERR_BACKEND: the kernel refused, with errno. */
HWS_MUST_CHECK hws_status hws_uring_buffers_init(hws_uring *self);
void hws_uring_buffers_release(hws_uring *self);

/* What a completion has brought, `size` bytes, is to be seen together with what the next one has,
 * if the end of a buffer has cut it.  False: it has not; or that lies elsewhere; or it were too
 * much at once. */
bool hws_uring_join(hws_uring *self, unsigned flags, size_t size, unsigned next_flags,
                    size_t next_size);

/* What a completion has brought, and what was joined to it: until it is dropped. */
hws_span hws_uring_bytes(const hws_uring *self, unsigned flags, size_t size);

/* Gives back to the kernel the buffers that it has done with.  A completion without a buffer has
 * nothing to drop. */
void hws_uring_drop(hws_uring *self, unsigned flags, size_t size);

/* uring_held.c */

/* Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT (65535 descriptors hold something). */
HWS_MUST_CHECK hws_status hws_uring_hold(hws_io *io, hws_span bytes);

/* At most `size_max` bytes from the front, to be used at once; size 0: there are none. */
hws_span hws_uring_held_next(hws_io *io, size_t size_max);
void hws_uring_held_drop(hws_io *io);
void hws_uring_held_release(hws_uring *self);

/* uring_accept.c */
bool hws_uring_accept_begin(hws_io *io);
void hws_uring_acceptable(hws_io *io, int result);
void hws_uring_accept_again(hws_io *io); /* the rest is over */

/* uring_receive.c */

/* There is more to receive than this turn has brought. */
void hws_uring_note_more(hws_uring *self);

/* It is to wait for the turns of others: not now, but in the next turn. */
bool hws_uring_receive_waits(const hws_io *io);
bool hws_uring_receive_begin(hws_io *io);
void hws_uring_received(hws_io *io, int result, unsigned flags);

/* Two completions of one request, the next of which goes on with what the first has brought: they
 * become one.  False: they do not. */
bool hws_uring_received_in_part(hws_io *io, const struct io_uring_cqe *first,
                                const struct io_uring_cqe *next);
void hws_uring_receive_held(hws_io *io);
bool hws_uring_fails_begin(hws_io *io);
void hws_uring_failed(hws_io *io, int result, unsigned flags);

/* uring_send.c */
void hws_uring_send(hws_io *io, const hws_span *spans, size_t count);
void hws_uring_sent(hws_io *io, int result);
bool hws_uring_out_begin(hws_io *io);
void hws_uring_is_writable(hws_io *io, int result, unsigned flags);
void hws_uring_connect(hws_io *io, const struct sockaddr *address, uint32_t address_size);
void hws_uring_connected(hws_io *io, int error);

#endif /* HAWSER_LOOP_URING_H */
