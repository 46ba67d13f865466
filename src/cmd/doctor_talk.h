/* SPDX-License-Identifier: MIT */
/* Judges how a WebSocket went on that was open: its frames, its pongs, its end. */
#ifndef HAWSER_CMD_DOCTOR_TALK_H
#define HAWSER_CMD_DOCTOR_TALK_H

#include "cmd/doctor_fault.h"
#include "cmd/doctor_report.h"

void doctor_talk_judge(const doctor_report *report, doctor_faults *faults);

/* What a close code means, in half a sentence: "the server restarts"; never NULL. */
const char *doctor_talk_code_text(int code);

#endif /* HAWSER_CMD_DOCTOR_TALK_H */
