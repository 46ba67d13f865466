/* SPDX-License-Identifier: MIT */
/* Writes what was seen and what is wrong for programs: one JSON object.
 *
 * Jansson's calls take NULL for what could not be made, and fail in turn: whether all went well is
 * asked once, where the whole is made. */
#include "cmd/doctor_json.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd/doctor_answer.h"
#include "cmd/doctor_mask.h"
#include "cmd/doctor_trial.h"
#include "cmd/log.h"

enum { TEXT_SIZE = 4096 }; /* bytes of one text, its zero included */

/* A text that a peer may have had a hand in: secrets hidden, what is not printable ASCII escaped
 * unless it is UTF-8. */
static json_t *text_of(const char *text)
{
    char masked[TEXT_SIZE];
    char escaped[TEXT_SIZE];
    doctor_mask_text(text, strlen(text), masked, sizeof masked);
    json_t *whole = json_string(masked);
    if (whole) return whole;
    log_escape(masked, escaped, sizeof escaped);
    return json_string(escaped);
}

/* Returns: the list; NULL when there is none any more. */
static json_t *append(json_t *list, json_t *element)
{
    if (json_array_append_new(list, element) == 0) return list;
    json_decref(list);
    return NULL;
}

static json_t *ms_of(uint64_t us)
{
    return json_real((double)us / 1000);
}

static const char *step_name(hws_step_type type)
{
    switch (type) {
    case HWS_STEP_RESOLVE:
        return "resolve";
    case HWS_STEP_RESOLVED:
        return "resolved";
    case HWS_STEP_CONNECT:
        return "connect";
    case HWS_STEP_CONNECTED:
        return "connected";
    case HWS_STEP_PROXY:
        return "proxy";
    case HWS_STEP_TLS:
        return "tls";
    case HWS_STEP_REQUEST:
        return "request";
    case HWS_STEP_RESPONSE:
        return "response";
    }
    return "unknown";
}

static json_t *make_steps(const doctor_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->step_count; i++) {
        const doctor_step *step = &report->step[i];
        list = append(list, json_pack("{s:s, s:o, s:o, s:b, s:s, s:o}", "step",
                                      step_name(step->type), "at_ms", ms_of(step->at_us), "took_ms",
                                      ms_of(step->took_us), "ok", step->status >= HWS_OK, "status",
                                      hws_status_text(step->status), "text", text_of(step->text)));
    }
    return list;
}

static json_t *make_addresses(const doctor_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->address_count; i++) {
        const doctor_address *address = &report->address[i];
        if (!address->is_done) continue;
        list = append(list, json_pack("{s:o, s:b, s:s, s:o}", "address", text_of(address->text),
                                      "ok", address->status == HWS_OK, "status",
                                      hws_status_text(address->status), "took_ms",
                                      ms_of(address->took_us)));
    }
    return list;
}

static json_t *make_certificate(const doctor_certificate *certificate)
{
    return json_pack("{s:o, s:o, s:o, s:I, s:I}", "subject", text_of(certificate->subject),
                     "issuer", text_of(certificate->issuer), "names", text_of(certificate->names),
                     "not_before_s", (json_int_t)certificate->not_before_s, "not_after_s",
                     (json_int_t)certificate->not_after_s);
}

static json_t *make_tls(const doctor_report *report)
{
    const doctor_tls *tls = &report->tls;
    if (!tls->is_seen) return json_null();
    json_t *chain = json_array();
    for (size_t i = 0; i < tls->chain_count; i++)
        chain = append(chain, make_certificate(&tls->chain[i]));
    return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o}", "version", tls->version, "cipher",
                     tls->cipher, "alpn", tls->alpn, "trusted", tls->is_trusted, "distrust",
                     text_of(tls->distrust), "chain", chain);
}

static json_t *make_fields(const doctor_answer *answer)
{
    json_t *list = json_array();
    hws_http_field field = {0};
    while (hws_http_head_next(&answer->response, &field)) {
        char line[TEXT_SIZE];
        char masked[TEXT_SIZE];
        snprintf(line, sizeof line, "%.*s: %.*s", (int)field.name.size, field.name.data,
                 (int)field.value.size, field.value.data);
        doctor_mask_line(line, strlen(line), masked, sizeof masked);
        list = append(list, text_of(masked));
    }
    return list;
}

static json_t *make_http(const doctor_report *report)
{
    doctor_answer answer;
    doctor_answer_read(&answer, report);
    json_t *object = answer.is_head ? json_pack("{s:i, s:o}", "status", answer.response.status,
                                                "headers", make_fields(&answer))
                                    : json_null();
    doctor_answer_release(&answer);
    return object;
}

static const char *echo_name(doctor_echo echo)
{
    switch (echo) {
    case DOCTOR_ECHO_NOT_TRIED:
        return "not tried";
    case DOCTOR_ECHO_SAME:
        return "same";
    case DOCTOR_ECHO_OTHER:
        return "other";
    case DOCTOR_ECHO_NONE:
        return "none";
    }
    return "unknown";
}

/* null: nothing was agreed on. */
static json_t *make_deflate(const doctor_talk *talk)
{
    const hws_deflate_info *it = &talk->deflate;
    if (!it->agreed) return json_null();
    return json_pack(
        "{s:b, s:b, s:i, s:i, s:s, s:o, s:I, s:I, s:I, s:I}", "send_takeover", it->send_takeover,
        "receive_takeover", it->receive_takeover, "send_window_bits", it->send_window_bits,
        "receive_window_bits", it->receive_window_bits, "sample", echo_name(talk->sample),
        "sample_ms", talk->sample == DOCTOR_ECHO_SAME ? ms_of(talk->sample_us) : json_null(),
        "sent_bytes", (json_int_t)it->sent_size, "sent_compressed_bytes",
        (json_int_t)it->sent_deflated_size, "received_bytes", (json_int_t)it->received_size,
        "received_compressed_bytes", (json_int_t)it->received_deflated_size);
}

static json_t *make_talk(const doctor_report *report)
{
    const doctor_talk *talk = &report->talk;
    return json_pack(
        "{s:b, s:o, s:o, s:o, s:o, s:s, s:o, s:{s:i, s:o, s:b, s:b, s:o, s:o}}", "open",
        talk->is_open, "protocol", text_of(talk->protocol), "extensions", text_of(talk->extensions),
        "deflate", make_deflate(talk), "ping_ms",
        talk->is_ponged ? ms_of(talk->pong_us) : json_null(), "echo", echo_name(talk->echo),
        "echo_ms", talk->echo == DOCTOR_ECHO_SAME ? ms_of(talk->echo_us) : json_null(), "close",
        "code", talk->code, "reason", text_of(talk->reason), "clean", talk->was_clean, "ours",
        talk->is_closed_by_us, "took_ms", ms_of(talk->close_us), "cause", text_of(talk->cause));
}

static json_t *make_trials(const doctor_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->trial_count; i++) {
        const doctor_trial *trial = &report->trial[i];
        char what[DOCTOR_URL_SIZE];
        doctor_trial_describe(trial, what, sizeof what);
        list = append(list, json_pack("{s:o, s:b, s:i, s:s}", "tried", text_of(what), "open",
                                      trial->is_open, "http_status", trial->http_status, "status",
                                      hws_status_text(trial->status)));
    }
    return list;
}

static json_t *make_faults(const doctor_faults *faults, doctor_gravity gravity)
{
    json_t *list = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const doctor_fault *fault = &faults->fault[i];
        if (fault->gravity != gravity) continue;
        list = append(list, json_pack("{s:s, s:o, s:o}", "name", fault->name, "text",
                                      text_of(fault->text), "remedy", text_of(fault->remedy)));
    }
    return list;
}

bool doctor_json_print(FILE *file, const doctor_report *report, const doctor_faults *faults)
{
    json_t *whole = json_pack(
        "{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "url",
        text_of(report->question.url), "healthy", doctor_fault_count(faults, DOCTOR_FAULT) == 0,
        "faults", make_faults(faults, DOCTOR_FAULT), "warnings",
        make_faults(faults, DOCTOR_WARNING), "notes", make_faults(faults, DOCTOR_NOTE), "steps",
        make_steps(report), "addresses", make_addresses(report), "tls", make_tls(report), "http",
        make_http(report), "talk", make_talk(report), "trials", make_trials(report));
    char *text = whole ? json_dumps(whole, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(whole);
    if (!text) return false;
    fprintf(file, "%s\n", text);
    free(text);
    return true;
}
