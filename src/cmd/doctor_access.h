/* SPDX-License-Identifier: MIT */
/* Judges refusals of who asks: credentials that are missing or bad, and origins. */
#ifndef HAWSER_CMD_DOCTOR_ACCESS_H
#define HAWSER_CMD_DOCTOR_ACCESS_H

#include "cmd/doctor_answer.h"

/* Whether another Origin, or none, helps: that is what is wrong, then.  Returns: so it is. */
bool doctor_access_judge_origin(const doctor_answer *answer, doctor_faults *faults);

/* Says, in the last fault's remedy, what attempts with another Origin, or without, came to. */
void doctor_access_tell(const doctor_answer *answer, doctor_faults *faults);

void doctor_access_judge_unauthorized(const doctor_answer *answer, doctor_faults *faults);
void doctor_access_judge_forbidden(const doctor_answer *answer, doctor_faults *faults);

#endif /* HAWSER_CMD_DOCTOR_ACCESS_H */
