/* SPDX-License-Identifier: MIT */
#include "server/drain.h"

#include "server/worker.h"
#include "wire/close.h"

enum {
    STEP_MS = 100,
    FRESH_MS = 1000, /* for the request of who was accepted just before */
    QUOTA_MIN = 10,  /* so many that spreading them further would help nobody: 100 a second */
};

typedef struct step {
    size_t left; /* that may still be closed in it */
} step;

static void close_one(hws_session *session, void *user)
{
    step *now = user;
    if (now->left == 0) return;
    const hws_status status = hws_session_close(session, HWS_CLOSE_SERVICE_RESTART, (hws_text){0});
    if (status == HWS_ERR_NOT_OPEN) return; /* on its way out already */
    if (status != HWS_OK) (void)hws_session_abort(session);
    now->left--;
}

/* It rings until the worker is empty: somebody may still come who was accepted before.  Without
 * memory for the alarm all go at once. */
static void take_step(hws_worker *worker)
{
    hws_drain *drain = &worker->drain;
    step now = {drain->quota};
    hws_slots_each(worker->slots, close_one, &now);
    hws_worker_left(worker);
    const uint64_t next_ms = hws_loop_now_ms(worker->loop) + STEP_MS;
    if (hws_alarm_set(&drain->alarm, worker->loop, next_ms) == HWS_OK) return;
    drain->is_active = false;
    now.left = SIZE_MAX;
    hws_slots_each(worker->slots, close_one, &now);
    hws_worker_left(worker);
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    (void)loop;
    take_step((hws_worker *)(void *)((uint8_t *)alarm - offsetof(hws_worker, drain.alarm)));
}

void hws_drain_begin(hws_worker *worker)
{
    hws_drain *drain = &worker->drain;
    const size_t steps = drain->duration_ms / STEP_MS + 1;
    const size_t count = hws_slots_count(worker->slots);
    drain->quota = count / steps + 1;
    if (drain->quota < QUOTA_MIN) drain->quota = QUOTA_MIN;
    if (drain->duration_ms == 0) drain->quota = SIZE_MAX;
    drain->alarm.on_ring = on_ring;
    drain->is_active = true;
    drain->begun_ms = hws_loop_now_ms(worker->loop);
    take_step(worker);
}

/* A worker that has not heard of the drain yet may still pass connections on to this one. */
static bool may_get_some(const hws_worker *worker, uint64_t since_ms)
{
    return worker->server->worker_count > 1 && since_ms < STEP_MS;
}

bool hws_drain_waits(const hws_worker *worker)
{
    const hws_drain *drain = &worker->drain;
    if (!drain->is_active) return false;
    const uint64_t since_ms = hws_loop_now_ms(worker->loop) - drain->begun_ms;
    return may_get_some(worker, since_ms) || (worker->fresh_count > 0 && since_ms < FRESH_MS);
}

void hws_drain_end(hws_worker *worker)
{
    worker->drain.is_active = false;
    hws_alarm_unset(&worker->drain.alarm, worker->loop);
}
