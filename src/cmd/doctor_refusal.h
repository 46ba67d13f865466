/* SPDX-License-Identifier: MIT */
/* Judges answers that are no 101: by their status, by their headers, by words in their body, and by
 * what other attempts came to. */
#ifndef HAWSER_CMD_DOCTOR_REFUSAL_H
#define HAWSER_CMD_DOCTOR_REFUSAL_H

#include "cmd/doctor_answer.h"

void doctor_refusal_judge(const doctor_answer *answer, doctor_faults *faults);

/* No answer came at all: the request went out, and the connection ended, or the time. */
void doctor_refusal_judge_silence(const doctor_report *report, doctor_faults *faults);

#endif /* HAWSER_CMD_DOCTOR_REFUSAL_H */
