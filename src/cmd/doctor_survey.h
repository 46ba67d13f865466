/* SPDX-License-Identifier: MIT */
/* Tries the addresses of a host that the race of the client left out: who connects is content with
 * the first that answers, who looks for faults is not. */
#ifndef HAWSER_CMD_DOCTOR_SURVEY_H
#define HAWSER_CMD_DOCTOR_SURVEY_H

#include "cmd/doctor_report.h"

/* Connects to all of them at once, and ends each connection without a word; waits for at most
 * `timeout_ms`. */
void doctor_survey(doctor_report *report, uint64_t timeout_ms);

#endif /* HAWSER_CMD_DOCTOR_SURVEY_H */
