/* SPDX-License-Identifier: MIT */
/* Judges refusals of who asks: credentials that are missing or bad, and origins. */
#include "cmd/doctor_access.h"

static const char *trial_word(const doctor_trial *trial)
{
    return trial->is_open ? "it opens" : "it does not open either";
}

void doctor_access_tell(const doctor_answer *answer, doctor_faults *faults)
{
    const doctor_trial *own = doctor_report_trial(answer->report, DOCTOR_TRIAL_OWN_ORIGIN);
    const doctor_trial *none = doctor_report_trial(answer->report, DOCTOR_TRIAL_NO_ORIGIN);
    if (own)
        doctor_fault_remedy(faults, "Tried with Origin: %s: %s.", own->origin, trial_word(own));
    if (none) doctor_fault_remedy(faults, "Tried without an Origin: %s.", trial_word(none));
}

bool doctor_access_judge_origin(const doctor_answer *answer, doctor_faults *faults)
{
    const doctor_report *report = answer->report;
    const char *origin = report->question.origin;
    const doctor_trial *own = doctor_report_trial(report, DOCTOR_TRIAL_OWN_ORIGIN);
    const doctor_trial *none = doctor_report_trial(report, DOCTOR_TRIAL_NO_ORIGIN);
    const bool own_helps = own && own->is_open;
    const bool none_helps = none && none->is_open;
    if (!origin && own_helps) {
        doctor_fault_add(faults, DOCTOR_FAULT, "origin-missing",
                         "The server answers %d to who names no Origin; with Origin: %s it opens.",
                         answer->response.status, own->origin);
        doctor_fault_remedy(faults,
                            "Name it: --origin %s here, the header Origin in a program. "
                            "Browsers do so by themselves.",
                            own->origin);
        return true;
    }
    if (!origin || !(own_helps || none_helps)) return false;
    doctor_fault_add(faults, DOCTOR_FAULT, "origin-refused",
                     "The server answers %d to pages of %s: that Origin is not allowed.",
                     answer->response.status, origin);
    doctor_fault_remedy(faults,
                        "Add %s to the origins that the server allows, if its pages shall "
                        "connect.",
                        origin);
    doctor_access_tell(answer, faults);
    return true;
}

void doctor_access_judge_unauthorized(const doctor_answer *answer, doctor_faults *faults)
{
    char scheme[DOCTOR_LINE_SIZE];
    doctor_answer_field(answer, "WWW-Authenticate", scheme, sizeof scheme);
    const bool has_scheme = scheme[0] != '\0';
    if (answer->report->question.has_credentials) {
        doctor_fault_add(faults, DOCTOR_FAULT, "credentials-refused",
                         "The server does not accept the credentials that were sent (401%s%s).",
                         has_scheme ? ", WWW-Authenticate: " : "", scheme);
        doctor_fault_remedy(faults, "Get a new token, if it may have expired, and see whether it "
                                    "is for this server and this path.");
        return;
    }
    doctor_fault_add(faults, DOCTOR_FAULT, "credentials-missing",
                     "The server wants to know who asks (401%s%s).",
                     has_scheme ? ", WWW-Authenticate: " : "", scheme);
    doctor_fault_remedy(faults, "Send a token, --bearer TOKEN, or a cookie, --header \"Cookie: "
                                "NAME=VALUE\". Browsers cannot set headers of a WebSocket: servers "
                                "for them take a cookie, or a token in the URL.");
}

void doctor_access_judge_forbidden(const doctor_answer *answer, doctor_faults *faults)
{
    char who[3 * DOCTOR_LINE_SIZE];
    doctor_fault_add(faults, DOCTOR_FAULT, "forbidden", "The server does not let us in (403)%s.",
                     doctor_answer_hints(answer, who, sizeof who));
    doctor_fault_remedy(faults, answer->report->question.has_credentials
                                    ? "The credentials that were sent do not suffice: see what "
                                      "they allow."
                                    : "A token may be missing (--bearer TOKEN), a cookie, or the "
                                      "Origin of a page that it allows (--origin).");
    doctor_access_tell(answer, faults);
}
