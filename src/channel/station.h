/* SPDX-License-Identifier: MIT */
/* What a hub has in one thread: its clients there, and the channels that they are in. */
#ifndef HAWSER_CHANNEL_STATION_H
#define HAWSER_CHANNEL_STATION_H

#include "base/table.h"
#include "channel/hub.h"
#include "channel/newcomer.h"

struct hws_guest;

typedef struct hws_station {
    hws_hub *hub;
    hws_loop *loop;
    hws_mailbox mailbox;
    hws_newcomers newcomers;   /* WebSockets that have not opened yet */
    struct hws_guest *clients; /* a list */
    hws_table sessions;        /* those of them whose commands come by themselves */
    hws_hub_metric metric;

    pthread_mutex_t lock; /* other threads look, too; only this one changes */
    hws_table channels;   /* hws_channel */
} hws_station;

/* That of the loop's thread, which is the caller's; it is made when it is first asked for.
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM, HWS_ERR_LIMIT. */
HWS_MUST_CHECK hws_status hws_station_of(hws_hub *hub, hws_loop *loop, hws_station **station);

/* Where what happens in the channels of a namespace is counted.  Thread: the station's. */
static inline hws_namespace_metric *hws_station_namespace(hws_station *station,
                                                          const hws_policy *policy)
{
    return &station->metric.namespaces[hws_hub_place(station->hub, policy)];
}

/* Its clients must have gone. */
void hws_station_free(hws_station *station);

#endif /* HAWSER_CHANNEL_STATION_H */
