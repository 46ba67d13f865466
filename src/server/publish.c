/* SPDX-License-Identifier: MIT */
/* The public calls that publish: to every thread that may have a subscriber, or to none.
 *
 *     framed for each ──▶ all made ──▶ sent, each to its thread      (nothing fails any more)
 *                  └────▶ no memory, a thread has too much waiting: nobody gets it
 *
 * From the thread that publishes straight to every other, so that what one thread publishes keeps
 * its order everywhere. */
#include "base/text.h"
#include "base/try.h"
#include "hawser/utf8.h"
#include "server/broadcast.h"
#include "server/worker.h"
#include "websocket/remote.h"

typedef struct publication {
    hws_topic_name topic;
    hws_text key;
    const hws_message *message;
    hws_websocket sender; /* who is spared */
    hws_remote *remotes;  /* for the other threads */
    hws_worker *here;     /* NULL: nobody on this thread */
    hws_blob *frame;      /* for here */
} publication;

static bool is_topic(const char *topic)
{
    const size_t size = topic ? strnlen(topic, HWS_TOPIC_SIZE_MAX + 1) : 0;
    return size > 0 && size <= HWS_TOPIC_SIZE_MAX;
}

/* A part of a message cannot be shared: each connection numbers its own parts. */
static hws_status check(const char *topic, const hws_message *message)
{
    if (!is_topic(topic) || !message || message->part != HWS_WHOLE) return HWS_ERR_INVALID_ARGUMENT;
    if (!message->data && message->size > 0) return HWS_ERR_INVALID_ARGUMENT;
    if (message->type == HWS_BINARY) return HWS_OK;
    if (message->type != HWS_TEXT) return HWS_ERR_INVALID_ARGUMENT;
    hws_utf8 utf8 = {0};
    HWS_TRY(hws_utf8_feed(&utf8, message->data, message->size));
    return hws_utf8_finish(&utf8);
}

static void on_arrival(const hws_remote *remote)
{
    hws_worker *worker = remote->target;
    const hws_broadcast broadcast = {
        .topic = hws_topic_name_of(&worker->server->topic_key, remote->name),
        .key = {(const char *)remote->bytes.data, remote->bytes.size},
        .frame = remote->blob,
        .sender = remote->ws,
    };
    hws_broadcast_run(&broadcast, worker);
}

static hws_status prepare_remote(publication *it, hws_worker *worker, hws_blob *frame)
{
    hws_remote *remote;
    const hws_remote call = {
        .call = on_arrival,
        .ws = it->sender,
        .target = worker,
        .name = it->topic.text,
        .bytes = {(uint8_t *)(uintptr_t)it->key.data, it->key.size},
        .blob = frame,
    };
    HWS_TRY(hws_remote_new(worker->slots, &call, &remote));
    remote->next = it->remotes;
    it->remotes = remote;
    return HWS_OK;
}

static hws_status prepare(publication *it, hws_worker *worker)
{
    if (!hws_topics_may_reach(&worker->topics, &it->topic)) return HWS_OK;
    const hws_memory *memory = hws_slots_memory(worker->slots);
    hws_blob *frame = hws_endpoint_frame(memory, it->message);
    if (!frame) return HWS_ERR_NO_MEMORY;
    if (hws_loop_is_current(worker->loop)) {
        it->here = worker;
        it->frame = frame;
        return HWS_OK;
    }
    const hws_status status = prepare_remote(it, worker, frame);
    if (status != HWS_OK) hws_blob_unref(frame);
    return status;
}

static hws_remote *take_remote(publication *it)
{
    hws_remote *remote = it->remotes;
    if (remote) it->remotes = remote->next;
    return remote;
}

static void release_here(const publication *it)
{
    if (it->here) hws_blob_unref(it->frame);
}

static void take_back(publication *it)
{
    for (hws_remote *remote; (remote = take_remote(it));) hws_remote_free(remote);
    release_here(it);
}

static void run_here(const publication *it)
{
    if (!it->here) return;
    const hws_broadcast broadcast = {
        .topic = it->topic, .key = it->key, .frame = it->frame, .sender = it->sender};
    hws_broadcast_run(&broadcast, it->here);
    release_here(it);
}

static hws_status send_all(publication *it)
{
    hws_status result = it->remotes ? HWS_BUFFERED : HWS_OK;
    for (hws_remote *remote; (remote = take_remote(it));) {
        const hws_status status = hws_remote_send(remote);
        if (status != HWS_OK) result = status; /* the server is being freed */
    }
    run_here(it);
    return result;
}

static hws_status publish(const hws_server *server, const char *topic, const hws_message *message,
                          const hws_publish_options *options, hws_websocket sender)
{
    publication it = {
        .topic = hws_topic_name_of(&server->topic_key, hws_text_of(topic)),
        .key = hws_text_of(options ? options->key : NULL),
        .message = message,
        .sender = sender,
    };
    if (it.key.size > HWS_TOPIC_KEY_SIZE_MAX) return HWS_ERR_INVALID_ARGUMENT;
    for (uint32_t i = 0; i < server->worker_count; i++) {
        const hws_status status = prepare(&it, server->workers[i]);
        if (status == HWS_OK) continue;
        take_back(&it);
        return status;
    }
    return send_all(&it);
}

hws_status hws_websocket_publish_with(hws_websocket ws, const char *topic,
                                      const hws_message *message,
                                      const hws_publish_options *options)
{
    HWS_TRY(check(topic, message));
    const hws_ready_state state = hws_slots_ready_state(ws);
    if (state != HWS_OPEN && state != HWS_CLOSING) return HWS_ERR_NOT_OPEN;
    const hws_worker *worker = hws_slots_owner(ws.slots);
    if (!worker) return HWS_ERR_NOT_OPEN;
    const bool spares = !options || !options->to_sender;
    return publish(worker->server, topic, message, options, spares ? ws : (hws_websocket){0});
}

hws_status hws_websocket_publish(hws_websocket ws, const char *topic, const hws_message *message)
{
    return hws_websocket_publish_with(ws, topic, message, NULL);
}

hws_status hws_server_publish_with(hws_server *server, const char *topic,
                                   const hws_message *message, const hws_publish_options *options)
{
    HWS_TRY(check(topic, message));
    return publish(server, topic, message, options, (hws_websocket){0});
}

hws_status hws_server_publish(hws_server *server, const char *topic, const hws_message *message)
{
    return hws_server_publish_with(server, topic, message, NULL);
}

size_t hws_server_subscriber_count(const hws_server *server, const char *topic)
{
    size_t count = 0;
    if (!is_topic(topic)) return 0;
    for (uint32_t i = 0; i < server->worker_count; i++)
        count += hws_worker_subscriber_count(server->workers[i], hws_text_of(topic));
    return count;
}
