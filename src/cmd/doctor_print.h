/* SPDX-License-Identifier: MIT */
/* Writes what was seen and what is wrong for people: a line a step, then the verdict. */
#ifndef HAWSER_CMD_DOCTOR_PRINT_H
#define HAWSER_CMD_DOCTOR_PRINT_H

#include <stdio.h>

#include "cmd/doctor_fault.h"
#include "cmd/doctor_report.h"

typedef struct doctor_style {
    bool has_colors;
    bool is_verbose; /* heads as they went over the wire, but for secrets */
} doctor_style;

/* `faults` are those of doctor_diagnose. */
void doctor_print(FILE *file, const doctor_report *report, const doctor_faults *faults,
                  const doctor_style *style);

#endif /* HAWSER_CMD_DOCTOR_PRINT_H */
