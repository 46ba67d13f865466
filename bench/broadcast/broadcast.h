/* SPDX-License-Identifier: MIT */
/* What is measured of broadcasts, one file each. */
#ifndef HAWSER_BENCH_BROADCAST_BROADCAST_H
#define HAWSER_BENCH_BROADCAST_BROADCAST_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <hawser/hawser.h>

enum { BROADCAST_PAYLOAD_SIZE = 100, BROADCAST_FRAME_SIZE = 102 };

void broadcast_deliver(uint32_t count);      /* beside a loop of send(2) over the same sockets */
void broadcast_channel(uint32_t count);      /* the same of a channel, to clients of its protocol */
void broadcast_memory(uint32_t count);       /* of channels without subscribers */
void broadcast_threads(uint32_t count);      /* CPU per delivery of two threads, and of one */
void broadcast_latency(uint32_t rate_per_s); /* from another thread to a client */

static inline double broadcast_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Sorts them. */
double broadcast_quantile(double *values, size_t count, double quantile);

/* Of a crowd that only listens. */
extern const struct crowd_manners BROADCAST_MANNERS;

/* A server with a hub for development; ends the program on failure. */
hws_server *broadcast_hub(hws_loop **loop, hws_hub **hub, uint16_t *port);

/* A server whose WebSockets all subscribe to "all", on a free port; ends the program on failure. */
hws_server *broadcast_server(hws_loop **loop, uint32_t thread_count, uint16_t *port);

#endif /* HAWSER_BENCH_BROADCAST_BROADCAST_H */
