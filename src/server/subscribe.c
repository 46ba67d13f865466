/* SPDX-License-Identifier: MIT */
/* The public calls on topics: here, straight to them; from another thread, as a copy. */
#include "base/text.h"
#include "server/connection.h"
#include "server/internal.h"
#include "websocket/remote.h"

typedef hws_status topic_call(hws_connection *connection, hws_text topic);

static bool is_topic(const char *topic)
{
    const size_t size = topic ? strnlen(topic, HWS_TOPIC_SIZE_MAX + 1) : 0;
    return size > 0 && size <= HWS_TOPIC_SIZE_MAX;
}

static hws_status subscribe(hws_connection *connection, hws_text topic)
{
    hws_server *server = hws_connection_server(connection);
    return hws_topics_subscribe(&server->topics, topic, connection,
                                server->options.topic_count_max);
}

static hws_status unsubscribe(hws_connection *connection, hws_text topic)
{
    hws_topics_unsubscribe(&hws_connection_server(connection)->topics, topic, connection);
    return HWS_OK;
}

/* A WebSocket that is not open yet, or not any more, has no topics. */
static hws_connection *find_open(hws_websocket ws)
{
    hws_connection *connection = hws_connection_find(ws);
    return connection && connection->session.stream ? connection : NULL;
}

static void subscribe_arrived(const hws_remote *remote)
{
    hws_connection *connection = find_open(remote->ws);
    /* Whoever asked was told "buffered": a subscription that fails must not fail in silence. */
    const hws_status status = connection ? subscribe(connection, remote->name) : HWS_OK;
    if (status < HWS_OK) hws_session_give_up(&connection->session, status);
}

static void unsubscribe_arrived(const hws_remote *remote)
{
    hws_connection *connection = find_open(remote->ws);
    if (connection) (void)unsubscribe(connection, remote->name);
}

static hws_status call_topic(hws_websocket ws, const char *topic, topic_call *here,
                             void (*arrived)(const hws_remote *remote))
{
    if (!is_topic(topic)) return HWS_ERR_INVALID_ARGUMENT;
    if (hws_remote_is_here(ws.slots)) {
        hws_connection *connection = find_open(ws);
        return connection ? here(connection, hws_text_of(topic)) : HWS_ERR_NOT_OPEN;
    }
    if (hws_slots_ready_state(ws) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    return hws_remote_post(ws.slots,
                           &(hws_remote){.call = arrived, .ws = ws, .name = hws_text_of(topic)});
}

hws_status hws_websocket_subscribe(hws_websocket ws, const char *topic)
{
    return call_topic(ws, topic, subscribe, subscribe_arrived);
}

hws_status hws_websocket_unsubscribe(hws_websocket ws, const char *topic)
{
    return call_topic(ws, topic, unsubscribe, unsubscribe_arrived);
}

static hws_remote publish_call(void (*arrived)(const hws_remote *remote), const char *topic,
                               const hws_message *message)
{
    return (hws_remote){
        .call = arrived,
        .name = hws_text_of(topic),
        .type = message->type,
        .part = message->part,
        .bytes = {(uint8_t *)(uintptr_t)message->data, message->size},
    };
}

static hws_message arrived_message(const hws_remote *remote)
{
    return (hws_message){remote->type, remote->part, remote->bytes.data, remote->bytes.size};
}

static bool is_publishable(const char *topic, const hws_message *message)
{
    return is_topic(topic) && message && (message->data || message->size == 0);
}

static void publish_arrived(const hws_remote *remote)
{
    const hws_connection *connection = find_open(remote->ws);
    if (!connection) return;
    const hws_message message = arrived_message(remote);
    hws_server *server = hws_connection_server(connection);
    if (hws_topics_publish(&server->topics, remote->name, &message, connection) != HWS_OK)
        hws_server_log(server, HWS_LOG_WARNING, "a message from another thread was not published");
}

hws_status hws_websocket_publish(hws_websocket ws, const char *topic, const hws_message *message)
{
    if (!is_publishable(topic, message)) return HWS_ERR_INVALID_ARGUMENT;
    if (hws_remote_is_here(ws.slots)) {
        const hws_connection *connection = find_open(ws);
        if (!connection) return HWS_ERR_NOT_OPEN;
        return hws_topics_publish(&hws_connection_server(connection)->topics, hws_text_of(topic),
                                  message, connection);
    }
    if (hws_slots_ready_state(ws) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    hws_remote call = publish_call(publish_arrived, topic, message);
    call.ws = ws;
    return hws_remote_post(ws.slots, &call);
}

static void server_publish_arrived(const hws_remote *remote)
{
    hws_server *server = remote->target;
    const hws_message message = arrived_message(remote);
    if (hws_topics_publish(&server->topics, remote->name, &message, NULL) != HWS_OK)
        hws_server_log(server, HWS_LOG_WARNING, "a message from another thread was not published");
}

hws_status hws_server_publish(hws_server *server, const char *topic, const hws_message *message)
{
    if (!is_publishable(topic, message)) return HWS_ERR_INVALID_ARGUMENT;
    if (hws_loop_is_current(server->loop))
        return hws_topics_publish(&server->topics, hws_text_of(topic), message, NULL);
    hws_remote call = publish_call(server_publish_arrived, topic, message);
    call.target = server;
    return hws_remote_post(server->slots, &call);
}

size_t hws_server_subscriber_count(const hws_server *server, const char *topic)
{
    return is_topic(topic) ? hws_topics_subscriber_count(&server->topics, hws_text_of(topic)) : 0;
}
