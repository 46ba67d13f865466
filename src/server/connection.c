/* SPDX-License-Identifier: MIT */
#include "server/connection.h"

#include "base/memory.h"
#include "base/try.h"
#include "server/internal.h"
#include "server/service.h"

static const hws_service *service_of(const hws_session *session)
{
    return (const hws_service *)(const void *)((const uint8_t *)session->plan -
                                               offsetof(hws_service, plan));
}

hws_server *hws_connection_server(const hws_connection *connection)
{
    return service_of(&connection->session)->server;
}

const hws_service *hws_connection_service(const hws_connection *connection)
{
    return service_of(&connection->session);
}

hws_status hws_connection_new(const hws_service *service, struct hws_visit *visit,
                              hws_connection **connection)
{
    const hws_memory *memory = service->plan.memory;
    hws_connection *made = hws_memory_new(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->visit = visit;
    const hws_status status = hws_session_init(&made->session, &service->plan);
    if (status != HWS_OK) {
        hws_memory_free(memory, made, sizeof *made);
        return status;
    }
    *connection = made;
    return HWS_OK;
}

static void free_connection(hws_connection *connection)
{
    hws_memory_free(connection->session.plan->memory, connection, sizeof *connection);
}

void hws_connection_cancel(hws_connection *connection)
{
    hws_session_cancel(&connection->session);
    free_connection(connection);
}

hws_status hws_connection_open(hws_connection *connection, hws_stream *stream, hws_span early)
{
    connection->memberships = (hws_memberships){0};
    const hws_status status = hws_session_open(&connection->session, stream, early);
    if (status != HWS_OK) hws_connection_cancel(connection);
    return status;
}

void hws_connection_finished(hws_session *session)
{
    hws_connection *connection = (hws_connection *)session;
    hws_server *server = hws_connection_server(connection);
    hws_topics_leave(&server->topics, connection);
    free_connection(connection);
    hws_server_left(server);
}

hws_connection *hws_connection_find(hws_websocket ws)
{
    hws_session *session = hws_slots_find(ws);
    if (!session || session->plan->on_finished != hws_connection_finished) return NULL;
    return (hws_connection *)session;
}
