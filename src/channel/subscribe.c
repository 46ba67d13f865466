/* SPDX-License-Identifier: MIT */
#include "channel/subscribe.h"

#include <time.h>

#include "base/memory.h"

/* A question to the engine about where a channel stands. */
struct hws_subscribing {
    hws_guest *client;              /* a reference */
    hws_subscription *subscription; /* NULL: it was ended meanwhile */
    hws_subscribe_done *done;
    void *user;
    hws_writer data;
    uint64_t since; /* where the client has been, if it recovers */
    bool recovers;
    bool is_refused_unrecovered;
};

static hws_hub *hub_of(const hws_subscription *subscription)
{
    return subscription->client->station->hub;
}

/* Announcements. */

static hws_member member_of(const hws_subscription *it)
{
    const hws_guest *client = it->client;
    return (hws_member){
        .channel = hws_channel_name(it->channel),
        .client = hws_guest_id(client),
        .user = hws_guest_user(client),
        .info = it->info ? (hws_text){it->info, it->info_size}
                         : (hws_text){client->info, client->info_size},
    };
}

/* Memory that lacks for it: they see it when they ask who is here. */
static void announce(const hws_subscription *it, hws_letter_kind kind)
{
    hws_hub *hub = hub_of(it);
    if (!it->channel->policy->join_leave || atomic_load(&hub->is_ending)) return;
    const hws_member member = member_of(it);
    hws_writer body = hws_writer_on(hub->memory);
    HWS_WRITE(&body, "{\"info\":");
    hws_write(&body, member.info);
    HWS_WRITE(&body, "}");
    const hws_text text = hws_writer_text(&body);
    if (text.data) (void)hub->engine->calls->announce(hub->engine, kind, member.channel, text);
    hws_writer_release(&body);
}

/* Subscriptions. */

static void free_subscription(hws_subscription *it)
{
    const hws_memory *memory = hub_of(it)->memory;
    if (it->info) hws_memory_free(memory, it->info, it->info_size);
    hws_memory_free(memory, it, sizeof *it);
}

static hws_status set_info(hws_subscription *it, hws_text chan_info)
{
    if (!chan_info.data) return HWS_OK;
    static const char end[] = ",\"chan_info\":";
    const hws_guest *client = it->client;
    hws_writer info = hws_writer_on(hub_of(it)->memory);
    hws_write(&info, (hws_text){client->info, client->info_size - 1});
    hws_write(&info, (hws_text){end, sizeof end - 1});
    hws_write(&info, chan_info);
    HWS_WRITE(&info, "}");
    const hws_text text = hws_writer_text(&info);
    if (text.data) it->info = hws_memory_new(hub_of(it)->memory, text.size);
    if (text.data && it->info) {
        memcpy(it->info, text.data, text.size);
        it->info_size = text.size;
    }
    hws_writer_release(&info);
    return it->info ? HWS_OK : HWS_ERR_NO_MEMORY;
}

static hws_status make(hws_guest *client, const hws_policy *policy,
                       const hws_subscribe_request *request, hws_subscription **made)
{
    const hws_memory *memory = client->station->hub->memory;
    hws_subscription *it = hws_memory_new_zeroed(memory, sizeof *it);
    if (!it) return HWS_ERR_NO_MEMORY;
    it->client = client;
    it->expires_s = request->expires_s;
    it->is_by_server = request->is_by_server;
    it->wants_join_leave = request->wants_join_leave && policy->join_leave;
    hws_status status = set_info(it, request->chan_info);
    if (status == HWS_OK) status = hws_channel_add(client->station, policy, request->channel, it);
    if (status != HWS_OK) {
        free_subscription(it);
        return status;
    }
    it->next = client->subscriptions;
    client->subscriptions = it;
    client->subscription_count++;
    *made = it;
    return HWS_OK;
}

static void unlist(hws_subscription *it)
{
    hws_subscription **place = &it->client->subscriptions;
    while (*place != it) place = &(*place)->next;
    *place = it->next;
    it->client->subscription_count--;
}

/* Without a word to anybody. */
static void drop(hws_subscription *it)
{
    if (it->subscribing) it->subscribing->subscription = NULL;
    unlist(it);
    hws_channel_remove(it);
    free_subscription(it);
}

void hws_subscribe_end(hws_subscription *subscription)
{
    hws_hub *hub = hub_of(subscription);
    if (subscription->is_present) {
        const hws_member member = member_of(subscription);
        hub->engine->calls->leave(hub->engine, &member);
    }
    if (subscription->merge.is_live) announce(subscription, HWS_LETTER_LEAVE);
    drop(subscription);
}

/* The answer. */

/* The offset is where the client is before it has the publications that come along: one that leaves
 * off between two of them comes back for the rest. */
static void write_place(hws_writer *to, const hws_subscribing *by, const hws_engine_answer *answer)
{
    const bool recovers = by->recovers;
    HWS_WRITE(to, "\"recoverable\":true,\"positioned\":true,\"epoch\":");
    hws_write_string(to, hws_text_of(answer->position.epoch));
    HWS_WRITE(to, ",\"offset\":");
    hws_write_number(to, recovers && answer->recovered ? by->since : answer->position.offset);
    if (recovers) HWS_WRITE(to, ",\"was_recovering\":true,\"recovered\":");
    if (recovers && answer->recovered) HWS_WRITE(to, "true");
    if (recovers && !answer->recovered) HWS_WRITE(to, "false");
    HWS_WRITE(to, ",\"publications\":[");
    hws_write(to, answer->list);
    HWS_WRITE(to, "]");
}

static void write_result(hws_writer *to, const hws_subscribing *by, const hws_engine_answer *answer)
{
    const hws_subscription *it = by->subscription;
    const hws_text data = hws_writer_text(&by->data);
    const char *comma = "";
    HWS_WRITE(to, "{");
    if (it->channel->policy->recovery) {
        write_place(to, by, answer);
        comma = ",";
    }
    if (data.size > 0) {
        hws_write(to, hws_text_of(comma));
        HWS_WRITE(to, "\"data\":");
        hws_write(to, data);
        comma = ",";
    }
    if (it->expires_s > 0) {
        hws_write(to, hws_text_of(comma));
        const uint64_t now_s = (uint64_t)time(NULL);
        HWS_WRITE(to, "\"expires\":true,\"ttl\":");
        hws_write_number(to, it->expires_s > now_s ? it->expires_s - now_s : 0);
    }
    HWS_WRITE(to, "}");
}

static hws_status come_in(hws_subscription *it)
{
    if (!it->channel->policy->presence) return HWS_OK;
    hws_hub *hub = hub_of(it);
    const hws_member member = member_of(it);
    const hws_status status = hub->engine->calls->enter(hub->engine, &member);
    it->is_present = status == HWS_OK;
    return status;
}

static void count_recovery(const hws_subscription *it, bool recovered)
{
    hws_namespace_metric *metric = hws_station_namespace(it->client->station, it->channel->policy);
    hws_counter_add(recovered ? &metric->recovered : &metric->unrecovered, 1);
}

static void succeed(const hws_subscribing *it, const hws_engine_answer *answer)
{
    hws_subscription *subscription = it->subscription;
    hws_writer result = hws_writer_on(hub_of(subscription)->memory);
    write_result(&result, it, answer);
    const hws_text text = hws_writer_text(&result);
    if (text.data) {
        if (it->recovers) count_recovery(subscription, answer->recovered);
        it->done(it->client, subscription, HWS_ERROR_NONE, text, it->user);
        hws_merge_join(&subscription->merge, answer->position.offset,
                       subscription->channel->policy->recovery);
        hws_channel_catch_up(subscription);
        announce(subscription, HWS_LETTER_JOIN);
    } else {
        hws_subscribe_end(subscription);
        it->done(it->client, NULL, HWS_ERROR_INTERNAL, (hws_text){0}, it->user);
    }
    hws_writer_release(&result);
}

static hws_error judge(const hws_subscribing *it, const hws_engine_answer *answer)
{
    if (answer->status != HWS_OK) return hws_error_of(answer->status);
    if (!it->subscription) return HWS_ERROR_INTERNAL;
    if (it->recovers && it->is_refused_unrecovered && !answer->recovered)
        return HWS_ERROR_UNRECOVERABLE_POSITION;
    const hws_status status = come_in(it->subscription);
    return status == HWS_OK ? HWS_ERROR_NONE : hws_error_of(status);
}

static void on_answer(void *user, const hws_engine_answer *answer)
{
    hws_subscribing *it = user;
    const hws_error error = judge(it, answer);
    if (it->subscription) it->subscription->subscribing = NULL;
    if (it->subscription && error != HWS_ERROR_NONE) drop(it->subscription);
    if (it->subscription && error == HWS_ERROR_NONE)
        succeed(it, answer);
    else
        it->done(it->client, NULL, error, (hws_text){0}, it->user);
    hws_guest *client = it->client;
    hws_writer_release(&it->data);
    hws_memory_free(client->station->hub->memory, it, sizeof *it);
    hws_guest_unref(client);
}

static void ask(hws_subscribing *it, const hws_policy *policy, const hws_subscribe_request *request)
{
    hws_engine *engine = it->client->station->hub->engine;
    const hws_history_query query = {
        .channel = request->channel,
        .has_since = it->recovers,
        .all_or_nothing = true,
        .limit = it->recovers ? HWS_HISTORY_LIMIT_MAX : 0,
        .since = request->offset,
        .epoch = request->epoch,
    };
    engine->calls->history(engine, policy, &query, on_answer, it);
}

void hws_subscribe_begin(hws_guest *client, const hws_policy *policy,
                         const hws_subscribe_request *request, hws_subscribe_done *done, void *user)
{
    const hws_memory *memory = client->station->hub->memory;
    hws_subscription *made = NULL;
    hws_status status = HWS_OK;
    hws_subscribing *it = hws_memory_new(memory, sizeof *it);
    hws_writer data = hws_writer_on(memory);
    if (request->data.size > 0) hws_write(&data, request->data);
    if (!it || data.has_failed)
        status = HWS_ERR_NO_MEMORY;
    else
        status = make(client, policy, request, &made);
    if (status != HWS_OK) {
        hws_writer_release(&data);
        if (it) hws_memory_free(memory, it, sizeof *it);
        done(client, NULL, hws_error_of(status), (hws_text){0}, user);
        return;
    }
    *it = (hws_subscribing){
        .client = hws_guest_ref(client),
        .subscription = made,
        .done = done,
        .user = user,
        .data = data,
        .since = request->offset,
        .recovers = request->recover && policy->recovery,
        .is_refused_unrecovered = request->is_refused_unrecovered,
    };
    made->subscribing = it;
    ask(it, policy, request);
}
