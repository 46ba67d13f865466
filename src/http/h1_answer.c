/* SPDX-License-Identifier: MIT */
/* From one whole request to the wait for the next. */
#include "http/h1_state.h"

static void expect_request(hws_h1 *h1)
{
    if (h1->last) {
        hws_h1_drain(h1);
        return;
    }
    h1->state = HWS_H1_READING_HEAD;
    h1->head_begun = false;
    hws_h1_expect_within(h1, h1->options.idle_timeout_ms);
}

void hws_h1_close_source(hws_h1 *h1)
{
    if (h1->source) h1->source->close(h1->source);
    h1->source = NULL;
}

void hws_h1_send_source(hws_h1 *h1)
{
    hws_queue *queue = &h1->stream->queue;
    while (h1->source->left > 0 && queue->size <= HWS_H1_QUEUE_ENOUGH) {
        if (h1->source->fill(h1->source, queue) < HWS_OK) {
            hws_h1_finish(h1, 0); /* not the length that was promised */
            return;
        }
        hws_stream_flush(h1->stream);
    }
    if (h1->source->left > 0) return;
    hws_h1_close_source(h1);
    expect_request(h1);
}

void hws_h1_complete(hws_h1 *h1)
{
    hws_request_reset(&h1->request, h1->input.size > 0);
    if (!h1->source) {
        expect_request(h1);
        return;
    }
    h1->state = HWS_H1_SENDING;
    hws_h1_bound_end(h1);
    hws_h1_send_source(h1);
}

void hws_h1_answered(hws_h1 *h1, hws_source *source, bool close)
{
    h1->source = source;
    h1->last = close;
    h1->deadline_ms = UINT64_MAX;
    hws_stream_flush(h1->stream);
    if (h1->state == HWS_H1_HELD) hws_loop_defer(h1->loop, &h1->deferred);
    h1->state = HWS_H1_ANSWERED;
}

void hws_h1_refuse(hws_h1 *h1, hws_status why)
{
    h1->state = HWS_H1_ANSWERING;
    hws_request_refuse(&h1->request, why);
    if (h1->state == HWS_H1_ANSWERED)
        hws_h1_complete(h1);
    else
        hws_h1_finish(h1, 0); /* no memory for as much as an answer */
}

void hws_h1_give_up(hws_h1 *h1, hws_status why)
{
    hws_h1_tell_close(h1);
    if (h1->state == HWS_H1_HELD) hws_h1_refuse(h1, why);
}

void hws_h1_answer(hws_h1 *h1)
{
    h1->request_count++;
    if (h1->request_count >= h1->options.request_count_max) h1->last = true;
    if (!hws_request_keeps_alive(&h1->request)) h1->last = true;
    h1->state = HWS_H1_ANSWERING;
    h1->deadline_ms = UINT64_MAX;
    h1->calls->on_request(h1->owner, &h1->request);

    if (h1->state == HWS_H1_ANSWERING && !h1->calls)
        hws_request_refuse(&h1->request, HWS_ERR_SHUTTING_DOWN);
    if (h1->state == HWS_H1_ANSWERING)
        hws_request_respond_text(&h1->request, 500, "the request was not answered", NULL, 0, true);
    if (h1->state == HWS_H1_ANSWERING) hws_h1_finish(h1, 0);
    if (h1->state == HWS_H1_ANSWERED) hws_h1_complete(h1);
}
