/* SPDX-License-Identifier: MIT */
#include "webhook/webhooks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "hawser/server.h"
#include "webhook/request.h"

enum {
    TIMEOUT_MS = 1000,
    CONNECTION_COUNT_MAX = 64,
    WAITING_COUNT_MAX = 1024,
    ANSWER_SIZE_MAX = 1 << 20,
    FAILURE_COUNT_MAX = 10,
    PAUSE_MS = 5000,
};

static const char *const NAMES[HWS_QUESTION_KIND_COUNT] = {
    [HWS_QUESTION_CONNECT] = "connect",
    [HWS_QUESTION_REFRESH] = "refresh",
    [HWS_QUESTION_SUBSCRIBE] = "subscribe",
    [HWS_QUESTION_PUBLISH] = "publish",
    [HWS_QUESTION_RPC] = "rpc",
};

static const char *const CAUSES[HWS_WEBHOOK_CAUSE_COUNT] = {
#define LABEL(name, label) label,
    HWS_WEBHOOK_CAUSE_MAP(LABEL)
#undef LABEL
};

_Static_assert((int)HWS_WEBHOOK_CAUSE_COUNT <=
                   (int)(sizeof((hws_webhook_count *)0)->failure_total / sizeof(uint64_t)),
               "the snapshot has room for no more");

/* Making. */

static void fill(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0) *value = otherwise;
}

static hws_status set_url(hws_webhooks *hooks, hws_question_kind kind, char *explain, size_t size)
{
    hws_url url;
    hws_webhook *it = &hooks->of[kind];
    const hws_webhook_options *options = &hooks->options;
    hws_status status = hws_url_parse(hws_text_of(options->urls[kind]), &url);
    if (status == HWS_OK && url.scheme != HWS_SCHEME_HTTP && url.scheme != HWS_SCHEME_HTTPS)
        status = HWS_ERR_URL_SCHEME;
    if (status == HWS_OK && url.host.size >= sizeof it->host) status = HWS_ERR_URL_HOST;
    if (status != HWS_OK) {
        snprintf(explain, size, "the URL of %s: %s", NAMES[kind],
                 status == HWS_ERR_URL_SCHEME ? "it begins with http:// or https://"
                                              : hws_status_text(status));
        return status;
    }
    memcpy(it->host, url.host.data, url.host.size);
    it->port = url.port;
    it->is_secure = hws_scheme_is_secure(url.scheme);
    hws_webhook_write_head(&it->head, &url, options->headers, options->header_count);
    hooks->decider.asks |= HWS_ASKS(kind);
    return it->head.has_failed ? HWS_ERR_NO_MEMORY : HWS_OK;
}

static bool is_same(const hws_webhook *a, const hws_webhook *b)
{
    return a->port == b->port && a->is_secure == b->is_secure &&
           hws_text_equal_ignoring_case(hws_text_of(a->host), hws_text_of(b->host));
}

/* One back end, one set of connections. */
static void share_callers(hws_webhooks *hooks)
{
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++) {
        size_t first = 0;
        while (first < i && !((hooks->decider.asks & HWS_ASKS(first)) &&
                              is_same(&hooks->of[first], &hooks->of[i])))
            first++;
        hooks->of[i].caller = (hws_question_kind)first;
    }
}

static hws_status set_urls(hws_webhooks *hooks, char *explain, size_t size)
{
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++) {
        hooks->of[i].head = hws_writer_on(hooks->memory);
        if (!hooks->options.urls[i]) continue;
        const hws_status status = set_url(hooks, (hws_question_kind)i, explain, size);
        if (status != HWS_OK) return status;
    }
    share_callers(hooks);
    return HWS_OK;
}

/* A desk, made to see whether one can be: certificates that are none are found out now. */
static hws_status try_desk(hws_webhooks *hooks, char *explain, size_t size)
{
    static const hws_tls_options plain;
    hws_loop *loop;
    hws_tls_context *tls = NULL;
    bool is_secure = false;
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++)
        is_secure = is_secure || hooks->of[i].is_secure;
    if (!is_secure) return HWS_OK;
    hws_status status = hws_loop_new(&(hws_loop_options){.memory = hooks->memory}, &loop);
    if (status != HWS_OK) return status;
    status =
        hws_tls_context_new(loop, HWS_TLS_CLIENT, hooks->options.tls ? hooks->options.tls : &plain,
                            NULL, NULL, explain, size, &tls);
    hws_tls_context_unref(tls);
    hws_loop_free(loop);
    return status;
}

static hws_status check(const hws_webhook_options *options, char *explain, size_t size)
{
    size_t forwarded = 0;
    if (hws_webhook_headers_mistake(options, explain, size)) return HWS_ERR_INVALID_ARGUMENT;
    while (options->forward && options->forward[forwarded]) forwarded++;
    if (forwarded <= HWS_DECIDER_HEADER_MAX) return HWS_OK;
    snprintf(explain, size, "32 headers may be forwarded at most");
    return HWS_ERR_INVALID_ARGUMENT;
}

static hws_status make(const hws_webhook_options *options, char *explain, size_t size,
                       hws_webhooks **hooks)
{
    const hws_memory *memory = options->memory ? options->memory : &hws_memory_malloc;
    hws_webhooks *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->memory = memory;
    made->options = *options;
    atomic_init(&made->reference_count, 1);
    fill(&made->options.timeout_ms, TIMEOUT_MS);
    fill(&made->options.connection_count_max, CONNECTION_COUNT_MAX);
    fill(&made->options.waiting_count_max, WAITING_COUNT_MAX);
    fill(&made->options.answer_size_max, ANSWER_SIZE_MAX);
    fill(&made->options.failure_count_max, FAILURE_COUNT_MAX);
    fill(&made->options.pause_ms, PAUSE_MS);
    made->decider = (hws_decider){
        .on_question = hws_webhook_on_question,
        .on_cancel = hws_webhook_on_cancel,
        .user = made,
        .headers = options->forward,
    };
    hws_status status = set_urls(made, explain, size);
    if (status == HWS_OK) status = try_desk(made, explain, size);
    made->options.headers = NULL; /* in the heads now */
    if (status != HWS_OK) {
        hws_webhooks_unref(made);
        return status;
    }
    *hooks = made;
    return HWS_OK;
}

hws_status hws_webhooks_new(const hws_webhook_options *options, char *explain, size_t explain_size,
                            hws_webhooks **hooks)
{
    char unwanted[256];
    if (!explain || explain_size == 0) {
        explain = unwanted;
        explain_size = sizeof unwanted;
    }
    explain[0] = '\0';
    if (!options) return HWS_ERR_INVALID_ARGUMENT;
    const hws_status status = check(options, explain, explain_size);
    return status == HWS_OK ? make(options, explain, explain_size, hooks) : status;
}

const hws_decider *hws_webhooks_decider(const hws_webhooks *hooks)
{
    return &hooks->decider;
}

void hws_webhooks_unref(hws_webhooks *hooks)
{
    if (atomic_fetch_sub(&hooks->reference_count, 1) > 1) return;
    const hws_memory *memory = hooks->memory;
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++) hws_writer_release(&hooks->of[i].head);
    hws_memory_free(memory, hooks, sizeof *hooks);
}

void hws_webhooks_free(hws_webhooks *hooks)
{
    if (hooks) hws_webhooks_unref(hooks);
}

/* Telling. */

void hws_webhooks_say(const hws_webhooks *hooks, hws_question_kind kind, int level,
                      const char *text)
{
    char line[512];
    const hws_webhook *it = &hooks->of[kind];
    if (!hooks->options.on_log) return;
    snprintf(line, sizeof line, "webhook %s (%.100s port %u): %s", NAMES[kind], it->host,
             (unsigned)it->port, text);
    hooks->options.on_log(level, line, hooks->options.log_user);
}

void hws_webhooks_note_failure(hws_webhooks *hooks, hws_question_kind kind, hws_webhook_cause cause,
                               const char *text)
{
    hws_counter_add_shared(&hooks->counters[kind].failures[cause], 1);
    hws_webhooks_say(hooks, kind, HWS_LOG_WARNING, text);
}

void hws_webhooks_count(const hws_webhooks *hooks, hws_webhook_metrics *metrics)
{
    *metrics = (hws_webhook_metrics){0};
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++) {
        const hws_webhook_counters *from = &hooks->counters[i];
        hws_webhook_count *to = &metrics->of[i];
        to->question_total = hws_counter_read(&from->questions);
        to->refusal_total = hws_counter_read(&from->refusals);
        to->cancel_total = hws_counter_read(&from->cancels);
        to->pause_total = hws_counter_read(&from->pauses);
        to->is_paused = hws_breaker_is_open(&hooks->breakers[i]);
        for (size_t cause = 0; cause < HWS_WEBHOOK_CAUSE_COUNT; cause++)
            to->failure_total[cause] = hws_counter_read(&from->failures[cause]);
    }
}

/* Counts on when there is no more room, so that the caller learns how much he needs. */
typedef struct page {
    char *text;
    size_t size;
    size_t used;
} page;

__attribute__((format(printf, 2, 3))) static void say(page *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const bool has_room = to->used < to->size;
    const int size = vsnprintf(has_room ? to->text + to->used : NULL,
                               has_room ? to->size - to->used : 0, format, arguments);
    va_end(arguments);
    if (size > 0) to->used += (size_t)size;
}

static void say_total(page *to, const char *name, const char *help, const hws_webhook_metrics *from,
                      size_t offset)
{
    say(to, "# TYPE hawser_webhook_%s counter\n# HELP hawser_webhook_%s %s\n", name, name, help);
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++) {
        uint64_t total;
        memcpy(&total, (const char *)&from->of[i] + offset, sizeof total);
        say(to, "hawser_webhook_%s_total{hook=\"%s\"} %" PRIu64 "\n", name, NAMES[i], total);
    }
}

size_t hws_webhook_metrics_write(const hws_webhook_metrics *metrics, char *text, size_t size)
{
    page to = {text, size, 0};
    if (size > 0) text[0] = '\0';
    say_total(&to, "questions", "Questions to back ends.", metrics,
              offsetof(hws_webhook_count, question_total));
    say_total(&to, "refusals", "Answers that were an error or a disconnect.", metrics,
              offsetof(hws_webhook_count, refusal_total));
    say_total(&to, "cancels", "Questions whose clients went before the answer came.", metrics,
              offsetof(hws_webhook_count, cancel_total));
    say_total(&to, "pauses", "Times that a back end was not asked for a while.", metrics,
              offsetof(hws_webhook_count, pause_total));
    say(&to, "# TYPE hawser_webhook_paused gauge\n"
             "# HELP hawser_webhook_paused Whether the back end is not asked now.\n");
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++)
        say(&to, "hawser_webhook_paused{hook=\"%s\"} %d\n", NAMES[i],
            metrics->of[i].is_paused != 0);
    say(&to, "# TYPE hawser_webhook_failures counter\n"
             "# HELP hawser_webhook_failures Questions without an answer that means something.\n");
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++)
        for (size_t cause = 0; cause < HWS_WEBHOOK_CAUSE_COUNT; cause++)
            say(&to, "hawser_webhook_failures_total{hook=\"%s\",cause=\"%s\"} %" PRIu64 "\n",
                NAMES[i], CAUSES[cause], metrics->of[i].failure_total[cause]);
    return to.used;
}
