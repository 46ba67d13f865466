/* SPDX-License-Identifier: MIT */
/* TLS, receiving: the handshake, and then the peer's bytes, many records in one call.
 *
 *     lower's bytes ──▶ transport.input ──▶ SSL_read ──▶ the loop's scratch ──▶ on_receive
 *                           │ the owner pauses
 *                           ▼
 *                         held ──▶ read on at the end of the turn in which he resumes */
#include <assert.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/stream_tls_state.h"
#include "net/tls_pace.h"

enum {
    /* What a peer may still say of the handshake after its end: key updates (RFC 8446 §4.6.3) and
     * tickets (§4.6.1).  None has a reason for more. */
    MESSAGE_COUNT_MAX = 32,
    MESSAGE_WINDOW_MS = 10000,
};

static bool is(const hws_stream_tls *tls, unsigned bits)
{
    return hws_stream_tls_is(tls, bits);
}

/* The three states after which nothing more is read. */
static bool is_over(const hws_stream_tls *tls)
{
    return is(tls, HWS_STREAM_TLS_ENDED | HWS_STREAM_TLS_BROKEN | HWS_STREAM_TLS_CLOSED);
}

/* The handshake. */

/* Called by OpenSSL for each message of a handshake.  None is expected after its end but those that
 * are counted; one that would begin another (TLS 1.2, row B009) is one too many. */
static void on_message(int is_sent, int version, int type, const void *bytes, size_t size, SSL *ssl,
                       void *user)
{
    hws_stream_tls *tls = user;
    (void)version;
    (void)ssl;
    if (is_sent || type != SSL3_RT_HANDSHAKE || size == 0) return;
    const uint64_t now_ms = hws_loop_now_ms(tls->loop);
    if (now_ms - tls->window_ms >= MESSAGE_WINDOW_MS) {
        tls->window_ms = now_ms;
        tls->message_count = 0;
    }
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_GROWN);
    tls->message_count++;
    if (tls->message_count > MESSAGE_COUNT_MAX || *(const uint8_t *)bytes == SSL3_MT_CLIENT_HELLO)
        tls->transport.is_refused = true;
}

/* Until now the callback is the context's. */
static void become_ready(hws_stream_tls *tls)
{
    SSL_set_msg_callback(tls->ssl, on_message);
    SSL_set_msg_callback_arg(tls->ssl, tls);
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_READY);
    hws_stream_tls_flush(tls); /* what has waited for it */
    if (tls->stream.calls->on_ready) tls->stream.calls->on_ready(tls->stream.owner);
}

void hws_stream_tls_shake_hands(hws_stream_tls *tls)
{
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_STARTED);
    hws_stream_tls_forget_errors();
    const int result = SSL_do_handshake(tls->ssl);
    if (result == 1) {
        become_ready(tls);
    } else if (SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ) {
        hws_stream_tls_unmark(tls, HWS_STREAM_TLS_UNREAD);
    } else {
        hws_stream_tls_set_failed(tls);
        hws_stream_tls_break_off(tls);
    }
}

/* Records. */

typedef enum finding {
    FULL, /* there may be more */
    EMPTY,
    PEER_END, /* close_notify */
    FAILURE,
} finding;

/* After a record was read: whether that was all.  The SSL would say so itself, but only after it
 * has made a buffer for the next record, and freed it: half as much work as the record was. */
static bool is_used_up(const hws_stream_tls *tls)
{
    return tls->transport.input.size == 0 && SSL_has_pending(tls->ssl) == 0;
}

/* Fills `room` with as many records as have come. */
static finding read_records(hws_stream_tls *tls, hws_span room, size_t *size)
{
    *size = 0;
    while (*size < room.size) {
        size_t count;
        hws_stream_tls_forget_errors();
        const int result = SSL_read_ex(tls->ssl, room.data + *size, room.size - *size, &count);
        if (result == 1) {
            *size += count;
            if (is_used_up(tls)) return EMPTY;
            continue;
        }
        const int error = SSL_get_error(tls->ssl, result);
        if (error == SSL_ERROR_WANT_READ) return EMPTY;
        if (error == SSL_ERROR_ZERO_RETURN) return PEER_END;
        hws_stream_tls_set_failed(tls);
        return FAILURE;
    }
    return FULL;
}

/* For such a message (the tickets that every TLS 1.3 client gets) an SSL makes a buffer to write
 * with, which it would keep until it writes: 16 KiB for nothing.  "RH": only where the head of a
 * record is read next, for some versions free a record that has begun, too (CVE-2024-4741). */
static void shrink(hws_stream_tls *tls)
{
    if (!is(tls, HWS_STREAM_TLS_GROWN) || strcmp(SSL_rstate_string(tls->ssl), "RH") != 0) return;
    if (SSL_free_buffers(tls->ssl) == 1) hws_stream_tls_unmark(tls, HWS_STREAM_TLS_GROWN);
}

static void on_all_read(hws_stream_tls *tls)
{
    hws_stream_tls_unmark(tls, HWS_STREAM_TLS_UNREAD);
    shrink(tls);
}

/* A failure is told at once.  The peer's end waits while the owner has paused: it is found again
 * when he resumes. */
static void receive_some(hws_stream_tls *tls)
{
    const hws_span scratch = hws_loop_scratch(tls->loop);
    if (scratch.size == 0) {
        hws_stream_tls_break_off_for(tls, HWS_ERR_NO_MEMORY, "");
        return;
    }
    size_t size;
    const finding found = read_records(tls, scratch, &size);
    if (found == EMPTY) on_all_read(tls);
    if (size > 0) {
        hws_stream_tls_refresh_blocked(tls);
        tls->stream.calls->on_receive(tls->stream.owner, (hws_span){scratch.data, size});
    }
    if (is(tls, HWS_STREAM_TLS_CLOSED)) return;
    if (found == FAILURE)
        hws_stream_tls_break_off(tls);
    else if (found == PEER_END && is(tls, HWS_STREAM_TLS_RECEIVES))
        hws_stream_tls_tell_end(tls, HWS_OK);
}

/* Moves what is left of the input to memory of ours.  What is over has no more use for it. */
static void keep_input(hws_stream_tls *tls)
{
    hws_span *input = &tls->transport.input;
    const hws_memory *memory = hws_loop_memory(tls->loop);
    if (is_over(tls)) *input = (hws_span){0};
    if (input->size == 0) {
        hws_blob_unref(tls->held);
        tls->held = NULL;
        return;
    }
    if (tls->held) return; /* where it lies already */
    tls->held = hws_blob_new(memory, input->size);
    if (!tls->held) {
        *input = (hws_span){0};
        hws_stream_tls_break_off_for(tls, HWS_ERR_NO_MEMORY, "");
        return;
    }
    memcpy(tls->held->data, input->data, input->size);
    input->data = tls->held->data;
}

/* A client has asked for its handshake; a server gets as many as others ask for. */
static bool is_its_turn(const hws_stream_tls *tls)
{
    return hws_tls_context_role(tls->context) == HWS_TLS_CLIENT || hws_tls_pace_allows(tls->loop);
}

/* A step that has something to say is one that cost something. */
static void take_step(hws_stream_tls *tls)
{
    const size_t before = tls->lower->queue.size;
    hws_stream_tls_shake_hands(tls);
    if (!tls->lower || tls->lower->queue.size > before) hws_tls_pace_take(tls->loop);
}

/* As long as there is something, and the owner wants it. */
static void deliver(hws_stream_tls *tls)
{
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_UNREAD);
    while (is(tls, HWS_STREAM_TLS_UNREAD) && is(tls, HWS_STREAM_TLS_RECEIVES) && !is_over(tls)) {
        if (is(tls, HWS_STREAM_TLS_READY))
            receive_some(tls);
        else if (is_its_turn(tls))
            take_step(tls);
        else
            break; /* it is read on in the next turn */
    }
    keep_input(tls);
}

/* Reading may have made something to send: the handshake's messages, answers to key updates. */
static void take_input(hws_stream_tls *tls)
{
    const size_t before = tls->lower->queue.size;
    deliver(tls);
    if (is(tls, HWS_STREAM_TLS_CLOSED)) return;
    if (tls->lower->queue.size > before) hws_stream_tls_flush(tls);
    hws_stream_tls_settle(tls);
}

/* How the lower ended is how we end; but without the peer's close_notify its bytes have not ended,
 * they are lost (RFC 8446 §6.1): anybody can send a FIN. */
static void end_with_lower(hws_stream_tls *tls)
{
    const hws_status why = tls->lower_end;
    if (why < HWS_OK)
        hws_stream_tls_break_off_for(tls, why, "");
    else if (!is(tls, HWS_STREAM_TLS_ENDED))
        hws_stream_tls_break_off_for(tls, HWS_ERR_CONNECTION_LOST,
                                     is(tls, HWS_STREAM_TLS_READY)
                                         ? "the connection ended without close_notify of TLS"
                                         : "the connection ended during the TLS handshake");
}

bool hws_stream_tls_is_to_read_on(const hws_stream_tls *tls)
{
    return is(tls, HWS_STREAM_TLS_UNREAD) && is(tls, HWS_STREAM_TLS_RECEIVES) && !is_over(tls);
}

/* What was not read yet comes before what the lower still has. */
void hws_stream_tls_settle(hws_stream_tls *tls)
{
    const bool reads_on = hws_stream_tls_is_to_read_on(tls);
    if (reads_on) hws_stream_tls_flush(tls);
    hws_stream_receive(tls->lower, is(tls, HWS_STREAM_TLS_RECEIVES) && !reads_on);
}

void hws_stream_tls_read_on(hws_stream_tls *tls)
{
    take_input(tls);
    if (is(tls, HWS_STREAM_TLS_CLOSED | HWS_STREAM_TLS_UNREAD)) return;
    if (is(tls, HWS_STREAM_TLS_LOWER_ENDED)) end_with_lower(tls);
}

void hws_stream_tls_on_receive(void *owner, hws_span bytes)
{
    hws_stream_tls *tls = owner;
    if (is_over(tls)) return;
    assert(tls->transport.input.size == 0); /* else the lower was told to wait */
    tls->transport.input = bytes;
    /* TLS within TLS: what the one below hands up lies where we decrypt to. */
    if (bytes.data == hws_loop_scratch(tls->loop).data) keep_input(tls);
    if (!is_over(tls)) take_input(tls);
}

/* What is still unread comes before the end; but a failure waits for no owner who pauses. */
void hws_stream_tls_on_end(void *owner, hws_status why)
{
    hws_stream_tls *tls = owner;
    hws_stream_tls_mark(tls, HWS_STREAM_TLS_LOWER_ENDED);
    tls->lower_end = (int16_t)why;
    if (is(tls, HWS_STREAM_TLS_CLOSED)) return;
    const bool waits = is(tls, HWS_STREAM_TLS_UNREAD) && !is_over(tls) &&
                       (why == HWS_OK || is(tls, HWS_STREAM_TLS_RECEIVES));
    if (!waits) end_with_lower(tls);
}
