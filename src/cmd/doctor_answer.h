/* SPDX-License-Identifier: MIT */
/* Judges the answer to an opening handshake, header by header (RFC 6455 §4.1). */
#ifndef HAWSER_CMD_DOCTOR_ANSWER_H
#define HAWSER_CMD_DOCTOR_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/doctor_fault.h"
#include "cmd/doctor_report.h"
#include "hawser/http_head.h"

/* An answer, taken apart. */
typedef struct doctor_answer {
    const doctor_report *report;
    hws_http_head request;  /* as far as it could be read */
    hws_http_head response; /* likewise */
    bool is_asked;          /* the request is whole */
    bool is_head;           /* the head of the response is whole, and well-formed */
    hws_status status;      /* else: HWS_OK when it was cut, or what is wrong with it */
    hws_text body;          /* what came behind the head */
} doctor_answer;

/* Takes the answer of a report apart, which outlives it. */
void doctor_answer_read(doctor_answer *answer, const doctor_report *report);
void doctor_answer_release(doctor_answer *answer);

/* The value of a field; "" without one.  `text` holds it, cut when it must be. */
const char *doctor_answer_field(const doctor_answer *answer, const char *name, char *text,
                                size_t size);

/* Whether the body has `words` in it, whatever their case. */
bool doctor_answer_says(const doctor_answer *answer, const char *words);

/* Whether any of `words` (ended by NULL) stands in the body. */
bool doctor_answer_says_any(const doctor_answer *answer, const char *const *words);

/* The path that was asked for. */
const char *doctor_answer_path(const doctor_answer *answer, char *text, size_t size);

/* " (Server: nginx; Via: 1.1 varnish)": who it was that answered; "" when it does not say so. */
const char *doctor_answer_hints(const doctor_answer *answer, char *text, size_t size);

/* The extensions that were offered; "" for none. */
void doctor_answer_offered(const doctor_answer *answer, char *text, size_t size);

/* A header of the handshake, as it came, and what is wrong with it. */
typedef struct doctor_header {
    const char *name;
    char value[DOCTOR_LINE_SIZE]; /* "" when it is missing */
    bool is_there;
    const char *fault; /* the name of the fault; NULL: it is right */
    char complaint[DOCTOR_LINE_SIZE * 2];
    const char *remedy;
} doctor_header;

enum { DOCTOR_HEADER_COUNT = 5 };

/* Judges the headers of a 101, in the order of §4.1: Upgrade, Connection, Sec-WebSocket-Accept,
 * -Extensions, -Protocol. */
void doctor_answer_headers(const doctor_answer *answer, doctor_header headers[DOCTOR_HEADER_COUNT]);

/* Adds what is wrong with the answer of a report, whatever it is. */
void doctor_answer_judge(const doctor_report *report, doctor_faults *faults);

#endif /* HAWSER_CMD_DOCTOR_ANSWER_H */
