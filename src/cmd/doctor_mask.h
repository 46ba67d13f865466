/* SPDX-License-Identifier: MIT */
/* Hides what identifies the user, in what is written for others to see: a report is sent to whoever
 * helps. */
#ifndef HAWSER_CMD_DOCTOR_MASK_H
#define HAWSER_CMD_DOCTOR_MASK_H

#include <stddef.h>

/* Copies a text, with "***" in place of values in queries whose names say that they are secret
 * ("token=..."), and of what looks like a JSON Web Token; cut to `out_size`, terminated. */
void doctor_mask_text(const char *text, size_t size, char *out, size_t out_size);

/* The same for one line of a head, without its CRLF: credentials and cookies, too. */
void doctor_mask_line(const char *line, size_t size, char *out, size_t out_size);

#endif /* HAWSER_CMD_DOCTOR_MASK_H */
