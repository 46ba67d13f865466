/* SPDX-License-Identifier: MIT */
/* The calls of hawser/client.h that any thread may make. */
#include <pthread.h>
#include <time.h>

#include "base/try.h"
#include "client/client.h"
#include "websocket/remote.h"

/* Opening from another thread: the caller waits for the loop to have done it. */
typedef struct asked {
    hws_loop *loop;
    const hws_client_options *options;
    hws_websocket *ws;
    hws_status status;
    bool done; /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
} asked;

static hws_status open_here(hws_loop *loop, const hws_client_options *options, hws_websocket *ws)
{
    hws_clients *clients;
    HWS_TRY(hws_clients_of(loop, &clients));
    return hws_client_new(clients, options, ws);
}

static void open_posted(void *user)
{
    asked *it = user;
    const hws_status status = open_here(it->loop, it->options, it->ws);
    pthread_mutex_lock(&it->lock);
    it->status = status;
    it->done = true;
    pthread_cond_signal(&it->changed);
    pthread_mutex_unlock(&it->lock);
}

static hws_status open_elsewhere(hws_loop *loop, const hws_client_options *options,
                                 hws_websocket *ws)
{
    asked it = {
        .loop = loop,
        .options = options,
        .ws = ws,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    HWS_TRY(hws_loop_post(loop, open_posted, &it));
    pthread_mutex_lock(&it.lock);
    while (!it.done) pthread_cond_wait(&it.changed, &it.lock);
    pthread_mutex_unlock(&it.lock);
    pthread_cond_destroy(&it.changed);
    pthread_mutex_destroy(&it.lock);
    return it.status;
}

hws_status hws_websocket_open(hws_loop *loop, const hws_client_options *options, hws_websocket *ws)
{
    if (!loop || !options || !ws) return HWS_ERR_INVALID_ARGUMENT;
    return hws_loop_is_current(loop) ? open_here(loop, options, ws)
                                     : open_elsewhere(loop, options, ws);
}

static hws_client *find(hws_websocket ws)
{
    return ws.slots && hws_slots_are_clients(ws.slots) ? (hws_client *)hws_slots_find(ws) : NULL;
}

static void hurry_arrived(const hws_remote *remote)
{
    hws_client *client = find(remote->ws);
    if (client) hws_client_hurry(client);
}

hws_status hws_websocket_reconnect(hws_websocket ws)
{
    const hws_ready_state state = hws_slots_ready_state(ws);
    if (state == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    if (!hws_slots_are_clients(ws.slots) || state != HWS_CONNECTING)
        return HWS_ERR_INVALID_ARGUMENT;
    if (!hws_remote_is_here(ws.slots)) {
        const hws_status status =
            hws_remote_post(ws.slots, &(hws_remote){.call = hurry_arrived, .ws = ws});
        return status < HWS_OK ? status : HWS_OK;
    }
    hws_client *client = find(ws);
    if (!client || client->state != HWS_CLIENT_WAITING) return HWS_ERR_INVALID_ARGUMENT;
    hws_client_hurry(client);
    return HWS_OK;
}

const char *hws_websocket_url(hws_websocket ws)
{
    const hws_client *client = hws_remote_is_here(ws.slots) ? find(ws) : NULL;
    return client ? client->destination->url : "";
}

/* Receiving. */

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void go_on(hws_client *client)
{
    if (hws_session_stream(&client->session)) hws_session_set_full(&client->session, false);
}

static void go_on_arrived(const hws_remote *remote)
{
    hws_client *client = find(remote->ws);
    if (client) go_on(client);
}

static void depart_arrived(const hws_remote *remote)
{
    hws_client *client = find(remote->ws);
    if (client) hws_session_depart(&client->session);
}

/* If it cannot be posted, it stays until the loop ends. */
static void post(hws_websocket ws, void (*call)(const hws_remote *remote))
{
    (void)hws_remote_post(ws.slots, &(hws_remote){.call = call, .ws = ws});
}

static hws_inbox_taken take_elsewhere(hws_client *client, hws_websocket ws, uint64_t until_ms,
                                      hws_message *message, hws_status *end)
{
    bool has_room;
    const hws_inbox_taken taken = hws_inbox_take(client->inbox, until_ms, message, end, &has_room);
    if (has_room) post(ws, go_on_arrived);
    if (taken != HWS_INBOX_END) return taken;
    /* From here on the handle answers for itself, whatever becomes of the client. */
    hws_slots_set_ready_state(ws, HWS_CLOSED);
    post(ws, depart_arrived);
    return taken;
}

static int wait_ms(uint64_t until_ms)
{
    if (until_ms == UINT64_MAX) return -1;
    const uint64_t now_ms = clock_ms();
    if (until_ms <= now_ms) return 0;
    return until_ms - now_ms < INT32_MAX ? (int)(until_ms - now_ms) : INT32_MAX;
}

/* Nobody else turns the loop: the caller does. */
static hws_inbox_taken take_here(hws_client *client, uint64_t until_ms, hws_message *message,
                                 hws_status *end)
{
    hws_loop *loop = client->home->loop;
    for (bool has_turned = false;; has_turned = true) {
        bool has_room;
        const hws_inbox_taken taken = hws_inbox_take(client->inbox, 0, message, end, &has_room);
        if (has_room) go_on(client);
        if (taken == HWS_INBOX_END) hws_session_depart(&client->session);
        const int left_ms = wait_ms(until_ms);
        if (taken != HWS_INBOX_NOTHING || (left_ms == 0 && has_turned)) return taken;
        if (hws_loop_step(loop, left_ms) != HWS_OK) {
            *end = HWS_ERR_SYSTEM;
            return HWS_INBOX_END;
        }
    }
}

hws_status hws_websocket_receive(hws_websocket ws, hws_message *message, int timeout_ms)
{
    if (!message) return HWS_ERR_INVALID_ARGUMENT;
    if (hws_slots_ready_state(ws) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    hws_client *client = find(ws);
    if (!client || !client->inbox) return HWS_ERR_INVALID_ARGUMENT;
    const bool is_here = hws_remote_is_here(ws.slots);
    if (is_here && hws_loop_is_turning(client->home->loop)) return HWS_ERR_INVALID_ARGUMENT;

    const uint64_t until_ms = timeout_ms < 0 ? UINT64_MAX : clock_ms() + (uint64_t)timeout_ms;
    hws_status end = HWS_ERR_NOT_OPEN;
    const hws_inbox_taken taken = is_here ? take_here(client, until_ms, message, &end)
                                          : take_elsewhere(client, ws, until_ms, message, &end);
    switch (taken) {
    case HWS_INBOX_MESSAGE:
        return HWS_OK;
    case HWS_INBOX_END:
        return end;
    case HWS_INBOX_NOTHING:
        break;
    }
    return HWS_ERR_TIMEOUT;
}
