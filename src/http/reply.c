/* SPDX-License-Identifier: MIT */
#include "http/reply.h"

#include "base/try.h"

void hws_reply_init(hws_reply *reply, const hws_memory *memory, size_t size_max)
{
    *reply = (hws_reply){.memory = memory, .size_max = size_max};
    hws_http_head_init(&reply->head, HWS_HTTP_RESPONSE, NULL, memory);
}

/* RFC 9110 §15.2; a 101 is the last of its connection, though nobody asked for it. */
static bool is_interim(const hws_http_head *head)
{
    return head->status < 200 && head->status != 101;
}

static hws_status begin_body(hws_reply *reply)
{
    HWS_TRY(hws_body_begin(&reply->body, &reply->head, reply->size_max));
    reply->has_head = true;
    reply->until_close = reply->body.kind == HWS_HTTP_BODY_UNTIL_CLOSE;
    if (reply->until_close) reply->body.left = UINT64_MAX;
    reply->is_done = !hws_body_is_expected(&reply->body);
    return HWS_OK;
}

static hws_status read_head(hws_reply *reply, hws_span *input)
{
    while (!reply->has_head && input->size > 0) {
        bool done = false;
        HWS_TRY(hws_http_head_parse(&reply->head, input, &done));
        if (!done) return HWS_OK;
        if (!is_interim(&reply->head)) return begin_body(reply);
        if (++reply->interim_count > HWS_REPLY_INTERIM_MAX) return HWS_ERR_HTTP_SYNTAX;
        hws_http_head_reset(&reply->head);
    }
    return HWS_OK;
}

hws_status hws_reply_receive(hws_reply *reply, hws_span *input, bool *done)
{
    HWS_TRY(reply->failure);
    if (input->size > 0) reply->has_begun = true;
    reply->failure = read_head(reply, input);
    if (reply->failure == HWS_OK && reply->has_head && !reply->is_done && input->size > 0)
        reply->failure = hws_body_read(&reply->body, reply->memory, input, &reply->is_done);
    HWS_TRY(reply->failure);
    *done = reply->is_done;
    return HWS_OK;
}

bool hws_reply_end(hws_reply *reply)
{
    if (reply->failure == HWS_OK && reply->has_head && reply->until_close) reply->is_done = true;
    return reply->failure == HWS_OK && reply->is_done;
}

bool hws_reply_keeps_connection(const hws_reply *reply)
{
    const hws_http_head *head = &reply->head;
    return !reply->until_close && head->version_minor > 0 && head->status >= 200 &&
           !hws_http_head_has_token(head, "Connection", "close");
}

hws_text hws_reply_body(const hws_reply *reply)
{
    return hws_body_text(&reply->body);
}

void hws_reply_release(hws_reply *reply)
{
    hws_http_head_release(&reply->head);
    hws_body_release(&reply->body, reply->memory);
}
