/* SPDX-License-Identifier: MIT */
/* Which further attempts may tell what is wrong, each with one thing changed. */
#ifndef HAWSER_CMD_DOCTOR_TRIAL_H
#define HAWSER_CMD_DOCTOR_TRIAL_H

#include "cmd/doctor_report.h"

/* Fills `trials` with what is worth trying after what the report tells, best first; nothing when
 * the WebSocket opened.  Returns: how many. */
size_t doctor_trial_choose(const doctor_report *report, doctor_trial trials[DOCTOR_TRIAL_MAX]);

/* Whether what identifies the user is left out: the attempt goes elsewhere, or in the clear. */
bool doctor_trial_is_anonymous(doctor_trial_kind kind);

/* "with an Origin of http://localhost": what is different. */
void doctor_trial_describe(const doctor_trial *trial, char *text, size_t size);

#endif /* HAWSER_CMD_DOCTOR_TRIAL_H */
