/* SPDX-License-Identifier: MIT */
#include "server/connection.h"

#include <string.h>

#include "base/try.h"
#include "server/worker.h"

static const hws_service *service_of(const hws_session *session)
{
    return (const hws_service *)(const void *)((const uint8_t *)hws_session_plan_of(session) -
                                               offsetof(hws_service, plan));
}

hws_worker *hws_connection_worker(const hws_connection *connection)
{
    return service_of(&connection->session)->worker;
}

const hws_service *hws_connection_service(const hws_connection *connection)
{
    return service_of(&connection->session);
}

enum { MESSAGES, BYTES, BUCKET_COUNT };

/* Only where there are rates are there buckets: an idle connection pays for each byte. */
static size_t size_of(const hws_session_plan *plan)
{
    return sizeof(hws_connection) + (plan->charge ? BUCKET_COUNT * sizeof(hws_bucket) : 0);
}

/* NULL: no memory. */
static hws_connection *take_connection(const hws_session_plan *plan)
{
    hws_connection *made = hws_cells_take(hws_loop_cells(plan->loop), size_of(plan));
    return made ? memset(made, 0, size_of(plan)) : NULL;
}

static void give_connection(const hws_session_plan *plan, hws_connection *connection)
{
    hws_cells_give(hws_loop_cells(plan->loop), connection, size_of(plan));
}

hws_status hws_connection_charge(hws_session *session, size_t message_count, size_t size)
{
    const hws_service *service = service_of(session);
    const uint64_t now_ms = hws_loop_now_ms(hws_session_plan_of(session)->loop);
    hws_bucket *buckets = ((hws_connection *)session)->buckets;
    if (hws_bucket_take(&buckets[MESSAGES], &service->message_rate, now_ms, message_count) &&
        hws_bucket_take(&buckets[BYTES], &service->byte_rate, now_ms, size))
        return HWS_OK;
    return HWS_ERR_MESSAGE_RATE;
}

hws_status hws_connection_new(const hws_service *service, struct hws_visit *visit,
                              hws_connection **connection)
{
    hws_connection *made = take_connection(&service->plan);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->visit = visit;
    const hws_status status = hws_session_init(&made->session, &service->plan);
    if (status != HWS_OK) {
        give_connection(&service->plan, made);
        return status;
    }
    *connection = made;
    return HWS_OK;
}

static void free_connection(hws_connection *connection)
{
    give_connection(hws_session_plan_of(&connection->session), connection);
}

void hws_connection_cancel(hws_connection *connection)
{
    hws_session_cancel(&connection->session);
    free_connection(connection);
}

hws_status hws_connection_open(hws_connection *connection, hws_stream *stream,
                               hws_deflate_terms deflate, hws_span early)
{
    connection->memberships = (hws_memberships){0};
    const hws_status status = hws_session_open(&connection->session, stream, deflate, early);
    if (status != HWS_OK) hws_connection_cancel(connection);
    return status;
}

void hws_connection_finished(hws_session *session)
{
    hws_connection *connection = (hws_connection *)session;
    hws_worker *worker = hws_connection_worker(connection);
    pthread_mutex_lock(&worker->topics_lock);
    hws_topics_leave(&worker->topics, connection);
    pthread_mutex_unlock(&worker->topics_lock);
    free_connection(connection);
    hws_worker_left(worker);
}

hws_connection *hws_connection_find(hws_websocket ws)
{
    hws_session *session = hws_slots_find(ws);
    if (!session || hws_session_plan_of(session)->on_finished != hws_connection_finished)
        return NULL;
    return (hws_connection *)session;
}
