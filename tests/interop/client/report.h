/* SPDX-License-Identifier: MIT */
/* What the client of the tests tells on stdout, a line for each event, for a test to read:
 *
 *     NUMBER open PROTOCOL|-
 *     NUMBER message text|binary SIZE CRC32 TEXT
 *     NUMBER pong TEXT
 *     NUMBER step TYPE STATUS TEXT
 *     NUMBER retry DELAY_MS CODE STATUS HTTP_STATUS CAUSE
 *     NUMBER drop SIZE TEXT
 *     NUMBER error STATUS TEXT
 *     NUMBER close CODE STATUS HTTP_STATUS clean|lost [REASON] CAUSE
 *
 * NUMBER is that of the WebSocket, from 0; STATUS has no HWS_; of a TEXT of a message 100 bytes are
 * shown, and what cannot be printed as \xNN.  Thread: any. */
#ifndef HAWSER_TESTS_INTEROP_REPORT_H
#define HAWSER_TESTS_INTEROP_REPORT_H

#include <hawser/client.h>

void report_open(int number, const char *protocol);
void report_message(int number, const hws_message *message);
void report_pong(int number, const void *payload, size_t size);
void report_step(int number, const hws_step *step);
void report_retry(int number, const hws_close *close, uint32_t delay_ms);
void report_drop(int number, const hws_message *message);
void report_error(int number, hws_status status, const char *text);
void report_close(int number, const hws_close *close);

/* The name of a status: "ERR_TIMEOUT". */
const char *status_name(hws_status status);

#endif /* HAWSER_TESTS_INTEROP_REPORT_H */
