/* SPDX-License-Identifier: MIT */
/* The commands that the client of the tests takes on stdin, a line each, for every WebSocket:
 *
 *     text TEXT            first TEXT, middle TEXT, last TEXT   (fragments of a text)
 *     binary SIZE          bytes that are (place * 7) mod 256
 *     letters SIZE         a text, "abc…z" again and again
 *     ping [TEXT]
 *     close [CODE [REASON]]
 *     abort
 *     reconnect
 *
 * "{}" in a TEXT is the number of the WebSocket. */
#ifndef HAWSER_TESTS_INTEROP_COMMAND_H
#define HAWSER_TESTS_INTEROP_COMMAND_H

#include <hawser/client.h>

/* Obeys a line, without its end.  Errors: of the call; HWS_ERR_INVALID_ARGUMENT: no command. */
hws_status command_obey(hws_websocket ws, uint32_t number, const char *line);

/* Copies `text` with the number for each "{}".  The caller frees it. */
char *command_expand(const char *text, uint32_t number);

#endif /* HAWSER_TESTS_INTEROP_COMMAND_H */
