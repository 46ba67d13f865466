/* SPDX-License-Identifier: MIT */
/* Which further attempts may tell what is wrong. */
#include "cmd/doctor_trial.h"

#include <stdio.h>
#include <string.h>

#include "cmd/doctor_answer.h"
#include "cmd/doctor_banner.h"
#include "cmd/doctor_redirect.h"

/* What is being chosen. */
typedef struct choice {
    const doctor_report *report;
    doctor_trial *trials;
    size_t count;
} choice;

/* A further one, like the first attempt but for what is changed in it; NULL: there are enough. */
static doctor_trial *add(choice *it, doctor_trial_kind kind)
{
    if (it->count == DOCTOR_TRIAL_MAX) return NULL;
    doctor_trial *trial = &it->trials[it->count++];
    *trial = (doctor_trial){.kind = kind};
    doctor_copy(trial->url, sizeof trial->url, it->report->question.url);
    doctor_copy(trial->origin, sizeof trial->origin, it->report->question.origin);
    return trial;
}

/* A URL that does not fit, or that is the same, is not tried. */
static void add_location(choice *it, doctor_trial_kind kind, const char *location)
{
    char url[DOCTOR_URL_SIZE];
    if (!doctor_redirect_resolve(&it->report->url, location, url, sizeof url)) return;
    if (strcmp(url, it->report->question.url) == 0) return;
    doctor_trial *trial = add(it, kind);
    if (trial) doctor_copy(trial->url, sizeof trial->url, url);
}

static void try_scheme(choice *it)
{
    hws_url url = it->report->url;
    if (hws_scheme_is_secure(url.scheme)) {
        url.scheme = HWS_SCHEME_WS;
        url.query = (hws_text){0}; /* it may hold a token, which must not go in the clear */
    } else {
        url.scheme = HWS_SCHEME_WSS;
    }
    char text[DOCTOR_URL_SIZE];
    size_t size = 0;
    if (hws_url_write(&url, text, sizeof text - 1, &size) != HWS_OK) return;
    text[size] = '\0';
    doctor_trial *trial = add(it, DOCTOR_TRIAL_SCHEME);
    if (trial) doctor_copy(trial->url, sizeof trial->url, text);
}

static bool own_origin(const doctor_report *report, char *text, size_t size)
{
    const hws_url *url = &report->url;
    const hws_origin origin = {
        .scheme = hws_scheme_is_secure(url->scheme) ? HWS_SCHEME_HTTPS : HWS_SCHEME_HTTP,
        .host_kind = url->host_kind,
        .port = url->port,
        .host = url->host,
    };
    size_t wrote = 0;
    if (hws_origin_write(&origin, text, size - 1, &wrote) != HWS_OK) return false;
    text[wrote] = '\0';
    return true;
}

static void try_origins(choice *it)
{
    const char *given = it->report->question.origin;
    char own[DOCTOR_LINE_SIZE];
    if (own_origin(it->report, own, sizeof own) && (!given || strcmp(given, own) != 0)) {
        doctor_trial *trial = add(it, DOCTOR_TRIAL_OWN_ORIGIN);
        if (trial) doctor_copy(trial->origin, sizeof trial->origin, own);
    }
    if (!given) return;
    doctor_trial *trial = add(it, DOCTOR_TRIAL_NO_ORIGIN);
    if (trial) trial->origin[0] = '\0';
}

static void try_slash(choice *it)
{
    const hws_url *url = &it->report->url;
    const bool has_slash = url->path.size > 0 && url->path.data[url->path.size - 1] == '/';
    if (url->path.size <= 1) return;
    char location[DOCTOR_URL_SIZE];
    snprintf(location, sizeof location, "%.*s%s%s%.*s", (int)url->path.size - has_slash,
             url->path.data, has_slash ? "" : "/", url->query.data ? "?" : "", (int)url->query.size,
             url->query.data ? url->query.data : "");
    add_location(it, DOCTOR_TRIAL_SLASH, location);
}

static void try_socket_io(choice *it)
{
    static const char path[] = "/socket.io/";
    const hws_text given = it->report->url.path;
    if (given.size >= sizeof path - 1 && memcmp(given.data, path, sizeof path - 1) == 0) return;
    add_location(it, DOCTOR_TRIAL_SOCKET_IO, "/socket.io/?EIO=4&transport=websocket");
}

static void try_without_deflate(choice *it)
{
    if (it->report->question.offers_deflate) add(it, DOCTOR_TRIAL_NO_DEFLATE);
}

static void choose_by_status(choice *it, const doctor_answer *answer)
{
    switch (answer->response.status) {
    case 101:
        if (it->report->talk.status == HWS_ERR_HANDSHAKE_EXTENSION) try_without_deflate(it);
        break;
    case 200:
        try_socket_io(it);
        break;
    case 400:
        if (doctor_answer_says(answer, "https") || doctor_answer_says(answer, "ssl"))
            try_scheme(it);
        else
            try_origins(it);
        try_without_deflate(it);
        break;
    case 401:
    case 403:
        try_origins(it);
        break;
    case 404: /* some answer so to an Origin that they do not like */
        try_slash(it);
        try_socket_io(it);
        try_origins(it);
        break;
    default:
        break;
    }
}

static void choose_by_answer(choice *it)
{
    const doctor_bytes *bytes = &it->report->answer;
    const char *name = "";
    if (doctor_banner_read(bytes->data, bytes->size, &name) == DOCTOR_SPEECH_TLS) {
        try_scheme(it);
        return;
    }
    doctor_answer answer;
    doctor_answer_read(&answer, it->report);
    if (answer.is_head) choose_by_status(it, &answer);
    doctor_answer_release(&answer);
}

static bool is_silence(hws_status status)
{
    return status == HWS_ERR_CONNECTION_LOST || status == HWS_ERR_CONNECTION_RESET ||
           status == HWS_ERR_HANDSHAKE_TIMEOUT || status == HWS_ERR_TIMEOUT;
}

static bool is_about_proxy(const doctor_report *report)
{
    const hws_status status = report->talk.status;
    return status == HWS_ERR_PROXY || status == HWS_ERR_PROXY_AUTHENTICATION ||
           status == HWS_ERR_PROXY_PROTOCOL ||
           (doctor_report_has_proxy(report) && !doctor_report_step(report, HWS_STEP_PROXY) &&
            !doctor_report_step(report, HWS_STEP_REQUEST));
}

size_t doctor_trial_choose(const doctor_report *report, doctor_trial trials[DOCTOR_TRIAL_MAX])
{
    choice it = {.report = report, .trials = trials};
    const hws_status status = report->talk.status;
    if (report->talk.is_open) return 0;
    if (is_about_proxy(report)) {
        add(&it, DOCTOR_TRIAL_NO_PROXY);
    } else if (report->answer.size > 0) {
        choose_by_answer(&it);
    } else if (status == HWS_ERR_TLS_NOT_TLS) {
        try_scheme(&it);
    } else if (is_silence(status) || (status == HWS_ERR_CONNECT_TIMEOUT && report->tls.is_seen)) {
        try_scheme(&it);
        if (doctor_report_step(report, HWS_STEP_REQUEST)) try_socket_io(&it);
    }
    return it.count;
}

bool doctor_trial_is_anonymous(doctor_trial_kind kind)
{
    return kind == DOCTOR_TRIAL_SCHEME || kind == DOCTOR_TRIAL_SOCKET_IO ||
           kind == DOCTOR_TRIAL_NO_PROXY;
}

void doctor_trial_describe(const doctor_trial *trial, char *text, size_t size)
{
    switch (trial->kind) {
    case DOCTOR_TRIAL_OWN_ORIGIN:
        snprintf(text, size, "with Origin: %s", trial->origin);
        break;
    case DOCTOR_TRIAL_NO_ORIGIN:
        snprintf(text, size, "without an Origin");
        break;
    case DOCTOR_TRIAL_NO_DEFLATE:
        snprintf(text, size, "without compression");
        break;
    case DOCTOR_TRIAL_NO_PROXY:
        snprintf(text, size, "without the proxy");
        break;
    case DOCTOR_TRIAL_SCHEME:
    case DOCTOR_TRIAL_SLASH:
    case DOCTOR_TRIAL_SOCKET_IO:
        snprintf(text, size, "%s", trial->url);
        break;
    }
}
