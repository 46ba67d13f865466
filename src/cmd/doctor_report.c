/* SPDX-License-Identifier: MIT */
/* What was seen of one attempt to open a WebSocket. */
#include "cmd/doctor_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char port_mark[] = " port ";

void doctor_copy(char *to, size_t size, const char *from)
{
    const size_t room = size - 1;
    const size_t length = from ? strnlen(from, room) : 0;
    if (length > 0) memcpy(to, from, length);
    to[length] = '\0';
}

hws_status doctor_report_init(doctor_report *report, const doctor_question *question, int64_t now_s,
                              uint64_t timeout_ms)
{
    memset(report, 0, sizeof *report);
    report->question = *question;
    report->now_s = now_s;
    report->timeout_ms = timeout_ms;
    const hws_text text = {question->url, strlen(question->url)};
    const hws_status status = hws_url_parse(text, &report->url);
    if (status != HWS_OK) return status;
    snprintf(report->host, sizeof report->host, "%.*s", (int)report->url.host.size,
             report->url.host.data);
    return HWS_OK;
}

doctor_address *doctor_report_address(doctor_report *report, const char *text)
{
    for (size_t i = 0; i < report->address_count; i++)
        if (strcmp(report->address[i].text, text) == 0) return &report->address[i];
    if (report->address_count == DOCTOR_ADDRESS_MAX) return NULL;
    doctor_address *address = &report->address[report->address_count++];
    doctor_copy(address->text, sizeof address->text, text);
    address->is_ipv6 = strchr(text, ':') != NULL;
    return address;
}

/* "192.0.2.1 192.0.2.2": all of them, tried or not. */
static void add_addresses(doctor_report *report, const char *list)
{
    char copy[DOCTOR_LINE_SIZE];
    doctor_copy(copy, sizeof copy, list);
    char *rest = NULL;
    for (char *item = strtok_r(copy, " ,", &rest); item; item = strtok_r(NULL, " ,", &rest)) {
        char text[DOCTOR_LINE_SIZE + sizeof " port 65535"];
        snprintf(text, sizeof text, "%s%s%u", item, port_mark, report->url.port);
        (void)doctor_report_address(report, text);
    }
}

/* The address that a step names, without ": " and why behind it: "[2001:db8::1] port 443". */
static doctor_address *address_of_step(doctor_report *report, const char *text)
{
    char copy[DOCTOR_LINE_SIZE];
    if (text[0] == '[') text++;
    const char *port = strstr(text, port_mark);
    if (!port) return NULL;
    const size_t host_size = strcspn(text, "] ");
    const size_t port_size = strspn(port + sizeof port_mark - 1, "0123456789");
    snprintf(copy, sizeof copy, "%.*s%s%.*s", (int)host_size, text, port_mark, (int)port_size,
             port + sizeof port_mark - 1);
    return doctor_report_address(report, copy);
}

static void add_connected(doctor_report *report, const hws_step *step, uint64_t took_us)
{
    doctor_address *address = address_of_step(report, step->text);
    if (!address) return;
    address->is_done = true;
    address->status = step->status;
    address->took_us = took_us;
}

static void add_certificate(doctor_certificate *to, const hws_tls_certificate *from)
{
    doctor_copy(to->subject, sizeof to->subject, from->subject);
    doctor_copy(to->issuer, sizeof to->issuer, from->issuer);
    doctor_copy(to->names, sizeof to->names, from->names);
    to->not_before_s = from->not_before_s;
    to->not_after_s = from->not_after_s;
}

static void add_tls(doctor_report *report, const hws_step *step)
{
    doctor_tls *to = &report->tls;
    memset(to, 0, sizeof *to); /* of a proxy's TLS, perhaps */
    to->is_seen = true;
    if (step->status != HWS_OK) doctor_copy(to->why, sizeof to->why, step->text);
    const hws_tls_info *from = step->tls;
    if (!from) return;
    doctor_copy(to->version, sizeof to->version, from->version);
    doctor_copy(to->cipher, sizeof to->cipher, from->cipher);
    doctor_copy(to->alpn, sizeof to->alpn, from->alpn);
    doctor_copy(to->distrust, sizeof to->distrust, from->distrust);
    to->is_trusted = from->trusted;
    for (size_t i = 0; i < from->chain_count && i < HWS_TLS_CHAIN_MAX; i++)
        add_certificate(&to->chain[to->chain_count++], &from->chain[i]);
}

static void add_bytes(doctor_bytes *to, hws_text from)
{
    to->size = from.size < sizeof to->data ? from.size : sizeof to->data;
    if (to->size > 0) memcpy(to->data, from.data, to->size);
}

/* Whether a step of type `begin` that says `text` is what `step` is the end of: of an address, the
 * one that names it, too, since several are tried at a time. */
static bool is_begin(const doctor_step *earlier, hws_step_type begin, const char *text)
{
    if (earlier->type != begin) return false;
    if (begin != HWS_STEP_CONNECT) return true;
    const size_t size = strlen(earlier->text);
    return strncmp(earlier->text, text, size) == 0 && (text[size] == '\0' || text[size] == ':');
}

/* What a step is the end of; the step before it where that is no step of its own. */
static uint64_t begin_us(const doctor_report *report, const hws_step *step)
{
    const hws_step_type begin = step->type == HWS_STEP_RESOLVED    ? HWS_STEP_RESOLVE
                                : step->type == HWS_STEP_CONNECTED ? HWS_STEP_CONNECT
                                : step->type == HWS_STEP_RESPONSE  ? HWS_STEP_REQUEST
                                                                   : step->type;
    if (report->step_count == 0) return 0;
    if (begin == step->type) return report->step[report->step_count - 1].at_us;
    for (size_t i = report->step_count; i-- > 0;)
        if (is_begin(&report->step[i], begin, step->text)) return report->step[i].at_us;
    return step->at_us;
}

void doctor_report_add_step(doctor_report *report, const hws_step *step)
{
    if (report->step_count == DOCTOR_STEP_MAX) return;
    const uint64_t took_us = step->at_us - begin_us(report, step);
    doctor_step *to = &report->step[report->step_count++];
    *to = (doctor_step){
        .type = step->type, .status = step->status, .at_us = step->at_us, .took_us = took_us};
    doctor_copy(to->text, sizeof to->text, step->text);

    switch (step->type) {
    case HWS_STEP_RESOLVED:
        if (step->status == HWS_OK && !doctor_report_has_proxy(report))
            add_addresses(report, step->text);
        break;
    case HWS_STEP_CONNECT:
        (void)address_of_step(report, step->text);
        break;
    case HWS_STEP_CONNECTED:
        add_connected(report, step, took_us);
        break;
    case HWS_STEP_TLS:
        add_tls(report, step);
        break;
    case HWS_STEP_REQUEST:
        add_bytes(&report->request, step->bytes);
        break;
    case HWS_STEP_RESPONSE:
        add_bytes(&report->answer, step->bytes);
        break;
    case HWS_STEP_RESOLVE:
    case HWS_STEP_PROXY:
        break;
    }
}

void doctor_report_open(doctor_report *report, const char *protocol, const char *extensions)
{
    doctor_talk *talk = &report->talk;
    talk->is_open = true;
    doctor_copy(talk->protocol, sizeof talk->protocol, protocol);
    doctor_copy(talk->extensions, sizeof talk->extensions, extensions);
}

void doctor_report_end(doctor_report *report, const hws_close *close, uint64_t close_us)
{
    doctor_talk *talk = &report->talk;
    talk->close_us = close_us;
    talk->code = close->code;
    talk->was_clean = close->was_clean;
    talk->status = close->status;
    talk->http_status = close->http_status;
    doctor_copy(talk->cause, sizeof talk->cause, close->cause);
    const size_t room = sizeof talk->reason - 1;
    const size_t size = close->reason.size < room ? close->reason.size : room;
    if (size > 0) memcpy(talk->reason, close->reason.data, size);
    talk->reason[size] = '\0';
}

const doctor_step *doctor_report_step(const doctor_report *report, hws_step_type type)
{
    for (size_t i = report->step_count; i-- > 0;)
        if (report->step[i].type == type) return &report->step[i];
    return NULL;
}

/* Of the text of a connecting step; 0 when it has none, as for a Unix socket. */
static unsigned long port_of(const char *text)
{
    const char *port = strstr(text, port_mark);
    return port ? strtoul(port + sizeof port_mark - 1, NULL, 10) : 0;
}

/* A proxy that cannot be reached is told by no step of its own, but by a name and a port that are
 * not those of the URL. */
bool doctor_report_has_proxy(const doctor_report *report)
{
    if (doctor_report_step(report, HWS_STEP_PROXY)) return true;
    const doctor_step *resolve = doctor_report_step(report, HWS_STEP_RESOLVE);
    if (resolve && resolve->text[0] != '\0' && strcasecmp(resolve->text, report->host) != 0)
        return true;
    const doctor_step *connect = doctor_report_step(report, HWS_STEP_CONNECT);
    const unsigned long port = connect ? port_of(connect->text) : 0;
    return port != 0 && port != report->url.port;
}

bool doctor_report_is_secure(const doctor_report *report)
{
    return hws_scheme_is_secure(report->url.scheme);
}

const doctor_trial *doctor_report_trial(const doctor_report *report, doctor_trial_kind kind)
{
    for (size_t i = 0; i < report->trial_count; i++)
        if (report->trial[i].kind == kind) return &report->trial[i];
    return NULL;
}
