/* SPDX-License-Identifier: MIT */
/* hawser doctor: finds out why a WebSocket does not open, or does not work.
 *
 *     probe ──▶ survey of the other addresses ──▶ trials ──▶ diagnosis ──▶ words, or JSON */
#include "cmd/doctor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/doctor_diagnosis.h"
#include "cmd/doctor_json.h"
#include "cmd/doctor_options.h"
#include "cmd/doctor_print.h"
#include "cmd/doctor_probe.h"
#include "cmd/doctor_survey.h"
#include "cmd/doctor_trial.h"

enum {
    SURVEY_MS_MAX = 3000, /* for the addresses that the client left out, all at once */
    TRIAL_MS_MAX = 5000,  /* for an attempt behind the first */
};

typedef struct examination {
    doctor_options options;
    doctor_report report;
    doctor_report trial; /* of one attempt behind the first, until the next */
    doctor_faults faults;
} examination;

static uint64_t at_most(uint64_t value, uint64_t max)
{
    return value < max ? value : max;
}

static void explain_misuse(const examination *it, hws_status status)
{
    const connect_options *options = &it->options.connect;
    switch ((int)status) {
    case HWS_ERR_TLS_FILE: /* --certificate, --key or --authorities, as the cause says */
        options_complain("doctor", "%s", it->report.talk.cause);
        break;
    case HWS_ERR_URL_USERINFO:
        options_complain("doctor",
                         "the URL has a user name in it; write the name and the password with "
                         "--user or --user-file");
        break;
    case HWS_ERR_INVALID_ARGUMENT:
        options_complain("doctor", "a header, a cookie, a credential or the proxy cannot be sent "
                                   "as it is: no controls, and names without spaces");
        break;
    default:
        options_complain("doctor", "%s: %s", options->url, hws_status_text(status));
    }
}

static doctor_probe_options probe_options(const examination *it)
{
    doctor_probe_options options = {
        .client = connect_options_client(&it->options.connect),
        .no_message = it->options.no_message,
    };
    options.client.redirect_count_max = 0; /* they are for us to judge */
    options.client.reconnect = false;
    return options;
}

/* Leaves out what identifies the user; a client certificate goes with it. */
static void make_anonymous(hws_client_options *client)
{
    client->headers = NULL;
    client->header_count = 0;
    client->cookies = NULL;
    client->user_password = NULL;
    client->bearer = NULL;
    memset(client->tls.pair, 0, sizeof client->tls.pair);
}

static void run_trial(examination *it, doctor_trial *trial)
{
    doctor_probe_options options = probe_options(it);
    const uint32_t timeout_ms = (uint32_t)at_most(it->options.connect.timeout_ms, TRIAL_MS_MAX);
    options.is_brief = true;
    options.client.url = trial->url;
    options.client.origin = trial->origin[0] != '\0' ? trial->origin : NULL;
    options.client.connect_timeout_ms = timeout_ms;
    options.client.handshake_timeout_ms = timeout_ms;
    options.client.close_timeout_ms = timeout_ms;
    if (trial->kind == DOCTOR_TRIAL_NO_PROXY) options.client.proxy = "none";
    if (trial->kind == DOCTOR_TRIAL_NO_DEFLATE) options.client.deflate.enabled = false;
    if (doctor_trial_is_anonymous(trial->kind)) make_anonymous(&options.client);

    const doctor_question question = {.url = trial->url};
    trial->status = doctor_report_init(&it->trial, &question, it->report.now_s, timeout_ms);
    if (trial->status == HWS_OK) trial->status = doctor_probe(&it->trial, &options);
    if (trial->status != HWS_OK) return;
    const doctor_talk *talk = &it->trial.talk;
    trial->status = talk->status;
    trial->is_open = talk->is_open;
    trial->http_status = talk->http_status;
    trial->is_answered = talk->is_open || talk->http_status != 0;
}

static void run_trials(examination *it)
{
    doctor_trial trials[DOCTOR_TRIAL_MAX];
    const size_t count = doctor_trial_choose(&it->report, trials);
    for (size_t i = 0; i < count; i++) {
        run_trial(it, &trials[i]);
        it->report.trial[it->report.trial_count++] = trials[i];
        if (trials[i].is_open) return; /* what helps is found */
    }
}

/* Of the addresses of a proxy nothing is known but that of the one that was taken. */
static bool wants_survey(const doctor_report *report)
{
    return !report->question.unix_path && !doctor_report_has_proxy(report);
}

static bool has_colors(const examination *it)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !it->options.connect.no_color &&
           (!no_color || no_color[0] == '\0');
}

/* Returns: whether it could be written. */
static bool tell(const examination *it)
{
    if (it->options.connect.json) {
        if (!doctor_json_print(stdout, &it->report, &it->faults)) return false;
    } else {
        const doctor_style style = {
            .has_colors = has_colors(it),
            .is_verbose = it->options.verbose,
        };
        doctor_print(stdout, &it->report, &it->faults, &style);
    }
    return fflush(stdout) == 0;
}

static int examine(examination *it)
{
    const doctor_question question = doctor_options_question(&it->options);
    const uint64_t timeout_ms = it->options.connect.timeout_ms;
    const doctor_probe_options options = probe_options(it);
    hws_status status = doctor_report_init(&it->report, &question, (int64_t)time(NULL), timeout_ms);
    if (status == HWS_OK) status = doctor_probe(&it->report, &options);
    if (status == HWS_OK && it->report.talk.status == HWS_ERR_TLS_FILE) status = HWS_ERR_TLS_FILE;
    if (status != HWS_OK) {
        explain_misuse(it, status);
        return EXIT_MISUSE;
    }
    if (wants_survey(&it->report)) doctor_survey(&it->report, at_most(timeout_ms, SURVEY_MS_MAX));
    run_trials(it);
    doctor_diagnose(&it->report, &it->faults);
    if (!tell(it)) {
        options_complain("doctor", "the output could not be written");
        return EXIT_MISUSE;
    }
    return doctor_fault_count(&it->faults, DOCTOR_FAULT) > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int doctor_run(int argc, char **argv)
{
    examination *it = calloc(1, sizeof *it);
    if (!it) {
        options_complain(argv[0], "%s", hws_status_text(HWS_ERR_NO_MEMORY));
        return EXIT_MISUSE;
    }
    signal(SIGPIPE, SIG_IGN); /* who reads our output may go before us */
    int result = EXIT_MISUSE;
    if (doctor_options_read(argc, argv, &it->options)) {
        if (it->options.connect.help) {
            fputs(doctor_options_help, stdout);
            result = EXIT_SUCCESS;
        } else {
            result = examine(it);
        }
    }
    free(it);
    return result;
}
