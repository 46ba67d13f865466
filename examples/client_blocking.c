/* SPDX-License-Identifier: MIT */
/* A client for a script, without callbacks: sends what it is told, and prints each answer.
 * "client_blocking ws://localhost:8080/echo one two three" */
#include <hawser/hawser.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };

/* Sends `question` and waits for what comes back. */
static hws_status ask(hws_websocket ws, const char *question)
{
    hws_message answer;
    hws_status status = hws_websocket_send_text(ws, question);
    if (status >= HWS_OK) status = hws_websocket_receive(ws, &answer, TIMEOUT_MS);
    if (status == HWS_OK) printf("%.*s\n", (int)answer.size, answer.data);
    return status;
}

int main(int argc, char **argv)
{
    hws_loop *loop = NULL;
    hws_websocket ws;
    const hws_client_options options = {
        .url = argc > 1 ? argv[1] : "ws://localhost:8080/echo",
        .blocking = true,
    };
    hws_status status = hws_loop_new(NULL, &loop);
    if (status == HWS_OK) status = hws_websocket_open(loop, &options, &ws);
    for (int i = 2; i < argc && status >= HWS_OK; i++) status = ask(ws, argv[i]);

    /* Closing is a conversation, too: it is over when nothing more can be received. */
    hws_message rest;
    if (status >= HWS_OK) hws_websocket_close(ws, HWS_CLOSE_NORMAL, NULL);
    while (status >= HWS_OK) status = hws_websocket_receive(ws, &rest, TIMEOUT_MS);
    if (status != HWS_ERR_NOT_OPEN) fprintf(stderr, "%s\n", hws_status_text(status));
    hws_loop_free(loop);
    return status == HWS_ERR_NOT_OPEN ? EXIT_SUCCESS : EXIT_FAILURE;
}
