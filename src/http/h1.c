/* SPDX-License-Identifier: MIT */
/* The connection: one request after the other (the picture is in h1.h). */
#include "http/h1.h"

#include <assert.h>

#include "base/memory.h"
#include "base/try.h"
#include "http/h1_state.h"

static void or_default(uint32_t *value, uint32_t standard)
{
    if (*value == 0) *value = standard;
}

static void or_default_size(size_t *value, size_t standard)
{
    if (*value == 0) *value = standard;
}

void hws_h1_options_complete(hws_h1_options *options)
{
    or_default(&options->head_timeout_ms, 10000);
    or_default(&options->body_timeout_ms, 30000);
    or_default(&options->idle_timeout_ms, 60000);
    or_default(&options->hold_timeout_ms, 10000);
    or_default(&options->linger_ms, 1000);
    or_default(&options->send_timeout_ms, HWS_STREAM_SEND_TIMEOUT_MS);
    or_default(&options->request_count_max, 1000);
    or_default_size(&options->head_size_max, HWS_HTTP_HEAD_SIZE_MAX);
    or_default_size(&options->body_size_max, 1 << 20);
    or_default_size(&options->early_size_max, 16384);
}

/* The deadline.  The alarm stands where it is while the deadline moves away from it, and is set
 * throughout, so that setting it cannot fail. */

static void move_alarm(hws_h1 *h1, uint64_t at_ms)
{
    const hws_status status = hws_alarm_set(&h1->alarm, h1->loop, at_ms);
    assert(status == HWS_OK);
    (void)status;
}

void hws_h1_expect_by(hws_h1 *h1, uint64_t deadline_ms)
{
    h1->deadline_ms = deadline_ms;
    if (deadline_ms < hws_alarm_at_ms(&h1->alarm, h1->loop)) move_alarm(h1, deadline_ms);
}

void hws_h1_expect_within(hws_h1 *h1, uint32_t timeout_ms)
{
    hws_h1_expect_by(h1, hws_loop_now_ms(h1->loop) + timeout_ms);
}

/* Ending. */

void hws_h1_tell_close(hws_h1 *h1)
{
    const hws_h1_owner *calls = h1->calls;
    h1->calls = NULL;
    if (calls) calls->on_close(h1->owner, h1);
}

/* Memory goes at the end of the turn: whoever called us may still be at work on it. */
static void leave(hws_h1 *h1)
{
    h1->state = HWS_H1_GONE;
    h1->last = true;
    hws_alarm_unset(&h1->alarm, h1->loop);
    hws_loop_defer(h1->loop, &h1->deferred);
}

void hws_h1_finish(hws_h1 *h1, uint32_t linger_ms)
{
    leave(h1);
    hws_stream_close(h1->stream, linger_ms);
    hws_h1_tell_close(h1);
}

void hws_h1_bound_end(hws_h1 *h1)
{
    if (!h1->calls) hws_h1_expect_within(h1, h1->options.send_timeout_ms);
}

void hws_h1_drain(hws_h1 *h1)
{
    h1->state = HWS_H1_DRAINING;
    h1->last = true;
    h1->deadline_ms = UINT64_MAX;
    h1->input = (hws_span){0};
    hws_buffer_release(&h1->waiting, h1->options.memory);
    hws_request_reset(&h1->request, false);
    if (h1->stream->queue.size == 0)
        hws_h1_finish(h1, h1->options.linger_ms);
    else
        hws_h1_bound_end(h1);
}

static bool wants_input(const hws_h1 *h1)
{
    if (h1->state == HWS_H1_HELD) return h1->waiting.size < h1->options.early_size_max;
    return hws_h1_reads(h1) && h1->waiting.size == 0;
}

/* Everything that can be done now, whatever it was that happened. */
static void go_on(hws_h1 *h1)
{
    if (h1->state == HWS_H1_ANSWERED) hws_h1_complete(h1);
    if (h1->state == HWS_H1_SENDING) hws_h1_send_source(h1);
    if (h1->waiting.size > 0 && hws_h1_reads(h1)) hws_h1_read_waiting(h1);
    if (h1->state == HWS_H1_DRAINING && h1->stream->queue.size == 0)
        hws_h1_finish(h1, h1->options.linger_ms);
    if (h1->state == HWS_H1_GONE || wants_input(h1) == h1->receiving) return;
    h1->receiving = !h1->receiving;
    hws_stream_receive(h1->stream, h1->receiving);
}

/* Events. */

static void on_receive(void *owner, hws_span bytes)
{
    hws_h1 *h1 = owner;
    hws_h1_read(h1, bytes);
    go_on(h1);
}

static void on_sent(void *owner)
{
    go_on(owner);
}

static void fail(hws_h1 *h1, hws_status why)
{
    if (h1->calls && h1->calls->on_failure) h1->calls->on_failure(h1->owner, h1->stream, why);
    if (h1->state != HWS_H1_GONE) hws_h1_finish(h1, 0);
}

/* Half of a request is nothing (RFC 9112 §8), a whole one is still answered.  A held one is for an
 * upgrade, and that takes both sides. */
static void on_end(void *owner, hws_status why)
{
    hws_h1 *h1 = owner;
    if (why < HWS_OK)
        fail(h1, why);
    else if (h1->state == HWS_H1_HELD)
        hws_h1_finish(h1, h1->options.linger_ms);
    else if (h1->state == HWS_H1_READING_HEAD || h1->state == HWS_H1_READING_BODY)
        hws_h1_drain(h1);
    else
        h1->last = true;
}

static void ring_out(hws_h1 *h1)
{
    if (h1->state == HWS_H1_READING_BODY || (h1->state == HWS_H1_READING_HEAD && h1->head_begun))
        hws_h1_refuse(h1, HWS_ERR_HTTP_TIMEOUT);
    else if (h1->state == HWS_H1_READING_HEAD)
        hws_h1_drain(h1);
    else if (h1->state == HWS_H1_HELD)
        hws_h1_give_up(h1, HWS_ERR_HANDSHAKE_TIMEOUT);
    else
        hws_h1_finish(h1, 0);
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    hws_h1 *h1 = (hws_h1 *)(void *)((char *)alarm - offsetof(hws_h1, alarm));
    const bool is_over = h1->deadline_ms <= hws_loop_now_ms(loop);
    move_alarm(h1, is_over ? UINT64_MAX : h1->deadline_ms); /* its place is free */
    if (!is_over) return;
    ring_out(h1);
    go_on(h1);
}

static void release(hws_h1 *h1)
{
    const hws_memory *memory = h1->options.memory;
    hws_h1_close_source(h1);
    hws_request_reset(&h1->request, false);
    hws_buffer_release(&h1->waiting, memory);
    hws_memory_free(memory, h1, sizeof *h1);
}

static void on_deferred(hws_deferred *deferred)
{
    hws_h1 *h1 = (hws_h1 *)(void *)((char *)deferred - offsetof(hws_h1, deferred));
    if (h1->state == HWS_H1_GONE)
        release(h1);
    else
        go_on(h1);
}

/* The owner's calls. */

static const hws_stream_owner stream_calls = {
    .on_receive = on_receive,
    .on_end = on_end,
    .on_sent = on_sent,
};

static void start(hws_h1 *h1)
{
    const hws_http_limits limits = {
        .head_size_max = (uint32_t)h1->options.head_size_max,
        .field_count_max = h1->options.field_count_max,
    };
    hws_http_head_init(&h1->request.head, HWS_HTTP_REQUEST, &limits, h1->options.memory);
    h1->request.h1 = h1;
    h1->deadline_ms = hws_alarm_at_ms(&h1->alarm, h1->loop);
    h1->deferred.call = on_deferred;
    h1->receiving = true;
    hws_stream_own(h1->stream, &stream_calls, h1);
    hws_stream_receive(h1->stream, true);
}

static hws_status make(hws_loop *loop, const hws_h1_options *options, hws_h1 **out)
{
    const hws_memory *memory = options->memory ? options->memory : hws_loop_memory(loop);
    hws_h1 *h1 = hws_memory_new_zeroed(memory, sizeof *h1);
    if (!h1) return HWS_ERR_NO_MEMORY;
    h1->options = *options;
    h1->options.memory = memory;
    hws_h1_options_complete(&h1->options);
    h1->alarm.on_ring = on_ring;
    const uint64_t by_ms = hws_loop_now_ms(loop) + h1->options.head_timeout_ms;
    const hws_status status = hws_alarm_set(&h1->alarm, loop, by_ms);
    if (status < HWS_OK) {
        hws_memory_free(memory, h1, sizeof *h1);
        return status;
    }
    *out = h1;
    return HWS_OK;
}

hws_status hws_h1_new(hws_loop *loop, hws_stream *stream, const hws_h1_options *options,
                      const hws_h1_owner *calls, void *owner, hws_h1 **out)
{
    hws_h1 *h1;
    const hws_status status = make(loop, options, &h1);
    if (status < HWS_OK) {
        hws_stream_close(stream, 0);
        return status;
    }
    h1->loop = loop;
    h1->stream = stream;
    h1->calls = calls;
    h1->owner = owner;
    start(h1);
    *out = h1;
    return HWS_OK;
}

hws_request *hws_h1_request(hws_h1 *h1)
{
    return &h1->request;
}

hws_stream *hws_h1_stream(hws_h1 *h1)
{
    return h1->stream;
}

void hws_h1_hold(hws_h1 *h1)
{
    assert(h1->state == HWS_H1_ANSWERING);
    h1->state = HWS_H1_HELD;
    hws_h1_expect_within(h1, h1->options.hold_timeout_ms);
}

bool hws_h1_is_held(const hws_h1 *h1)
{
    return h1->state == HWS_H1_HELD;
}

void *hws_h1_owner_of(const hws_h1 *h1)
{
    return h1->owner;
}

hws_stream *hws_h1_take_stream(hws_h1 *h1, hws_span *early)
{
    assert(h1->state == HWS_H1_ANSWERING || h1->state == HWS_H1_HELD);
    *early = h1->input.size > 0 ? h1->input : (hws_span){h1->waiting.data, h1->waiting.size};
    h1->calls = NULL;
    leave(h1);
    return h1->stream;
}

/* The owner may be looking at the request that he holds: it is not forgotten before the turn
 * ends. */
static void close_held(hws_h1 *h1)
{
    hws_request_refuse(&h1->request, HWS_ERR_SHUTTING_DOWN);
    if (h1->state == HWS_H1_HELD) hws_h1_finish(h1, 0);
}

size_t hws_h1_weight(const hws_h1 *h1)
{
    return h1->stream->queue.size + h1->waiting.capacity + h1->request.body.bytes.capacity;
}

void hws_h1_close(hws_h1 *h1)
{
    h1->calls = NULL;
    h1->last = true;
    if (h1->state == HWS_H1_READING_HEAD || h1->state == HWS_H1_READING_BODY)
        hws_h1_drain(h1);
    else if (h1->state == HWS_H1_HELD)
        close_held(h1);
    else if (h1->state != HWS_H1_GONE)
        hws_h1_bound_end(h1);
}
