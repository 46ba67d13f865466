/* SPDX-License-Identifier: MIT */
/* The connections of a caller.
 *
 *     DIALING ──▶ BUSY ──answer──▶ IDLE ──the next call──▶ BUSY
 *        │          │                │ idle_ms, or the server's end
 *        └──────────┴────────────────┴──▶ closed */
#include <stddef.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/try.h"
#include "http/caller_state.h"

enum { TEXT_SIZE = 512 };

static void list(hws_link **head, hws_link *link)
{
    link->previous = NULL;
    link->next = *head;
    if (link->next) link->next->previous = link;
    *head = link;
}

static void unlist(hws_link **head, hws_link *link)
{
    if (link->next) link->next->previous = link->previous;
    if (link->previous)
        link->previous->next = link->next;
    else
        *head = link->next;
}

/* Ending. */

void hws_link_close(hws_link *link)
{
    hws_caller *caller = link->caller;
    unlist(link->call ? &caller->busy : &caller->idle, link);
    if (link->call) link->call->link = NULL;
    if (link->dial) hws_dial_cancel(link->dial);
    if (link->stream) hws_stream_close(link->stream, 0);
    hws_alarm_unset(&link->alarm, caller->loop);
    hws_reply_release(&link->reply);
    hws_memory_free(caller->memory, link, sizeof *link);
    caller->link_count--;
    hws_caller_serve(caller);
}

static void fail(hws_link *link, hws_status status, const char *text)
{
    hws_call *call = link->call;
    hws_link_close(link);
    hws_call_fail(call, status, text);
}

static void on_idle_too_long(hws_alarm *alarm, hws_loop *loop)
{
    (void)loop;
    hws_link_close((hws_link *)(void *)((char *)alarm - offsetof(hws_link, alarm)));
}

/* Answers. */

/* Waits for the next call; one that nobody could end in time is not kept. */
static void rest(hws_link *link)
{
    hws_caller *caller = link->caller;
    link->is_used = true;
    link->idle_since_ms = hws_loop_now_ms(caller->loop);
    unlist(&caller->busy, link);
    link->call = NULL;
    list(&caller->idle, link);
    if (hws_alarm_set(&link->alarm, caller->loop, link->idle_since_ms + caller->options.idle_ms) <
        HWS_OK)
        hws_link_close(link);
    else
        hws_caller_serve(caller);
}

static void finish(hws_link *link, bool is_kept)
{
    hws_call *call = link->call;
    hws_reply reply = link->reply; /* what it tells outlives the link */
    hws_reply_init(&link->reply, link->caller->memory, link->caller->options.answer_size_max);
    call->link = NULL;
    if (is_kept)
        rest(link);
    else
        hws_link_close(link);
    hws_call_succeed(call, &reply);
    hws_reply_release(&reply);
}

static void on_receive(void *owner, hws_span bytes)
{
    hws_link *link = owner;
    bool done = false;
    if (!link->call) { /* an answer to nothing: whose would the next one be? */
        hws_link_close(link);
        return;
    }
    const hws_status status = hws_reply_receive(&link->reply, &bytes, &done);
    if (status != HWS_OK) {
        fail(link, status, hws_status_text(status));
    } else if (done) {
        /* One that came before all of the request had left may be about something else. */
        const bool is_clean = bytes.size == 0 && link->stream->queue.size == 0;
        finish(link, is_clean && hws_reply_keeps_connection(&link->reply));
    }
}

static bool is_worth_repeating(const hws_link *link)
{
    const hws_call *call = link->call;
    return link->is_used && !link->reply.has_begun && call->is_repeatable && !call->is_repeated;
}

static void fail_lost(hws_link *link, hws_status why)
{
    char detail[TEXT_SIZE];
    char text[TEXT_SIZE + 64];
    hws_stream_explain(link->stream, detail, sizeof detail);
    if (detail[0] == '\0' && why != HWS_OK)
        snprintf(detail, sizeof detail, "%s", hws_status_text(why));
    snprintf(text, sizeof text, "the connection ended %s%s%s",
             link->reply.has_begun ? "in the middle of the answer" : "without an answer",
             detail[0] != '\0' ? ": " : "", detail);
    fail(link, why == HWS_OK ? HWS_ERR_CONNECTION_LOST : why, text);
}

static void on_end(void *owner, hws_status why)
{
    hws_link *link = owner;
    hws_call *call = link->call;
    if (!call) {
        hws_link_close(link);
    } else if (why == HWS_OK && hws_reply_end(&link->reply)) {
        finish(link, false);
    } else if (is_worth_repeating(link)) {
        hws_link_close(link);
        hws_call_repeat(call);
    } else {
        fail_lost(link, why);
    }
}

static void on_sent(void *owner)
{
    (void)owner;
}

static const hws_stream_owner STREAM_CALLS = {
    .on_receive = on_receive,
    .on_end = on_end,
    .on_sent = on_sent,
};

/* Questions. */

static hws_status send_request(hws_link *link, const hws_call *call)
{
    HWS_TRY(hws_queue_append(&link->stream->queue, call->request.data, call->request.size));
    hws_stream_flush(link->stream);
    hws_stream_receive(link->stream, true);
    return HWS_OK;
}

static void on_connected(void *owner, hws_stream *stream)
{
    hws_link *link = owner;
    link->dial = NULL;
    link->stream = stream;
    hws_stream_own(stream, &STREAM_CALLS, link);
    const hws_status status = send_request(link, link->call);
    if (status != HWS_OK) fail(link, status, hws_status_text(status));
}

static void on_failed(void *owner, hws_status status, const char *text)
{
    hws_link *link = owner;
    link->dial = NULL;
    fail(link, status, text);
}

static const hws_dial_owner DIAL_CALLS = {
    .on_connected = on_connected,
    .on_failed = on_failed,
};

static hws_status begin_link(hws_call *call)
{
    hws_caller *caller = call->caller;
    hws_link *link = hws_memory_new_zeroed(caller->memory, sizeof *link);
    if (!link) return HWS_ERR_NO_MEMORY;
    link->caller = caller;
    link->alarm.on_ring = on_idle_too_long;
    hws_reply_init(&link->reply, caller->memory, caller->options.answer_size_max);
    const hws_status status =
        hws_dial_new(caller->loop, &caller->target, &DIAL_CALLS, link, &link->dial);
    if (status != HWS_OK) {
        hws_memory_free(caller->memory, link, sizeof *link);
        return status;
    }
    link->call = call;
    call->link = link;
    list(&caller->busy, link);
    caller->link_count++;
    return HWS_OK;
}

static hws_status reuse(hws_link *link, hws_call *call)
{
    hws_caller *caller = link->caller;
    HWS_TRY(send_request(link, call));
    hws_alarm_unset(&link->alarm, caller->loop);
    unlist(&caller->idle, link);
    link->call = call;
    call->link = link;
    list(&caller->busy, link);
    return HWS_OK;
}

static bool suits(const hws_link *link, const hws_call *call)
{
    const uint64_t now_ms = hws_loop_now_ms(link->caller->loop);
    if (call->is_repeatable) return !call->is_repeated;
    return now_ms - link->idle_since_ms <= HWS_CALLER_WARM_MS;
}

hws_status hws_link_find(hws_call *call)
{
    hws_caller *caller = call->caller;
    hws_link *idle = caller->idle;
    if (idle && suits(idle, call)) return reuse(idle, call);
    if (caller->link_count < caller->options.link_count_max) return begin_link(call);
    if (!idle) return HWS_ERR_LIMIT;
    hws_link_close(idle); /* none of them suits, so that it makes room for one that does */
    return begin_link(call);
}
