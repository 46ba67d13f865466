/* SPDX-License-Identifier: MIT */
/* TLS over another stream: its life.  How it receives is in stream_tls_receive.c, how it sends in
 * stream_tls_send.c.
 *
 *     new ──▶ handshake ──on_ready──▶ open ──close_notify of the peer──▶ on_end, we may still send
 *                 └─────── a failure, the end of the lower: on_end ─────▶ broken
 *
 *     any ──close──▶ (end of turn) what is queued, close_notify, the lower closes ──▶ freed
 *
 * The owner may do anything to the stream in any call of his: closing only marks it, and no SSL is
 * touched from inside his calls. */
#include "net/stream_tls.h"

#include <assert.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/memory.h"
#include "base/try.h"
#include "net/stream_tls_state.h"

enum {
    ALERT_LINGER_MS = 1000, /* for an alert to arrive, however its owner closes */
    EXPLANATION_SIZE = 256,
};

static hws_stream_tls *of_turn_end(hws_deferred *turn_end)
{
    return (hws_stream_tls *)(void *)((char *)turn_end - offsetof(hws_stream_tls, turn_end));
}

static bool is(const hws_stream_tls *tls, unsigned bits)
{
    return hws_stream_tls_is(tls, bits);
}

static const hws_memory *memory_of(const hws_stream_tls *tls)
{
    return hws_loop_memory(tls->loop);
}

void hws_stream_tls_refresh_blocked(hws_stream_tls *tls)
{
    tls->stream.blocked = !is(tls, HWS_STREAM_TLS_BROKEN) &&
                          (tls->lower->blocked || is(tls, HWS_STREAM_TLS_HELD_BACK));
}

/* The order counts: what is deferred runs first in, first out, so the lower sends in the same turn
 * what we put into its queue. */
void hws_stream_tls_flush(hws_stream_tls *tls)
{
    hws_stream_tls_refresh_blocked(tls);
    hws_loop_defer(tls->loop, &tls->turn_end);
    hws_stream_flush(tls->lower);
}

/* Failing. */

/* Without memory the status has to say it all. */
static void explain(hws_stream_tls *tls, const char *text)
{
    if (!text[0]) return;
    tls->explanation = hws_memory_new(memory_of(tls), EXPLANATION_SIZE);
    if (tls->explanation) (void)snprintf(tls->explanation, EXPLANATION_SIZE, "%s", text);
}

/* The first reason is the one that counts. */
static void set_broken(hws_stream_tls *tls, hws_status why, const char *text)
{
    if (is(tls, HWS_STREAM_TLS_BROKEN)) return;
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_BROKEN);
    tls->failure = (int16_t)why;
    explain(tls, text);
}

/* To an SSL our own reasons to stop it look like failures of the network; and of empty records it
 * bears 32 in a row. */
static hws_status reason_of(const hws_stream_tls *tls, char *text, size_t size)
{
    const bool is_flood = ERR_GET_REASON(ERR_peek_error()) == SSL_R_RECORD_TOO_SMALL;
    const hws_status status = hws_tls_context_explain(tls->ssl, text, size);
    if (!tls->transport.no_memory && !tls->transport.is_refused && !is_flood) return status;
    text[0] = 0;
    return tls->transport.no_memory ? HWS_ERR_NO_MEMORY : HWS_ERR_TLS_RATE;
}

void hws_stream_tls_set_failed(hws_stream_tls *tls)
{
    char text[EXPLANATION_SIZE] = "";
    const hws_status status = reason_of(tls, text, sizeof text);
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_FAILED);
    set_broken(tls, status, text);
}

/* Telling the owner. */

void hws_stream_tls_tell_sent(hws_stream_tls *tls)
{
    hws_stream_tls_refresh_blocked(tls);
    tls->stream.calls->on_sent(tls->stream.owner);
}

void hws_stream_tls_tell_end(hws_stream_tls *tls, hws_status why)
{
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_ENDED);
    hws_stream_tls_unmark(tls, HWS_STREAM_TLS_UNREAD);
    hws_stream_tls_refresh_blocked(tls);
    tls->stream.calls->on_end(tls->stream.owner, why);
}

/* As with tcp, an owner who has heard of the peer's end already hears that his queue has emptied:
 * there is nobody who reads, and nothing more to tell. */
void hws_stream_tls_break_off(hws_stream_tls *tls)
{
    assert(is(tls, HWS_STREAM_TLS_BROKEN));
    hws_queue_clear(&tls->stream.queue);
    if (is(tls, HWS_STREAM_TLS_ENDED))
        hws_stream_tls_tell_sent(tls);
    else
        hws_stream_tls_tell_end(tls, tls->failure);
}

void hws_stream_tls_break_off_for(hws_stream_tls *tls, hws_status why, const char *text)
{
    set_broken(tls, why, text);
    hws_stream_tls_break_off(tls);
}

/* Closing. */

/* A session whose SSL is freed without close_notify on both sides is made unfit for resumption, as
 * of old (RFC 2246 §7.2.1).  Since TLS 1.1 it need not be (RFC 4346 §7.2.1), and a connection that
 * was lost is what resumption is for. */
static void keep_session(const hws_stream_tls *tls)
{
    if (!is(tls, HWS_STREAM_TLS_FAILED))
        SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

static void release(hws_stream_tls *tls)
{
    const hws_memory *memory = memory_of(tls);
    if (tls->ssl) keep_session(tls);
    SSL_free(tls->ssl);
    hws_tls_context_unref(tls->context);
    hws_loop_undefer(tls->loop, &tls->turn_end);
    hws_queue_clear(&tls->stream.queue);
    hws_blob_unref(tls->held);
    hws_memory_free(memory, tls->explanation, EXPLANATION_SIZE);
    hws_memory_free(memory, tls, sizeof *tls);
}

/* The descriptor is the lower's: who counts us counts the lower from now on. */
static void hand_over_tally(hws_stream_tls *tls)
{
    if (tls->stream.tally && tls->lower->tally)
        hws_tally_remove(tls->stream.tally);
    else if (tls->stream.tally)
        tls->lower->tally = tls->stream.tally;
    tls->stream.tally = NULL;
}

static void close_lower(hws_stream_tls *tls, uint32_t linger_ms)
{
    hand_over_tally(tls);
    hws_stream_close(tls->lower, linger_ms);
    tls->lower = NULL;
}

/* A peer that would miss the end of what was queued must not take it for whole. */
static void finish(hws_stream_tls *tls)
{
    const bool can_send =
        is(tls, HWS_STREAM_TLS_READY) && !is(tls, HWS_STREAM_TLS_BROKEN) && tls->lower;
    const bool misses_some = can_send && !hws_stream_tls_send_last(tls);
    if (tls->lower) close_lower(tls, misses_some ? 0 : tls->linger_ms);
    release(tls);
}

static void on_turn_end(hws_deferred *turn_end)
{
    hws_stream_tls *tls = of_turn_end(turn_end);
    if (hws_stream_tls_is_to_read_on(tls)) hws_stream_tls_read_on(tls);
    if (is(tls, HWS_STREAM_TLS_CLOSED)) {
        finish(tls);
        return;
    }
    if (!is(tls, HWS_STREAM_TLS_STARTED | HWS_STREAM_TLS_UNREAD)) hws_stream_tls_shake_hands(tls);
    if (is(tls, HWS_STREAM_TLS_CLOSED) || !hws_stream_tls_send(tls)) return;
    /* Which has had its turn already when it was asked to flush before we were. */
    if (tls->lower->queue.size > 0) hws_stream_flush(tls->lower);
}

static const hws_stream_owner lower_calls = {
    .on_receive = hws_stream_tls_on_receive,
    .on_end = hws_stream_tls_on_end,
    .on_sent = hws_stream_tls_on_sent,
};

/* The kind. */

static void tls_receive(hws_stream *stream, bool on)
{
    hws_stream_tls *tls = (hws_stream_tls *)stream;
    assert(!is(tls, HWS_STREAM_TLS_CLOSED));
    if (on)
        hws_stream_tls_mark(tls, HWS_STREAM_TLS_RECEIVES);
    else
        hws_stream_tls_unmark(tls, HWS_STREAM_TLS_RECEIVES);
    hws_stream_tls_settle(tls);
}

static void tls_flush(hws_stream *stream)
{
    hws_stream_tls *tls = (hws_stream_tls *)stream;
    assert(!is(tls, HWS_STREAM_TLS_CLOSED));
    hws_stream_tls_flush(tls);
}

static void tls_shutdown(hws_stream *stream)
{
    hws_stream_tls_mark((hws_stream_tls *)stream, HWS_STREAM_TLS_SHUTDOWN_ASKED);
    tls_flush(stream);
}

static void tls_close(hws_stream *stream, uint32_t linger_ms)
{
    hws_stream_tls *tls = (hws_stream_tls *)stream;
    tls_flush(stream); /* at the end of the turn the rest is done, and the lower sends */
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_CLOSED);
    if (is(tls, HWS_STREAM_TLS_FAILED) && linger_ms < ALERT_LINGER_MS) linger_ms = ALERT_LINGER_MS;
    tls->linger_ms = linger_ms;
    if (linger_ms == 0) close_lower(tls, 0);
}

static int tls_fd(const hws_stream *stream)
{
    return hws_stream_fd(((const hws_stream_tls *)stream)->lower);
}

static void tls_peer(const hws_stream *stream, hws_address *address)
{
    hws_stream_peer(((const hws_stream_tls *)stream)->lower, address);
}

static hws_loop *tls_loop(const hws_stream *stream)
{
    return ((const hws_stream_tls *)stream)->loop;
}

static void tls_explain(const hws_stream *stream, char *text, size_t size)
{
    const hws_stream_tls *tls = (const hws_stream_tls *)stream;
    if (tls->explanation)
        (void)snprintf(text, size, "%s", tls->explanation);
    else
        hws_stream_explain(tls->lower, text, size);
}

static const hws_stream_kind kind = {
    .name = "tls",
    .receive = tls_receive,
    .flush = tls_flush,
    .shutdown = tls_shutdown,
    .close = tls_close,
    .fd = tls_fd,
    .peer = tls_peer,
    .loop = tls_loop,
    .explain = tls_explain,
};

static hws_status begin(hws_stream_tls *tls, const char *host, uint16_t port)
{
    HWS_TRY(hws_tls_context_begin(tls->context, host, port, &tls->ssl));
    HWS_TRY(hws_tls_transport_init(&tls->transport, hws_tls_context_transport(tls->context),
                                   tls->ssl, &tls->lower->queue));
    /* What sending relies on, and what keeps an idle connection small. */
    SSL_set_mode(tls->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
    return HWS_OK;
}

static hws_status make(hws_stream *lower, hws_tls_context *context, const char *host, uint16_t port,
                       hws_stream_tls **out)
{
    hws_loop *loop = hws_stream_loop(lower);
    hws_stream_tls *tls = hws_memory_new_zeroed(hws_loop_memory(loop), sizeof *tls);
    if (!tls) return HWS_ERR_NO_MEMORY;
    tls->stream = (hws_stream){.kind = &kind, .secure = true};
    hws_queue_init(&tls->stream.queue, hws_loop_queue_store(loop));
    tls->lower = lower;
    tls->loop = loop;
    tls->context = hws_tls_context_ref(context);
    tls->turn_end.call = on_turn_end;
    const hws_status status = begin(tls, host, port);
    if (status < HWS_OK) {
        release(tls);
        return status;
    }
    *out = tls;
    return HWS_OK;
}

hws_status hws_stream_tls_new(hws_stream *lower, hws_tls_context *context, const char *host,
                              uint16_t port, hws_stream **stream)
{
    hws_stream_tls *tls;
    const hws_status status = make(lower, context, host, port, &tls);
    if (status < HWS_OK) {
        hws_stream_close(lower, 0);
        return status;
    }
    hws_stream_own(lower, &lower_calls, tls);
    hws_stream_receive(lower, false); /* until the owner does */
    if (hws_tls_context_role(context) == HWS_TLS_CLIENT) hws_stream_tls_flush(tls);
    *stream = &tls->stream;
    return HWS_OK;
}

hws_status hws_stream_tls_info(hws_stream *stream, hws_tls_info *info, hws_tls_info_store **store)
{
    assert(stream->kind == &kind);
    return hws_tls_context_info(((hws_stream_tls *)stream)->ssl, info, store);
}
