/* SPDX-License-Identifier: MIT */
/* Sends back every message as it came, until the server closes: what the fuzzing server of a
 * conformance suite talks to.  "echo_client ws://localhost:9001/runCase?case=1&agent=hawser" */
#include <hawser/hawser.h>
#include <stdio.h>

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    hws_websocket_send(ws, message);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: echo_client URL\n");
        return 2;
    }
    return hws_connect(&(hws_client_options){.url = argv[1], .on_message = on_message});
}
