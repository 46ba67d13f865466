/* SPDX-License-Identifier: MIT */
/* From bytes to requests.
 *
 * Input is looked at only while a request is awaited and the queue is short; what arrives at other
 * times waits in memory, up to a bound, and then in the kernel. */
#include "base/try.h"
#include "http/h1_state.h"

static hws_status read_head(hws_h1 *h1)
{
    /* The first head's time runs from the start. */
    if (!h1->head_begun && h1->request_count > 0)
        hws_h1_expect_within(h1, h1->options.head_timeout_ms);
    h1->head_begun = true;
    bool done = false;
    HWS_TRY(hws_http_head_parse(&h1->request.head, &h1->input, &done));
    if (!done) return HWS_OK;

    bool has_body;
    HWS_TRY(hws_request_begin(&h1->request, &has_body));
    if (has_body) {
        h1->state = HWS_H1_READING_BODY;
        hws_h1_expect_within(h1, h1->options.body_timeout_ms);
    } else {
        hws_h1_answer(h1);
    }
    return HWS_OK;
}

static hws_status read_body(hws_h1 *h1)
{
    bool done = false;
    HWS_TRY(hws_body_read(&h1->request.body, h1->options.memory, &h1->input, &done));
    if (done) hws_h1_answer(h1);
    return HWS_OK;
}

bool hws_h1_reads(const hws_h1 *h1)
{
    return (h1->state == HWS_H1_READING_HEAD || h1->state == HWS_H1_READING_BODY) &&
           h1->stream->queue.size <= HWS_H1_QUEUE_ENOUGH;
}

static void read_input(hws_h1 *h1, hws_span input)
{
    h1->input = input;
    while (h1->input.size > 0 && hws_h1_reads(h1)) {
        const hws_status status = h1->state == HWS_H1_READING_HEAD ? read_head(h1) : read_body(h1);
        if (status < HWS_OK) hws_h1_refuse(h1, status);
    }
}

/* After the last request nothing is looked at any more; a held one may yet become an upgrade. */
static bool has_use_for_input(const hws_h1 *h1)
{
    return !h1->last || h1->state == HWS_H1_HELD;
}

/* Keeps `bytes` for later.  Who sends more than that ahead of the answers is cut off: requests
 * that were not answered can be sent again (RFC 9112 §9.3.2). */
static void keep(hws_h1 *h1, hws_span bytes)
{
    if (bytes.size == 0 || !has_use_for_input(h1)) return;
    if (hws_buffer_append(&h1->waiting, h1->options.memory, bytes.data, bytes.size,
                          h1->options.early_size_max) == HWS_OK)
        return;
    hws_buffer_release(&h1->waiting, h1->options.memory);
    h1->last = true;
    if (h1->state == HWS_H1_HELD)
        hws_h1_give_up(h1, HWS_ERR_LIMIT);
    else if (h1->state == HWS_H1_READING_HEAD || h1->state == HWS_H1_READING_BODY)
        hws_h1_drain(h1);
}

void hws_h1_read_waiting(hws_h1 *h1)
{
    hws_buffer *waiting = &h1->waiting;
    const size_t size = waiting->size;
    waiting->size = 0; /* its bytes are the input now */
    read_input(h1, (hws_span){waiting->data, size});
    const hws_span left = h1->input;
    h1->input = (hws_span){0};
    if (!has_use_for_input(h1)) return;
    if (left.size > 0) memmove(waiting->data, left.data, left.size);
    waiting->size = left.size;
    if (left.size == 0) hws_buffer_release(waiting, h1->options.memory);
}

void hws_h1_read(hws_h1 *h1, hws_span bytes)
{
    if (h1->waiting.size > 0 || !hws_h1_reads(h1)) {
        keep(h1, bytes);
        return;
    }
    read_input(h1, bytes);
    const hws_span left = h1->input;
    h1->input = (hws_span){0};
    keep(h1, left);
}
