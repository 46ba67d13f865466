/* SPDX-License-Identifier: MIT */
/* Webhooks: a back end is asked over HTTP what may be done in channels.
 *
 *     hws_webhooks *hooks;
 *     const hws_webhook_options options = {
 *         .urls = {[HWS_QUESTION_CONNECT] = "http://localhost:3000/connect"},
 *     };
 *     if (hws_webhooks_new(&options, explain, sizeof explain, &hooks) != HWS_OK) return 1;
 *     ... hws_hub_new(&(hws_hub_options){.decider = hws_webhooks_decider(hooks)}, ...);
 *     ... serve, free the server, free the hub ...
 *     hws_webhooks_free(hooks);
 *
 * A question is a POST of JSON, its answer a 200 with JSON, in the shape of Centrifugo's proxy
 * (docs/channels.md).  Anything else is a failure, and fails closed: the client gets error 100,
 * which is temporary, and stays connected.  A back end that does not answer is left alone for a
 * while (failure_count_max).  Redirects are not followed, proxies of the environment
 * are not used, certificates are checked.
 *
 * Each thread has connections of its own, which are kept.  One that its back end closed while a
 * question was on its way is replaced, and the question asked once more, if nothing of an answer
 * had come: of connect, refresh and subscribe, which change nothing.  A publish or an RPC is never
 * sent twice: it takes a kept connection only within a second of its last use. */
#ifndef HAWSER_WEBHOOK_H
#define HAWSER_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "hawser/decision.h"
#include "hawser/export.h"
#include "hawser/header.h"
#include "hawser/memory.h"
#include "hawser/status.h"
#include "hawser/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hws_webhooks hws_webhooks;

enum { HWS_WEBHOOK_HEADER_MAX = 32 }; /* fixed ones */

/* Zero is the good default, but for the URLs. */
typedef struct hws_webhook_options {
    const char *urls[HWS_QUESTION_KIND_COUNT]; /* http or https; NULL: that is not asked */
    uint32_t timeout_ms;                       /* of a question, all in all; 0: 1000 */
    uint32_t connection_count_max;             /* to a back end at once, of each thread; 0: 64 */
    uint32_t waiting_count_max; /* questions that wait for one of those; over that they are
                                      answered with error 111 (too many requests); 0: 1024 */
    uint32_t answer_size_max;   /* bytes; 0: 1 MiB */

    /* A back end that has not answered so many questions of one kind in a row (no connection, or
     * nothing in time) is not asked for a while: questions of that kind fail at once.  Then one is
     * asked, and as soon as one is answered, whatever with, all are.  0: 10; UINT32_MAX: it is
     * always asked. */
    uint32_t failure_count_max;
    uint32_t pause_ms; /* of that while; 0: 5000 */

    /* In every request, such as a secret that shows who asks.  Copied. */
    const hws_header *headers;
    size_t header_count;

    /* Names of headers that go on from the client's request, ended by NULL; HWS_DECIDER_HEADER_MAX
     * at most; NULL: none.  X-Forwarded-For gets the client's address.  Outlives the webhooks. */
    const char *const *forward;

    /* Of a client: authorities, one pair, name, insecure.  NULL: the authorities of the system.
     * Outlives the webhooks. */
    const hws_tls_options *tls;

    /* Why a question failed: one line.  May be NULL.  Thread: any of the server's. */
    void (*on_log)(int level, const char *text, void *user);
    void *log_user;

    const hws_memory *memory; /* NULL: malloc */
    char reserved[24];        /* zero */
} hws_webhook_options;

/* On failure `explain` (256 bytes are enough; may be NULL) says what is wrong.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT, HWS_ERR_URL_*, HWS_ERR_TLS_FILE, HWS_ERR_NO_MEMORY. */
HWS_API HWS_MUST_CHECK hws_status hws_webhooks_new(const hws_webhook_options *options,
                                                   char *explain, size_t explain_size,
                                                   hws_webhooks **hooks);

/* For hws_hub_options.decider.  Lifetime: the webhooks'. */
HWS_API const hws_decider *hws_webhooks_decider(const hws_webhooks *hooks);

/* After their hub was freed.  What loops have of them goes with the loops.  NULL is let pass. */
HWS_API void hws_webhooks_free(hws_webhooks *hooks);

/* Why a question had no answer: X(name, label). */
#define HWS_WEBHOOK_CAUSE_MAP(X)                                                                   \
    X(BUSY, "busy")             /* too many waited */                                              \
    X(TIMEOUT, "timeout")       /* not in time */                                                  \
    X(CONNECTION, "connection") /* none to be had, or it ended, or TLS failed */                   \
    X(HTTP, "http")             /* an answer that is not HTTP, or is too large */                  \
    X(STATUS, "status")         /* another than 200 */                                             \
    X(ANSWER, "answer")         /* JSON that is none, or says nothing that can be done */          \
    X(MEMORY, "memory")         /* of ours */                                                      \
    X(PAUSED, "paused")         /* not asked, after others that were not answered */

typedef enum hws_webhook_cause {
#define HWS_WEBHOOK_CAUSE_ENUM(name, label) HWS_WEBHOOK_CAUSE_##name,
    HWS_WEBHOOK_CAUSE_MAP(HWS_WEBHOOK_CAUSE_ENUM)
#undef HWS_WEBHOOK_CAUSE_ENUM
        HWS_WEBHOOK_CAUSE_COUNT
} hws_webhook_cause;

/* Of one kind of question. */
typedef struct hws_webhook_count {
    uint64_t question_total;
    uint64_t refusal_total;     /* answered with an error or a disconnect */
    uint64_t cancel_total;      /* whose clients went before the answer came */
    uint64_t failure_total[16]; /* by hws_webhook_cause */
    uint64_t pause_total;       /* times that it was not asked for a while */
    uint64_t is_paused;         /* 1: it is not asked now */
    uint64_t reserved[2];
} hws_webhook_count;

typedef struct hws_webhook_metrics {
    hws_webhook_count of[HWS_QUESTION_KIND_COUNT]; /* by hws_question_kind */
} hws_webhook_metrics;

enum { HWS_WEBHOOK_METRICS_TEXT_MAX = 8192 }; /* bytes that hws_webhook_metrics_write may need */

/* Thread: any. */
HWS_API void hws_webhooks_count(const hws_webhooks *hooks, hws_webhook_metrics *metrics);

/* Writes OpenMetrics 1.0 text, without the "# EOF" that ends an exposition.  Terminated.
 *
 * Returns: its size without the zero; when that is `size` or more, it was cut off. */
HWS_API size_t hws_webhook_metrics_write(const hws_webhook_metrics *metrics, char *text,
                                         size_t size);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_WEBHOOK_H */
