/* SPDX-License-Identifier: MIT */
/* What hawser connect tells of its connection, in one of three ways:
 *
 *     connect_words   to a person at a terminal: everything, in words, with colours
 *     connect_lines   to a script: messages alone
 *     connect_json    to a program: everything, a JSON object a line */
#ifndef HAWSER_CMD_CONNECT_REPORT_H
#define HAWSER_CMD_CONNECT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/connect_command.h"
#include "hawser/client.h"

typedef enum connect_event_type {
    CONNECT_EVENT_ATTEMPT, /* attempt */
    CONNECT_EVENT_STEP,    /* step */
    CONNECT_EVENT_OPEN,    /* ws */
    CONNECT_EVENT_MESSAGE, /* message */
    CONNECT_EVENT_SENT,    /* command, status: a line of a person has been obeyed */
    CONNECT_EVENT_DROP,    /* message: it waited for the connection, and will never be sent */
    CONNECT_EVENT_PONG,    /* payload, round_trip_us */
    CONNECT_EVENT_RETRY,   /* close, delay_ms */
    CONNECT_EVENT_CLOSE,   /* close */
} connect_event_type;

typedef struct connect_event {
    connect_event_type type;
    hws_websocket ws;
    const hws_attempt *attempt;
    const hws_step *step;
    const hws_message *message;
    const connect_command *command;
    hws_status status;
    hws_text payload;
    uint64_t round_trip_us; /* UINT64_MAX: no ping of a person had this payload */
    const hws_close *close;
    uint32_t delay_ms;
} connect_event;

typedef struct connect_report connect_report;

struct connect_report {
    /* Writes to `out`; what went wrong there is found in its error flag. */
    void (*tell)(const connect_report *report, const connect_event *event);
    FILE *out;
    bool is_terminal; /* `out` is one: nothing of a peer may steer it */
    bool has_colors;
    bool has_times;
    char tls_version[16]; /* of the connection; "" without TLS */
};

/* Tells it; and remembers what belongs to a later event. */
void connect_report_tell(connect_report *report, const connect_event *event);

void connect_words(const connect_report *report, const connect_event *event);
void connect_lines(const connect_report *report, const connect_event *event);
void connect_json(const connect_report *report, const connect_event *event);

#endif /* HAWSER_CMD_CONNECT_REPORT_H */
