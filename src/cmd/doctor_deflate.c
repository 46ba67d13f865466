/* SPDX-License-Identifier: MIT */
/* Judges the compression of a connection (permessage-deflate, RFC 7692). */
#include "cmd/doctor_deflate.h"

#include <inttypes.h>
#include <stdio.h>

static const char remedy[] =
    "Browsers offer permessage-deflate, and fail in the same way. Switch it off at the server (or "
    "the proxy) or update its WebSocket library; --no-deflate shows whether the rest works.";

bool doctor_deflate_judge_answer(const doctor_report *report, doctor_faults *faults)
{
    const doctor_trial *trial = doctor_report_trial(report, DOCTOR_TRIAL_NO_DEFLATE);
    if (!trial || !trial->is_open) return false;
    doctor_fault_add(faults, DOCTOR_FAULT, "deflate-refused",
                     "The WebSocket opens only when compression (permessage-deflate) is not "
                     "offered.");
    doctor_fault_remedy(faults, "%s", remedy);
    return true;
}

/* What the library found out by itself. */
static bool judge_status(const doctor_report *report, doctor_faults *faults)
{
    const doctor_talk *talk = &report->talk;
    if (talk->status == HWS_ERR_DEFLATE) {
        doctor_fault_add(faults, DOCTOR_FAULT, "deflate-broken",
                         "The server sent a compressed message that cannot be decompressed.");
    } else if (talk->status == HWS_ERR_FRAME_RSV && talk->deflate.agreed) {
        doctor_fault_add(faults, DOCTOR_FAULT, "frame-reserved-bit",
                         "The server marked a frame as compressed that may not be so, or set a bit "
                         "that nothing was agreed on for (RFC 7692 6).");
    } else {
        return false;
    }
    doctor_fault_remedy(faults, "%s", remedy);
    return true;
}

/* A message came back, and the same way compressed it did not: nothing else is different, unless
 * it was too big. */
static bool judge_sample(const doctor_report *report, doctor_faults *faults)
{
    const doctor_talk *talk = &report->talk;
    if (talk->sample == DOCTOR_ECHO_NOT_TRIED || talk->sample == DOCTOR_ECHO_SAME) return false;
    if (talk->code == HWS_CLOSE_TOO_BIG) return false;
    if (talk->is_closed_by_us) {
        doctor_fault_add(faults, DOCTOR_FAULT, "deflate-broken",
                         "A message came back, but a compressed one %s.",
                         talk->sample == DOCTOR_ECHO_OTHER ? "came back changed" : "did not");
    } else {
        doctor_fault_add(faults, DOCTOR_FAULT, "deflate-broken",
                         "A message came back, but at a compressed one the server closed, with "
                         "code %d.",
                         talk->code);
    }
    doctor_fault_remedy(faults, "%s", remedy);
    return true;
}

bool doctor_deflate_judge_talk(const doctor_report *report, doctor_faults *faults)
{
    return judge_status(report, faults) || judge_sample(report, faults);
}

typedef struct share {
    char text[96];
} share;

/* "1013 bytes went as 371 (37 %)" */
static share share_of(const char *verb, uint64_t whole, uint64_t deflated)
{
    share it = {.text = ""};
    if (whole > 0)
        snprintf(it.text, sizeof it.text, "%" PRIu64 " bytes %s as %" PRIu64 " (%.0f %%)", whole,
                 verb, deflated, 100 * (double)deflated / (double)whole);
    return it;
}

void doctor_deflate_describe(const doctor_report *report, char *text, size_t size)
{
    const hws_deflate_info *it = &report->talk.deflate;
    const share sent = share_of("went", it->sent_size, it->sent_deflated_size);
    const share came = share_of("came", it->received_size, it->received_deflated_size);
    snprintf(text, size, "%s%s%s", sent.text,
             sent.text[0] != '\0' && came.text[0] != '\0' ? ", " : "", came.text);
}
