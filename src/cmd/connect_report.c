/* SPDX-License-Identifier: MIT */
/* What hawser connect tells of its connection. */
#include "cmd/connect_report.h"

void connect_report_tell(connect_report *report, const connect_event *event)
{
    const hws_step *step = event->step;
    if (event->type == CONNECT_EVENT_ATTEMPT) report->tls_version[0] = '\0';
    if (event->type == CONNECT_EVENT_STEP && step->type == HWS_STEP_TLS && step->tls)
        snprintf(report->tls_version, sizeof report->tls_version, "%s", step->tls->version);
    report->tell(report, event);
}
