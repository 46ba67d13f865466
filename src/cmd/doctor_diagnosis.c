/* SPDX-License-Identifier: MIT */
/* From what was seen to what is wrong, in the order in which a connection comes about: what fails
 * first is the cause of what fails after it. */
#include "cmd/doctor_diagnosis.h"

#include "cmd/doctor_answer.h"
#include "cmd/doctor_certificate.h"
#include "cmd/doctor_talk.h"
#include "cmd/doctor_way.h"

/* It failed, and nobody knows why: what the library said must do. */
static void judge_rest(const doctor_report *report, doctor_faults *faults)
{
    if (report->talk.is_open || doctor_fault_count(faults, DOCTOR_FAULT) > 0) return;
    doctor_fault_add(faults, DOCTOR_FAULT, "failed", "It failed: %s.",
                     report->talk.cause[0] != '\0' ? report->talk.cause
                                                   : hws_status_text(report->talk.status));
}

void doctor_diagnose(const doctor_report *report, doctor_faults *faults)
{
    faults->count = 0;
    doctor_way_judge(report, faults);
    doctor_certificate_judge(report, faults);
    doctor_answer_judge(report, faults);
    doctor_talk_judge(report, faults);
    judge_rest(report, faults);
    doctor_fault_sort(faults);
}
