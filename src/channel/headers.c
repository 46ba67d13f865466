/* SPDX-License-Identifier: MIT */
#include "channel/headers.h"

#include "base/text.h"
#include "base/try.h"
#include "http/h1.h"

static hws_status append(hws_headers *headers, const hws_memory *memory, hws_text text)
{
    return hws_buffer_append(&headers->packed, memory, text.data, text.size, SIZE_MAX);
}

static bool is_named(const char *name, const char *other)
{
    return hws_text_equal_ignoring_case(hws_text_of(name), hws_text_of(other));
}

/* Several lines are one list (RFC 9110 §5.3), but for cookies (RFC 6265 §5.4). */
static hws_status append_lines(hws_headers *headers, const hws_memory *memory, const char *name,
                               const hws_request *request, bool *is_there)
{
    const hws_text between = hws_text_of(is_named(name, "Cookie") ? "; " : ", ");
    hws_http_field field = {0};
    while (hws_http_head_next_named(hws_request_head(request), name, &field)) {
        if (*is_there) HWS_TRY(append(headers, memory, between));
        HWS_TRY(append(headers, memory, field.value));
        *is_there = true;
    }
    return HWS_OK;
}

/* We pass something on, and say for whom: who reads from the right finds what he can believe. */
static hws_status append_address(hws_headers *headers, const hws_memory *memory,
                                 hws_request *request, bool *is_there)
{
    const hws_text address = hws_text_of(hws_request_address(request));
    if (hws_text_equal(address, hws_text_of("unix"))) return HWS_OK;
    if (*is_there) HWS_TRY(append(headers, memory, hws_text_of(", ")));
    *is_there = true;
    return append(headers, memory, address);
}

static hws_status keep_one(hws_headers *headers, const hws_memory *memory, const char *name,
                           hws_request *request)
{
    static const hws_text zero = {"", 1};
    const size_t before = headers->packed.size;
    bool is_there = false;
    HWS_TRY(append(headers, memory, (hws_text){name, strlen(name) + 1}));
    HWS_TRY(append_lines(headers, memory, name, request, &is_there));
    if (is_named(name, "X-Forwarded-For"))
        HWS_TRY(append_address(headers, memory, request, &is_there));
    if (!is_there) {
        headers->packed.size = before;
        return HWS_OK;
    }
    return append(headers, memory, zero);
}

hws_status hws_headers_keep(hws_headers *headers, const hws_memory *memory,
                            const char *const *names, hws_request *request)
{
    for (size_t i = 0; names && names[i]; i++)
        HWS_TRY(keep_one(headers, memory, names[i], request));
    return HWS_OK;
}

static hws_text text_until(const char *at, const char *end)
{
    return (hws_text){at, strnlen(at, (size_t)(end - at))};
}

hws_text hws_headers_find(const hws_headers *headers, hws_text name)
{
    const char *at = (const char *)headers->packed.data;
    const char *end = at + headers->packed.size;
    while (at < end) {
        const hws_text found = text_until(at, end);
        const hws_text value = text_until(at + found.size + 1, end);
        if (hws_text_equal_ignoring_case(found, name)) return value;
        at = value.data + value.size + 1;
    }
    return (hws_text){0};
}

void hws_headers_release(hws_headers *headers, const hws_memory *memory)
{
    hws_buffer_release(&headers->packed, memory);
}
