/* SPDX-License-Identifier: MIT */
/* A load: workers, each a thread with a loop of its own and its share of the connections.
 *
 *     opening ──all have opened or failed──▶ ready ──start_ns──▶ load ──end_ns──▶ closing
 *
 * One thread leads (hawser bench itself): it sets the times, which the workers look at in every
 * turn, and reads what they show.  All else of a worker is its own until its thread has ended. */
#ifndef HAWSER_CMD_BENCH_LOAD_H
#define HAWSER_CMD_BENCH_LOAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "cmd/bench_deflate.h"
#include "cmd/bench_errors.h"
#include "cmd/bench_histogram.h"
#include "cmd/bench_options.h"
#include "cmd/bench_pace.h"
#include "cmd/bench_samples.h"
#include "hawser/hawser.h"

enum {
    BENCH_NS_PER_MS = 1000000,
    BENCH_NS_PER_S = 1000000000,
};

typedef struct bench_load bench_load;
typedef struct bench_worker bench_worker;

typedef struct bench_connection {
    bench_worker *worker;
    hws_websocket ws;
    uint64_t begun_ns;  /* when it began to open */
    uint64_t due_count; /* messages; with a rate only */
    uint64_t sent_count;
    uint64_t answered_count;
    bool is_open;
    bool is_settled; /* it is ready for the load, or has failed */
    bool is_waiting; /* with --mode connect: it failed, and is tried again a little later */
} bench_connection;

/* What a mode does.  NULL where it does nothing. */
typedef struct bench_task {
    void (*on_open)(bench_connection *it); /* NULL: it is settled by that */
    void (*on_message)(bench_connection *it, const hws_message *message, uint64_t now_ns);
    void (*on_drain)(bench_connection *it, uint64_t now_ns);
    void (*on_start)(bench_worker *it, uint64_t now_ns);
    void (*on_turn)(bench_worker *it, uint64_t now_ns); /* of a load that has started */
    void (*on_close)(bench_connection *it);             /* it was open; not while closing */
    /* When it wants its next turn at the latest; NULL: whenever something has come. */
    uint64_t (*next_ns)(const bench_worker *it);
} bench_task;

struct bench_worker {
    bench_load *load;
    size_t index;
    pthread_t thread;
    bool has_thread;
    hws_loop *loop;
    bench_connection *connection;
    size_t connection_count;
    uint64_t *sent_ns; /* in_flight of them for each connection; NULL with a rate */
    size_t begun_count;
    size_t under_way_count;
    size_t open_count;
    size_t settled_count;
    bool has_started;
    bool is_ended; /* nothing more is sent */
    bool is_closing;
    bench_pace pace;
    uint64_t due_count;     /* of all its connections */
    uint64_t message_count; /* that came, whether measured or not */
    uint64_t looked_at_ns;  /* --mode connect: when those that failed were tried again */

    const bench_connection *arrived_on; /* the last message of this turn; NULL: none yet */
    uint64_t arrived_ns;                /* when */

    bench_samples samples;
    bench_histogram connect; /* how long connections took to open */
    bench_errors errors;
    bench_deflate deflate;   /* of those that were open at the end */
    struct bench_slow *slow; /* of worker 0, where it was asked for; else NULL */
    hws_status failure;      /* of the worker itself */

    /* Of --mode listen and chat, in worker 0. */
    uint64_t expected_count;
    uint64_t cast_ns;

    /* Shown to the other threads. */
    _Atomic size_t shown_open;
    _Atomic size_t shown_settled;
    _Atomic size_t shown_samples; /* so many are complete */
    _Atomic uint64_t shown_errors;
    _Atomic uint64_t shown_messages;
};

struct bench_load {
    const bench_options *options;
    const bench_task *task;
    hws_client_options client;
    char *greeting;   /* that a chat is begun with; NULL: nothing is said */
    uint8_t *payload; /* what is sent */
    size_t payload_size;
    size_t stamp_at; /* where in it the time stands */
    bench_worker *worker;
    size_t worker_count;
    _Atomic uint64_t start_ns; /* UINT64_MAX: not yet known; so for all of them */
    _Atomic uint64_t measure_ns;
    _Atomic uint64_t end_ns;
    atomic_bool is_closing;
};

extern const bench_task bench_echo;
extern const bench_task bench_listen;
extern const bench_task bench_chat;
extern const bench_task bench_connect;
extern const bench_task bench_idle;

/* Makes the payload and the workers, and starts their threads, which begin to open connections.
 *
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM (no more threads or descriptors), and what
 *         hws_websocket_open says of the options.  It is to be released all the same. */
hws_status bench_load_begin(bench_load *it, const bench_options *options);

/* Has the workers close what is open, and waits for them. */
void bench_load_end(bench_load *it);

void bench_load_release(bench_load *it);

/* Sums of what the workers show. */
size_t bench_load_open_count(const bench_load *it);
size_t bench_load_settled_count(const bench_load *it);
uint64_t bench_load_error_count(const bench_load *it);
uint64_t bench_load_message_count(const bench_load *it);

/* For tasks. */

/* A message that has come, now, and had been on its way for so long. */
void bench_worker_count(bench_worker *it, uint64_t now_ns, uint64_t latency_ns,
                        uint64_t byte_count);

/* It is ready for the load, or will never be. */
void bench_connection_settle(bench_connection *it);

/* Begins to open it. */
void bench_connection_open(bench_connection *it, uint64_t now_ns);

/* The thread of a worker. */
void *bench_worker_run(void *worker);

static inline uint64_t bench_now_ns(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
    return (uint64_t)now.tv_sec * BENCH_NS_PER_S + (uint64_t)now.tv_nsec;
}

#endif /* HAWSER_CMD_BENCH_LOAD_H */
