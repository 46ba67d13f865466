/* SPDX-License-Identifier: MIT */
/* The same bytes to the same sockets: published, and sent by a bare loop, in turns.  Each round
 * begins with nothing under way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broadcast.h"
#include "crowd.h"
#include "server/connection.h"
#include "server/worker.h"

enum { ROUNDS = 61 };

typedef struct bench {
    hws_loop *loop;
    hws_server *server;
    crowd crowd;
    int *descriptors;
    size_t count;
    uint64_t expected; /* bytes that the crowd will have */
    uint8_t payload[BROADCAST_PAYLOAD_SIZE];
} bench;

static void note_descriptor(hws_session *session, void *user)
{
    bench *it = user;
    const hws_stream *stream = hws_session_stream(session);
    if (!stream) abort();
    it->descriptors[it->count++] = hws_stream_fd(stream);
}

static void let_arrive(const bench *it)
{
    while (atomic_load(&it->crowd.news->received) < it->expected) usleep(1000);
}

static double publish(bench *it)
{
    const hws_message message = {
        .type = HWS_BINARY, .data = it->payload, .size = sizeof it->payload};
    const double start = broadcast_seconds(CLOCK_THREAD_CPUTIME_ID);
    if (hws_server_publish(it->server, "all", &message) != HWS_OK) abort();
    do
        if (hws_loop_step(it->loop, 0) != HWS_OK) abort();
    while (hws_queue_store_waiting(hws_loop_queue_store(it->loop)) > 0);
    return broadcast_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

static double send_bare(bench *it)
{
    uint8_t frame[BROADCAST_FRAME_SIZE] = {0x82, BROADCAST_PAYLOAD_SIZE};
    memcpy(frame + 2, it->payload, sizeof it->payload);
    const double start = broadcast_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < it->count; i++)
        if (send(it->descriptors[i], frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT) !=
            sizeof frame)
            abort();
    return broadcast_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

static double run_one(bench *it, double (*way)(bench *it))
{
    const double took = way(it);
    it->expected += it->count * BROADCAST_FRAME_SIZE;
    let_arrive(it);
    return took / (double)it->count * 1e9;
}

static void open_all(bench *it, uint32_t count)
{
    uint16_t port;
    it->server = broadcast_server(&it->loop, 1, &port);
    it->crowd = crowd_start(port, count);
    while (atomic_load(&it->crowd.news->open_count) < count)
        if (hws_loop_step(it->loop, 10) != HWS_OK) abort();
    it->descriptors = calloc(count, sizeof *it->descriptors);
    if (!it->descriptors) abort();
    hws_slots_each(it->server->workers[0]->slots, note_descriptor, it);
}

void broadcast_deliver(uint32_t count)
{
    static bench it;
    static double published[ROUNDS], bare[ROUNDS], ratios[ROUNDS];
    open_all(&it, count);
    for (size_t i = 0; i < ROUNDS; i++) { /* who goes first takes turns, too */
        if (i % 2 == 0) published[i] = run_one(&it, publish);
        bare[i] = run_one(&it, send_bare);
        if (i % 2 == 1) published[i] = run_one(&it, publish);
        ratios[i] = published[i] / bare[i];
    }
    const double ratio = broadcast_quantile(ratios, ROUNDS, 0.5);
    printf("%zu subscribers, %d bytes, %d rounds in turns: publish %.0f ns, send(2) %.0f ns of CPU "
           "per delivery (medians); ratio %.3f (median of the rounds')\n",
           it.count, BROADCAST_PAYLOAD_SIZE, ROUNDS, broadcast_quantile(published, ROUNDS, 0.5),
           broadcast_quantile(bare, ROUNDS, 0.5), ratio);
    hws_server_free(it.server);
    crowd_end(&it.crowd);
    hws_loop_free(it.loop);
    free(it.descriptors);
}
