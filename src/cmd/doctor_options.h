/* SPDX-License-Identifier: MIT */
/* What hawser doctor was asked to look at. */
#ifndef HAWSER_CMD_DOCTOR_OPTIONS_H
#define HAWSER_CMD_DOCTOR_OPTIONS_H

#include "cmd/connect_options.h"
#include "cmd/doctor_report.h"

typedef struct doctor_options {
    connect_options connect; /* of these, what a request and the way are made of */
    bool no_message;
    bool verbose;
} doctor_options;

/* Reads the arguments and the files that they name; `it` must stay where it is.
 *
 * Returns: false when something is wrong; one line on stderr has said what to do. */
bool doctor_options_read(int argc, char **argv, doctor_options *it);

/* What the report is about; points into `it`. */
doctor_question doctor_options_question(const doctor_options *it);

extern const char doctor_options_help[];

#endif /* HAWSER_CMD_DOCTOR_OPTIONS_H */
