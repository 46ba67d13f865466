/* SPDX-License-Identifier: MIT */
/* The command line of the client of the tests.  "{}" in the URL and in a header is the number of
 * the WebSocket, from 0.
 *
 *     client [--run loop|thread|blocking] [--count N] [OPTION...] URL */
#ifndef HAWSER_TESTS_INTEROP_OPTIONS_H
#define HAWSER_TESTS_INTEROP_OPTIONS_H

#include <hawser/client.h>

enum { OPTION_LIST_MAX = 8 };

typedef enum run_kind {
    RUN_LOOP,     /* hws_loop_run in the main thread; commands come from another */
    RUN_THREAD,   /* hws_loop_start; commands come from the main thread */
    RUN_BLOCKING, /* a thread for each WebSocket, which turns a loop of its own as it receives */
} run_kind;

typedef struct options {
    run_kind run;
    uint32_t count; /* of WebSockets */
    bool tells_steps;
    const char *url;
    const char *protocols[OPTION_LIST_MAX + 1];
    hws_header headers[OPTION_LIST_MAX];
    hws_client_options client; /* without the callbacks */
} options;

/* Ends the program with 2 and a line on stderr when it does not understand. */
void options_read(options *read, int argc, char **argv);

#endif /* HAWSER_TESTS_INTEROP_OPTIONS_H */
