/* SPDX-License-Identifier: MIT */
/* Judges the compression of a connection (permessage-deflate). */
#ifndef HAWSER_CMD_DOCTOR_DEFLATE_H
#define HAWSER_CMD_DOCTOR_DEFLATE_H

#include <stdbool.h>

#include "cmd/doctor_fault.h"
#include "cmd/doctor_report.h"

/* Whether it is what keeps the WebSocket from opening.  Returns: whether it is; a fault says so. */
bool doctor_deflate_judge_answer(const doctor_report *report, doctor_faults *faults);

/* Whether compressed messages do not get through, where others do.  Returns: likewise. */
bool doctor_deflate_judge_talk(const doctor_report *report, doctor_faults *faults);

/* How well it compressed, in words: "1000 bytes went as 375 (38 %), 200 bytes came as 100 (50 %)";
 * "" when nothing did. */
void doctor_deflate_describe(const doctor_report *report, char *text, size_t size);

#endif /* HAWSER_CMD_DOCTOR_DEFLATE_H */
