/* SPDX-License-Identifier: MIT */
/* Judges TLS: whether it is spoken at all, its version, the certificates and how long they last. */
#include "cmd/doctor_certificate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 24 * 60 * 60 };

void doctor_certificate_date(int64_t at_s, char *text, size_t size)
{
    const time_t at = (time_t)at_s;
    struct tm utc;
    if (!gmtime_r(&at, &utc) || strftime(text, size, "%Y-%m-%d", &utc) == 0)
        snprintf(text, size, "a date that cannot be told");
}

static const char *days_word(int64_t days)
{
    return days == 1 ? "day" : "days";
}

/* "The certificate of example.com", or which of those behind it. */
static void name_certificate(const doctor_report *report, size_t i, char *text, size_t size)
{
    if (i == 0) {
        snprintf(text, size, "certificate of %s", report->host);
    } else {
        snprintf(text, size, "certificate of the authority %s", report->tls.chain[i].subject);
    }
}

/* The first certificate whose time is not now; chain_count when there is none. */
static size_t find_untimely(const doctor_report *report)
{
    const doctor_tls *tls = &report->tls;
    size_t i = 0;
    while (i < tls->chain_count && tls->chain[i].not_before_s <= report->now_s &&
           tls->chain[i].not_after_s >= report->now_s)
        i++;
    return i;
}

static void judge_expired(const doctor_report *report, doctor_gravity gravity, size_t i,
                          doctor_faults *faults)
{
    char which[2 * DOCTOR_LINE_SIZE];
    char date[32];
    const int64_t not_after_s = report->tls.chain[i].not_after_s;
    const int64_t days = (report->now_s - not_after_s) / DAY_S;
    name_certificate(report, i, which, sizeof which);
    doctor_certificate_date(not_after_s, date, sizeof date);
    doctor_fault_add(faults, gravity, "certificate-expired",
                     "The %s expired on %s, %" PRId64 " %s ago.", which, date, days,
                     days_word(days));
    doctor_fault_remedy(faults,
                        "Renew it on the server (certbot renew, or what made it), and let the "
                        "server load it: many need a restart for that.");
}

static void judge_early(const doctor_report *report, doctor_gravity gravity, size_t i,
                        doctor_faults *faults)
{
    char which[2 * DOCTOR_LINE_SIZE];
    char date[32];
    char today[32];
    name_certificate(report, i, which, sizeof which);
    doctor_certificate_date(report->tls.chain[i].not_before_s, date, sizeof date);
    doctor_certificate_date(report->now_s, today, sizeof today);
    doctor_fault_add(faults, gravity, "certificate-not-yet-valid",
                     "The %s is valid from %s on; the clock of this machine says %s.", which, date,
                     today);
    doctor_fault_remedy(faults, "Set the clock of this machine, if it is wrong; else wait, or get "
                                "a certificate that is valid now.");
}

/* Returns: whether that is what is wrong. */
static bool judge_time(const doctor_report *report, doctor_gravity gravity, doctor_faults *faults)
{
    const size_t i = find_untimely(report);
    if (i == report->tls.chain_count) return false;
    if (report->tls.chain[i].not_after_s < report->now_s) {
        judge_expired(report, gravity, i, faults);
    } else {
        judge_early(report, gravity, i, faults);
    }
    return true;
}

static void judge_name(const doctor_report *report, doctor_gravity gravity, doctor_faults *faults)
{
    const doctor_certificate *own = &report->tls.chain[0];
    const bool has_names = report->tls.chain_count > 0 && own->names[0] != '\0';
    doctor_fault_add(faults, gravity, "certificate-name",
                     "The certificate is not for %s, but for: %s.", report->host,
                     has_names ? own->names : "no name at all");
    doctor_fault_remedy(faults,
                        "Use one of its names in the URL, or get a certificate that names %s "
                        "(as a subject alternative name; the common name does not count).",
                        report->host);
    doctor_fault_remedy(faults, "If the server has several sites, the one for this name may be "
                                "missing, and what answers is its default.");
}

static bool is_self_signed(const doctor_certificate *certificate)
{
    return strcmp(certificate->subject, certificate->issuer) == 0;
}

static void judge_self_signed(const doctor_report *report, doctor_gravity gravity,
                              doctor_faults *faults)
{
    doctor_fault_add(faults, gravity, "certificate-self-signed",
                     "The certificate of %s is self-signed: no authority vouches for it.",
                     report->host);
    doctor_fault_remedy(faults, "For a public server get one of an authority (Let's Encrypt is "
                                "free). For trying things out: --authorities with the certificate "
                                "itself, or --insecure.");
}

static void judge_incomplete(const doctor_report *report, doctor_gravity gravity,
                             doctor_faults *faults)
{
    doctor_fault_add(faults, gravity, "certificate-chain-incomplete",
                     "The server sends its own certificate alone, and the authority that issued "
                     "it (%s) is not known to this machine: the intermediate certificate is "
                     "missing.",
                     report->tls.chain[0].issuer);
    doctor_fault_remedy(faults,
                        "Let the server send the whole chain: fullchain.pem instead of cert.pem. "
                        "Browsers often fetch the missing one by themselves; others fail.");
    doctor_fault_remedy(faults, "If the authority is your own: --authorities FILE with its "
                                "certificate.");
}

static void judge_authority(const doctor_report *report, doctor_gravity gravity,
                            doctor_faults *faults)
{
    const doctor_tls *tls = &report->tls;
    const bool has_chain = tls->chain_count > 0;
    doctor_fault_add(faults, gravity, "certificate-authority-unknown",
                     "The certificate comes from an authority that this machine does not trust: "
                     "%s.",
                     has_chain ? tls->chain[tls->chain_count - 1].issuer : tls->why);
    doctor_fault_remedy(faults, "If the authority is your own: --authorities FILE with its "
                                "certificate. If it is a public one: install ca-certificates.");
    if (report->question.has_authorities) {
        doctor_fault_remedy(faults, "The file that --authorities names does not hold it.");
    } else {
        doctor_fault_remedy(faults, "If you did not expect it, something on the way opens the "
                                    "encryption, as antivirus programs and company proxies do.");
    }
}

static void judge_trust(const doctor_report *report, doctor_gravity gravity, doctor_faults *faults)
{
    const doctor_tls *tls = &report->tls;
    if (tls->chain_count == 1 && is_self_signed(&tls->chain[0])) {
        judge_self_signed(report, gravity, faults);
    } else if (tls->chain_count == 1 && !report->question.has_authorities) {
        judge_incomplete(report, gravity, faults);
    } else {
        judge_authority(report, gravity, faults);
    }
}

static const char *words_of(const doctor_report *report)
{
    return report->tls.why[0] != '\0' ? report->tls.why : report->talk.cause;
}

static void judge_unacceptable(const doctor_report *report, doctor_gravity gravity,
                               doctor_faults *faults)
{
    const char *distrust = report->tls.distrust;
    doctor_fault_add(faults, gravity, "certificate-unacceptable",
                     "The certificate cannot be accepted: %s.",
                     distrust[0] != '\0' ? distrust : words_of(report));
    doctor_fault_remedy(faults, "Get one that is for servers, with a key of today's size: RSA of "
                                "2048 bits or more, or ECDSA.");
}

static void judge_not_tls(const doctor_report *report, doctor_faults *faults)
{
    doctor_fault_add(faults, DOCTOR_FAULT, "plain-server",
                     "The URL says %s, but what listens on port %u does not speak TLS.",
                     hws_scheme_name(report->url.scheme), report->url.port);
    const doctor_trial *plain = doctor_report_trial(report, DOCTOR_TRIAL_SCHEME);
    if (plain && (plain->is_open || plain->is_answered)) {
        doctor_fault_remedy(faults,
                            "Without TLS it %s: use %s where that is safe (this machine, "
                            "trying things out).",
                            plain->is_open ? "opens" : "answers", plain->url);
    }
    doctor_fault_remedy(faults, "Give the server a certificate, or use the port of what does TLS "
                                "in front of it: pages of https may only open wss.");
}

/* Whether the failure's words have one of `words` (ended by NULL) in them, which are as RFC 8446 §6
 * names alerts. */
static bool is_said(const doctor_report *report, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (strstr(report->tls.why, words[i]) || strstr(report->talk.cause, words[i])) return true;
    return false;
}

static void judge_client_certificate(const doctor_report *report, doctor_faults *faults)
{
    if (report->question.has_certificate) {
        doctor_fault_add(faults, DOCTOR_FAULT, "client-certificate-refused",
                         "The server refuses the client certificate: %s.", words_of(report));
        doctor_fault_remedy(faults, "Show one of an authority that the server accepts, which has "
                                    "not expired, with the chain up to it in the same file.");
        return;
    }
    doctor_fault_add(faults, DOCTOR_FAULT, "client-certificate-wanted",
                     "The server wants a client certificate, and none was shown: %s.",
                     words_of(report));
    doctor_fault_remedy(faults, "--certificate FILE --key FILE shows one.");
}

static void judge_version(const doctor_report *report, doctor_faults *faults)
{
    doctor_fault_add(faults, DOCTOR_FAULT, "tls-version",
                     "The server and this client have no version of TLS in common: %s. TLS 1.2 "
                     "and 1.3 are spoken here, as in browsers.",
                     words_of(report));
    doctor_fault_remedy(faults, "Let the server speak TLS 1.2 or 1.3 (nginx: ssl_protocols TLSv1.2 "
                                "TLSv1.3;). 1.0 and 1.1 are not safe any more (RFC 8996).");
}

static void judge_http2_only(doctor_faults *faults)
{
    doctor_fault_add(faults, DOCTOR_FAULT, "http2-only",
                     "The server speaks HTTP/2 alone; a WebSocket begins with HTTP/1.1.");
    doctor_fault_remedy(faults, "Let it speak http/1.1, too (in its ALPN list), or put a proxy in "
                                "front that does.");
}

static void judge_refusal(const doctor_report *report, doctor_faults *faults)
{
    static const char *const certificate_words[] = {
        "certificate_required", "bad_certificate",     "unknown_ca",    "certificate_unknown",
        "certificate_expired",  "certificate_revoked", "access_denied", NULL};
    static const char *const version_words[] = {"protocol_version", "unsupported protocol",
                                                "version too low", NULL};
    static const char *const alpn_words[] = {"no_application_protocol", NULL};
    static const char *const name_words[] = {"unrecognized_name", NULL};
    /* TLS 1.2 has no alert for a certificate that is missing; but who refuses behind its own has
     * found ciphers and versions to its liking. */
    static const char *const failure_words[] = {"handshake_failure", NULL};
    const bool is_behind = report->tls.chain_count > 0 && is_said(report, failure_words);
    if (is_behind || is_said(report, certificate_words)) {
        judge_client_certificate(report, faults);
    } else if (is_said(report, version_words)) {
        judge_version(report, faults);
    } else if (is_said(report, alpn_words)) {
        judge_http2_only(faults);
    } else if (is_said(report, name_words)) {
        doctor_fault_add(faults, DOCTOR_FAULT, "tls-name-unknown",
                         "The server has no certificate for the name %s, and refuses it.",
                         report->host);
        doctor_fault_remedy(faults, "Use a name that the server is set up for, or add this one.");
    } else {
        doctor_fault_add(faults, DOCTOR_FAULT, "tls-refused", "TLS could not be agreed on: %s.",
                         words_of(report));
        doctor_fault_remedy(faults, "openssl s_client -connect %s:%u shows what it offers.",
                            report->host, report->url.port);
    }
}

static bool is_late(hws_status status)
{
    return status == HWS_ERR_HANDSHAKE_TIMEOUT || status == HWS_ERR_TIMEOUT ||
           status == HWS_ERR_CONNECT_TIMEOUT;
}

static bool is_ended(hws_status status)
{
    return status == HWS_ERR_CONNECTION_LOST || status == HWS_ERR_CONNECTION_RESET;
}

/* The connection ended, or nothing came, while the handshake of TLS was under way. */
static void judge_silence(const doctor_report *report, doctor_faults *faults)
{
    const bool late = is_late(report->talk.status);
    doctor_fault_add(faults, DOCTOR_FAULT, late ? "tls-timeout" : "tls-dropped",
                     late ? "The server took the connection, but does not answer the TLS "
                            "handshake: %s."
                          : "The server ended the connection during the TLS handshake: %s.",
                     words_of(report));
    const doctor_trial *plain = doctor_report_trial(report, DOCTOR_TRIAL_SCHEME);
    if (plain && (plain->is_open || plain->is_answered)) {
        doctor_fault_remedy(faults, "It speaks no TLS: without, at %s, it %s.", plain->url,
                            plain->is_open ? "opens" : "answers");
    } else {
        doctor_fault_remedy(faults,
                            "What listens on port %u may not speak TLS, or something on "
                            "the way cuts it off because of the name.",
                            report->url.port);
    }
}

/* With --insecure everything is taken; what is wrong is told all the same. */
static void judge_distrusted(const doctor_report *report, doctor_faults *faults)
{
    const doctor_tls *tls = &report->tls;
    if (judge_time(report, DOCTOR_WARNING, faults)) return;
    if (tls->chain_count == 1 && is_self_signed(&tls->chain[0])) {
        judge_self_signed(report, DOCTOR_WARNING, faults);
        return;
    }
    doctor_fault_add(faults, DOCTOR_WARNING, "certificate-unacceptable",
                     "The certificate was taken because of --insecure; else it would have been "
                     "refused: %s.",
                     tls->distrust);
    doctor_fault_remedy(faults, "Without --insecure the doctor says what to do about it.");
}

static void judge_soon(const doctor_report *report, doctor_faults *faults)
{
    const doctor_tls *tls = &report->tls;
    for (size_t i = 0; i < tls->chain_count; i++) {
        const int64_t left_s = tls->chain[i].not_after_s - report->now_s;
        if (left_s < 0 || left_s >= DOCTOR_EXPIRY_WARNING_S) continue;
        char which[2 * DOCTOR_LINE_SIZE];
        char date[32];
        name_certificate(report, i, which, sizeof which);
        doctor_certificate_date(tls->chain[i].not_after_s, date, sizeof date);
        doctor_fault_add(faults, DOCTOR_WARNING, "certificate-expires-soon",
                         "The %s expires on %s, in %" PRId64 " %s.", which, date, left_s / DAY_S,
                         days_word(left_s / DAY_S));
        doctor_fault_remedy(faults, "Renew it; if that happens by itself, see why it has not.");
        return;
    }
}

static void judge_status(const doctor_report *report, doctor_faults *faults)
{
    switch ((int)report->talk.status) {
    case HWS_ERR_TLS_NOT_TLS:
        judge_not_tls(report, faults);
        break;
    case HWS_ERR_TLS_EXPIRED:
        if (!judge_time(report, DOCTOR_FAULT, faults))
            judge_unacceptable(report, DOCTOR_FAULT, faults);
        break;
    case HWS_ERR_TLS_NAME:
        judge_name(report, DOCTOR_FAULT, faults);
        break;
    case HWS_ERR_TLS_UNTRUSTED:
        judge_trust(report, DOCTOR_FAULT, faults);
        break;
    case HWS_ERR_TLS_CERTIFICATE:
        judge_unacceptable(report, DOCTOR_FAULT, faults);
        break;
    case HWS_ERR_TLS:
    case HWS_ERR_TLS_REFUSED:
        judge_refusal(report, faults);
        break;
    default:
        break;
    }
}

/* Whether it ended after an address was connected to and before TLS had come to an end. */
static bool is_tls_under_way(const doctor_report *report)
{
    const hws_status status = report->talk.status;
    return doctor_report_is_secure(report) && !report->tls.is_seen &&
           !doctor_report_step(report, HWS_STEP_REQUEST) &&
           (is_ended(status) || status == HWS_ERR_HANDSHAKE_TIMEOUT || status == HWS_ERR_TIMEOUT);
}

/* Or it ended with the step of TLS, which then says so. */
static bool is_tls_cut(const doctor_report *report)
{
    const doctor_step *step = doctor_report_step(report, HWS_STEP_TLS);
    return step && (is_late(step->status) || is_ended(step->status));
}

void doctor_certificate_judge(const doctor_report *report, doctor_faults *faults)
{
    if (is_tls_under_way(report) || is_tls_cut(report)) {
        judge_silence(report, faults);
        return;
    }
    judge_status(report, faults);
    if (!report->tls.is_seen || report->tls.why[0] != '\0') return;
    if (report->tls.chain_count > 0 && !report->tls.is_trusted) judge_distrusted(report, faults);
    judge_soon(report, faults);
}
