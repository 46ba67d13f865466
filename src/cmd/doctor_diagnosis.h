/* SPDX-License-Identifier: MIT */
/* From what was seen to what is wrong.  Pure: the same report always has the same faults. */
#ifndef HAWSER_CMD_DOCTOR_DIAGNOSIS_H
#define HAWSER_CMD_DOCTOR_DIAGNOSIS_H

#include "cmd/doctor_fault.h"
#include "cmd/doctor_report.h"

/* Fills `faults` with everything that is wrong, the cause first. */
void doctor_diagnose(const doctor_report *report, doctor_faults *faults);

#endif /* HAWSER_CMD_DOCTOR_DIAGNOSIS_H */
