/* SPDX-License-Identifier: MIT */
#include "client/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "base/text.h"
#include "base/try.h"
#include "websocket/cause.h"

enum {
    INTERIM_COUNT_MAX = 10, /* row E001 */
    HEAD_MAX = HWS_HTTP_HEAD_SIZE_MAX,
    BYTES_MAX = HEAD_MAX + HWS_CLIENT_BODY_MAX,
    REASON_MAX = 60,  /* bytes of a reason in a cause */
    QUOTED_MAX = 200, /* bytes of a body there */
};

void hws_answer_init(hws_answer *answer, const hws_memory *memory)
{
    *answer = (hws_answer){.memory = memory};
    hws_http_head_init(&answer->head, HWS_HTTP_RESPONSE, NULL, memory);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* RFC 9110 §15.2: a 101 ends them, too. */
static bool is_interim(const hws_http_head *head)
{
    return head->status < 200 && head->status != 101;
}

static hws_status pass_over(hws_answer *answer)
{
    if (++answer->interim_count > INTERIM_COUNT_MAX) return HWS_ERR_HTTP_SYNTAX;
    hws_http_head_reset(&answer->head);
    answer->bytes.size = 0;
    return HWS_OK;
}

/* A 101 has none, whatever it says (row E014).  One whose end cannot be told is read as far as we
 * look. */
static void begin_body(hws_answer *answer)
{
    hws_http_body kind;
    answer->has_head = true;
    answer->head_size = answer->bytes.size;
    if (hws_http_head_body(&answer->head, &kind, &answer->body_left) != HWS_OK)
        kind = HWS_HTTP_BODY_UNTIL_CLOSE;
    answer->body_kind = (uint8_t)kind;
}

static hws_status read_head(hws_answer *answer, hws_span *input)
{
    bool done = false;
    while (!answer->has_head && input->size > 0) {
        const hws_span before = *input;
        const hws_status status = hws_http_head_parse(&answer->head, input, &done);
        /* What was refused is kept, too: it tells who speaks there. */
        const size_t size = status == HWS_OK ? before.size - input->size : before.size;
        HWS_TRY(hws_buffer_append(&answer->bytes, answer->memory, before.data,
                                  smaller(size, HEAD_MAX - answer->bytes.size), BYTES_MAX));
        if (status != HWS_OK) return status;
        if (!done) return HWS_OK;
        if (is_interim(&answer->head))
            HWS_TRY(pass_over(answer));
        else
            begin_body(answer);
    }
    return HWS_OK;
}

static size_t body_size(const hws_answer *answer)
{
    return answer->bytes.size - answer->head_size;
}

/* For the body, of what is looked at. */
static size_t room(const hws_answer *answer)
{
    return HWS_CLIENT_BODY_MAX - body_size(answer);
}

static hws_status keep(hws_answer *answer, hws_span data)
{
    return hws_buffer_append(&answer->bytes, answer->memory, data.data, data.size, BYTES_MAX);
}

static hws_status keep_sized(hws_answer *answer, hws_span *input)
{
    const size_t size = smaller(room(answer), input->size);
    const size_t taken = answer->body_left < size ? (size_t)answer->body_left : size;
    answer->body_left -= taken;
    return keep(answer, hws_span_take(input, taken));
}

/* A broken body ends where it breaks: the head has said what matters.  No more is looked at at once
 * than can be kept. */
static hws_status keep_chunked(hws_answer *answer, hws_span *input, bool *done)
{
    *done = false;
    while (!*done && input->size > 0 && room(answer) > 0) {
        hws_span piece = {input->data, smaller(room(answer), input->size)};
        const size_t size = piece.size;
        hws_span data;
        if (hws_http_chunks_parse(&answer->chunks, &piece, &data, done) != HWS_OK) {
            *done = true;
            return HWS_OK;
        }
        HWS_TRY(keep(answer, data));
        hws_span_take(input, size - piece.size);
    }
    return HWS_OK;
}

static hws_status read_body(hws_answer *answer, hws_span *input)
{
    bool is_complete = true;
    switch ((hws_http_body)answer->body_kind) {
    case HWS_HTTP_BODY_NONE:
        break;
    case HWS_HTTP_BODY_SIZED:
        HWS_TRY(keep_sized(answer, input));
        is_complete = answer->body_left == 0;
        break;
    case HWS_HTTP_BODY_CHUNKED:
        HWS_TRY(keep_chunked(answer, input, &is_complete));
        break;
    case HWS_HTTP_BODY_UNTIL_CLOSE:
        HWS_TRY(keep(answer, hws_span_take(input, smaller(room(answer), input->size))));
        is_complete = false;
        break;
    }
    answer->is_done = is_complete || room(answer) == 0;
    return HWS_OK;
}

hws_status hws_answer_receive(hws_answer *answer, hws_span *input, bool *done)
{
    HWS_TRY(answer->failure);
    answer->failure = read_head(answer, input);
    if (answer->has_head && !answer->is_done) answer->failure = read_body(answer, input);
    HWS_TRY(answer->failure);
    *done = answer->is_done;
    return HWS_OK;
}

hws_text hws_answer_bytes(const hws_answer *answer)
{
    return (hws_text){(const char *)answer->bytes.data, answer->bytes.size};
}

/* A page is no explanation: its tags would only hide one. */
static bool is_page(const hws_answer *answer)
{
    const hws_text type = hws_http_head_field(&answer->head, "Content-Type");
    const hws_text html = hws_text_of("text/html");
    return type.size >= html.size &&
           hws_text_equal_ignoring_case((hws_text){type.data, html.size}, html);
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static hws_text explanation(const hws_answer *answer)
{
    hws_text body = {(const char *)answer->bytes.data + answer->head_size, body_size(answer)};
    if (is_page(answer)) body.size = 0;
    while (body.size > 0 && is_blank(body.data[body.size - 1])) body.size--;
    while (body.size > 0 && is_blank(body.data[0])) {
        body.data++;
        body.size--;
    }
    return body;
}

void hws_answer_describe(const hws_answer *answer, char *words)
{
    const hws_text reason = hws_http_head_reason(&answer->head);
    const hws_text body = explanation(answer);
    snprintf(words, HWS_CAUSE_SIZE_MAX, "HTTP %d%s", answer->head.status,
             reason.size > 0 ? " " : "");
    size_t size = strlen(words);
    for (size_t i = 0; i < reason.size && i < REASON_MAX; i++, size++) {
        const bool is_plain = reason.data[i] >= ' ' && reason.data[i] < 0x7F;
        words[size] = '?';
        if (is_plain) words[size] = reason.data[i];
    }
    words[size] = 0;
    if (body.size == 0) return;
    snprintf(words + size, HWS_CAUSE_SIZE_MAX - size, ": ");
    hws_cause_quote(words, body, QUOTED_MAX);
}

void hws_answer_release(hws_answer *answer)
{
    hws_http_head_release(&answer->head);
    hws_buffer_release(&answer->bytes, answer->memory);
}
