/* SPDX-License-Identifier: MIT */
#include "webhook/request.h"

#include <stdio.h>

#include "base/text.h"
#include "channel/json.h"
#include "channel/question.h"

/* Which make the request, or would make the answer another than is read here. */
static const char *const OURS[] = {
    "Accept-Encoding",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Expect",
    "Host",
    "Keep-Alive",
    "Proxy-Connection",
    "Range",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
};

static bool is_named(const char *name, const char *other)
{
    return hws_text_equal_ignoring_case(hws_text_of(name), hws_text_of(other));
}

static bool is_ours(const char *name)
{
    static const hws_text handshake = {"Sec-WebSocket-", 14};
    const hws_text text = hws_text_of(name);
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
        if (is_named(name, OURS[i])) return true;
    return text.size >= handshake.size &&
           hws_text_equal_ignoring_case((hws_text){text.data, handshake.size}, handshake);
}

static bool is_one_line(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7F) return false;
    return true;
}

static bool is_fixed(const hws_webhook_options *options, const char *name)
{
    for (size_t i = 0; i < options->header_count; i++)
        if (is_named(options->headers[i].name, name)) return true;
    return false;
}

static const char *name_mistake(const char *name)
{
    if (!hws_text_is_token(hws_text_of(name))) return "is not the name of a header";
    return is_ours(name) ? "is a header that is not to be changed" : NULL;
}

static const char *find_mistake(const hws_webhook_options *options, const char **name)
{
    const char *why = NULL;
    *name = "";
    if (options->header_count > HWS_WEBHOOK_HEADER_MAX ||
        (options->header_count > 0 && !options->headers))
        return "there may be 32 fixed headers at most";
    for (size_t i = 0; i < options->header_count && !why; i++) {
        const hws_header *it = &options->headers[i];
        if (!it->name || !it->value) return "a header has a name and a value";
        *name = it->name;
        why = name_mistake(it->name);
        if (!why && !is_one_line(it->value)) why = "has a value that is not one line";
    }
    for (size_t i = 0; options->forward && options->forward[i] && !why; i++) {
        *name = options->forward[i];
        why = name_mistake(*name);
        /* Whoever connects could send what only we are to know. */
        if (!why && is_fixed(options, *name)) why = "is both fixed and forwarded";
    }
    return why;
}

const char *hws_webhook_headers_mistake(const hws_webhook_options *options, char *explain,
                                        size_t explain_size)
{
    const char *name;
    const char *why = find_mistake(options, &name);
    if (!why) return NULL;
    snprintf(explain, explain_size, "%.64s%s%s", name, name[0] != '\0' ? " " : "", why);
    return explain;
}

static void write_header(hws_writer *to, hws_text name, hws_text value)
{
    hws_write(to, name);
    HWS_WRITE(to, ": ");
    hws_write(to, value);
    HWS_WRITE(to, "\r\n");
}

void hws_webhook_write_head(hws_writer *to, const hws_url *url, const hws_header *headers,
                            size_t header_count)
{
    char authority[HWS_URL_SIZE_MAX];
    size_t size = 0;
    HWS_WRITE(to, "POST ");
    hws_write(to, url->path);
    if (url->query.data) HWS_WRITE(to, "?");
    if (url->query.data) hws_write(to, url->query);
    HWS_WRITE(to, " HTTP/1.1\r\n");
    /* It was parsed from no more. */
    if (hws_url_write_authority(url, authority, sizeof authority, &size) != HWS_OK)
        to->has_failed = true;
    write_header(to, hws_text_of("Host"), (hws_text){authority, size});
    HWS_WRITE(to, "Content-Type: application/json\r\n");
    for (size_t i = 0; i < header_count; i++)
        write_header(to, hws_text_of(headers[i].name), hws_text_of(headers[i].value));
}

/* JSON. */

static void write_member(hws_writer *to, const char *name, hws_text text)
{
    HWS_WRITE(to, ",\"");
    hws_write(to, hws_text_of(name));
    HWS_WRITE(to, "\":");
    hws_write_string(to, text);
}

/* What a client library says of itself. */
static void write_version(hws_writer *to, const hws_question *question)
{
    static const char *const names[] = {"name", "version"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = json_object_get(question->parameters, names[i]);
        if (json_string_length(value) > 0) write_member(to, names[i], hws_json_text(value));
    }
}

static void write_body(hws_writer *to, const hws_question *question)
{
    const hws_question_kind kind = hws_question_kind_of(question);
    const hws_text data = hws_question_data(question);
    const hws_text meta = hws_question_meta(question);
    HWS_WRITE(to, "{\"client\":");
    hws_write_string(to, hws_question_client(question));
    write_member(to, "transport", hws_text_of(hws_question_transport(question)));
    HWS_WRITE(to, ",\"protocol\":\"json\",\"encoding\":\"json\"");
    if (kind == HWS_QUESTION_CONNECT)
        write_version(to, question);
    else
        write_member(to, "user", hws_question_user(question));
    if (kind == HWS_QUESTION_SUBSCRIBE || kind == HWS_QUESTION_PUBLISH)
        write_member(to, "channel", hws_question_channel(question));
    if (kind == HWS_QUESTION_RPC) write_member(to, "method", hws_question_method(question));
    if (meta.size > 0) {
        HWS_WRITE(to, ",\"meta\":");
        hws_write(to, meta);
    }
    if (data.size > 0) {
        HWS_WRITE(to, ",\"data\":");
        hws_write(to, data);
    }
    HWS_WRITE(to, "}");
}

void hws_webhook_write_request(hws_writer *to, hws_text head, const char *const *forward,
                               const hws_question *question)
{
    hws_writer body = hws_writer_on(to->memory);
    write_body(&body, question);
    hws_write(to, head);
    for (size_t i = 0; forward && forward[i]; i++) {
        const hws_text value = hws_question_header(question, forward[i]);
        if (value.data) write_header(to, hws_text_of(forward[i]), value);
    }
    HWS_WRITE(to, "Content-Length: ");
    hws_write_number(to, body.buffer.size);
    HWS_WRITE(to, "\r\n\r\n");
    if (body.has_failed)
        to->has_failed = true;
    else
        hws_write(to, hws_writer_text(&body));
    hws_writer_release(&body);
}
