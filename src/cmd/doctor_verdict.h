/* SPDX-License-Identifier: MIT */
/* Writes the verdict for people: what is wrong, what to do. */
#ifndef HAWSER_CMD_DOCTOR_VERDICT_H
#define HAWSER_CMD_DOCTOR_VERDICT_H

#include "cmd/doctor_print.h"

void doctor_verdict_print(FILE *file, const doctor_report *report, const doctor_faults *faults,
                          const doctor_style *style);

#endif /* HAWSER_CMD_DOCTOR_VERDICT_H */
