/* SPDX-License-Identifier: MIT */
/* A fault: connections that begin a request, and never finish it (with wss: that never begin TLS).
 *
 * A good server ends them after a while, so that they cannot take all that it has. */
#ifndef HAWSER_CMD_BENCH_HALF_OPEN_H
#define HAWSER_CMD_BENCH_HALF_OPEN_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/status.h"

typedef struct bench_half_open {
    struct pollfd *fds; /* -1: it has ended */
    uint64_t *begun_ns;
    size_t fd_count;
    size_t request_size; /* bytes of the part that is sent; 0 with wss */
    char request[512];
    size_t refused_count; /* they could not connect */
    size_t opened_count;
    size_t ended_count;    /* by the server, once open */
    uint64_t first_end_ns; /* how long the first of those had been open */
    uint64_t last_end_ns;
} bench_half_open;

/* Looks the URL's host up, and begins to open `count` connections to its first address.
 *
 * Errors: HWS_ERR_URL_*, HWS_ERR_NAME, HWS_ERR_NO_MEMORY.  It is to be released all the same. */
hws_status bench_half_open_begin(bench_half_open *it, const char *url, size_t count);

/* To be called every now and then: sends the first part of the request, and notes who has ended. */
void bench_half_open_look(bench_half_open *it, uint64_t now_ns);

void bench_half_open_release(bench_half_open *it);

#endif /* HAWSER_CMD_BENCH_HALF_OPEN_H */
