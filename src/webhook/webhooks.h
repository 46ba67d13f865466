/* SPDX-License-Identifier: MIT */
/* Webhooks from inside.
 *
 *     question ──▶ desk of its loop ──▶ caller of its back end ──▶ answer ──▶ decision
 *                      one for each loop      one for each back end */
#ifndef HAWSER_WEBHOOK_WEBHOOKS_H
#define HAWSER_WEBHOOK_WEBHOOKS_H

#include <stdatomic.h>

#include "base/counter.h"
#include "channel/question.h"
#include "hawser/url.h"
#include "hawser/webhook.h"
#include "http/caller.h"
#include "webhook/breaker.h"

enum { HWS_WEBHOOK_HOST_SIZE_MAX = 256 }; /* bytes of a name with its zero (RFC 1035 §2.3.4) */

/* Where questions of one kind go. */
typedef struct hws_webhook {
    hws_writer head; /* of its requests */
    char host[HWS_WEBHOOK_HOST_SIZE_MAX];
    uint16_t port;
    bool is_secure;
    hws_question_kind caller; /* the first kind that has the same back end */
} hws_webhook;

typedef struct hws_webhook_counters {
    hws_counter questions;
    hws_counter refusals;
    hws_counter cancels;
    hws_counter pauses;
    hws_counter failures[HWS_WEBHOOK_CAUSE_COUNT];
} hws_webhook_counters;

struct hws_webhooks {
    const hws_memory *memory;
    atomic_size_t reference_count; /* one for each loop, and one for who made it */
    hws_webhook_options options;   /* with the defaults filled in */
    hws_decider decider;
    hws_webhook of[HWS_QUESTION_KIND_COUNT];
    hws_webhook_counters counters[HWS_QUESTION_KIND_COUNT];
    /* Of each kind by itself: who makes a procedure hang shall keep nobody from coming in. */
    hws_breaker breakers[HWS_QUESTION_KIND_COUNT];
    atomic_bool has_told_unknown[HWS_QUESTION_KIND_COUNT]; /* once is enough */
};

void hws_webhooks_unref(hws_webhooks *hooks);

/* Told, with what it is about.  Thread: any. */
void hws_webhooks_say(const hws_webhooks *hooks, hws_question_kind kind, int level,
                      const char *text);

/* A failure is counted, and told.  Thread: any. */
void hws_webhooks_note_failure(hws_webhooks *hooks, hws_question_kind kind, hws_webhook_cause cause,
                               const char *text);

/* What one loop has: connections. */
typedef struct hws_webhook_desk hws_webhook_desk;

/* Made when it is first asked for; it ends with the loop.
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_TLS_FILE. */
HWS_MUST_CHECK hws_status hws_webhook_desk_of(hws_webhooks *hooks, hws_loop *loop,
                                              hws_webhook_desk **desk);

hws_caller *hws_webhook_desk_caller(const hws_webhook_desk *desk, hws_question_kind kind);

/* The decider's.  `user` are the webhooks. */
void hws_webhook_on_question(hws_question *question, void *user);
void hws_webhook_on_cancel(hws_question *question, void *user);

#endif /* HAWSER_WEBHOOK_WEBHOOKS_H */
