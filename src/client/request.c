/* SPDX-License-Identifier: MIT */
#include "client/request.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "base/try.h"

enum {
    AUTHORIZATION_SIZE_MAX = 8192,
    USER_PASSWORD_SIZE_MAX = 4096,
    FIELD_COUNT_MAX = HWS_CLIENT_HEADER_MAX + 2,
};

typedef struct fields {
    hws_http_field list[FIELD_COUNT_MAX];
    size_t count;
    char authorization[AUTHORIZATION_SIZE_MAX];
} fields;

static void add(fields *it, hws_text name, hws_text value)
{
    it->list[it->count++] = (hws_http_field){.name = name, .value = value};
}

/* RFC 6750 §2.1: a token68. */
static bool is_token68(const char *text)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._~+/";
    const size_t size = strspn(text, LETTERS);
    return size > 0 && text[size + strspn(text + size, "=")] == 0;
}

static hws_status add_bearer(fields *it, const char *token)
{
    if (!is_token68(token)) return HWS_ERR_INVALID_ARGUMENT;
    const int size = snprintf(it->authorization, sizeof it->authorization, "Bearer %s", token);
    if (size >= AUTHORIZATION_SIZE_MAX) return HWS_ERR_INVALID_ARGUMENT;
    add(it, hws_text_of("Authorization"), (hws_text){it->authorization, (size_t)size});
    return HWS_OK;
}

/* RFC 7617 §2: a user without a colon, a colon, a password; no controls in either. */
static hws_status add_basic(fields *it, const char *user_password)
{
    static const char SCHEME[] = "Basic ";
    const size_t size = strlen(user_password);
    if (size > USER_PASSWORD_SIZE_MAX || !strchr(user_password, ':'))
        return HWS_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)user_password[i] < 0x20 || user_password[i] == 0x7F)
            return HWS_ERR_INVALID_ARGUMENT;
    memcpy(it->authorization, SCHEME, sizeof SCHEME);
    char *at = it->authorization + sizeof SCHEME - 1;
    at += hws_base64_encode((const uint8_t *)user_password, size, at);
    add(it, hws_text_of("Authorization"),
        (hws_text){it->authorization, (size_t)(at - it->authorization)});
    return HWS_OK;
}

/* What the options say themselves a header cannot say once more. */
static bool is_said(const hws_client_options *options, const hws_destination *destination,
                    hws_text name)
{
    const bool has_credentials = destination->bearer || options->user_password;
    return (has_credentials && hws_text_equal_ignoring_case(name, hws_text_of("Authorization"))) ||
           (options->cookies && hws_text_equal_ignoring_case(name, hws_text_of("Cookie")));
}

static hws_status add_identity(fields *it, const hws_client_options *options,
                               const hws_destination *destination)
{
    for (size_t i = 0; i < destination->header_count; i++) {
        const hws_header *header = &destination->headers[i];
        if (!header->name || !header->value ||
            is_said(options, destination, hws_text_of(header->name)))
            return HWS_ERR_INVALID_ARGUMENT;
        add(it, hws_text_of(header->name), hws_text_of(header->value));
    }
    if (options->cookies) add(it, hws_text_of("Cookie"), hws_text_of(options->cookies));
    if (destination->bearer) return add_bearer(it, destination->bearer);
    if (options->user_password) return add_basic(it, options->user_password);
    return HWS_OK;
}

hws_status hws_request_write(const hws_client_options *options, const hws_destination *destination,
                             bool is_own_origin, hws_handshake_question *question, char *text,
                             size_t size_max, size_t *size)
{
    fields more;
    more.count = 0;
    if (is_own_origin) HWS_TRY(add_identity(&more, options, destination));
    question->protocols = options->protocols;
    question->protocol_required = !options->protocol_optional;
    question->origin = hws_text_of(options->origin);
    question->headers = more.list;
    question->header_count = more.count;
    const hws_status status = hws_handshake_ask(question, text, size_max, size);
    question->headers = NULL;
    question->header_count = 0;
    return status;
}

hws_status hws_request_check(const hws_client_options *options, const hws_destination *destination)
{
    char text[HWS_REQUEST_SIZE_MAX];
    size_t size;
    hws_url url;
    HWS_TRY(hws_url_parse(hws_text_of(destination->url), &url));
    hws_handshake_question question = {.url = &url};
    const hws_status status =
        hws_request_write(options, destination, true, &question, text, sizeof text, &size);
    return status == HWS_ERR_LIMIT ? HWS_ERR_INVALID_ARGUMENT : status;
}
