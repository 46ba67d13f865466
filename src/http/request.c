/* SPDX-License-Identifier: MIT */
/* A request as its reader sees it, and the ways to answer. */
#include "hawser/request.h"

#include <assert.h>

#include "base/text.h"
#include "base/try.h"
#include "http/h1_state.h"
#include "http/response.h"

/* Asking. */

hws_text hws_request_method(const hws_request *request)
{
    return hws_http_head_method(&request->head);
}

hws_text hws_request_target(const hws_request *request)
{
    return hws_http_head_target(&request->head);
}

hws_text hws_request_path(const hws_request *request)
{
    return (hws_text){(const char *)request->path.data, request->path.size};
}

hws_text hws_request_query(const hws_request *request)
{
    return hws_http_head_query(&request->head);
}

hws_text hws_request_header(const hws_request *request, const char *name)
{
    return hws_http_head_field(&request->head, name);
}

hws_text hws_request_body(const hws_request *request)
{
    return hws_body_text(&request->body);
}

const char *hws_request_address(hws_request *request)
{
    if (request->address[0] == '\0') {
        hws_address peer;
        hws_stream_peer(request->h1->stream, &peer);
        hws_address_text(&peer, request->address);
    }
    return request->address;
}

bool hws_request_is_secure(const hws_request *request)
{
    return request->h1->stream->secure;
}

hws_h1 *hws_request_h1(hws_request *request)
{
    return request->h1;
}

const hws_http_head *hws_request_head(const hws_request *request)
{
    return &request->head;
}

/* Beginning and forgetting. */

static hws_status decode_path(hws_request *request)
{
    const size_t size_max = hws_http_head_target(&request->head).size;
    hws_buffer *path = &request->path;
    path->size = 0;
    HWS_TRY(hws_buffer_reserve(path, request->h1->options.memory, size_max, size_max));
    return hws_http_head_path(&request->head, (char *)path->data, size_max, &path->size);
}

/* RFC 9110 §10.1.1: the only expectation there is, and from HTTP/1.0 it means nothing. */
static hws_status check_expectation(const hws_http_head *head, bool *is_continue)
{
    *is_continue = false;
    if (head->version_minor == 0) return HWS_OK;
    hws_http_field field = {0};
    while (hws_http_head_next_named(head, "Expect", &field)) {
        if (!hws_text_equal_ignoring_case(field.value, hws_text_of("100-continue")))
            return HWS_ERR_HTTP_EXPECTATION;
        *is_continue = true;
    }
    return HWS_OK;
}

hws_status hws_request_begin(hws_request *request, bool *has_body)
{
    hws_h1 *h1 = request->h1;
    bool is_continue;
    request->is_head = hws_text_equal(hws_request_method(request), hws_text_of("HEAD"));
    HWS_TRY(hws_body_begin(&request->body, &request->head, h1->options.body_size_max));
    HWS_TRY(decode_path(request));
    HWS_TRY(check_expectation(&request->head, &is_continue));
    *has_body = hws_body_is_expected(&request->body);
    if (!is_continue || !*has_body) return HWS_OK;

    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    HWS_TRY(hws_queue_append(&h1->stream->queue, CONTINUE, sizeof CONTINUE - 1));
    hws_stream_flush(h1->stream);
    return HWS_OK;
}

bool hws_request_keeps_alive(const hws_request *request)
{
    return request->head.version_minor > 0 &&
           !hws_http_head_has_token(&request->head, "Connection", "close");
}

void hws_request_reset(hws_request *request, bool keep)
{
    const hws_memory *memory = request->h1->options.memory;
    if (keep)
        hws_http_head_reset(&request->head);
    else
        hws_http_head_release(&request->head);
    hws_body_release(&request->body, memory);
    if (!keep) hws_buffer_release(&request->path, memory);
    request->is_head = false;
}

/* Answering. */

static bool awaits_answer(const hws_h1 *h1)
{
    return h1->state == HWS_H1_ANSWERING || h1->state == HWS_H1_HELD;
}

static hws_status queue_answer(hws_request *request, const hws_response *response,
                               hws_source *source)
{
    hws_h1 *h1 = request->h1;
    if (!awaits_answer(h1)) return HWS_ERR_INVALID_ARGUMENT;
    HWS_TRY(hws_response_check(response));
    const hws_response_context context = {
        .date = hws_loop_http_date(h1->loop),
        .content_size = source ? source->left : response->body_size,
        .to_head = request->is_head,
    };
    hws_response whole = *response;
    whole.close = response->close || h1->last;
    HWS_TRY(hws_response_queue(&h1->stream->queue, &whole, &context));
    if (source && request->is_head) source->left = 0;
    hws_h1_answered(h1, source, whole.close);
    return HWS_OK;
}

hws_status hws_request_respond_from(hws_request *request, const hws_response *response,
                                    hws_source *source)
{
    assert(!source || response->body_size == 0);
    const hws_status status = queue_answer(request, response, source);
    if (status < HWS_OK && source) source->close(source);
    return status;
}

hws_status hws_request_respond(hws_request *request, const hws_response *response)
{
    return hws_request_respond_from(request, response, NULL);
}

void hws_request_respond_text(hws_request *request, int status, const char *text,
                              const hws_header *headers, size_t header_count, bool close)
{
    char body[128];
    const size_t text_size = strlen(text);
    assert(text_size < sizeof body);
    memcpy(body, text, text_size);
    body[text_size] = '\n';
    const hws_response response = {
        .status = status,
        .type = "text/plain; charset=utf-8",
        .body = body,
        .body_size = text_size + 1,
        .headers = headers,
        .header_count = header_count,
        .close = close,
    };
    /* Without memory it stays unanswered, and the connection ends for that. */
    const hws_status answered = hws_request_respond(request, &response);
    (void)answered;
}

/* Those who are sent away together shall not come back together. */
static const char *retry_after(hws_loop *loop)
{
    static const char *const SECONDS[] = {"1", "2", "3", "4", "5"};
    uint8_t random;
    if (hws_loop_random(loop, &random, 1) < HWS_OK) random = (uint8_t)hws_loop_now_ms(loop);
    return SECONDS[random % 5];
}

void hws_request_refuse(hws_request *request, hws_status why)
{
    const int status = hws_status_http(why);
    hws_header headers[2];
    size_t count = 0;
    if (status == 405) headers[count++] = (hws_header){"Allow", "GET, HEAD"};
    if (status == 426) headers[count++] = (hws_header){"Upgrade", "websocket"};
    if (why == HWS_ERR_HANDSHAKE_VERSION)
        headers[count++] = (hws_header){"Sec-WebSocket-Version", "13"};
    if (status == 503 || status == 429)
        headers[count++] = (hws_header){"Retry-After", retry_after(request->h1->loop)};
    hws_request_respond_text(request, status, hws_status_text(why), headers, count, true);
}
