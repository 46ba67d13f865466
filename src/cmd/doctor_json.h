/* SPDX-License-Identifier: MIT */
/* Writes what was seen and what is wrong for programs: one JSON object. */
#ifndef HAWSER_CMD_DOCTOR_JSON_H
#define HAWSER_CMD_DOCTOR_JSON_H

#include <stdio.h>

#include "cmd/doctor_fault.h"
#include "cmd/doctor_report.h"

/* Returns: false when there is no memory; nothing was written. */
bool doctor_json_print(FILE *file, const doctor_report *report, const doctor_faults *faults);

#endif /* HAWSER_CMD_DOCTOR_JSON_H */
