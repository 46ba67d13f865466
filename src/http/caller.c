/* SPDX-License-Identifier: MIT */
/* Calls, from the question to the answer, and the queue of those that wait for a connection.  The
 * connections are in caller_link.c. */
#include <stddef.h>

#include "base/memory.h"
#include "base/try.h"
#include "http/caller_state.h"

/* The queue. */

static void enqueue(hws_call *call)
{
    hws_caller *caller = call->caller;
    call->previous = caller->last;
    call->next = NULL;
    if (caller->last)
        caller->last->next = call;
    else
        caller->first = call;
    caller->last = call;
    caller->waiting_count++;
}

static void enqueue_first(hws_call *call)
{
    hws_caller *caller = call->caller;
    call->previous = NULL;
    call->next = caller->first;
    if (caller->first)
        caller->first->previous = call;
    else
        caller->last = call;
    caller->first = call;
    caller->waiting_count++;
}

static void dequeue(hws_call *call)
{
    hws_caller *caller = call->caller;
    if (call->next)
        call->next->previous = call->previous;
    else
        caller->last = call->previous;
    if (call->previous)
        call->previous->next = call->next;
    else
        caller->first = call->next;
    caller->waiting_count--;
}

/* Ending. */

static void free_call(hws_call *call)
{
    hws_caller *caller = call->caller;
    hws_alarm_unset(&call->deadline, caller->loop);
    hws_buffer_release(&call->request, caller->memory);
    hws_memory_free(caller->memory, call, sizeof *call);
}

void hws_call_succeed(hws_call *call, hws_reply *reply)
{
    const hws_call_result result = {
        .http_status = reply->head.status,
        .body = hws_reply_body(reply),
        .text = "",
    };
    call->done(call->user, &result);
    free_call(call);
}

void hws_call_fail(hws_call *call, hws_status status, const char *text)
{
    call->done(call->user, &(hws_call_result){.status = status, .text = text});
    free_call(call);
}

void hws_call_repeat(hws_call *call)
{
    call->is_repeated = true;
    enqueue_first(call);
    hws_caller_serve(call->caller);
}

static void leave(hws_call *call)
{
    if (call->link)
        hws_link_close(call->link);
    else
        dequeue(call);
}

void hws_call_cancel(hws_call *call)
{
    leave(call);
    free_call(call);
}

static void on_deadline(hws_alarm *deadline, hws_loop *loop)
{
    (void)loop;
    hws_call *call = (hws_call *)(void *)((char *)deadline - offsetof(hws_call, deadline));
    const char *text = "it waited too long for a connection";
    if (call->link) text = call->link->dial ? "connecting took too long" : "no answer in time";
    leave(call);
    hws_call_fail(call, HWS_ERR_TIMEOUT, text);
}

/* Beginning. */

static void serve(hws_deferred *deferred)
{
    hws_caller *caller = (hws_caller *)(void *)((char *)deferred - offsetof(hws_caller, serve));
    while (caller->first) {
        hws_call *call = caller->first;
        const hws_status status = hws_link_find(call);
        if (status == HWS_ERR_LIMIT) return;
        dequeue(call);
        if (status != HWS_OK) hws_call_fail(call, status, hws_status_text(status));
    }
}

void hws_caller_serve(hws_caller *caller)
{
    if (caller->first) hws_loop_defer(caller->loop, &caller->serve);
}

static hws_status prepare(hws_call *call, hws_text request, uint32_t timeout_ms)
{
    hws_caller *caller = call->caller;
    HWS_TRY(
        hws_buffer_append(&call->request, caller->memory, request.data, request.size, SIZE_MAX));
    return hws_alarm_set(&call->deadline, caller->loop, hws_loop_now_ms(caller->loop) + timeout_ms);
}

/* Nobody overtakes those that wait. */
static hws_status begin(hws_call *call)
{
    hws_caller *caller = call->caller;
    const hws_status status = caller->first ? HWS_ERR_LIMIT : hws_link_find(call);
    if (status != HWS_ERR_LIMIT) return status;
    if (caller->waiting_count >= caller->options.waiting_count_max) return HWS_ERR_LIMIT;
    enqueue(call);
    return HWS_OK;
}

hws_status hws_call_new(hws_caller *caller, hws_text request, uint32_t timeout_ms,
                        bool is_repeatable, hws_call_done *done, void *user, hws_call **call)
{
    hws_call *made = hws_memory_new_zeroed(caller->memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->caller = caller;
    made->deadline.on_ring = on_deadline;
    made->done = done;
    made->user = user;
    made->is_repeatable = is_repeatable;
    hws_status status = prepare(made, request, timeout_ms);
    if (status == HWS_OK) status = begin(made);
    if (status != HWS_OK) {
        free_call(made);
        return status;
    }
    *call = made;
    return HWS_OK;
}

/* The caller. */

hws_status hws_caller_new(hws_loop *loop, const hws_caller_options *options, hws_caller **caller)
{
    const hws_memory *memory = hws_loop_memory(loop);
    hws_caller *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->loop = loop;
    made->memory = memory;
    made->options = *options;
    made->target = (hws_dial_target){
        .host = options->host,
        .port = options->port,
        .tls = options->tls,
    };
    made->serve.call = serve;
    *caller = made;
    return HWS_OK;
}

void hws_caller_free(hws_caller *caller)
{
    if (!caller) return;
    while (caller->first) hws_call_cancel(caller->first);
    while (caller->busy) hws_call_cancel(caller->busy->call);
    while (caller->idle) hws_link_close(caller->idle);
    hws_loop_undefer(caller->loop, &caller->serve);
    hws_memory_free(caller->memory, caller, sizeof *caller);
}
