/* SPDX-License-Identifier: MIT */
/* The turn.  Its steps, and why they are in this order, are written in docs/loop.md. */
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/try.h"
#include "loop/state.h"

enum { POST_COUNT_MAX = 65536, MILLISECOND_NS = 1000000 };

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * MILLISECOND_NS + (uint64_t)now.tv_nsec;
}

uint64_t hws_clock_ms(void)
{
    return clock_ns() / MILLISECOND_NS;
}

/* Making. */

static hws_status start(hws_loop *loop, const hws_loop_options *options)
{
    const uint32_t post_count_max = options->post_count_max;
    loop->receive_size = options->receive_size;
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake_fd < 0) return HWS_ERR_SYSTEM;
    HWS_TRY(hws_alarm_clock_init(&loop->alarm_clock));
    HWS_TRY(hws_posts_init(loop, post_count_max ? post_count_max : POST_COUNT_MAX));
    HWS_TRY(hws_random_init(loop));
    return hws_backend_start(loop, loop->backend_asked);
}

static void release(hws_loop *loop)
{
    if (loop->backend_state) loop->backend->stop(loop);
    hws_random_release(loop);
    hws_posts_release(loop);
    hws_alarms_release(loop);
    hws_alarm_clock_release(&loop->alarm_clock);
    hws_queue_store_release(&loop->queue_store);
    hws_cells_release(&loop->cells);
    hws_memory_free(loop->memory, loop->scratch, HWS_SCRATCH_SIZE);
    if (loop->wake_fd >= 0) close(loop->wake_fd);
    hws_meter_release(&loop->meter);
    hws_memory_free(loop->meter.below, loop, sizeof *loop);
}

hws_status hws_loop_new(const hws_loop_options *options, hws_loop **out)
{
    const hws_loop_options defaults = {0};
    if (!options) options = &defaults;
    const hws_memory *memory =
        options->memory ? hws_meter_below(options->memory) : &hws_memory_malloc;

    hws_loop *loop = hws_memory_new_zeroed(memory, sizeof *loop);
    if (!loop) return HWS_ERR_NO_MEMORY;
    hws_meter_init(&loop->meter, memory, loop);
    loop->memory = &loop->meter.memory;
    loop->backend_asked = options->backend;
    loop->date_second = -1;
    loop->alarm_clock.fd = -1;
    hws_queue_store_init(&loop->queue_store, loop->memory);
    hws_cells_init(&loop->cells, loop->memory);
    atomic_init(&loop->thread, pthread_self());
    atomic_init(&loop->stopped, false);

    const hws_status status = start(loop, options);
    if (status < HWS_OK) {
        const int error = errno;
        release(loop);
        errno = error;
        return status;
    }
    *out = loop;
    return HWS_OK;
}

hws_status hws_loop_new_like(const hws_loop *loop, hws_loop **made)
{
    const hws_loop_options options = {
        .memory = loop->memory,
        .receive_size = loop->receive_size,
        .post_count_max = loop->posts.count_max,
        .backend = loop->backend_asked,
    };
    return hws_loop_new(&options, made);
}

/* Deferring. */

static void defer_to(hws_loop *loop, hws_deferred_list *list, hws_deferred *deferred)
{
    deferred->next = &loop->deferred_end;
    if (list->last)
        list->last->next = deferred;
    else
        list->first = deferred;
    list->last = deferred;
}

static hws_deferred *take_deferred(hws_loop *loop, hws_deferred_list *list)
{
    hws_deferred *deferred = list->first;
    if (!deferred) return NULL;
    if (deferred->next == &loop->deferred_end)
        *list = (hws_deferred_list){0};
    else
        list->first = deferred->next;
    deferred->next = NULL;
    return deferred;
}

void hws_loop_defer(hws_loop *loop, hws_deferred *deferred)
{
    if (!deferred->next) defer_to(loop, &loop->deferred, deferred);
}

static void remove_deferred(hws_loop *loop, hws_deferred_list *list, const hws_deferred *gone)
{
    hws_deferred_list kept = {0};
    for (hws_deferred *each = take_deferred(loop, list); each; each = take_deferred(loop, list))
        if (each != gone) defer_to(loop, &kept, each);
    *list = kept;
}

void hws_loop_undefer(hws_loop *loop, hws_deferred *deferred)
{
    if (!deferred->next) return;
    remove_deferred(loop, &loop->deferred, deferred);
    remove_deferred(loop, &loop->deferred_running, deferred);
}

const hws_deferred *hws_loop_next_deferred(const hws_loop *loop)
{
    return loop->deferred_running.first;
}

static void run_deferred(hws_loop *loop)
{
    loop->deferred_running = loop->deferred;
    loop->deferred = (hws_deferred_list){0};
    hws_deferred *deferred;
    while ((deferred = take_deferred(loop, &loop->deferred_running))) deferred->call(deferred);
}

/* Turning. */

static bool is_pending(const hws_loop *loop)
{
    return loop->deferred.first || loop->due.first || loop->closing.first;
}

static int until_alarm_ms(const hws_loop *loop, uint64_t now_ms)
{
    if (is_pending(loop)) return 0;
    const uint64_t next_ms = hws_alarms_next_ms(loop);
    if (next_ms == UINT64_MAX) return -1;
    if (next_ms <= now_ms) return 0;
    return next_ms - now_ms < INT_MAX ? (int)(next_ms - now_ms) : INT_MAX;
}

static bool backend_is_pending(const hws_loop *loop)
{
    return loop->backend->is_pending && loop->backend->is_pending(loop);
}

int hws_loop_timeout_ms(const hws_loop *loop)
{
    return backend_is_pending(loop) ? 0 : until_alarm_ms(loop, hws_clock_ms());
}

static int shorter(int a_ms, int b_ms)
{
    if (a_ms < 0) return b_ms;
    if (b_ms < 0) return a_ms;
    return a_ms < b_ms ? a_ms : b_ms;
}

/* How long the kernel may be waited for.  An alarm ends the wait by the alarm clock; by a timeout
 * where the caller's own is no longer, or the clock could not be set. */
static int wait_ms(hws_loop *loop, int timeout_ms, uint64_t now_ms)
{
    const int alarm_ms = until_alarm_ms(loop, now_ms);
    const int shorter_ms = shorter(timeout_ms, alarm_ms);
    if (alarm_ms <= 0 || shorter_ms != alarm_ms) return shorter_ms;
    return hws_alarm_clock_set(&loop->alarm_clock, hws_alarms_next_ms(loop)) ? timeout_ms
                                                                             : alarm_ms;
}

/* Alarms wait while the kernel has input that was not seen yet, but no longer than until every
 * descriptor can have been served. */
static bool alarms_may_ring(hws_loop *loop, bool more_input)
{
    if (more_input && loop->served_count < loop->io_count) return false;
    loop->served_count = 0;
    return true;
}

static void run_steps(hws_loop *loop)
{
    /* 3. */
    const bool more_input = loop->backend->deliver(loop);
    /* 4. */
    if (loop->woken) hws_posts_run(loop);
    /* 5. */
    if (alarms_may_ring(loop, more_input)) hws_alarms_ring(loop);
    /* 6. */
    run_deferred(loop);
    /* 7. */
    hws_io_complete_due(loop);
    /* 8. */
    hws_io_close_closing(loop);
}

/* now_ns   The time; then that of the end of the turn. */
static hws_status turn(hws_loop *loop, int timeout_ms, uint64_t *now_ns)
{
    if (loop->in_turn) return HWS_ERR_INVALID_ARGUMENT;
    if (!hws_loop_is_current(loop)) atomic_store(&loop->thread, pthread_self());

    /* 1. */
    HWS_TRY(loop->backend->wait(loop, wait_ms(loop, timeout_ms, *now_ns / MILLISECOND_NS)));
    /* 2. */
    const uint64_t begun_ns = clock_ns();
    loop->now_ms = begun_ns / MILLISECOND_NS;
    loop->in_turn = true;
    loop->turn++;
    run_steps(loop);
    loop->in_turn = false;
    *now_ns = clock_ns();
    hws_lag_note(&loop->lag, *now_ns - begun_ns);
    return HWS_OK;
}

hws_status hws_loop_step(hws_loop *loop, int timeout_ms)
{
    uint64_t now_ns = clock_ns();
    return turn(loop, timeout_ms, &now_ns);
}

/* What the last turn sent still leaves. */
hws_status hws_loop_run(hws_loop *loop)
{
    uint64_t now_ns = clock_ns();
    do HWS_TRY(turn(loop, -1, &now_ns));
    while (!atomic_load(&loop->stopped));
    atomic_store(&loop->stopped, false);
    return backend_is_pending(loop) ? turn(loop, 0, &now_ns) : HWS_OK;
}

void hws_loop_wake(hws_loop *loop)
{
    /* It can only fail when it is readable anyway. */
    const int error = errno;
    const ssize_t written = write(loop->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)written;
    errno = error;
}

void hws_loop_stop(hws_loop *loop)
{
    atomic_store(&loop->stopped, true);
    hws_loop_wake(loop);
}

/* Asking. */

uint64_t hws_loop_now_ms(const hws_loop *loop)
{
    return loop->in_turn ? loop->now_ms : hws_clock_ms();
}

bool hws_loop_is_current(const hws_loop *loop)
{
    return pthread_equal(atomic_load_explicit(&loop->thread, memory_order_relaxed), pthread_self());
}

bool hws_loop_is_turning(const hws_loop *loop)
{
    return loop->in_turn;
}

uint64_t hws_loop_turn(const hws_loop *loop)
{
    return loop->turn;
}

const char *hws_loop_backend(const hws_loop *loop)
{
    return loop->backend->name;
}

int hws_loop_fd(const hws_loop *loop)
{
    return loop->backend->fd(loop);
}

const hws_memory *hws_loop_memory(const hws_loop *loop)
{
    return loop->memory;
}

size_t hws_loop_memory_used(const hws_loop *loop)
{
    return hws_meter_used(&loop->meter);
}

void hws_loop_bound_memory(hws_loop *loop, size_t bound, hws_deferred *over)
{
    loop->meter.bound = bound;
    loop->meter.over = over;
}

const hws_lag *hws_loop_lag(const hws_loop *loop)
{
    return &loop->lag;
}

hws_cells *hws_loop_cells(hws_loop *loop)
{
    return &loop->cells;
}

hws_queue_store *hws_loop_queue_store(hws_loop *loop)
{
    return &loop->queue_store;
}

hws_span hws_loop_scratch(hws_loop *loop)
{
    if (!loop->scratch) loop->scratch = hws_memory_new(loop->memory, HWS_SCRATCH_SIZE);
    return (hws_span){loop->scratch, loop->scratch ? HWS_SCRATCH_SIZE : 0};
}

/* Residents. */

void hws_loop_settle(hws_loop *loop, hws_resident *resident)
{
    resident->next = loop->residents;
    loop->residents = resident;
}

hws_resident *hws_loop_resident(const hws_loop *loop, const void *kind)
{
    hws_resident *resident = loop->residents;
    while (resident && resident->kind != kind) resident = resident->next;
    return resident;
}

/* What other threads asked for before the end is still done. */
static void end_residents(hws_loop *loop)
{
    hws_posts_run(loop);
    while (loop->residents) {
        hws_resident *resident = loop->residents;
        loop->residents = resident->next;
        resident->end(resident);
    }
}

/* A stream that closes the one below it (TLS) does so in a deferred call: that one lingers from
 * then on, until its alarm rings. */
static bool has_more_to_end(const hws_loop *loop)
{
    return is_pending(loop) || (loop->io_count > 0 && hws_alarms_next_ms(loop) <= loop->now_ms);
}

/* Ending: the steps of a turn but for input, as if all time had passed.  UINT64_MAX itself is
 * never, so the last moment is the one before. */
void hws_loop_free(hws_loop *loop)
{
    if (!loop) return;
    hws_loop_join(loop);
    assert(!loop->in_turn);
    loop->now_ms = hws_clock_ms();
    loop->in_turn = true;
    hws_posts_close(loop);
    end_residents(loop);
    loop->now_ms = UINT64_MAX - 1;
    do {
        hws_posts_run(loop);
        hws_alarms_ring(loop);
        run_deferred(loop);
        hws_io_complete_due(loop);
        if (loop->backend->end) loop->backend->end(loop);
        hws_io_close_closing(loop);
    } while (has_more_to_end(loop));
    assert(loop->io_count == 0);
    release(loop);
}
