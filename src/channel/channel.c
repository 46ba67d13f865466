/* SPDX-License-Identifier: MIT */
#include "channel/channel.h"

#include <assert.h>

#include "base/memory.h"
#include "base/try.h"
#include "channel/guest.h"
#include "channel/writer.h"

enum { MEMBER_CAPACITY_MIN = 2 };

struct hws_waiting {
    hws_waiting *next;
    hws_blob *push; /* its text */
    uint64_t offset;
};

static hws_text head_of(const hws_channel *channel)
{
    return (hws_text){channel->text + channel->name_size, channel->head_size};
}

static hws_text text_of(const hws_blob *blob)
{
    return (hws_text){(const char *)blob->data, blob->size};
}

/* Pushes. */

/* "pub" and a publication become {"push":{"channel":"…","pub":…}}. */
static hws_blob *make_push(const hws_channel *channel, hws_text kind, hws_text body)
{
    static const char end[] = "}}";
    const hws_text pieces[] = {head_of(channel), kind, body, {end, sizeof end - 1}};
    size_t size = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) size += pieces[i].size;
    hws_blob *push = hws_blob_new(channel->station->hub->memory, size);
    if (!push) return NULL;
    uint8_t *at = push->data;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        memcpy(at, pieces[i].data, pieces[i].size);
        at += pieces[i].size;
    }
    return push;
}

/* Delivering. */

/* Publications that a member gets, or, with its end, does not. */
static void count_delivered(hws_channel *channel, const hws_guest *client, size_t count)
{
    if (client->state == HWS_GUEST_ENDED) return;
    hws_counter_add(&channel->delivered, count);
    hws_counter_add(&hws_station_namespace(channel->station, channel->policy)->delivered, count);
}

/* What belongs to one offset, to one member. */
static void deliver_to(hws_subscription *member, hws_bulletin *bulletin, uint64_t offset)
{
    hws_blob *blob = NULL;
    switch (hws_merge_take(&member->merge, offset)) {
    case HWS_MERGE_DELIVER:
        hws_guest_share(member->client, bulletin);
        count_delivered(member->channel, member->client, 1);
        break;
    case HWS_MERGE_HOLD:
        blob = hws_bulletin_in(bulletin, member->client->outlet.format);
        if (!blob || hws_merge_hold(&member->merge, bulletin->memory, blob, offset) != HWS_OK)
            hws_guest_lost_place(member);
        break;
    case HWS_MERGE_GAP:
        hws_guest_lost_place(member);
        break;
    case HWS_MERGE_DROP:
        break;
    }
}

/* Whether all that waits is new for a member, and without a gap: then he can have it in one. */
static bool takes_all(const hws_channel *channel, const hws_subscription *member)
{
    const hws_merge *merge = &member->merge;
    if (!merge->is_live || merge->has_gap) return false;
    return channel->first->offset == 0 || channel->first->offset == merge->offset + 1;
}

static void deliver_each(const hws_channel *channel, hws_subscription *member)
{
    for (const hws_waiting *each = channel->first; each; each = each->next) {
        hws_bulletin bulletin = hws_bulletin_of(channel->station->hub->memory, text_of(each->push));
        deliver_to(member, &bulletin, each->offset);
        hws_bulletin_release(&bulletin);
    }
}

/* The texts of all that waits, a line each. */
static void write_all(const hws_channel *channel, hws_writer *lines)
{
    for (const hws_waiting *each = channel->first; each; each = each->next) {
        if (each != channel->first) HWS_WRITE(lines, "\n");
        hws_write(lines, text_of(each->push));
    }
}

static void drop_first(hws_channel *channel)
{
    hws_waiting *gone = channel->first;
    const hws_memory *memory = channel->station->hub->memory;
    channel->first = gone->next;
    if (!channel->first) channel->last = NULL;
    hws_blob_unref(gone->push);
    hws_memory_free(memory, gone, sizeof *gone);
}

/* Nobody joins or leaves meanwhile: callbacks come later. */
static void deliver_all(hws_channel *channel, hws_bulletin *all)
{
    size_t count = 0;
    for (const hws_waiting *each = channel->first; each; each = each->next) count++;
    for (size_t i = 0; i < channel->member_count; i++) {
        hws_subscription *member = channel->members[i];
        if (all->text.data && takes_all(channel, member)) {
            if (channel->last->offset > 0) member->merge.offset = channel->last->offset;
            hws_guest_share(member->client, all);
            count_delivered(channel, member->client, count);
        } else {
            deliver_each(channel, member);
        }
    }
}

static void flush(hws_channel *channel)
{
    if (!channel->first) return;
    const hws_memory *memory = channel->station->hub->memory;
    hws_writer lines = hws_writer_on(memory);
    const bool is_one = channel->first == channel->last;
    if (!is_one) write_all(channel, &lines);
    hws_bulletin all =
        hws_bulletin_of(memory, is_one ? text_of(channel->first->push) : hws_writer_text(&lines));
    deliver_all(channel, &all);
    hws_bulletin_release(&all);
    hws_writer_release(&lines);
    while (channel->first) drop_first(channel);
}

/* Intervals. */

static void on_timer(void *user)
{
    hws_channel *channel = user;
    if (channel->policy->max_rate > 0)
        channel->next_ms =
            hws_loop_now_ms(channel->station->loop) + 1000 / channel->policy->max_rate;
    flush(channel);
}

/* Without a timer it goes at once: too much is better than nothing. */
static void flush_in(hws_channel *channel, uint64_t delay_ms)
{
    hws_status status = HWS_OK;
    if (!channel->timer)
        status = hws_timer_new(channel->station->loop, on_timer, channel, &channel->timer);
    if (status == HWS_OK) status = hws_timer_start(channel->timer, delay_ms, 0);
    if (status != HWS_OK) flush(channel);
}

static void flush_in_time(hws_channel *channel)
{
    const hws_policy *policy = channel->policy;
    const bool is_first = channel->first == channel->last;
    if (policy->batch_interval_ms > 0) {
        if (is_first) flush_in(channel, policy->batch_interval_ms);
        return;
    }
    if (policy->max_rate > 0) {
        const uint64_t now_ms = hws_loop_now_ms(channel->station->loop);
        if (now_ms < channel->next_ms) {
            if (is_first) flush_in(channel, channel->next_ms - now_ms);
            return;
        }
        channel->next_ms = now_ms + 1000 / policy->max_rate;
    }
    flush(channel);
}

static void take_publication(hws_channel *channel, const hws_letter *letter)
{
    static const char kind[] = "\"pub\":";
    const hws_memory *memory = channel->station->hub->memory;
    hws_waiting *waiting = hws_memory_new(memory, sizeof *waiting);
    hws_blob *push = make_push(channel, (hws_text){kind, sizeof kind - 1}, hws_letter_body(letter));
    if (!waiting || !push) { /* those who care find the gap, with this or with the next */
        hws_blob_unref(push);
        hws_memory_free(memory, waiting, sizeof *waiting);
        return;
    }
    const bool only_latest = channel->policy->max_rate > 0;
    const bool is_timed = only_latest && channel->first;
    if (is_timed) {
        drop_first(channel);
        hws_counter_add(&hws_station_namespace(channel->station, channel->policy)->conflated,
                        channel->member_count);
    }
    *waiting = (hws_waiting){.push = push, .offset = letter->offset};
    if (channel->last)
        channel->last->next = waiting;
    else
        channel->first = waiting;
    channel->last = waiting;
    if (!is_timed) flush_in_time(channel);
}

static void take_coming_and_going(hws_channel *channel, const hws_letter *letter)
{
    static const char join[] = "\"join\":";
    static const char leave[] = "\"leave\":";
    const bool joins = letter->kind == HWS_LETTER_JOIN;
    const hws_text kind = {joins ? join : leave, joins ? sizeof join - 1 : sizeof leave - 1};
    hws_blob *push = make_push(channel, kind, hws_letter_body(letter));
    hws_bulletin bulletin =
        hws_bulletin_of(channel->station->hub->memory, push ? text_of(push) : (hws_text){0});
    for (size_t i = 0; push && i < channel->member_count; i++) {
        const hws_subscription *member = channel->members[i];
        if (member->wants_join_leave && member->merge.is_live)
            hws_guest_share(member->client, &bulletin);
    }
    hws_bulletin_release(&bulletin);
    hws_blob_unref(push);
}

void hws_channel_take(hws_channel *channel, const hws_letter *letter)
{
    if (letter->kind == HWS_LETTER_PUBLICATION)
        take_publication(channel, letter);
    else
        take_coming_and_going(channel, letter);
}

void hws_channel_catch_up(hws_subscription *subscription)
{
    const hws_memory *memory = subscription->channel->station->hub->memory;
    hws_blob *frame;
    while ((frame = hws_merge_next(&subscription->merge, memory))) {
        hws_guest_share_blob(subscription->client, frame);
        count_delivered(subscription->channel, subscription->client, 1);
        hws_blob_unref(frame);
    }
    if (subscription->merge.has_gap) hws_guest_lost_place(subscription);
}

/* Members. */

static uint64_t hash_of(const hws_station *station, hws_text name)
{
    return hws_hash(&station->hub->key, name.data, name.size);
}

hws_channel *hws_channel_find(const hws_station *station, hws_text name)
{
    hws_table_entry *link = hws_table_find(&station->channels, hash_of(station, name));
    while (link && !hws_text_equal(hws_channel_name((hws_channel *)link), name))
        link = hws_table_find_next(link);
    return (hws_channel *)link;
}

static size_t size_of(const hws_channel *channel)
{
    return sizeof *channel + channel->name_size + channel->head_size;
}

static void free_channel(hws_channel *channel)
{
    const hws_memory *memory = channel->station->hub->memory;
    hws_timer_free(channel->timer);
    while (channel->first) drop_first(channel);
    hws_memory_free(memory, (void *)channel->members,
                    channel->member_capacity * sizeof *channel->members);
    hws_memory_free(memory, channel, size_of(channel));
}

static hws_channel *make_channel(hws_station *station, const hws_policy *policy, hws_text name)
{
    const hws_memory *memory = station->hub->memory;
    hws_writer head = hws_writer_on(memory);
    HWS_WRITE(&head, "{\"push\":{\"channel\":");
    hws_write_string(&head, name);
    HWS_WRITE(&head, ",");
    const hws_text text = hws_writer_text(&head);
    hws_channel *channel =
        text.data ? hws_memory_new_zeroed(memory, sizeof *channel + name.size + text.size) : NULL;
    if (channel) {
        channel->station = station;
        channel->policy = policy;
        channel->name_size = name.size;
        channel->head_size = text.size;
        memcpy(channel->text, name.data, name.size);
        memcpy(channel->text + name.size, text.data, text.size);
    }
    hws_writer_release(&head);
    return channel;
}

static hws_status subscribe(hws_channel *channel)
{
    hws_station *station = channel->station;
    hws_engine *engine = station->hub->engine;
    bool is_first = false;
    const hws_status status =
        engine->calls->subscribe(engine, &station->mailbox, hws_channel_name(channel), &is_first);
    if (is_first)
        hws_counter_add(&hws_station_namespace(station, channel->policy)->channels_opened, 1);
    return status;
}

static void unsubscribe(hws_channel *channel)
{
    hws_station *station = channel->station;
    hws_engine *engine = station->hub->engine;
    if (engine->calls->unsubscribe(engine, &station->mailbox, hws_channel_name(channel)))
        hws_counter_add(&hws_station_namespace(station, channel->policy)->channels_closed, 1);
}

static hws_status list_channel(hws_channel *channel)
{
    hws_station *station = channel->station;
    pthread_mutex_lock(&station->lock);
    const hws_status status = hws_table_reserve(&station->channels);
    if (status == HWS_OK)
        hws_table_add(&station->channels, &channel->link,
                      hash_of(station, hws_channel_name(channel)));
    pthread_mutex_unlock(&station->lock);
    return status;
}

static hws_status open_channel(hws_station *station, const hws_policy *policy, hws_text name,
                               hws_channel **opened)
{
    hws_channel *channel = make_channel(station, policy, name);
    if (!channel) return HWS_ERR_NO_MEMORY;
    hws_status status = subscribe(channel);
    if (status == HWS_OK) {
        status = list_channel(channel);
        if (status != HWS_OK) unsubscribe(channel);
    }
    if (status != HWS_OK) {
        free_channel(channel);
        return status;
    }
    *opened = channel;
    return HWS_OK;
}

static void close_if_empty(hws_channel *channel)
{
    if (channel->member_count > 0) return;
    hws_station *station = channel->station;
    pthread_mutex_lock(&station->lock);
    hws_table_remove(&station->channels, &channel->link);
    pthread_mutex_unlock(&station->lock);
    unsubscribe(channel);
    free_channel(channel);
}

static hws_status grow(hws_channel *channel)
{
    if (channel->member_count < channel->member_capacity) return HWS_OK;
    const size_t capacity =
        channel->member_capacity > 0 ? channel->member_capacity * 2 : MEMBER_CAPACITY_MIN;
    void *members = hws_memory_resize(channel->station->hub->memory, (void *)channel->members,
                                      channel->member_capacity * sizeof *channel->members,
                                      capacity * sizeof *channel->members);
    if (!members) return HWS_ERR_NO_MEMORY;
    channel->members = members;
    channel->member_capacity = capacity;
    return HWS_OK;
}

static void set_member_count(hws_channel *channel, size_t count)
{
    pthread_mutex_lock(&channel->station->lock);
    channel->member_count = count;
    pthread_mutex_unlock(&channel->station->lock);
}

hws_status hws_channel_add(hws_station *station, const hws_policy *policy, hws_text name,
                           hws_subscription *subscription)
{
    hws_channel *channel = hws_channel_find(station, name);
    if (!channel) HWS_TRY(open_channel(station, policy, name, &channel));
    assert(channel);
    const hws_status status = grow(channel);
    if (status != HWS_OK) {
        close_if_empty(channel);
        return status;
    }
    subscription->channel = channel;
    subscription->at = channel->member_count;
    channel->members[channel->member_count] = subscription;
    set_member_count(channel, channel->member_count + 1);
    hws_counter_add(&hws_station_namespace(station, policy)->subscribed, 1);
    return HWS_OK;
}

void hws_channel_remove(hws_subscription *subscription)
{
    hws_channel *channel = subscription->channel;
    const size_t last = channel->member_count - 1;
    channel->members[subscription->at] = channel->members[last];
    channel->members[subscription->at]->at = subscription->at;
    set_member_count(channel, last);
    hws_counter_add(&hws_station_namespace(channel->station, channel->policy)->unsubscribed, 1);
    subscription->channel = NULL;
    hws_merge_release(&subscription->merge, channel->station->hub->memory);
    close_if_empty(channel);
}
