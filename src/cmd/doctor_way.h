/* SPDX-License-Identifier: MIT */
/* Judges the way to the server: its name, its addresses, the proxy. */
#ifndef HAWSER_CMD_DOCTOR_WAY_H
#define HAWSER_CMD_DOCTOR_WAY_H

#include "cmd/doctor_fault.h"
#include "cmd/doctor_report.h"

void doctor_way_judge(const doctor_report *report, doctor_faults *faults);

#endif /* HAWSER_CMD_DOCTOR_WAY_H */
