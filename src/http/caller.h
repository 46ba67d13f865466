/* SPDX-License-Identifier: MIT */
/* Requests of ours to one server, over connections that are kept for the next one (HTTP/1.1).
 *
 *     call ──▶ a kept connection ─┐
 *          ──▶ a new one ─────────┼──▶ request ──▶ answer ──▶ done; the connection is kept
 *          ──▶ waits ─────────────┘
 *
 * Not more than so many connections, not more than so many that wait.  Redirects are answers like
 * others; there is no proxy.
 *
 * A kept connection that its server closes while a request is on the way is nobody's fault.  A call
 * that is repeatable is sent once more then, over a fresh connection, if nothing of an answer had
 * come.  One that is not (RFC 9110 §9.2.2) is never sent twice: it takes a kept connection only
 * when that was idle for HWS_CALLER_WARM_MS at most, before any server would close it.
 *
 * No callback is ever called from inside a function of this header.  Thread: the loop's. */
#ifndef HAWSER_HTTP_CALLER_H
#define HAWSER_HTTP_CALLER_H

#include "hawser/span.h"
#include "net/tls_context.h"

typedef struct hws_caller hws_caller;
typedef struct hws_call hws_call;

enum { HWS_CALLER_WARM_MS = 1000 };

/* Whom to call, and how much of it; texts outlive the caller. */
typedef struct hws_caller_options {
    const char *host; /* a name, or an address literal without brackets; terminated */
    uint16_t port;
    hws_tls_context *tls; /* NULL: not encrypted */
    uint32_t link_count_max;
    uint32_t waiting_count_max;
    uint32_t idle_ms;       /* how long a connection is kept for the next request */
    size_t answer_size_max; /* bytes of a body */
} hws_caller_options;

/* Lives until the call that tells it returns. */
typedef struct hws_call_result {
    hws_status status; /* HWS_OK: there is an answer, whatever it says; HWS_ERR_TIMEOUT; … */
    int http_status;
    hws_text body;
    const char *text; /* in words, on failure; else "" */
} hws_call_result;

typedef void hws_call_done(void *user, const hws_call_result *result);

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_caller_new(hws_loop *loop, const hws_caller_options *options,
                                         hws_caller **caller);

/* Cancels what is under way.  NULL is let pass. */
void hws_caller_free(hws_caller *caller);

/* Sends `request`, a whole one, which is copied.  `done` is called once, and the call is then gone.
 *
 * timeout_ms  For all of it: waiting, connecting, the answer.
 *
 * Errors: HWS_ERR_LIMIT: as many wait as may; HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_call_new(hws_caller *caller, hws_text request, uint32_t timeout_ms,
                                       bool is_repeatable, hws_call_done *done, void *user,
                                       hws_call **call);

/* Gives it up; `done` is not called.  A connection that was waiting for its answer is closed. */
void hws_call_cancel(hws_call *call);

#endif /* HAWSER_HTTP_CALLER_H */
