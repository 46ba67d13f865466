/* SPDX-License-Identifier: MIT */
/* Judges the answer to an opening handshake, header by header (RFC 6455 §4.1). */
#include "cmd/doctor_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/doctor_banner.h"
#include "cmd/doctor_refusal.h"
#include "hawser/handshake.h"

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

static const hws_memory memory = {.resize = resize};

/* Returns: whether the head is whole; `rest` is what stands behind it. */
static bool read_head(hws_http_head *head, hws_http_kind kind, const doctor_bytes *bytes,
                      hws_status *status, hws_text *rest)
{
    hws_http_head_init(head, kind, NULL, &memory);
    hws_span input = {(uint8_t *)(uintptr_t)bytes->data, bytes->size}; /* it is only read */
    bool done = false;
    *status = hws_http_head_parse(head, &input, &done);
    *rest = (hws_text){(const char *)input.data, input.size};
    return *status == HWS_OK && done;
}

void doctor_answer_read(doctor_answer *answer, const doctor_report *report)
{
    *answer = (doctor_answer){.report = report};
    hws_status status;
    hws_text rest;
    answer->is_asked =
        read_head(&answer->request, HWS_HTTP_REQUEST, &report->request, &status, &rest);
    answer->is_head = read_head(&answer->response, HWS_HTTP_RESPONSE, &report->answer,
                                &answer->status, &answer->body);
    if (!answer->is_head) answer->body = (hws_text){0};
}

void doctor_answer_release(doctor_answer *answer)
{
    hws_http_head_release(&answer->request);
    hws_http_head_release(&answer->response);
}

static void copy_text(hws_text from, char *text, size_t size)
{
    const size_t length = from.size < size ? from.size : size - 1;
    if (length > 0) memcpy(text, from.data, length);
    text[length] = '\0';
}

const char *doctor_answer_field(const doctor_answer *answer, const char *name, char *text,
                                size_t size)
{
    text[0] = '\0';
    if (answer->is_head) copy_text(hws_http_head_field(&answer->response, name), text, size);
    return text;
}

bool doctor_answer_says(const doctor_answer *answer, const char *words)
{
    char body[HWS_HTTP_LINE_SIZE_MAX];
    copy_text(answer->body, body, sizeof body);
    return strcasestr(body, words) != NULL;
}

bool doctor_answer_says_any(const doctor_answer *answer, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (doctor_answer_says(answer, words[i])) return true;
    return false;
}

const char *doctor_answer_path(const doctor_answer *answer, char *text, size_t size)
{
    const hws_text path = answer->report->url.path;
    snprintf(text, size, "%.*s", (int)path.size, path.data);
    return text;
}

const char *doctor_answer_hints(const doctor_answer *answer, char *text, size_t size)
{
    char server[DOCTOR_LINE_SIZE];
    char via[DOCTOR_LINE_SIZE];
    doctor_answer_field(answer, "Server", server, sizeof server);
    doctor_answer_field(answer, "Via", via, sizeof via);
    const bool both = server[0] != '\0' && via[0] != '\0';
    text[0] = '\0';
    if (server[0] != '\0' || via[0] != '\0')
        snprintf(text, size, " (%s%s%s%s%s)", server[0] != '\0' ? "Server: " : "", server,
                 both ? "; " : "", via[0] != '\0' ? "Via: " : "", via);
    return text;
}

static void complain(doctor_header *header, const char *fault, const char *remedy)
{
    header->fault = fault;
    header->remedy = remedy;
}

static const char middlebox_remedy[] =
    "Something answers 101 that is no WebSocket server, or a proxy drops these headers: let it "
    "pass on Upgrade and Connection (nginx: proxy_set_header Upgrade $http_upgrade; "
    "proxy_set_header Connection \"upgrade\";).";

/* (2) */
static void judge_upgrade(const doctor_answer *answer, doctor_header *header)
{
    if (strcasecmp(header->value, "websocket") == 0 &&
        hws_http_head_count(&answer->response, header->name) == 1)
        return;
    complain(header, "upgrade-header", middlebox_remedy);
    snprintf(header->complaint, sizeof header->complaint,
             header->is_there ? "Upgrade is not websocket, but: %s."
                              : "Upgrade: websocket is missing%s.",
             header->value);
}

/* (3) */
static void judge_connection(const doctor_answer *answer, doctor_header *header)
{
    if (hws_http_head_has_token(&answer->response, header->name, "upgrade")) return;
    complain(header, "connection-header", middlebox_remedy);
    snprintf(header->complaint, sizeof header->complaint,
             header->is_there ? "Connection does not name Upgrade, but: %s."
                              : "Connection: Upgrade is missing%s.",
             header->value);
}

/* (4) */
static void judge_accept(const doctor_answer *answer, doctor_header *header)
{
    char right[HWS_HANDSHAKE_ACCEPT_SIZE + 1] = "";
    const hws_text key = answer->is_asked
                             ? hws_http_head_field(&answer->request, "Sec-WebSocket-Key")
                             : (hws_text){0};
    if (!key.data) return; /* nothing to compare it with */
    hws_handshake_accept_key(key, right);
    if (!header->is_there) {
        complain(header, "accept-missing",
                 "It must be the base64 of the SHA-1 of Sec-WebSocket-Key and "
                 "258EAFA5-E914-47DA-95CA-C5AB0DC85B11 (RFC 6455 4.2.2). If the server sends it, a "
                 "proxy in between drops it.");
        snprintf(header->complaint, sizeof header->complaint,
                 "Sec-WebSocket-Accept is missing; it would have to be %s.", right);
        return;
    }
    if (strcmp(header->value, right) == 0) return;
    const bool is_key =
        strlen(header->value) == key.size && strncmp(header->value, key.data, key.size) == 0;
    complain(header, "accept-wrong",
             is_key ? "Hash it: the base64 of the SHA-1 of the key and "
                      "258EAFA5-E914-47DA-95CA-C5AB0DC85B11 (RFC 6455 4.2.2)."
                    : "The server computes it wrongly, or something in between answers for it: a "
                      "cache that repeats an answer to another request, or a proxy that changes "
                      "the key. Forbid caching of this path (Cache-Control: no-store).");
    snprintf(header->complaint, sizeof header->complaint,
             is_key ? "Sec-WebSocket-Accept is the key itself, and not its hash: %s; it must be %s."
                    : "Sec-WebSocket-Accept does not answer our key: it is %s, and must be %s.",
             header->value, right);
}

/* One of the elements of a list, without its parameters. */
static bool next_name(const char **rest, char *name, size_t size)
{
    *rest += strspn(*rest, ", \t");
    if (**rest == '\0') return false;
    const size_t name_size = strcspn(*rest, ",; \t");
    snprintf(name, size, "%.*s", (int)name_size, *rest);
    *rest += strcspn(*rest, ",");
    return true;
}

void doctor_answer_offered(const doctor_answer *answer, char *text, size_t size)
{
    text[0] = '\0';
    if (answer->is_asked)
        copy_text(hws_http_head_field(&answer->request, "Sec-WebSocket-Extensions"), text, size);
}

static bool has_name(const char *list, const char *name)
{
    char element[DOCTOR_LINE_SIZE];
    while (next_name(&list, element, sizeof element))
        if (strcasecmp(element, name) == 0) return true;
    return false;
}

/* (5): only what was offered, and each once. */
static void judge_extensions(const doctor_answer *answer, doctor_header *header)
{
    char offered[DOCTOR_LINE_SIZE];
    char name[DOCTOR_LINE_SIZE];
    doctor_answer_offered(answer, offered, sizeof offered);
    const char *rest = header->value;
    while (next_name(&rest, name, sizeof name)) {
        if (!has_name(offered, name)) {
            complain(header, "extension-unasked",
                     "A server may only take what the client offers (RFC 6455 9.1): let it look at "
                     "Sec-WebSocket-Extensions of the request, or switch the extension off.");
            snprintf(header->complaint, sizeof header->complaint,
                     "The server uses the extension %s, which was not offered (%s).", name,
                     offered[0] != '\0' ? offered : "none was");
            return;
        }
        if (!has_name(rest, name)) continue;
        complain(header, "extension-repeated", "Let the server take each extension once.");
        snprintf(header->complaint, sizeof header->complaint,
                 "The server takes the extension %s more than once.", name);
        return;
    }
    if (answer->report->talk.status != HWS_ERR_HANDSHAKE_EXTENSION) return;
    complain(header, "extension-parameters",
             "Let it answer with parameters that fit the offer (RFC 7692 7.1), or switch "
             "permessage-deflate off there; browsers fail in the same way.");
    snprintf(header->complaint, sizeof header->complaint,
             "The server takes the extension with parameters that do not fit what was offered: %s.",
             header->value);
}

static bool is_offered(const doctor_answer *answer, const char *protocol)
{
    const char *const *protocols = answer->report->question.protocols;
    for (; protocols && *protocols; protocols++)
        if (strcmp(*protocols, protocol) == 0) return true;
    return false;
}

static void judge_no_protocol(const doctor_answer *answer, doctor_header *header)
{
    const char *const *protocols = answer->report->question.protocols;
    if (!protocols || !protocols[0]) return;
    complain(header, "subprotocol-none",
             "Offer one that the server knows, or let the server answer with the one that it "
             "takes: browsers fail when it takes none.");
    snprintf(header->complaint, sizeof header->complaint,
             "The server takes none of the subprotocols that were offered (%s%s).", protocols[0],
             protocols[1] ? ", ..." : "");
}

/* (6) */
static void judge_protocol(const doctor_answer *answer, doctor_header *header)
{
    if (!header->is_there) {
        judge_no_protocol(answer, header);
        return;
    }
    if (hws_http_head_count(&answer->response, header->name) > 1 || strchr(header->value, ',')) {
        complain(header, "subprotocol-several",
                 "Let the server answer with the one that it takes, and not with all that were "
                 "offered.");
        snprintf(header->complaint, sizeof header->complaint,
                 "The server takes several subprotocols; it may take one: %s.", header->value);
    } else if (!is_offered(answer, header->value)) {
        const char *const *offered = answer->report->question.protocols;
        complain(header, "subprotocol-unasked",
                 "Let the server choose from Sec-WebSocket-Protocol of the request, and leave the "
                 "header out when there is none; or offer it: --protocol NAME.");
        snprintf(header->complaint, sizeof header->complaint,
                 "The server takes the subprotocol %s, which was not offered (%s%s).",
                 header->value, offered && offered[0] ? offered[0] : "none was",
                 offered && offered[0] && offered[1] ? ", ..." : "");
    }
}

void doctor_answer_headers(const doctor_answer *answer, doctor_header headers[DOCTOR_HEADER_COUNT])
{
    static const struct rule {
        const char *name;
        void (*judge)(const doctor_answer *answer, doctor_header *header);
    } rules[DOCTOR_HEADER_COUNT] = {
        {"Upgrade", judge_upgrade},
        {"Connection", judge_connection},
        {"Sec-WebSocket-Accept", judge_accept},
        {"Sec-WebSocket-Extensions", judge_extensions},
        {"Sec-WebSocket-Protocol", judge_protocol},
    };
    for (size_t i = 0; i < DOCTOR_HEADER_COUNT; i++) {
        doctor_header *header = &headers[i];
        *header = (doctor_header){.name = rules[i].name};
        header->is_there = hws_http_head_count(&answer->response, header->name) > 0;
        doctor_answer_field(answer, header->name, header->value, sizeof header->value);
        rules[i].judge(answer, header);
    }
}

/* HTTP/1.0 knows no upgrade; but what refuses in it may be a proxy that speaks for another. */
static void judge_version(const doctor_answer *answer, doctor_faults *faults)
{
    if (answer->response.version_minor > 0) return;
    const int status = answer->response.status;
    doctor_fault_add(faults, status < 300 ? DOCTOR_FAULT : DOCTOR_WARNING, "http-1.0",
                     "The server answers in HTTP/1.0 (%d); a WebSocket needs HTTP/1.1.", status);
    doctor_fault_remedy(faults, "Use a server that speaks HTTP/1.1 (Python's http.server and other "
                                "small ones do not), or set the proxy in front to it (nginx: "
                                "proxy_http_version 1.1;).");
}

static void judge_switch(const doctor_answer *answer, doctor_faults *faults)
{
    doctor_header headers[DOCTOR_HEADER_COUNT];
    doctor_answer_headers(answer, headers);
    for (size_t i = 0; i < DOCTOR_HEADER_COUNT; i++) {
        if (!headers[i].fault) continue;
        doctor_fault_add(faults, DOCTOR_FAULT, headers[i].fault, "The answer is 101, but %s",
                         headers[i].complaint);
        doctor_fault_remedy(faults, "%s", headers[i].remedy);
    }
}

static void judge_tls_speech(const doctor_report *report, doctor_faults *faults)
{
    const doctor_trial *secure = doctor_report_trial(report, DOCTOR_TRIAL_SCHEME);
    doctor_fault_add(faults, DOCTOR_FAULT, "tls-server",
                     "The URL says %s, but what listens on port %u speaks TLS: it answered our "
                     "request with a TLS alert.",
                     hws_scheme_name(report->url.scheme), report->url.port);
    doctor_fault_remedy(faults, "Use wss:// in the URL%s%s.",
                        secure && secure->is_open ? "; this opens: " : "",
                        secure && secure->is_open ? secure->url : "");
}

/* The first line, for what cannot be named. */
static void quote(const doctor_bytes *bytes, char *text, size_t size)
{
    const size_t length = bytes->size < size ? bytes->size : size - 1;
    memcpy(text, bytes->data, length);
    text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~') text[i] = '.';
}

static void judge_speech(const doctor_answer *answer, doctor_faults *faults)
{
    const doctor_report *report = answer->report;
    char begin[48];
    const char *name = "";
    quote(&report->answer, begin, sizeof begin);
    switch (doctor_banner_read(report->answer.data, report->answer.size, &name)) {
    case DOCTOR_SPEECH_TLS:
        judge_tls_speech(report, faults);
        return;
    case DOCTOR_SPEECH_HTTP2:
        doctor_fault_add(faults, DOCTOR_FAULT, "http2-only",
                         "The server speaks HTTP/2 alone; a WebSocket begins with HTTP/1.1.");
        doctor_fault_remedy(faults, "Let it speak HTTP/1.1, too, or put a proxy in front.");
        return;
    case DOCTOR_SPEECH_OTHER:
        doctor_fault_add(faults, DOCTOR_FAULT, "not-http",
                         "What listens on port %u is no web server: it speaks %s (\"%s\").",
                         report->url.port, name, begin);
        break;
    case DOCTOR_SPEECH_HTTP:
        doctor_fault_add(
            faults, DOCTOR_FAULT, "http-malformed", "The answer is not well-formed HTTP: %s.",
            hws_status_text(answer->status != HWS_OK ? answer->status : report->talk.status));
        doctor_fault_remedy(faults, "--verbose shows it. Repair the server, or what stands in "
                                    "front of it.");
        return;
    case DOCTOR_SPEECH_UNKNOWN:
        doctor_fault_add(faults, DOCTOR_FAULT, "not-http",
                         "What listens on port %u does not answer in HTTP, but with: \"%s\".",
                         report->url.port, begin);
        break;
    }
    doctor_fault_remedy(faults, "Correct the port in the URL: a WebSocket server speaks HTTP.");
}

void doctor_answer_judge(const doctor_report *report, doctor_faults *faults)
{
    if (report->answer.size == 0) {
        doctor_refusal_judge_silence(report, faults);
        return;
    }
    doctor_answer answer;
    doctor_answer_read(&answer, report);
    if (!answer.is_head) {
        judge_speech(&answer, faults);
    } else {
        judge_version(&answer, faults);
        if (answer.response.status == 101) {
            judge_switch(&answer, faults);
        } else {
            doctor_refusal_judge(&answer, faults);
        }
    }
    doctor_answer_release(&answer);
}
