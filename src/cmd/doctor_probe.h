/* SPDX-License-Identifier: MIT */
/* Opens a WebSocket with the library's client, talks a little, closes it, and takes it all down.
 *
 *     OPENING ──▶ PINGING ──pong──▶ LISTENING ──▶ ASKING ──same──▶ SAMPLING ──answer──▶ CLOSING
 *                    └────late───────────────────────┴──other, late─────┴──────late─────▶
 *
 * SAMPLING is for who sends messages back and has agreed on permessage-deflate: the first message
 * is not compressed, the second, a piece of JSON, is. */
#ifndef HAWSER_CMD_DOCTOR_PROBE_H
#define HAWSER_CMD_DOCTOR_PROBE_H

#include "cmd/doctor_report.h"
#include "hawser/client.h"

typedef struct doctor_probe_options {
    hws_client_options client; /* without callbacks */
    bool is_brief;             /* close as soon as it is open */
    bool no_message;
} doctor_probe_options;

/* Runs until it has closed; fills `report`, which was initialised.
 *
 * Errors: those of hws_websocket_open, and of the loop; nothing was tried then. */
hws_status doctor_probe(doctor_report *report, const doctor_probe_options *options);

#endif /* HAWSER_CMD_DOCTOR_PROBE_H */
