/* SPDX-License-Identifier: MIT */
#include "http/response.h"

#include <assert.h>

#include "base/text.h"

/* Reasons (RFC 9110 §15; the registry for the rest). */

typedef struct named_status {
    int status;
    const char *reason;
} named_status;

static const named_status NAMED[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *hws_response_reason(int status)
{
    for (size_t i = 0; i < sizeof NAMED / sizeof *NAMED; i++)
        if (NAMED[i].status == status) return NAMED[i].reason;
    return "";
}

bool hws_response_has_content(int status)
{
    return status != 204 && status != 304;
}

/* Checking. */

static bool is_one_line(const char *value)
{
    for (; *value; value++)
        if ((unsigned char)*value < ' ' || *value == 0x7F) return false;
    return true;
}

static bool is_named(const char *name, const char *other)
{
    return hws_text_equal_ignoring_case(hws_text_of(name), hws_text_of(other));
}

/* These shape the connection: two of one kind, or one that lies, and whoever stands between the
 * peer and us reads other answers than we wrote. */
static bool is_reserved(const char *name)
{
    return is_named(name, "Connection") || is_named(name, "Content-Length") ||
           is_named(name, "Date") || is_named(name, "Transfer-Encoding");
}

static bool is_good_header(const hws_header *header)
{
    return header->name && header->value && hws_text_is_token(hws_text_of(header->name)) &&
           !is_reserved(header->name) && is_one_line(header->value);
}

hws_status hws_response_check(const hws_response *response)
{
    const int status = response->status;
    if (status != 0 && (status < 200 || status > 599)) return HWS_ERR_INVALID_ARGUMENT;
    if (response->type && !is_one_line(response->type)) return HWS_ERR_INVALID_ARGUMENT;
    if (!response->body && response->body_size > 0) return HWS_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i < response->header_count; i++)
        if (!is_good_header(&response->headers[i])) return HWS_ERR_INVALID_ARGUMENT;
    return HWS_OK;
}

/* Writing: once to measure, with nowhere to write to, and once in earnest. */

typedef struct writer {
    uint8_t *to; /* NULL: only measures */
    size_t size;
} writer;

static void put_bytes(writer *out, const char *bytes, size_t size)
{
    if (out->to) memcpy(out->to + out->size, bytes, size);
    out->size += size;
}

static void put(writer *out, const char *text)
{
    put_bytes(out, text, strlen(text));
}

static void put_field(writer *out, const char *name, const char *value)
{
    put(out, name);
    put(out, ": ");
    put(out, value);
    put(out, "\r\n");
}

static void put_number(writer *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(out, digits + at, sizeof digits - at);
}

/* Who sends Upgrade must name it in Connection (RFC 9110 §7.8). */
static void put_connection(writer *out, const hws_response *response)
{
    bool upgrade = false;
    for (size_t i = 0; i < response->header_count; i++)
        if (is_named(response->headers[i].name, "Upgrade")) upgrade = true;
    if (!response->close && !upgrade) return;
    put_field(out, "Connection",
              response->close && upgrade ? "close, Upgrade"
              : upgrade                  ? "Upgrade"
                                         : "close");
}

static void put_head(writer *out, const hws_response *response, const hws_response_context *context)
{
    const int status = response->status ? response->status : 200;
    put(out, "HTTP/1.1 ");
    put_number(out, (uint64_t)status);
    put(out, " ");
    put(out, hws_response_reason(status));
    put(out, "\r\n");
    put_field(out, "Date", context->date);
    put_connection(out, response);
    if (response->type) put_field(out, "Content-Type", response->type);
    for (size_t i = 0; i < response->header_count; i++)
        put_field(out, response->headers[i].name, response->headers[i].value);
    if (hws_response_has_content(status)) {
        put(out, "Content-Length: ");
        put_number(out, context->content_size);
        put(out, "\r\n");
    }
    put(out, "\r\n");
}

hws_status hws_response_queue(hws_queue *queue, const hws_response *response,
                              const hws_response_context *context)
{
    writer head = {0};
    put_head(&head, response, context);
    const bool with_body = hws_response_has_content(response->status) && !context->to_head;
    const size_t body_size = with_body ? response->body_size : 0;
    if (body_size > SIZE_MAX - head.size) return HWS_ERR_NO_MEMORY;

    uint8_t *room = hws_queue_reserve(queue, head.size + body_size);
    if (!room) return HWS_ERR_NO_MEMORY;
    writer out = {.to = room};
    put_head(&out, response, context);
    assert(out.size == head.size);
    if (body_size > 0) memcpy(room + head.size, response->body, body_size);
    hws_queue_commit(queue, head.size + body_size);
    return HWS_OK;
}
