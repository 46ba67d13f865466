/* SPDX-License-Identifier: MIT */
/* The CPU that a server spends on a delivery with one thread and with two, in turns.  Twice as many
 * threads are worth 2 * one / two. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broadcast.h"
#include "crowd.h"

enum { PAIRS = 5, MESSAGES = 60 };

typedef struct bench {
    hws_loop *loop;
    hws_server *server;
    crowd others;
    uint32_t count;
} bench;

/* On a thread of its own: the loop belongs to the one that began with it. */
static void *publish_all(void *user)
{
    static const uint8_t PAYLOAD[BROADCAST_PAYLOAD_SIZE];
    const bench *it = user;
    const hws_message message = {.type = HWS_BINARY, .data = PAYLOAD, .size = sizeof PAYLOAD};
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        if (hws_server_publish(it->server, "all", &message) < HWS_OK) abort();
        while (atomic_load(&it->others.news->received) < i * it->count * BROADCAST_FRAME_SIZE)
            usleep(1000);
    }
    hws_loop_stop(it->loop);
    return NULL;
}

/* Nanoseconds of the process per delivery. */
static double run(uint32_t thread_count, uint32_t count)
{
    bench it = {.count = count};
    uint16_t port;
    pthread_t thread;
    it.server = broadcast_server(&it.loop, thread_count, &port);
    it.others = crowd_start(port, count, &BROADCAST_MANNERS);
    while (atomic_load(&it.others.news->open_count) < count)
        if (hws_loop_step(it.loop, 10) != HWS_OK) abort();
    const double start = broadcast_seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (pthread_create(&thread, NULL, publish_all, &it) != 0) abort();
    (void)hws_loop_run(it.loop);
    pthread_join(thread, NULL);
    const double took = broadcast_seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    crowd_end(&it.others);
    hws_server_free(it.server);
    hws_loop_free(it.loop);
    return took / MESSAGES / count * 1e9;
}

void broadcast_threads(uint32_t count)
{
    double one[PAIRS], two[PAIRS], worth[PAIRS];
    for (size_t i = 0; i < PAIRS; i++) {
        one[i] = run(1, count);
        two[i] = run(2, count);
        worth[i] = 2 * one[i] / two[i];
    }
    const double median = broadcast_quantile(worth, PAIRS, 0.5);
    printf(
        "%u subscribers, %d bytes, %d pairs: one thread %.0f ns, two %.0f ns of CPU per delivery "
        "(medians); two are worth %.2f of one (median)\n",
        count, BROADCAST_PAYLOAD_SIZE, PAIRS, broadcast_quantile(one, PAIRS, 0.5),
        broadcast_quantile(two, PAIRS, 0.5), median);
}
