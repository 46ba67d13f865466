/* SPDX-License-Identifier: MIT */
/* Judges TLS: whether it is spoken at all, its version, the certificates and how long they last. */
#ifndef HAWSER_CMD_DOCTOR_CERTIFICATE_H
#define HAWSER_CMD_DOCTOR_CERTIFICATE_H

#include "cmd/doctor_fault.h"
#include "cmd/doctor_report.h"

enum { DOCTOR_EXPIRY_WARNING_S = 14 * 24 * 60 * 60 };

void doctor_certificate_judge(const doctor_report *report, doctor_faults *faults);

/* Writes "2026-11-21" (UTC); `size` is at least 32. */
void doctor_certificate_date(int64_t at_s, char *text, size_t size);

#endif /* HAWSER_CMD_DOCTOR_CERTIFICATE_H */
