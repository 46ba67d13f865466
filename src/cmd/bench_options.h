/* SPDX-License-Identifier: MIT */
/* What hawser bench was asked to do. */
#ifndef HAWSER_CMD_BENCH_OPTIONS_H
#define HAWSER_CMD_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/access_token.h"
#include "cmd/bench_content.h"
#include "cmd/connect_options.h"

typedef enum bench_mode {
    BENCH_ECHO,    /* each connection sends, and waits for its messages to come back */
    BENCH_LISTEN,  /* one connection sends, and all the others wait for what it sent */
    BENCH_CHAT,    /* the same, through a channel of a server that speaks Centrifuge's protocol */
    BENCH_CONNECT, /* a storm of connections: each opens, closes and opens again */
    BENCH_IDLE,    /* connections are opened and held */
} bench_mode;

enum {
    BENCH_CONNECTION_MAX = 1000000,
    BENCH_THREAD_MAX = 256,
    BENCH_SIZE_MAX = 64 << 20,  /* bytes of a message */
    BENCH_WINDOW_DEFAULT = 256, /* messages in flight on a connection, when there is a rate */
};

/* The texts point into argv, or into this struct: it must stay where it is. */
typedef struct bench_options {
    connect_options connect; /* where to, and what to say to it */
    bench_mode mode;
    const char *mode_name;
    uint64_t connection_count;
    uint64_t thread_count;
    uint64_t in_flight;
    uint64_t rate; /* messages a second over all; 0: as fast as they are answered */
    uint64_t ramp; /* new connections a second; 0: as fast as they open */
    uint64_t duration_ms;
    uint64_t warm_up_ms;
    uint64_t size;
    bench_content content;
    const char *content_name;
    const char *message; /* in place of content; NULL: none */
    bool any_answer;
    const char *channel;
    access_token token; /* that the chat wants */
    uint64_t slow_count;
    uint64_t half_open_count;
    uint64_t pid; /* of the server; 0: not known */
    const char *html;
    bool json;
    bool quiet;
} bench_options;

/* Reads the arguments; argv[0] is the command's name.
 *
 * Returns: false when something is wrong; one line on stderr has said what to do. */
bool bench_options_read(int argc, char **argv, bench_options *it);

extern const char bench_options_help[];

#endif /* HAWSER_CMD_BENCH_OPTIONS_H */
