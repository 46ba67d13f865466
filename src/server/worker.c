/* SPDX-License-Identifier: MIT */
#include "server/worker.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/try.h"
#include "deflate/zlib.h"
#include "server/connection.h"
#include "server/feed.h"
#include "server/shed.h"
#include "server/visit.h"

static hws_worker *worker_at(void *member, size_t offset)
{
    return (hws_worker *)(void *)((uint8_t *)member - offset);
}

/* Making. */

static hws_status open_services(hws_worker *worker, char *explain, size_t size)
{
    for (size_t i = 0; i < HWS_ROUTE_MAX && worker->server->options.route[i].path; i++) {
        const hws_route *route = &worker->server->options.route[i];
        const hws_status status =
            hws_service_init(&worker->services[worker->service_count++], worker, route);
        if (status == HWS_OK) continue;
        if (explain) snprintf(explain, size, "%s: %s", route->path, hws_status_text(status));
        return status;
    }
    return HWS_OK;
}

static hws_status open_deflate(hws_worker *worker)
{
    const hws_deflate_options *options = &worker->server->options.deflate;
    worker->deflate = (hws_deflate){
        .codec = hws_codec_zlib(),
        .budget = &worker->server->deflate_budget,
        .size_min = options->size_min,
    };
    if (!options->enabled) return HWS_OK;
    return hws_codec_pool_new(worker->memory, options, worker->deflate.budget,
                              &worker->deflate.pool);
}

static hws_status open_all(hws_worker *worker, hws_loop *loop, char *explain, size_t size)
{
    const hws_server *server = worker->server;
    if (loop)
        worker->loop = loop;
    else
        HWS_TRY(hws_loop_new_like(server->workers[0]->loop, &worker->loop));
    const hws_memory *memory =
        server->options.memory ? server->options.memory : hws_loop_memory(worker->loop);
    worker->memory = memory;
    worker->h1 = server->h1;
    worker->h1.memory = memory;
    HWS_TRY(hws_slots_new(worker->loop, memory, &worker->slots));
    HWS_TRY(hws_tally_new(hws_loop_memory(worker->loop), &worker->turned_away));
    hws_slots_set_owner(worker->slots, worker);
    HWS_TRY(hws_topics_init(&worker->topics, memory, &server->topic_key));
    hws_rules_init(&worker->rules, memory, &worker->topics);
    hws_retained_init(&worker->retained, memory);
    HWS_TRY(open_deflate(worker));
    return open_services(worker, explain, size);
}

/* Closing.  What comes from worker 0 and what goes there is posted in the worker's own memory, so
 * that it always arrives. */

static void tell_when_empty(hws_worker *worker)
{
    if (worker->closing && hws_slots_count(worker->slots) == 0 && !hws_drain_waits(worker))
        hws_loop_defer(worker->loop, &worker->emptied);
}

void hws_worker_left(hws_worker *worker)
{
    tell_when_empty(worker);
}

static void has_emptied(hws_posted *posted)
{
    hws_server_emptied(worker_at(posted, offsetof(hws_worker, has_emptied))->server);
}

static void on_emptied(hws_deferred *deferred)
{
    hws_worker *worker = worker_at(deferred, offsetof(hws_worker, emptied));
    if (worker->told) return;
    worker->told = true;
    hws_drain_end(worker);
    if (worker->index == 0) {
        hws_server_emptied(worker->server);
        return;
    }
    (void)hws_loop_post_own(worker->server->workers[0]->loop, &worker->has_emptied, false);
}

static void close_session(hws_session *session, void *user)
{
    const int *code = user;
    if (hws_session_close(session, *code, (hws_text){0}) == HWS_ERR_NO_MEMORY)
        (void)hws_session_abort(session);
}

static void refuse_pending(const hws_worker *worker)
{
    for (hws_visit *visit = worker->visits, *next; visit; visit = next) {
        next = visit->next;
        if (visit->pending) hws_visit_end(visit);
    }
}

static void stop_accepting(hws_worker *worker)
{
    worker->closing = true;
    hws_listen_close(worker);
    refuse_pending(worker);
    hws_feeds_end(worker);
}

static void close_all(hws_worker *worker)
{
    stop_accepting(worker);
    hws_drain_end(worker);
    hws_slots_each(worker->slots, close_session, &worker->close_code);
    tell_when_empty(worker);
}

static void on_to_close(hws_posted *posted)
{
    close_all(worker_at(posted, offsetof(hws_worker, to_close)));
}

void hws_worker_close(hws_worker *worker, int code)
{
    worker->close_code = code;
    if (worker->index == 0)
        close_all(worker);
    else
        (void)hws_loop_post_own(worker->loop, &worker->to_close, false);
}

static void drain(hws_worker *worker)
{
    stop_accepting(worker);
    hws_drain_begin(worker);
    tell_when_empty(worker);
}

static void on_to_drain(hws_posted *posted)
{
    drain(worker_at(posted, offsetof(hws_worker, to_drain)));
}

void hws_worker_drain(hws_worker *worker, uint32_t duration_ms)
{
    worker->drain.duration_ms = duration_ms;
    if (worker->index == 0)
        drain(worker);
    else
        (void)hws_loop_post_own(worker->loop, &worker->to_drain, false);
}

static void end_visits(hws_worker *worker)
{
    while (worker->visits) hws_visit_end(worker->visits);
}

static void on_to_end(hws_posted *posted)
{
    end_visits(worker_at(posted, offsetof(hws_worker, to_end)));
}

void hws_worker_end_visits(hws_worker *worker)
{
    if (worker->index == 0)
        end_visits(worker);
    else
        (void)hws_loop_post_own(worker->loop, &worker->to_end, false);
}

hws_status hws_worker_new(hws_server *server, uint32_t index, hws_loop *loop, char *explain,
                          size_t explain_size, hws_worker **worker)
{
    hws_worker *made = hws_memory_new_zeroed(server->memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    if (pthread_mutex_init(&made->topics_lock, NULL) != 0) {
        hws_memory_free(server->memory, made, sizeof *made);
        return HWS_ERR_SYSTEM;
    }
    made->server = server;
    made->index = index;
    hws_arrivals_init(&made->arrivals);
    made->emptied.call = on_emptied;
    made->to_close.call = on_to_close;
    made->to_drain.call = on_to_drain;
    made->to_end.call = on_to_end;
    made->has_emptied.call = has_emptied;
    const hws_status status = open_all(made, loop, explain, explain_size);
    if (status != HWS_OK) {
        hws_worker_free(made);
        return status;
    }
    *worker = made;
    return HWS_OK;
}

/* Accepting. */

void hws_worker_accept(hws_worker *worker, const hws_place *place, int fd)
{
    hws_worker *chosen = hws_arrivals_choose(worker);
    if (chosen == worker || !hws_arrivals_pass(chosen, place, fd))
        hws_visit_begin(worker, fd, place->is_secure);
}

size_t hws_worker_subscriber_count(hws_worker *worker, hws_text topic)
{
    pthread_mutex_lock(&worker->topics_lock);
    const size_t count = hws_topics_subscriber_count(&worker->topics, topic);
    pthread_mutex_unlock(&worker->topics_lock);
    return count;
}

/* Ending. */

void hws_worker_stop(hws_worker *worker)
{
    if (worker && worker->index > 0) hws_loop_join(worker->loop);
}

static void end_session(hws_session *session, void *user)
{
    (void)user;
    hws_session_end(session, HWS_ERR_SHUTTING_DOWN);
}

void hws_worker_end(hws_worker *worker)
{
    if (!worker) return;
    worker->closing = true;
    hws_listen_close(worker);
    hws_arrivals_release(worker);
    end_visits(worker);
    hws_feeds_end(worker);
    hws_slots_each(worker->slots, end_session, NULL);
    hws_drain_end(worker);
    hws_loop_undefer(worker->loop, &worker->emptied);
    hws_shed_end(worker);
    hws_loop_unpost(worker->server->workers[0]->loop, &worker->has_emptied);
    hws_loop_unpost(worker->loop, &worker->to_close);
    hws_loop_unpost(worker->loop, &worker->to_drain);
    hws_loop_unpost(worker->loop, &worker->to_end);
}

void hws_worker_free(hws_worker *worker)
{
    if (!worker) return;
    hws_retained_release(&worker->retained);
    hws_rules_release(&worker->rules);
    hws_topics_release(&worker->topics);
    hws_slots_free(worker->slots);
    hws_codec_pool_free(worker->deflate.pool);
    hws_tally_free(worker->turned_away);
    if (worker->index > 0) hws_loop_free(worker->loop);
    pthread_mutex_destroy(&worker->topics_lock);
    hws_memory_free(worker->server->memory, worker, sizeof *worker);
}
