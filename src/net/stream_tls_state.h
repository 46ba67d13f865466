/* SPDX-License-Identifier: MIT */
/* A TLS stream from inside: for src/net/stream_tls*.c alone. */
#ifndef HAWSER_NET_STREAM_TLS_STATE_H
#define HAWSER_NET_STREAM_TLS_STATE_H

#include <openssl/err.h>

#include "base/blob.h"
#include "net/stream_tls.h"
#include "net/tls_transport.h"

enum {
    HWS_STREAM_TLS_RECEIVES = 1 << 0, /* the owner wants bytes */
    HWS_STREAM_TLS_UNREAD = 1 << 1,   /* the SSL was not asked until it had nothing more */
    HWS_STREAM_TLS_STARTED = 1 << 2,  /* the handshake has begun */
    HWS_STREAM_TLS_READY = 1 << 3,    /* it is over, and went well */
    HWS_STREAM_TLS_GROWN = 1 << 4,    /* a message of it came after its end */
    HWS_STREAM_TLS_SHUTDOWN_ASKED = 1 << 5,
    HWS_STREAM_TLS_SHUTDOWN_DONE = 1 << 6,
    HWS_STREAM_TLS_HELD_BACK = 1 << 7,    /* what was queued did not all go to the lower queue */
    HWS_STREAM_TLS_ENDED = 1 << 8,        /* the owner has heard on_end */
    HWS_STREAM_TLS_FAILED = 1 << 9,       /* TLS itself; an alert may be on its way */
    HWS_STREAM_TLS_BROKEN = 1 << 10,      /* nothing can be sent any more: the queue vanishes */
    HWS_STREAM_TLS_LOWER_ENDED = 1 << 11, /* there is no more input than there is */
    HWS_STREAM_TLS_CLOSED = 1 << 12,      /* the owner has gone */
};

typedef struct hws_stream_tls {
    hws_stream stream; /* first */
    hws_stream *lower; /* NULL when it has been closed */
    hws_loop *loop;
    hws_tls_context *context;
    struct ssl_st *ssl;
    hws_tls_transport transport;
    hws_blob *held; /* where transport.input lies, when not in a buffer of the lower */
    hws_deferred turn_end;
    uint64_t window_ms; /* since when message_count counts */
    char *explanation;  /* NULL for none */
    uint32_t linger_ms; /* of the close */
    uint16_t state;
    int16_t failure;   /* an hws_status: why it is BROKEN */
    int16_t lower_end; /* likewise: how the lower ended */
    uint8_t message_count;
} hws_stream_tls;

static inline bool hws_stream_tls_is(const hws_stream_tls *tls, unsigned bits)
{
    return (tls->state & bits) != 0;
}

static inline void hws_stream_tls_mark(hws_stream_tls *tls, unsigned bits)
{
    tls->state = (uint16_t)(tls->state | bits);
}

static inline void hws_stream_tls_unmark(hws_stream_tls *tls, unsigned bits)
{
    tls->state = (uint16_t)(tls->state & ~bits);
}

/* To be called before a call of OpenSSL whose failure SSL_get_error is to judge: it looks at what
 * others left, too.  That is seldom anything, and emptying an empty queue costs as much as reading
 * a tenth of a small record. */
static inline void hws_stream_tls_forget_errors(void)
{
    if (ERR_peek_error() != 0) ERR_clear_error();
}

/* stream_tls.c.  The owner may close the stream in any of these calls but the first three. */

/* Whenever the owner can look: the lower may have been blocked without a word. */
void hws_stream_tls_refresh_blocked(hws_stream_tls *tls);

/* At the end of this turn encrypts, then has the lower send. */
void hws_stream_tls_flush(hws_stream_tls *tls);

/* Notes that the SSL has failed, and why.  To be called right after the call of OpenSSL that did:
 * its queue of errors is the thread's. */
void hws_stream_tls_set_failed(hws_stream_tls *tls);

void hws_stream_tls_tell_sent(hws_stream_tls *tls);
void hws_stream_tls_tell_end(hws_stream_tls *tls, hws_status why);

/* Both sides are gone, for the reason that was noted, or for this one. */
void hws_stream_tls_break_off(hws_stream_tls *tls);
void hws_stream_tls_break_off_for(hws_stream_tls *tls, hws_status why, const char *text);

/* stream_tls_receive.c */

/* Goes on with the handshake as far as the input allows. */
void hws_stream_tls_shake_hands(hws_stream_tls *tls);

/* The owner wants bytes, or does not any more. */
void hws_stream_tls_settle(hws_stream_tls *tls);

/* Goes on with what he left unread when he did not want more. */
bool hws_stream_tls_is_to_read_on(const hws_stream_tls *tls);
void hws_stream_tls_read_on(hws_stream_tls *tls);

/* What the lower calls. */
void hws_stream_tls_on_receive(void *owner, hws_span bytes);
void hws_stream_tls_on_end(void *owner, hws_status why);

/* stream_tls_send.c */

/* Encrypts what is queued while the lower queue is short.  False: it came to an end, and the owner
 * has been told. */
bool hws_stream_tls_send(hws_stream_tls *tls);

/* Encrypts all that is queued, and close_notify.  False: the SSL failed. */
HWS_MUST_CHECK bool hws_stream_tls_send_last(hws_stream_tls *tls);

/* What the lower calls. */
void hws_stream_tls_on_sent(void *owner);

#endif /* HAWSER_NET_STREAM_TLS_STATE_H */
