/* SPDX-License-Identifier: MIT */
/* The public calls that subscribe: here, straight to the topics; from another thread, as a copy. */
#include "base/text.h"
#include "base/try.h"
#include "server/broadcast.h"
#include "server/connection.h"
#include "server/worker.h"
#include "websocket/remote.h"

static bool is_topic(const char *topic)
{
    const size_t size = topic ? strnlen(topic, HWS_TOPIC_SIZE_MAX + 1) : 0;
    return size > 0 && size <= HWS_TOPIC_SIZE_MAX;
}

static hws_status check(const char *name, bool is_pattern)
{
    if (!is_topic(name)) return HWS_ERR_INVALID_ARGUMENT;
    return !is_pattern || hws_pattern_is_valid(hws_text_of(name)) ? HWS_OK
                                                                  : HWS_ERR_INVALID_ARGUMENT;
}

static hws_status subscribe(hws_connection *connection, const hws_subscription *wanted)
{
    hws_worker *worker = hws_connection_worker(connection);
    pthread_mutex_lock(&worker->topics_lock);
    const hws_status status = hws_topics_subscribe(&worker->topics, wanted, connection,
                                                   worker->server->options.topic_count_max);
    pthread_mutex_unlock(&worker->topics_lock);
    if (status == HWS_OK && wanted->wants_retained)
        hws_broadcast_retained(worker, wanted, connection);
    return status;
}

static hws_status unsubscribe(hws_connection *connection, const hws_subscription *gone)
{
    hws_worker *worker = hws_connection_worker(connection);
    pthread_mutex_lock(&worker->topics_lock);
    hws_topics_unsubscribe(&worker->topics, gone, connection);
    pthread_mutex_unlock(&worker->topics_lock);
    return HWS_OK;
}

/* A WebSocket that is not open yet, or not any more, has no topics. */
static hws_connection *find_open(hws_websocket ws)
{
    hws_connection *connection = hws_connection_find(ws);
    return connection && hws_session_stream(&connection->session) ? connection : NULL;
}

/* The options travel as one byte. */
enum { IS_PATTERN = 1 << 0, HEARS_ITSELF = 1 << 1, WANTS_RETAINED = 1 << 2 };

static uint8_t pack(const hws_subscription *it)
{
    return (uint8_t)((it->is_pattern ? IS_PATTERN : 0) | (it->hears_itself ? HEARS_ITSELF : 0) |
                     (it->wants_retained ? WANTS_RETAINED : 0));
}

static hws_subscription unpack(const hws_remote *remote)
{
    const uint8_t bits = remote->bytes.data[0];
    return (hws_subscription){
        .name = remote->name,
        .is_pattern = (bits & IS_PATTERN) != 0,
        .hears_itself = (bits & HEARS_ITSELF) != 0,
        .wants_retained = (bits & WANTS_RETAINED) != 0,
    };
}

static void subscribe_arrived(const hws_remote *remote)
{
    hws_worker *worker = remote->target;
    hws_connection *connection = find_open(remote->ws);
    const hws_subscription wanted = unpack(remote);
    /* Whoever asked was told "buffered": a subscription that fails must not fail in silence. */
    const hws_status status = connection ? subscribe(connection, &wanted) : HWS_OK;
    hws_interest_arrived(&worker->topics.interest);
    if (status < HWS_OK) hws_session_give_up(&connection->session, status);
}

static void unsubscribe_arrived(const hws_remote *remote)
{
    hws_connection *connection = find_open(remote->ws);
    const hws_subscription gone = unpack(remote);
    if (connection) (void)unsubscribe(connection, &gone);
}

static hws_status post(hws_websocket ws, hws_worker *worker, const hws_subscription *it,
                       void (*arrived)(const hws_remote *remote))
{
    uint8_t bits = pack(it);
    return hws_remote_post(
        ws.slots,
        &(hws_remote){
            .call = arrived, .ws = ws, .target = worker, .name = it->name, .bytes = {&bits, 1}});
}

static hws_status post_subscription(hws_websocket ws, const hws_subscription *wanted)
{
    hws_worker *worker = hws_slots_owner(ws.slots);
    if (!worker) return HWS_ERR_NOT_OPEN;
    hws_interest_expect(&worker->topics.interest);
    const hws_status status = post(ws, worker, wanted, subscribe_arrived);
    if (status < HWS_OK) hws_interest_arrived(&worker->topics.interest);
    return status;
}

hws_status hws_websocket_subscribe_with(hws_websocket ws, const char *topic,
                                        const hws_subscribe_options *options)
{
    static const hws_subscribe_options none;
    const hws_subscribe_options *how = options ? options : &none;
    HWS_TRY(check(topic, how->is_pattern));
    const hws_subscription wanted = {
        .name = hws_text_of(topic),
        .is_pattern = how->is_pattern,
        .hears_itself = how->hears_itself,
        .wants_retained = how->wants_retained,
    };
    if (hws_remote_is_here(ws.slots)) {
        hws_connection *connection = find_open(ws);
        return connection ? subscribe(connection, &wanted) : HWS_ERR_NOT_OPEN;
    }
    if (hws_slots_ready_state(ws) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    return post_subscription(ws, &wanted);
}

hws_status hws_websocket_subscribe(hws_websocket ws, const char *topic)
{
    return hws_websocket_subscribe_with(ws, topic, NULL);
}

static hws_status leave(hws_websocket ws, const char *topic, bool is_pattern)
{
    HWS_TRY(check(topic, is_pattern));
    const hws_subscription gone = {.name = hws_text_of(topic), .is_pattern = is_pattern};
    if (hws_remote_is_here(ws.slots)) {
        hws_connection *connection = find_open(ws);
        return connection ? unsubscribe(connection, &gone) : HWS_ERR_NOT_OPEN;
    }
    if (hws_slots_ready_state(ws) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    return post(ws, hws_slots_owner(ws.slots), &gone, unsubscribe_arrived);
}

hws_status hws_websocket_unsubscribe(hws_websocket ws, const char *topic)
{
    return leave(ws, topic, false);
}

hws_status hws_websocket_unsubscribe_pattern(hws_websocket ws, const char *pattern)
{
    return leave(ws, pattern, true);
}
