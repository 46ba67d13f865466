/* SPDX-License-Identifier: MIT */
/* A caller from inside: for caller*.c alone. */
#ifndef HAWSER_HTTP_CALLER_STATE_H
#define HAWSER_HTTP_CALLER_STATE_H

#include "http/caller.h"
#include "http/reply.h"
#include "loop/alarm.h"
#include "net/dialer.h"

typedef struct hws_link hws_link;

/* One connection: being made for a call, carrying one, or idle. */
struct hws_link {
    hws_caller *caller;
    hws_link *previous; /* in the caller's list of busy, or of idle ones */
    hws_link *next;
    hws_dial *dial;     /* until it stands */
    hws_stream *stream; /* from then on */
    hws_call *call;     /* NULL: idle */
    hws_reply reply;
    hws_alarm alarm; /* set while idle */
    uint64_t idle_since_ms;
    bool is_used; /* has carried a call to its answer */
};

struct hws_call {
    hws_caller *caller;
    hws_call *previous; /* in the caller's queue, while it waits */
    hws_call *next;
    hws_link *link; /* NULL: it waits */
    hws_buffer request;
    hws_alarm deadline;
    hws_call_done *done;
    void *user;
    bool is_repeatable;
    bool is_repeated; /* wants a fresh connection */
};

struct hws_caller {
    hws_loop *loop;
    const hws_memory *memory;
    hws_caller_options options;
    hws_dial_target target;
    hws_link *busy;
    hws_link *idle; /* the one that was used last comes first */
    uint32_t link_count;
    hws_call *first; /* those that wait */
    hws_call *last;
    uint32_t waiting_count;
    hws_deferred serve; /* looks what of that can go on */
};

/* Gives the call a connection: an idle one that suits it, or a new one.
 *
 * Errors: HWS_ERR_LIMIT: there is none to be had now; HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_link_find(hws_call *call);

/* Whatever it is doing; its call, if it has one, has none then. */
void hws_link_close(hws_link *link);

/* What links tell of their calls.  The link is not the call's any more. */
void hws_call_succeed(hws_call *call, hws_reply *reply);
void hws_call_fail(hws_call *call, hws_status status, const char *text);
void hws_call_repeat(hws_call *call);

/* At the end of the turn: a connection has become free, or may be made. */
void hws_caller_serve(hws_caller *caller);

#endif /* HAWSER_HTTP_CALLER_STATE_H */
