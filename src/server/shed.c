/* SPDX-License-Identifier: MIT */
#include "server/shed.h"

#include "server/visit.h"

enum {
    CLASS_MIN = 10,  /* 2^10 bytes */
    CLASS_COUNT = 64 /* of a size_t's powers of two */
};

typedef struct census {
    size_t sizes[CLASS_COUNT]; /* bytes of the connections of each class */
    unsigned from;             /* this class and bigger ones go */
    size_t excess;             /* bytes still to be given back */
} census;

static unsigned class_of(size_t size)
{
    return size == 0 ? 0 : 63 - (unsigned)__builtin_clzll(size);
}

static void count(census *it, size_t size)
{
    it->sizes[class_of(size)] += size;
}

static void count_session(hws_session *session, void *user)
{
    count(user, hws_session_weight(session));
}

static size_t weight_of(const hws_visit *visit)
{
    return visit->h1 ? hws_h1_weight(visit->h1) : 0;
}

/* The biggest classes that are enough together; of the last of them perhaps not all. */
static void choose(census *it)
{
    size_t sum = 0;
    it->from = CLASS_COUNT;
    while (it->from > CLASS_MIN && sum < it->excess) sum += it->sizes[--it->from];
}

static bool must_go(census *it, size_t size)
{
    if (it->excess == 0 || class_of(size) < it->from) return false;
    it->excess -= size < it->excess ? size : it->excess;
    return true;
}

static void judge_session(hws_session *session, void *user)
{
    if (must_go(user, hws_session_weight(session))) hws_session_shed(session);
}

static void judge_visits(hws_worker *worker, census *it)
{
    for (hws_visit *visit = worker->visits, *next; visit; visit = next) {
        next = visit->next;
        if (!must_go(it, weight_of(visit))) continue;
        hws_reasons_add(&worker->metric.refused, HWS_ERR_MEMORY_SHED);
        hws_visit_end(visit);
    }
}

static size_t used(const hws_server *server)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < server->worker_count; i++)
        sum += hws_loop_memory_used(server->workers[i]->loop);
    return sum;
}

bool hws_shed_is_over(const hws_server *server)
{
    return used(server) > server->options.limits.memory_size_max;
}

/* Bytes of them that are a thread's. */
static size_t share_of(const hws_server *server, uint64_t size_max)
{
    const uint64_t share = size_max / server->worker_count;
    return share < SIZE_MAX ? (size_t)share : SIZE_MAX;
}

/* An eighth more than is needed goes, lest the next message begins it anew. */
static size_t excess_of(const hws_worker *worker)
{
    const size_t own = hws_loop_memory_used(worker->loop);
    const size_t share = share_of(worker->server, worker->server->options.limits.memory_size_max);
    return own > share - share / 8 ? own - (share - share / 8) : 0;
}

static size_t shared_by(const hws_worker *worker)
{
    return hws_queue_store_shared(hws_loop_queue_store(worker->loop));
}

/* Over its own share, and all together over the whole. */
static bool is_over(const hws_worker *worker)
{
    const hws_server *server = worker->server;
    const uint64_t size_max = server->options.limits.broadcast_size_max;
    if (shared_by(worker) <= share_of(server, size_max)) return false;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < server->worker_count; i++) sum += shared_by(server->workers[i]);
    return sum > size_max;
}

bool hws_shed_is_scarce(hws_worker *worker)
{
    if (!is_over(worker)) return false;
    hws_loop_defer(worker->loop, &worker->trim);
    return true;
}

/* What waits for one who takes less than he is sent, though he be on his way out; 0 for others. */
static size_t backlog_of(const hws_session *session)
{
    const hws_stream *stream = hws_session_stream(session);
    return stream && stream->blocked ? stream->queue.size : 0;
}

static void count_backlog(hws_session *session, void *user)
{
    count(user, backlog_of(session));
}

static void judge_backlog(hws_session *session, void *user)
{
    if (!must_go(user, backlog_of(session))) return;
    hws_worker *worker = hws_slots_owner(hws_session_plan_of(session)->slots);
    hws_metric_drop(&worker->metric, HWS_DROP_CLOSE);
    hws_session_shed(session);
}

/* What becomes free of this does so at the end of the turn. */
static void trim(hws_deferred *deferred)
{
    hws_worker *worker = (hws_worker *)(void *)((uint8_t *)deferred - offsetof(hws_worker, trim));
    if (!is_over(worker)) return;
    const uint64_t share =
        share_of(worker->server, worker->server->options.limits.broadcast_size_max);
    census it = {.excess = shared_by(worker) - (size_t)(share - share / 8)};
    const size_t wanted = it.excess;
    hws_slots_each(worker->slots, count_backlog, &it);
    choose(&it);
    hws_slots_each(worker->slots, judge_backlog, &it);
    if (it.excess < wanted) hws_loop_defer(worker->loop, &worker->trim);
}

static void shed(hws_deferred *deferred)
{
    hws_worker *worker = (hws_worker *)(void *)((uint8_t *)deferred - offsetof(hws_worker, shed));
    if (!hws_shed_is_over(worker->server)) return;
    census it = {.excess = excess_of(worker)};
    hws_slots_each(worker->slots, count_session, &it);
    for (const hws_visit *visit = worker->visits; visit; visit = visit->next)
        count(&it, weight_of(visit));
    choose(&it);
    hws_slots_each(worker->slots, judge_session, &it);
    judge_visits(worker, &it);
}

void hws_shed_begin(hws_worker *worker)
{
    const hws_limits *limits = &worker->server->options.limits;
    const size_t share = share_of(worker->server, limits->memory_size_max);
    worker->shed.call = shed;
    worker->trim.call = trim;
    hws_loop_bound_memory(worker->loop, share, &worker->shed);
    worker->retained.size_max = share_of(worker->server, limits->retained_size_max);
}

void hws_shed_end(hws_worker *worker)
{
    hws_loop_bound_memory(worker->loop, SIZE_MAX, NULL);
    hws_loop_undefer(worker->loop, &worker->shed);
    hws_loop_undefer(worker->loop, &worker->trim);
}
