/* SPDX-License-Identifier: MIT */
/* TLS, sending: the owner's queue becomes records in the lower's, at the end of the turn. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/stream_tls_state.h"

enum {
    RECORD_SIZE = SSL3_RT_MAX_PLAIN_LENGTH,
    GATHER_SIZE = 4096, /* what is smaller is not worth a record of its own */
    GATHER_MAX = 64,    /* runs of the queue that go into one record */
};

/* Copies as many of the spans behind each other as make a record. */
static hws_span gather(hws_span record, const hws_span *spans, size_t count)
{
    record.size = 0;
    for (size_t i = 0; i < count && record.size < RECORD_SIZE; i++) {
        const size_t room = RECORD_SIZE - record.size;
        const size_t size = spans[i].size < room ? spans[i].size : room;
        memcpy(record.data + record.size, spans[i].data, size);
        record.size += size;
    }
    return record;
}

/* The front of the queue: a run where it lies, or small ones gathered into a record. */
static hws_span front_of(hws_stream_tls *tls)
{
    hws_span spans[GATHER_MAX];
    const size_t count = hws_queue_peek(&tls->stream.queue, spans, GATHER_MAX);
    if (count == 1 || spans[0].size >= GATHER_SIZE) return spans[0];
    const hws_span scratch = hws_loop_scratch(tls->loop);
    return scratch.size > 0 ? gather(scratch, spans, count) : spans[0];
}

/* Until the lower queue has `size_max` bytes.  False: the SSL failed. */
static bool encrypt(hws_stream_tls *tls, size_t size_max)
{
    hws_queue *queue = &tls->stream.queue;
    while (queue->size > 0 && tls->lower->queue.size < size_max) {
        const hws_span front = front_of(tls);
        size_t written; /* at most a record: SSL_MODE_ENABLE_PARTIAL_WRITE */
        hws_stream_tls_forget_errors();
        if (SSL_write_ex(tls->ssl, front.data, front.size, &written) != 1) return false;
        hws_queue_drop(queue, written);
    }
    return true;
}

/* Our side ends with close_notify; the peer may go on (RFC 8446 §6.1). */
static bool say_goodbye(hws_stream_tls *tls)
{
    if (hws_stream_tls_is(tls, HWS_STREAM_TLS_SHUTDOWN_DONE)) return true;
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_SHUTDOWN_DONE);
    hws_stream_tls_forget_errors();
    return SSL_shutdown(tls->ssl) >= 0;
}

bool hws_stream_tls_send_last(hws_stream_tls *tls)
{
    return encrypt(tls, SIZE_MAX) && say_goodbye(tls);
}

static bool send_some(hws_stream_tls *tls)
{
    if (!encrypt(tls, HWS_STREAM_TLS_AHEAD_MAX)) return false;
    if (tls->stream.queue.size > 0) return true;
    if (!hws_stream_tls_is(tls, HWS_STREAM_TLS_SHUTDOWN_ASKED)) return true;
    if (!say_goodbye(tls)) return false;
    hws_stream_shutdown(tls->lower);
    return true;
}

bool hws_stream_tls_send(hws_stream_tls *tls)
{
    if (hws_stream_tls_is(tls, HWS_STREAM_TLS_READY) &&
        !hws_stream_tls_is(tls, HWS_STREAM_TLS_BROKEN) && !send_some(tls))
        hws_stream_tls_set_failed(tls);
    if (hws_stream_tls_is(tls, HWS_STREAM_TLS_BROKEN)) {
        hws_stream_tls_break_off(tls);
        return false;
    }
    hws_stream_tls_unmark(tls, HWS_STREAM_TLS_HELD_BACK);
    if (tls->stream.queue.size > 0) hws_stream_tls_mark(tls, HWS_STREAM_TLS_HELD_BACK);
    hws_stream_tls_refresh_blocked(tls);
    return true;
}

/* The lower queue got shorter: there may be room for more. */
void hws_stream_tls_on_sent(void *owner)
{
    hws_stream_tls *tls = owner;
    if (hws_stream_tls_is(tls, HWS_STREAM_TLS_CLOSED) ||
        !hws_stream_tls_is(tls, HWS_STREAM_TLS_READY))
        return;
    const size_t before = tls->lower->queue.size;
    if (!hws_stream_tls_send(tls)) return;
    if (tls->lower->queue.size > before) hws_stream_flush(tls->lower);
    hws_stream_tls_tell_sent(tls);
}
