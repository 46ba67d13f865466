/* SPDX-License-Identifier: MIT */
#include "http/body.h"

#include "base/span.h"
#include "base/try.h"

hws_status hws_body_begin(hws_body *body, const hws_http_head *head, size_t size_max)
{
    hws_http_body kind;
    uint64_t size;
    HWS_TRY(hws_http_head_body(head, &kind, &size));
    if (size > size_max) return HWS_ERR_HTTP_BODY_TOO_BIG;
    body->kind = (uint8_t)kind;
    body->left = size;
    body->size_max = size_max;
    body->chunks = (hws_http_chunks){0};
    return HWS_OK;
}

bool hws_body_is_expected(const hws_body *body)
{
    return body->kind == HWS_HTTP_BODY_CHUNKED || body->left > 0;
}

static hws_status append(hws_body *body, const hws_memory *memory, hws_span bytes)
{
    const hws_status status =
        hws_buffer_append(&body->bytes, memory, bytes.data, bytes.size, body->size_max);
    return status == HWS_ERR_LIMIT ? HWS_ERR_HTTP_BODY_TOO_BIG : status;
}

static hws_status read_sized(hws_body *body, const hws_memory *memory, hws_span *input, bool *done)
{
    const size_t size = body->left < input->size ? (size_t)body->left : input->size;
    HWS_TRY(append(body, memory, hws_span_take(input, size)));
    body->left -= size;
    *done = body->left == 0;
    return HWS_OK;
}

static hws_status read_chunks(hws_body *body, const hws_memory *memory, hws_span *input, bool *done)
{
    while (input->size > 0 && !*done) {
        hws_span data = {0};
        HWS_TRY(hws_http_chunks_parse(&body->chunks, input, &data, done));
        HWS_TRY(append(body, memory, data));
    }
    return HWS_OK;
}

hws_status hws_body_read(hws_body *body, const hws_memory *memory, hws_span *input, bool *done)
{
    *done = false;
    return body->kind == HWS_HTTP_BODY_CHUNKED ? read_chunks(body, memory, input, done)
                                               : read_sized(body, memory, input, done);
}

hws_text hws_body_text(const hws_body *body)
{
    return (hws_text){(const char *)body->bytes.data, body->bytes.size};
}

void hws_body_release(hws_body *body, const hws_memory *memory)
{
    hws_buffer_release(&body->bytes, memory);
    *body = (hws_body){0};
}
