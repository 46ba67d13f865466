/* SPDX-License-Identifier: MIT */
/* A stack that many push to and one takes as a whole: the order of arrivals says nothing.  Who
 * finds it empty has seen that the last batch was taken, and may use `posted` again. */
#include "server/arrivals.h"

#include <unistd.h>

#include "base/memory.h"
#include "server/visit.h"
#include "server/worker.h"

/* How much more than the least a worker may have, before it passes on: a sixteenth. */
enum { SLACK_SHIFT = 4 };

struct hws_arrival {
    hws_arrival *next;
    const hws_place *place;
    int fd;
};

static uint64_t load_of(const hws_worker *worker)
{
    return hws_metric_connection_count(&worker->metric) +
           atomic_load_explicit(&worker->arrivals.count, memory_order_relaxed);
}

hws_worker *hws_arrivals_choose(hws_worker *worker)
{
    const hws_server *server = worker->server;
    hws_worker *least = worker;
    uint64_t least_load = load_of(worker);
    const uint64_t own_load = least_load;
    for (uint32_t i = 0; i < server->worker_count; i++) {
        const uint64_t load = load_of(server->workers[i]);
        if (load >= least_load) continue;
        least = server->workers[i];
        least_load = load;
    }
    return own_load > least_load + (least_load >> SLACK_SHIFT) ? least : worker;
}

/* Takes all that are there, and does `call` with each. */
static void take_all(hws_worker *worker, void (*call)(hws_worker *worker, const hws_arrival *it))
{
    hws_arrival *it = atomic_exchange_explicit(&worker->arrivals.last, NULL, memory_order_acq_rel);
    while (it) {
        hws_arrival *next = it->next;
        atomic_fetch_sub_explicit(&worker->arrivals.count, 1, memory_order_relaxed);
        call(worker, it);
        hws_memory_free(worker->memory, it, sizeof *it);
        it = next;
    }
}

static void begin(hws_worker *worker, const hws_arrival *it)
{
    hws_visit_begin(worker, it->fd, it->place->is_secure);
}

static void on_posted(hws_posted *posted)
{
    take_all((hws_worker *)(void *)((uint8_t *)posted - offsetof(hws_worker, arrivals.posted)),
             begin);
}

void hws_arrivals_init(hws_arrivals *arrivals)
{
    atomic_init(&arrivals->last, NULL);
    atomic_init(&arrivals->count, 0);
    arrivals->posted = (hws_posted){.call = on_posted};
}

bool hws_arrivals_pass(hws_worker *to, const hws_place *place, int fd)
{
    hws_arrivals *arrivals = &to->arrivals;
    hws_arrival *it = hws_memory_new(to->memory, sizeof *it);
    if (!it) return false;
    *it = (hws_arrival){.place = place, .fd = fd};
    atomic_fetch_add_explicit(&arrivals->count, 1, memory_order_relaxed);
    hws_arrival *last = atomic_load_explicit(&arrivals->last, memory_order_acquire);
    do it->next = last;
    while (!atomic_compare_exchange_weak_explicit(&arrivals->last, &last, it, memory_order_acq_rel,
                                                  memory_order_acquire));
    if (!last) (void)hws_loop_post_own(to->loop, &arrivals->posted, false);
    return true;
}

static void close_it(hws_worker *worker, const hws_arrival *it)
{
    (void)worker;
    close(it->fd);
}

void hws_arrivals_release(hws_worker *worker)
{
    hws_loop_unpost(worker->loop, &worker->arrivals.posted);
    take_all(worker, close_it);
}
