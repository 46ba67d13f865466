/* SPDX-License-Identifier: MIT */
#include "client/opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "client/answer.h"
#include "client/request.h"
#include "client/retry.h"
#include "loop/alarm.h"
#include "websocket/cause.h"
#include "wire/deflate_offer.h"

enum { HOST_SIZE_MAX = 256 }; /* bytes of a name with its zero (RFC 1035 §2.3.4) */

struct hws_opening {
    hws_opening_plan plan;
    const hws_opening_owner *calls;
    void *owner;
    uint64_t began_us;

    hws_url url;
    char host[HOST_SIZE_MAX];
    hws_proxy proxy;
    hws_dial_target target;
    hws_dial *dial; /* DIALING */

    hws_stream *stream; /* ASKING */
    hws_alarm alarm;
    hws_handshake_question question;
    char extensions[HWS_DEFLATE_TEXT_MAX]; /* that it offers */
    hws_answer answer;
};

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void tell_step(hws_opening *opening, hws_step step)
{
    if (!opening->calls->on_step) return;
    if (!step.text) step.text = "";
    step.at_us = clock_us() - opening->began_us;
    opening->calls->on_step(opening->owner, &step);
}

/* The end, but for the stream of one that is connected. */
static void free_opening(hws_opening *opening)
{
    hws_alarm_unset(&opening->alarm, opening->plan.loop);
    hws_answer_release(&opening->answer);
    hws_memory_free(opening->plan.memory, opening, sizeof *opening);
}

void hws_opening_cancel(hws_opening *opening)
{
    if (opening->dial) hws_dial_cancel(opening->dial);
    if (opening->stream) hws_stream_close(opening->stream, 0);
    free_opening(opening);
}

static void refuse(hws_opening *opening, hws_status status, const char *text)
{
    const hws_http_head *head = &opening->answer.head;
    hws_refusal refusal = {.status = status, .text = text};
    if (opening->answer.has_head) {
        refusal.http_status = head->status;
        refusal.retry_after_s =
            hws_retry_after(hws_http_head_field(head, "Retry-After"), (int64_t)time(NULL));
        refusal.location = hws_http_head_field(head, "Location");
    }
    if (opening->stream) hws_stream_close(opening->stream, 0);
    opening->stream = NULL;
    opening->calls->on_refused(opening->owner, &refusal);
    free_opening(opening);
}

/* Judging the answer. */

static const char *static_protocol(const hws_opening *opening, hws_text protocol)
{
    const char *const *known = opening->plan.options->protocols;
    for (size_t i = 0; protocol.data && known && known[i]; i++)
        if (hws_text_equal(hws_text_of(known[i]), protocol)) return known[i];
    return NULL;
}

static bool begins_as_http(const hws_answer *answer)
{
    const hws_text bytes = hws_answer_bytes(answer);
    const hws_text http = hws_text_of("HTTP/");
    return bytes.size >= http.size && memcmp(bytes.data, http.data, http.size) == 0;
}

/* What is wrong with a 101, or what refuses in place of one. */
static void describe(const hws_opening *opening, hws_status status, char *words)
{
    const hws_answer *answer = &opening->answer;
    const hws_http_head *head = &answer->head;
    if (status == HWS_ERR_HANDSHAKE_STATUS && answer->has_head) {
        hws_answer_describe(answer, words);
        if (head->status == 101) /* §4.1 wants HTTP/1.1 */
            snprintf(words, HWS_CAUSE_SIZE_MAX, "the answer is one of HTTP/1.0");
        return;
    }
    snprintf(words, HWS_CAUSE_SIZE_MAX, "the answer is wrong: %s", hws_status_text(status));
    if (status == HWS_ERR_HANDSHAKE_PROTOCOL) {
        const hws_text taken = hws_http_head_field(head, "Sec-WebSocket-Protocol");
        snprintf(words, HWS_CAUSE_SIZE_MAX, "the server took %s",
                 taken.data ? "a subprotocol that was not offered: "
                            : "none of the subprotocols that were offered");
        if (taken.data) hws_cause_quote(words, taken, 80);
    } else if (status == HWS_ERR_HANDSHAKE_EXTENSION) {
        snprintf(words, HWS_CAUSE_SIZE_MAX,
                 "the server took an extension that was not offered, or not so: ");
        hws_cause_quote(words, hws_http_head_field(head, "Sec-WebSocket-Extensions"), 80);
    } else if (!answer->has_head && answer->bytes.size > 0 && !begins_as_http(answer)) {
        snprintf(words, HWS_CAUSE_SIZE_MAX, "the answer is not HTTP: ");
        hws_cause_quote(words, hws_answer_bytes(answer), 60);
    }
}

static void refuse_answer(hws_opening *opening, hws_status status)
{
    char words[HWS_CAUSE_SIZE_MAX];
    describe(opening, status, words);
    tell_step(opening, (hws_step){
                           .type = HWS_STEP_RESPONSE,
                           .status = status,
                           .text = words,
                           .bytes = hws_answer_bytes(&opening->answer),
                       });
    refuse(opening, status, words);
}

static void hand_over(hws_opening *opening, const hws_agreement *agreed, hws_span early)
{
    tell_step(opening, (hws_step){
                           .type = HWS_STEP_RESPONSE,
                           .bytes = hws_answer_bytes(&opening->answer),
                       });
    hws_stream *stream = opening->stream;
    opening->stream = NULL;
    hws_stream_receive(stream, false);
    opening->calls->on_connected(opening->owner, stream, agreed, early);
    free_opening(opening);
}

static hws_status judge(const hws_opening *opening, hws_agreement *agreed)
{
    const hws_deflate_options *options = &opening->plan.options->deflate;
    const hws_http_head *head = &opening->answer.head;
    hws_deflate_offer taken;
    bool deflates;
    hws_text protocol;
    HWS_TRY(hws_handshake_verify(&opening->question, head, &protocol));
    HWS_TRY(hws_deflate_verify(options, head, &taken, &deflates));
    *agreed = (hws_agreement){.protocol = static_protocol(opening, protocol)};
    if (deflates) agreed->deflate = hws_deflate_terms_of(&taken, HWS_ROLE_CLIENT, options);
    return HWS_OK;
}

static void on_receive(void *owner, hws_span bytes)
{
    hws_opening *opening = owner;
    bool done;
    hws_status status = hws_answer_receive(&opening->answer, &bytes, &done);
    if (status == HWS_OK && !done) return;

    hws_agreement agreed;
    if (status == HWS_OK) status = judge(opening, &agreed);
    if (status == HWS_OK)
        hand_over(opening, &agreed, bytes);
    else
        refuse_answer(opening, status);
}

static void on_end(void *owner, hws_status why)
{
    hws_opening *opening = owner;
    const hws_answer *answer = &opening->answer;
    char words[HWS_CAUSE_SIZE_MAX];
    if (answer->has_head) {
        refuse_answer(opening, HWS_ERR_HANDSHAKE_STATUS);
        return;
    }
    char detail[HWS_CAUSE_SIZE_MAX / 2];
    hws_stream_explain(opening->stream, detail, sizeof detail);
    if (why == HWS_OK) why = HWS_ERR_CONNECTION_LOST;
    snprintf(words, sizeof words, "the server ended the connection %s%s%s",
             answer->bytes.size > 0 ? "in the middle of its answer" : "without an answer",
             *detail ? ": " : "", detail);
    tell_step(opening, (hws_step){
                           .type = HWS_STEP_RESPONSE,
                           .status = why,
                           .text = words,
                           .bytes = hws_answer_bytes(answer),
                       });
    refuse(opening, why, words);
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

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    (void)loop;
    hws_opening *opening = (hws_opening *)(void *)((uint8_t *)alarm - offsetof(hws_opening, alarm));
    if (opening->answer.has_head) {
        refuse_answer(opening, HWS_ERR_HANDSHAKE_STATUS);
        return;
    }
    char words[HWS_CAUSE_SIZE_MAX];
    snprintf(words, sizeof words, "no answer to the opening handshake within %u ms",
             opening->plan.options->handshake_timeout_ms);
    tell_step(opening, (hws_step){
                           .type = HWS_STEP_RESPONSE,
                           .status = HWS_ERR_HANDSHAKE_TIMEOUT,
                           .text = words,
                           .bytes = hws_answer_bytes(&opening->answer),
                       });
    refuse(opening, HWS_ERR_HANDSHAKE_TIMEOUT, words);
}

/* Asking. */

static hws_status ask(hws_opening *opening)
{
    const hws_opening_plan *plan = &opening->plan;
    char text[HWS_REQUEST_SIZE_MAX];
    size_t size;
    const size_t offered = hws_deflate_ask(&plan->options->deflate, opening->extensions);
    opening->question.url = &opening->url;
    if (offered > 0) opening->question.extensions = (hws_text){opening->extensions, offered};
    HWS_TRY(hws_loop_random(plan->loop, opening->question.nonce, HWS_HANDSHAKE_NONCE_SIZE));
    HWS_TRY(hws_request_write(plan->options, plan->destination, plan->is_own_origin,
                              &opening->question, text, sizeof text, &size));
    HWS_TRY(hws_queue_append(&opening->stream->queue, text, size));
    HWS_TRY(hws_alarm_set(&opening->alarm, plan->loop,
                          hws_loop_now_ms(plan->loop) + plan->options->handshake_timeout_ms));
    hws_stream_flush(opening->stream);
    hws_stream_receive(opening->stream, true);
    tell_step(opening, (hws_step){.type = HWS_STEP_REQUEST, .bytes = {text, size}});
    return HWS_OK;
}

static void on_connected(void *owner, hws_stream *stream)
{
    hws_opening *opening = owner;
    opening->dial = NULL;
    opening->stream = stream;
    hws_stream_own(stream, &STREAM_CALLS, opening);
    const hws_status status = ask(opening);
    if (status != HWS_OK) refuse(opening, status, hws_status_text(status));
}

static void on_failed(void *owner, hws_status status, const char *text)
{
    hws_opening *opening = owner;
    opening->dial = NULL;
    refuse(opening, status, text);
}

static void on_dial_step(void *owner, const hws_step *step)
{
    tell_step(owner, *step);
}

static const hws_dial_owner DIAL_CALLS = {
    .on_connected = on_connected,
    .on_failed = on_failed,
    .on_step = on_dial_step,
};

/* Where to. */

static const char *variable(void *user, const char *name)
{
    (void)user;
    return getenv(name);
}

hws_status hws_opening_proxy(const hws_client_options *options, const hws_url *url,
                             hws_proxy *proxy)
{
    *proxy = (hws_proxy){.kind = HWS_PROXY_NONE};
    if (options->unix_path) return HWS_OK;
    const hws_status status = options->proxy ? hws_proxy_parse(hws_text_of(options->proxy), proxy)
                                             : hws_proxy_of_environment(url, variable, NULL, proxy);
    return status == HWS_OK ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
}

static hws_status begin(hws_opening *opening)
{
    const hws_opening_plan *plan = &opening->plan;
    const hws_client_options *options = plan->options;
    HWS_TRY(hws_url_parse(hws_text_of(plan->url), &opening->url));
    if (opening->url.host.size >= sizeof opening->host) return HWS_ERR_URL_HOST;
    memcpy(opening->host, opening->url.host.data, opening->url.host.size);
    HWS_TRY(hws_opening_proxy(options, &opening->url, &opening->proxy));
    opening->target = (hws_dial_target){
        .host = opening->host,
        .port = opening->url.port,
        .unix_path = options->unix_path,
        .proxy = &opening->proxy,
        .tls = hws_scheme_is_secure(opening->url.scheme) ? plan->tls : NULL,
        .proxy_tls = plan->proxy_tls,
        .connect_timeout_ms = options->connect_timeout_ms,
        .tls_timeout_ms = options->handshake_timeout_ms,
        .send_timeout_ms = options->send_timeout_ms,
    };
    return hws_dial_new(plan->loop, &opening->target, &DIAL_CALLS, opening, &opening->dial);
}

hws_status hws_opening_new(const hws_opening_plan *plan, const hws_opening_owner *calls,
                           void *owner, hws_opening **out)
{
    hws_opening *opening = hws_memory_new_zeroed(plan->memory, sizeof *opening);
    if (!opening) return HWS_ERR_NO_MEMORY;
    opening->plan = *plan;
    opening->calls = calls;
    opening->owner = owner;
    opening->began_us = clock_us();
    opening->alarm.on_ring = on_ring;
    hws_answer_init(&opening->answer, plan->memory);
    const hws_status status = begin(opening);
    if (status != HWS_OK) {
        free_opening(opening);
        return status;
    }
    *out = opening;
    return HWS_OK;
}
