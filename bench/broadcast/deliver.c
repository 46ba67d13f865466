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

enum { ROUNDS = 61, FRAME_SIZE_MAX = 512 };

typedef struct bench {
    hws_loop *loop;
    hws_server *server;
    hws_hub *hub; /* NULL: a topic is published to */
    crowd crowd;
    int *descriptors;
    size_t count;
    uint64_t expected; /* bytes that the crowd will have */
    size_t frame_size; /* of what is published */
} bench;

static void note_descriptor(hws_session *session, void *user)
{
    bench *it = user;
    const hws_stream *stream = hws_session_stream(session);
    if (!stream) abort();
    it->descriptors[it->count++] = hws_stream_fd(stream);
}

static uint64_t received(const bench *it)
{
    return atomic_load(&it->crowd.news->received);
}

static void let_arrive(const bench *it)
{
    while (received(it) < it->expected) usleep(1000);
}

static void step(const bench *it)
{
    if (hws_loop_step(it->loop, 0) != HWS_OK) abort();
}

static hws_status put_into_channel(hws_hub *hub)
{
    char json[BROADCAST_PAYLOAD_SIZE];
    memset(json, '"', sizeof json);
    memset(json + 1, 'x', sizeof json - 2);
    return hws_hub_publish(hub, "news", (hws_text){json, sizeof json}, NULL, NULL);
}

static hws_status put_into_topic(hws_server *server)
{
    static const uint8_t PAYLOAD[BROADCAST_PAYLOAD_SIZE];
    const hws_message message = {.type = HWS_BINARY, .data = PAYLOAD, .size = sizeof PAYLOAD};
    return hws_server_publish(server, "all", &message);
}

static void put(const bench *it)
{
    const hws_status status = it->hub ? put_into_channel(it->hub) : put_into_topic(it->server);
    if (status != HWS_OK) abort();
}

static double publish(bench *it)
{
    const double start = broadcast_seconds(CLOCK_THREAD_CPUTIME_ID);
    put(it);
    do step(it);
    while (hws_queue_store_waiting(hws_loop_queue_store(it->loop)) > 0);
    return broadcast_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

static double send_bare(bench *it)
{
    static const uint8_t frame[FRAME_SIZE_MAX];
    const double start = broadcast_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < it->count; i++)
        if (send(it->descriptors[i], frame, it->frame_size, MSG_NOSIGNAL | MSG_DONTWAIT) !=
            (ssize_t)it->frame_size)
            abort();
    return broadcast_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

static double run_one(bench *it, double (*way)(bench *it))
{
    const double took = way(it);
    it->expected += it->count * it->frame_size;
    let_arrive(it);
    return took / (double)it->count * 1e9;
}

/* Until nothing has come for a while. */
static void let_settle(bench *it)
{
    uint64_t before;
    do {
        before = received(it);
        for (int i = 0; i < 300; i++) {
            step(it);
            usleep(1000);
        }
    } while (received(it) != before);
    it->expected = before;
}

/* By one that is not counted. */
static void find_frame_size(bench *it)
{
    let_settle(it);
    const uint64_t before = it->expected;
    put(it);
    let_settle(it);
    it->frame_size = (size_t)(it->expected - before) / it->count;
    if (it->frame_size == 0 || it->frame_size > FRAME_SIZE_MAX) abort();
}

static void open_all(bench *it, uint16_t port, uint32_t count, const crowd_manners *manners)
{
    it->crowd = crowd_start(port, count, manners);
    while (atomic_load(&it->crowd.news->open_count) < count)
        if (hws_loop_step(it->loop, 10) != HWS_OK) abort();
    it->descriptors = calloc(count, sizeof *it->descriptors);
    if (!it->descriptors) abort();
    hws_slots_each(it->server->workers[0]->slots, note_descriptor, it);
    find_frame_size(it);
}

static void compare(bench *it, const char *what)
{
    static double published[ROUNDS], bare[ROUNDS], ratios[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) { /* who goes first takes turns, too */
        if (i % 2 == 0) published[i] = run_one(it, publish);
        bare[i] = run_one(it, send_bare);
        if (i % 2 == 1) published[i] = run_one(it, publish);
        ratios[i] = published[i] / bare[i];
    }
    const double ratio = broadcast_quantile(ratios, ROUNDS, 0.5);
    printf("%zu subscribers of a %s, frames of %zu bytes, %d rounds in turns: publish %.0f ns, "
           "send(2) %.0f ns of CPU per delivery (medians); ratio %.3f (median of the rounds')\n",
           it->count, what, it->frame_size, ROUNDS, broadcast_quantile(published, ROUNDS, 0.5),
           broadcast_quantile(bare, ROUNDS, 0.5), ratio);
}

static void end(bench *it)
{
    if (it->hub) hws_hub_end(it->hub);
    hws_server_free(it->server);
    hws_hub_free(it->hub);
    crowd_end(&it->crowd);
    hws_loop_free(it->loop);
    free(it->descriptors);
}

void broadcast_deliver(uint32_t count)
{
    uint16_t port;
    bench it = {0};
    it.server = broadcast_server(&it.loop, 1, &port);
    open_all(&it, port, count, &BROADCAST_MANNERS);
    compare(&it, "topic");
    end(&it);
}

void broadcast_channel(uint32_t count)
{
    /* Masked by zeros. */
    static const char GREETING[] = "\x81\xbd\0\0\0\0"
                                   "{\"id\":1,\"connect\":{}}\n"
                                   "{\"id\":2,\"subscribe\":{\"channel\":\"news\"}}";
    const crowd_manners manners = {"/connection/websocket", GREETING, sizeof GREETING - 1};
    uint16_t port;
    bench it = {0};
    it.server = broadcast_hub(&it.loop, &it.hub, &port);
    open_all(&it, port, count, &manners);
    compare(&it, "channel");
    end(&it);
}
