/* SPDX-License-Identifier: MIT */
/* One question, from the hub to the back end and back. */
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "webhook/answer.h"
#include "webhook/request.h"
#include "webhook/webhooks.h"

typedef struct asking {
    hws_webhooks *hooks;
    hws_question *question;
    hws_question_kind kind;
    bool is_probe; /* of the breaker */
    hws_call *call;
} asking;

static void free_asking(asking *it)
{
    hws_memory_free(it->hooks->memory, it, sizeof *it);
}

/* Answers. */

static void decide(asking *it, const hws_decision *decision)
{
    hws_webhook_counters *counters = &it->hooks->counters[it->kind];
    if (decision->error != 0 || decision->disconnect != 0)
        hws_counter_add_shared(&counters->refusals, 1);
    if (hws_question_settle(it->question, decision) != HWS_OK) {
        hws_webhooks_note_failure(it->hooks, it->kind, HWS_WEBHOOK_CAUSE_ANSWER, "out of range");
        hws_question_fail(it->question);
    }
}

static void fail(asking *it, hws_webhook_cause cause, const char *text)
{
    hws_webhooks_note_failure(it->hooks, it->kind, cause, text);
    hws_question_fail(it->question);
}

static hws_webhook_cause cause_of(hws_status status)
{
    if (status == HWS_ERR_TIMEOUT) return HWS_WEBHOOK_CAUSE_TIMEOUT;
    if (status == HWS_ERR_NO_MEMORY) return HWS_WEBHOOK_CAUSE_MEMORY;
    if (status <= HWS_ERR_HTTP_SYNTAX && status >= HWS_ERR_HTTP_DUPLICATE)
        return HWS_WEBHOOK_CAUSE_HTTP;
    return HWS_WEBHOOK_CAUSE_CONNECTION;
}

/* A back end that was written for something else counts on what is not done here. */
static void tell_unknown(const asking *it, const char *key)
{
    char text[128];
    if (atomic_exchange(&it->hooks->has_told_unknown[it->kind], true)) return;
    snprintf(text, sizeof text, "the answer has \"%.64s\", which has no effect here", key);
    hws_webhooks_say(it->hooks, it->kind, HWS_LOG_WARNING, text);
}

static void read_answer(asking *it, hws_text body)
{
    hws_webhook_answer answer;
    hws_webhook_answer_init(&answer, it->hooks->memory);
    const hws_status status = hws_webhook_answer_read(&answer, it->kind, body);
    if (answer.unknown) tell_unknown(it, answer.unknown);
    if (status == HWS_OK)
        decide(it, &answer.decision);
    else if (status == HWS_ERR_NO_MEMORY)
        fail(it, HWS_WEBHOOK_CAUSE_MEMORY, hws_status_text(status));
    else
        fail(it, HWS_WEBHOOK_CAUSE_ANSWER,
             "the answer is not JSON of a result, an error or a disconnect");
    hws_webhook_answer_release(&answer);
}

/* Whether it is there at all; what it says is another matter. */

static bool is_absence(hws_webhook_cause cause)
{
    return cause == HWS_WEBHOOK_CAUSE_TIMEOUT || cause == HWS_WEBHOOK_CAUSE_CONNECTION;
}

static void note_presence(const asking *it)
{
    if (hws_breaker_succeed(&it->hooks->breakers[it->kind], it->is_probe))
        hws_webhooks_say(it->hooks, it->kind, HWS_LOG_INFO, "it answers again");
}

static void note_absence(const asking *it)
{
    char text[96];
    hws_webhooks *hooks = it->hooks;
    const hws_webhook_options *options = &hooks->options;
    if (!hws_breaker_fail(&hooks->breakers[it->kind], hws_clock_ms(), options->failure_count_max,
                          options->pause_ms, it->is_probe))
        return;
    hws_counter_add_shared(&hooks->counters[it->kind].pauses, 1);
    snprintf(text, sizeof text, "%" PRIu32 " failures in a row: it is not asked for %" PRIu32 " ms",
             options->failure_count_max, options->pause_ms);
    hws_webhooks_say(hooks, it->kind, HWS_LOG_WARNING, text);
}

static void note_call(const asking *it, hws_status status)
{
    if (status == HWS_OK || cause_of(status) == HWS_WEBHOOK_CAUSE_HTTP)
        note_presence(it);
    else if (is_absence(cause_of(status)))
        note_absence(it);
    else
        hws_breaker_forget(&it->hooks->breakers[it->kind], it->is_probe);
}

static void on_done(void *user, const hws_call_result *result)
{
    asking *it = user;
    char text[64];
    note_call(it, result->status);
    if (result->status != HWS_OK) {
        fail(it, cause_of(result->status), result->text);
    } else if (result->http_status != 200) { /* a redirect among them, to wherever */
        snprintf(text, sizeof text, "HTTP %d in place of 200", result->http_status);
        fail(it, HWS_WEBHOOK_CAUSE_STATUS, text);
    } else {
        read_answer(it, result->body);
    }
    free_asking(it);
}

/* Questions. */

/* What asks only may be asked again. */
static bool is_repeatable(hws_question_kind kind)
{
    return kind != HWS_QUESTION_PUBLISH && kind != HWS_QUESTION_RPC;
}

static hws_status call(asking *it)
{
    hws_webhook_desk *desk;
    const hws_webhooks *hooks = it->hooks;
    hws_status status = hws_webhook_desk_of(it->hooks, hws_question_loop(it->question), &desk);
    if (status != HWS_OK) return status;
    hws_writer request = hws_writer_on(hooks->memory);
    hws_webhook_write_request(&request, hws_writer_text(&hooks->of[it->kind].head),
                              hooks->options.forward, it->question);
    const hws_text text = hws_writer_text(&request);
    status = HWS_ERR_NO_MEMORY;
    if (text.data)
        status =
            hws_call_new(hws_webhook_desk_caller(desk, it->kind), text, hooks->options.timeout_ms,
                         is_repeatable(it->kind), on_done, it, &it->call);
    hws_writer_release(&request);
    return status;
}

static void refuse_busy(asking *it)
{
    hws_webhooks_note_failure(it->hooks, it->kind, HWS_WEBHOOK_CAUSE_BUSY,
                              "too many questions wait for it");
    (void)!hws_question_settle(
        it->question, &(hws_decision){
                          .error = HWS_ERROR_TOO_MANY_REQUESTS,
                          .message = hws_text_of(hws_error_text(HWS_ERROR_TOO_MANY_REQUESTS)),
                          .is_temporary = true,
                      });
}

void hws_webhook_on_question(hws_question *question, void *user)
{
    hws_webhooks *hooks = user;
    asking now = {.hooks = hooks, .question = question, .kind = hws_question_kind_of(question)};
    hws_counter_add_shared(&hooks->counters[now.kind].questions, 1);
    asking *it = hws_memory_new(hooks->memory, sizeof *it);
    if (!it) {
        fail(&now, HWS_WEBHOOK_CAUSE_MEMORY, hws_status_text(HWS_ERR_NO_MEMORY));
        return;
    }
    *it = now;
    hws_question_set_context(question, it);
    if (!hws_breaker_admit(&hooks->breakers[it->kind], hws_clock_ms(), &it->is_probe)) {
        hws_counter_add_shared(&hooks->counters[it->kind].failures[HWS_WEBHOOK_CAUSE_PAUSED], 1);
        hws_question_fail(question); /* without a line for each */
        free_asking(it);
        return;
    }
    const hws_status status = call(it);
    if (status == HWS_OK) return;
    hws_breaker_forget(&hooks->breakers[it->kind], it->is_probe);
    if (status == HWS_ERR_LIMIT)
        refuse_busy(it);
    else
        fail(it, cause_of(status), hws_status_text(status));
    free_asking(it);
}

void hws_webhook_on_cancel(hws_question *question, void *user)
{
    hws_webhooks *hooks = user;
    asking *it = hws_question_context(question);
    hws_counter_add_shared(&hooks->counters[it->kind].cancels, 1);
    hws_breaker_forget(&hooks->breakers[it->kind], it->is_probe);
    hws_call_cancel(it->call);
    free_asking(it);
}
