/* SPDX-License-Identifier: MIT */
/* What one thread knows of a channel: who of its clients subscribes, and what is to be told them.
 *
 * Publications are encoded once for all, and go out at once, or together at intervals, or only the
 * latest of them, as the namespace says. */
#ifndef HAWSER_CHANNEL_CHANNEL_H
#define HAWSER_CHANNEL_CHANNEL_H

#include "channel/merge.h"
#include "channel/station.h"

struct hws_guest;
typedef struct hws_channel hws_channel;
typedef struct hws_subscription hws_subscription;
typedef struct hws_waiting hws_waiting;

struct hws_channel {
    hws_table_entry link; /* in the station's table */
    hws_station *station;
    const hws_policy *policy;
    hws_subscription **members;
    size_t member_count;
    size_t member_capacity;
    hws_waiting *first; /* publications that wait for their time */
    hws_waiting *last;
    hws_timer *timer; /* NULL: was never needed */
    uint64_t next_ms; /* before it nothing goes out, with max_rate */
    hws_counter delivered;
    size_t name_size;
    size_t head_size;
    char text[]; /* its name, then the head of its pushes: {"push":{"channel":"…", */
};

/* One client in one channel.  `next` to `is_present` are channel/subscribe's. */
struct hws_subscription {
    struct hws_guest *client;
    hws_channel *channel;
    hws_subscription *next; /* of the client */
    size_t at;              /* in the channel's members */
    hws_merge merge;
    struct hws_subscribing *subscribing; /* the engine is asked; NULL: no more */
    uint64_t expires_s;                  /* 0: it does not */
    char *info; /* JSON that others are told, instead of the client's; NULL: the client's */
    size_t info_size;
    bool wants_join_leave;
    bool is_by_server;
    bool is_present; /* the engine knows that it is here */
};

static inline hws_text hws_channel_name(const hws_channel *channel)
{
    return (hws_text){channel->text, channel->name_size};
}

/* NULL: nobody here subscribes. */
hws_channel *hws_channel_find(const hws_station *station, hws_text name);

/* Adds a member, JOINING; the first one here subscribes with the engine.
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT; it is no member then. */
HWS_MUST_CHECK hws_status hws_channel_add(hws_station *station, const hws_policy *policy,
                                          hws_text name, hws_subscription *subscription);

/* The last one unsubscribes; the channel is gone then. */
void hws_channel_remove(hws_subscription *subscription);

/* A letter for the subscribers. */
void hws_channel_take(hws_channel *channel, const hws_letter *letter);

/* After hws_merge_join: sends what was held. */
void hws_channel_catch_up(hws_subscription *subscription);

#endif /* HAWSER_CHANNEL_CHANNEL_H */
