/* SPDX-License-Identifier: MIT */
#include "channel/station.h"

#include <assert.h>

#include "base/memory.h"
#include "channel/channel.h"
#include "channel/order.h"

static void read_letter(void *owner, const hws_letter *letter)
{
    hws_station *station = owner;
    if (letter->kind == HWS_LETTER_ORDER) {
        hws_order_obey(station, hws_letter_body(letter));
        return;
    }
    hws_channel *channel = hws_channel_find(station, hws_letter_channel(letter));
    if (channel) hws_channel_take(channel, letter);
}

static hws_station *find(hws_hub *hub, const hws_loop *loop)
{
    for (size_t i = 0; i < hub->station_count; i++)
        if (hub->stations[i]->loop == loop) return hub->stations[i];
    return NULL;
}

static void free_station(hws_station *station)
{
    hws_mailbox_release(&station->mailbox);
    pthread_mutex_destroy(&station->lock);
    hws_memory_free(station->hub->memory, station, sizeof *station);
}

static hws_status make(hws_hub *hub, hws_loop *loop, hws_station **made)
{
    if (hub->station_count == HWS_THREADS_MAX) return HWS_ERR_LIMIT;
    hws_station *station = hws_memory_new_zeroed(hub->memory, sizeof *station);
    if (!station) return HWS_ERR_NO_MEMORY;
    station->hub = hub;
    station->loop = loop;
    hws_table_init(&station->channels, hub->memory);
    hws_table_init(&station->sessions, hub->memory);
    hws_status status = pthread_mutex_init(&station->lock, NULL) == 0 ? HWS_OK : HWS_ERR_SYSTEM;
    if (status == HWS_OK) {
        status = hws_mailbox_init(&station->mailbox, loop, hub->memory, read_letter, station);
        if (status != HWS_OK) pthread_mutex_destroy(&station->lock);
    }
    if (status != HWS_OK) {
        hws_memory_free(hub->memory, station, sizeof *station);
        return status;
    }
    status = hub->engine->calls->attach(hub->engine, &station->mailbox);
    if (status != HWS_OK) {
        free_station(station);
        return status;
    }
    hub->stations[hub->station_count++] = station;
    *made = station;
    return HWS_OK;
}

hws_status hws_station_of(hws_hub *hub, hws_loop *loop, hws_station **station)
{
    pthread_mutex_lock(&hub->lock);
    hws_station *found = find(hub, loop);
    const hws_status status = found ? HWS_OK : make(hub, loop, &found);
    pthread_mutex_unlock(&hub->lock);
    if (status == HWS_OK) *station = found;
    return status;
}

void hws_station_free(hws_station *station)
{
    assert(!station->clients);
    hws_newcomers_clear(&station->newcomers, station->hub->memory);
    hws_table_release(&station->channels);
    hws_table_release(&station->sessions);
    free_station(station);
}
