/* SPDX-License-Identifier: MIT */
/* Judges answers that are no 101. */
#include "cmd/doctor_refusal.h"

#include <stdio.h>
#include <string.h>

#include "cmd/doctor_access.h"
#include "cmd/doctor_deflate.h"
#include "cmd/doctor_framework.h"
#include "cmd/doctor_redirect.h"

static const char nginx_remedy[] = "nginx, in the location of this path:\n"
                                   "    proxy_http_version 1.1;\n"
                                   "    proxy_set_header Upgrade $http_upgrade;\n"
                                   "    proxy_set_header Connection \"upgrade\";";
static const char apache_remedy[] =
    "Apache, 2.4.47 or later: ProxyPass \"/PATH\" \"http://BACKEND/PATH\" upgrade=websocket";

static int status_of(const doctor_answer *answer)
{
    return answer->response.status;
}

static void add_proxy_remedy(const doctor_answer *answer, doctor_faults *faults)
{
    char server[DOCTOR_LINE_SIZE];
    doctor_answer_field(answer, "Server", server, sizeof server);
    doctor_fault_remedy(faults, "Let the proxy in front of the server pass on the headers Upgrade "
                                "and Connection, which it drops if it is not told to.");
    if (strcasestr(server, "apache")) {
        doctor_fault_remedy(faults, "%s", apache_remedy);
    } else {
        doctor_fault_remedy(faults, "%s", nginx_remedy);
    }
}

/* The words of servers that got our request without its Upgrade, or its Connection. */
static bool says_upgrade_is_missing(const doctor_answer *answer)
{
    static const char *const words[] = {
        "upgrade required",
        "invalid upgrade",
        "missing upgrade",
        "upgrade header",
        "connection header",
        "only to \"websocket\"",
        "'upgrade' token",
        "\"upgrade\" token",
        "expected a websocket",
        "not using the websocket protocol",
        "http/1.0",
        "not a websocket",
        NULL,
    };
    return doctor_answer_says_any(answer, words);
}

static void judge_not_forwarded(const doctor_answer *answer, doctor_faults *faults)
{
    char who[3 * DOCTOR_LINE_SIZE];
    doctor_fault_add(faults, DOCTOR_FAULT, "upgrade-not-forwarded",
                     "The server answers %d because it saw no Upgrade in the request, though it "
                     "was sent: a proxy in between takes it away%s.",
                     status_of(answer), doctor_answer_hints(answer, who, sizeof who));
    add_proxy_remedy(answer, faults);
}

static bool is_login(const char *url)
{
    return strcasestr(url, "login") || strcasestr(url, "signin") || strcasestr(url, "sign_in") ||
           strcasestr(url, "/auth") || strcasestr(url, "/sso");
}

static void judge_redirect(const doctor_answer *answer, doctor_faults *faults)
{
    char location[DOCTOR_URL_SIZE];
    char url[DOCTOR_URL_SIZE];
    doctor_answer_field(answer, "Location", location, sizeof location);
    const bool leads = doctor_redirect_resolve(&answer->report->url, location, url, sizeof url);
    doctor_fault_add(faults, DOCTOR_FAULT, is_login(location) ? "redirect-to-login" : "redirect",
                     "The server redirects (%d) to %s; browsers do not follow that for "
                     "WebSockets.",
                     status_of(answer), location[0] != '\0' ? location : "nowhere: no Location");
    if (is_login(location)) {
        doctor_fault_remedy(faults, "It wants a login: send the session's cookie along, --header "
                                    "\"Cookie: NAME=VALUE\", or a token, --bearer TOKEN.");
    } else if (leads && strcmp(url, answer->report->question.url) == 0) {
        doctor_fault_remedy(faults, "It leads back to itself: the server does not know that a "
                                    "proxy in front does TLS (nginx: proxy_set_header "
                                    "X-Forwarded-Proto $scheme;).");
    } else if (leads) {
        doctor_fault_remedy(faults, "Use the URL %s", url);
    }
}

static void judge_not_found(const doctor_answer *answer, doctor_faults *faults)
{
    const doctor_report *report = answer->report;
    const doctor_trial *slash = doctor_report_trial(report, DOCTOR_TRIAL_SLASH);
    const doctor_trial *socket_io = doctor_report_trial(report, DOCTOR_TRIAL_SOCKET_IO);
    char path[DOCTOR_URL_SIZE];
    if (socket_io && socket_io->is_open) {
        doctor_socket_io_judge(answer->report, faults);
        return;
    }
    doctor_fault_add(faults, DOCTOR_FAULT, "path-not-found",
                     "There is nothing at the path %s (%d).",
                     doctor_answer_path(answer, path, sizeof path), status_of(answer));
    if (slash && slash->is_open) {
        doctor_fault_remedy(faults, "Use the URL %s: there it opens.", slash->url);
        return;
    }
    doctor_fault_remedy(faults, "Correct the path in the URL: the server is there, but its "
                                "WebSocket is elsewhere (often /ws or /websocket). If a proxy "
                                "stands in front, see whether it passes this path on unchanged.");
}

static void judge_wanted_version(const doctor_answer *answer, const char *versions,
                                 doctor_faults *faults)
{
    doctor_fault_add(faults, DOCTOR_FAULT, "websocket-version",
                     "The server speaks version %s of the WebSocket protocol (%d); the standard, "
                     "and all browsers, speak 13.",
                     versions, status_of(answer));
    doctor_fault_remedy(faults, "Update the server: other versions are drafts from before 2011 "
                                "(RFC 6455).");
}

/* TLS is wanted on this port, says a server that understood our HTTP all the same. */
static bool says_tls_is_wanted(const doctor_answer *answer)
{
    static const char *const words[] = {"plain http request was sent to https",
                                        "http request to an https server",
                                        "speaking plain http to an ssl", NULL};
    return !doctor_report_is_secure(answer->report) && doctor_answer_says_any(answer, words);
}

static void judge_tls_wanted(const doctor_answer *answer, doctor_faults *faults)
{
    const doctor_trial *trial = doctor_report_trial(answer->report, DOCTOR_TRIAL_SCHEME);
    doctor_fault_add(faults, DOCTOR_FAULT, "tls-server",
                     "The URL says %s, but port %u is one of TLS, as the server says (%d).",
                     hws_scheme_name(answer->report->url.scheme), answer->report->url.port,
                     status_of(answer));
    doctor_fault_remedy(faults, "Use wss:// in the URL%s%s.",
                        trial && trial->is_open ? "; this opens: " : "",
                        trial && trial->is_open ? trial->url : "");
}

static bool says_protocol_is_wanted(const doctor_answer *answer)
{
    static const char *const words[] = {"subprotocol", "sub-protocol", "sec-websocket-protocol",
                                        NULL};
    return doctor_answer_says_any(answer, words);
}

static void judge_protocol_wanted(const doctor_answer *answer, doctor_faults *faults)
{
    const char *const *protocols = answer->report->question.protocols;
    const bool is_offered = protocols && protocols[0];
    doctor_fault_add(faults, DOCTOR_FAULT,
                     is_offered ? "subprotocol-refused" : "subprotocol-missing",
                     is_offered ? "The server refuses the subprotocols that were offered (%d)."
                                : "The server wants a subprotocol, and none was offered (%d).",
                     status_of(answer));
    doctor_fault_remedy(faults, "--protocol NAME offers one; its name is in the server's "
                                "documentation (new WebSocket(url, \"NAME\") in a browser).");
}

/* The first line of the body, for who has to read it himself. */
static const char *first_line(const doctor_answer *answer, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)answer->body.size,
             answer->body.data ? answer->body.data : "");
    text[strcspn(text, "\r\n")] = '\0';
    return text;
}

static void judge_other(const doctor_answer *answer, doctor_faults *faults)
{
    char line[DOCTOR_LINE_SIZE];
    char who[3 * DOCTOR_LINE_SIZE];
    first_line(answer, line, sizeof line);
    doctor_fault_add(
        faults, DOCTOR_FAULT, status_of(answer) == 400 ? "bad-request" : "unexpected-answer",
        "The server answers %d%s, and not 101%s%s.", status_of(answer),
        doctor_answer_hints(answer, who, sizeof who), line[0] != '\0' ? ": " : "", line);
    doctor_fault_remedy(faults, "See what the server's log says of this request; --verbose shows "
                                "all of the answer.");
    doctor_access_tell(answer, faults);
}

static void judge_bad_request(const doctor_answer *answer, doctor_faults *faults)
{
    char versions[DOCTOR_LINE_SIZE];
    doctor_answer_field(answer, "Sec-WebSocket-Version", versions, sizeof versions);
    if (says_tls_is_wanted(answer)) {
        judge_tls_wanted(answer, faults);
    } else if (doctor_socket_io_is(answer)) {
        doctor_socket_io_judge(answer->report, faults);
    } else if (versions[0] != '\0' && !strstr(versions, "13")) {
        judge_wanted_version(answer, versions, faults);
    } else if (says_protocol_is_wanted(answer)) {
        judge_protocol_wanted(answer, faults);
    } else if (status_of(answer) == 426 || versions[0] != '\0' || says_upgrade_is_missing(answer)) {
        judge_not_forwarded(answer, faults);
    } else if (!doctor_access_judge_origin(answer, faults)) {
        judge_other(answer, faults);
    }
}

/* 2xx: as if it had been any request. */
static void judge_page(const doctor_answer *answer, doctor_faults *faults)
{
    const doctor_trial *trial = doctor_report_trial(answer->report, DOCTOR_TRIAL_SOCKET_IO);
    char who[3 * DOCTOR_LINE_SIZE];
    char path[DOCTOR_URL_SIZE];
    if (doctor_sockjs_is(answer)) {
        doctor_sockjs_judge(answer, faults);
        return;
    }
    if (doctor_socket_io_is(answer) || (trial && trial->is_open)) {
        doctor_socket_io_judge(answer->report, faults);
        return;
    }
    doctor_fault_add(faults, DOCTOR_FAULT, "upgrade-ignored",
                     "The server answers %d, as to any request for a page, and does not switch to "
                     "WebSocket%s: either a proxy in between takes the Upgrade away, or there is "
                     "no WebSocket at the path %s.",
                     status_of(answer), doctor_answer_hints(answer, who, sizeof who),
                     doctor_answer_path(answer, path, sizeof path));
    doctor_fault_remedy(faults, "Check the path.");
    add_proxy_remedy(answer, faults);
}

static void judge_busy(const doctor_answer *answer, doctor_faults *faults)
{
    const bool is_rate = status_of(answer) == 429;
    char after[DOCTOR_LINE_SIZE];
    doctor_answer_field(answer, "Retry-After", after, sizeof after);
    const bool has_seconds = after[0] != '\0' && after[strspn(after, "0123456789")] == '\0';
    doctor_fault_add(faults, DOCTOR_FAULT, is_rate ? "too-many-requests" : "unavailable",
                     is_rate ? "The server takes no more requests from here for now (429)%s%s%s."
                             : "The server is overloaded or being maintained (503)%s%s%s.",
                     after[0] != '\0' ? "; Retry-After: " : "", after,
                     has_seconds ? " seconds" : "");
    doctor_fault_remedy(faults, after[0] != '\0'
                                    ? "Try again after that; let clients wait longer and longer, "
                                      "each by a random time, before they reconnect."
                                    : "Try again later. If that does not help: behind a proxy, 503 "
                                      "often means that no server is up.");
}

static void judge_gateway(const doctor_answer *answer, doctor_faults *faults)
{
    char who[3 * DOCTOR_LINE_SIZE];
    doctor_fault_add(faults, DOCTOR_FAULT, "gateway",
                     "A proxy answers %d%s: the server behind it %s.", status_of(answer),
                     doctor_answer_hints(answer, who, sizeof who),
                     status_of(answer) == 504 ? "does not answer in time" : "cannot be reached");
    doctor_fault_remedy(faults, "See whether the server behind the proxy runs, and whether the "
                                "proxy has its right address and port; its error log says more.");
}

static void judge_server_error(const doctor_answer *answer, doctor_faults *faults)
{
    char line[DOCTOR_LINE_SIZE];
    first_line(answer, line, sizeof line);
    doctor_fault_add(faults, DOCTOR_FAULT, "server-error",
                     "The server failed when it handled the request (500)%s%s.",
                     line[0] != '\0' ? ": " : "", line);
    doctor_fault_remedy(faults, "Its log says why.");
}

typedef struct refusal {
    int first;
    int last;
    void (*judge)(const doctor_answer *answer, doctor_faults *faults);
} refusal;

static const refusal refusals[] = {
    {200, 299, judge_page},
    {300, 399, judge_redirect},
    {400, 400, judge_bad_request},
    {401, 401, doctor_access_judge_unauthorized},
    {403, 403, doctor_access_judge_forbidden},
    {404, 404, judge_not_found},
    {410, 410, judge_not_found},
    {426, 426, judge_bad_request},
    {429, 429, judge_busy},
    {500, 500, judge_server_error},
    {502, 502, judge_gateway},
    {503, 503, judge_busy},
    {504, 504, judge_gateway},
    {520, 527, judge_gateway},
};

void doctor_refusal_judge(const doctor_answer *answer, doctor_faults *faults)
{
    const int status = status_of(answer);
    const bool is_about_origin = status == 401 || status == 403 || status == 404;
    if (doctor_fault_find(faults, "http-1.0") && status < 300) return; /* that says it all */
    if (is_about_origin && doctor_access_judge_origin(answer, faults)) return;
    if (doctor_deflate_judge_answer(answer->report, faults)) return;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (status < refusals[i].first || status > refusals[i].last) continue;
        refusals[i].judge(answer, faults);
        return;
    }
    judge_other(answer, faults);
}

static bool is_silence(hws_status status)
{
    return status == HWS_ERR_CONNECTION_LOST || status == HWS_ERR_CONNECTION_RESET ||
           status == HWS_ERR_HANDSHAKE_TIMEOUT || status == HWS_ERR_HTTP_TIMEOUT ||
           status == HWS_ERR_TIMEOUT || status == HWS_ERR_SEND_TIMEOUT;
}

/* What complains of a certificate, or of ours, has seen one. */
static bool has_seen_tls(hws_status status)
{
    return status == HWS_ERR_TLS_UNTRUSTED || status == HWS_ERR_TLS_EXPIRED ||
           status == HWS_ERR_TLS_NAME || status == HWS_ERR_TLS_CERTIFICATE ||
           status == HWS_ERR_TLS_REFUSED;
}

void doctor_refusal_judge_silence(const doctor_report *report, doctor_faults *faults)
{
    const hws_status status = report->talk.status;
    if (!doctor_report_step(report, HWS_STEP_REQUEST) || !is_silence(status)) return;
    const bool is_ended = status == HWS_ERR_CONNECTION_LOST || status == HWS_ERR_CONNECTION_RESET;
    const doctor_trial *socket_io = doctor_report_trial(report, DOCTOR_TRIAL_SOCKET_IO);
    if (socket_io && socket_io->is_open) {
        doctor_socket_io_judge(report, faults);
        return;
    }
    const doctor_trial *other = doctor_report_trial(report, DOCTOR_TRIAL_SCHEME);
    if (other && (other->is_open || other->is_answered || has_seen_tls(other->status))) {
        doctor_fault_add(faults, DOCTOR_FAULT, "tls-server",
                         "The URL says %s, but what listens on port %u speaks TLS: it gives no "
                         "answer without.",
                         hws_scheme_name(report->url.scheme), report->url.port);
        doctor_fault_remedy(faults, "Use %s", other->url);
        return;
    }
    if (is_ended) {
        doctor_fault_add(faults, DOCTOR_FAULT, "closed-without-answer",
                         "The server took the request, and ended the connection without an "
                         "answer.");
        doctor_fault_remedy(faults, "Its log may say why. Some servers do so when the path is "
                                    "wrong, and some firewalls when they see an Upgrade.");
        return;
    }
    doctor_fault_add(faults, DOCTOR_FAULT, "no-answer",
                     "The server took the connection and the request, but gave no answer within "
                     "%.3g s.",
                     (double)report->timeout_ms / 1000);
    doctor_fault_remedy(faults, "It hangs, or does not speak HTTP: see its log, and whether the "
                                "port is the right one. --timeout waits longer.");
}
