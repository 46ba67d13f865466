/* SPDX-License-Identifier: MIT */
/* A message meets the queue of each subscriber, and the policy of its topic where there is no room.
 *
 *     there is room  ──────────────────────────────────────────▶ queued
 *     no room        ── close, latest ──▶ the subscriber is closed
 *                    ── newest ──▶ he does not get it
 *                    ── oldest ──▶ one that waits goes ──▶ queued, or full still
 *     behind         ── latest, one of the same key waits ──▶ takes its place
 *
 * There is no room for whoever has a full queue and, while all that waits is too much, for whoever
 * takes less than he is sent. */
#include "server/broadcast.h"

#include "server/connection.h"
#include "server/shed.h"
#include "server/worker.h"

/* What is alike for all subscribers. */
typedef struct cast {
    hws_worker *worker;
    hws_blob *frame;
    hws_overflow overflow;
    uint64_t label;
    const uint64_t *its_label; /* NULL: what waits of this topic is never looked for */
    bool is_scarce;            /* too much waits in all */
} cast;

static void count(const cast *it, hws_drop what, size_t times)
{
    hws_counter_add(&it->worker->metric.drops[what], times);
}

static bool has_no_room(const hws_session *session, const cast *it)
{
    return hws_session_is_full(session) || (it->is_scarce && hws_session_is_behind(session));
}

static void share(hws_session *session, const cast *it)
{
    const hws_status status = hws_session_share(session, it->frame, it->its_label);
    if (status < HWS_OK) hws_session_give_up(session, status);
}

static void share_or_close(hws_session *session, const cast *it)
{
    if (!has_no_room(session, it)) {
        share(session, it);
        return;
    }
    count(it, HWS_DROP_CLOSE, 1);
    hws_session_give_up(session, HWS_ERR_QUEUE_FULL);
}

static void share_or_drop(hws_session *session, const cast *it)
{
    if (has_no_room(session, it))
        count(it, HWS_DROP_NEWEST, 1);
    else
        share(session, it);
}

/* One at least, and as many as it takes. */
static void drop_oldest(hws_session *session, const cast *it)
{
    if (has_no_room(session, it)) {
        do {
            if (!hws_session_withdraw(session, it->label)) {
                count(it, HWS_DROP_NEWEST, 1);
                return;
            }
            count(it, HWS_DROP_OLDEST, 1);
        } while (hws_session_is_full(session));
    }
    share(session, it);
}

static void keep_latest(hws_session *session, const cast *it)
{
    const bool is_behind = hws_session_is_behind(session);
    const size_t replaced = is_behind ? hws_session_replace(session, it->label, it->frame) : 0;
    if (replaced > 0)
        count(it, HWS_DROP_LATEST, replaced);
    else
        share_or_close(session, it);
}

static void deliver(hws_connection *connection, void *user)
{
    const cast *it = user;
    hws_session *session = &connection->session;
    switch (it->overflow) {
    case HWS_OVERFLOW_CLOSE:
        share_or_close(session, it);
        return;
    case HWS_OVERFLOW_DROP_NEWEST:
        share_or_drop(session, it);
        return;
    case HWS_OVERFLOW_DROP_OLDEST:
        drop_oldest(session, it);
        return;
    case HWS_OVERFLOW_KEEP_LATEST:
        keep_latest(session, it);
        return;
    }
}

/* No topic has a zero in it. */
static uint64_t label_of(const hws_broadcast *broadcast, const hws_hash_key *key)
{
    char both[HWS_TOPIC_SIZE_MAX + 1 + HWS_TOPIC_KEY_SIZE_MAX];
    const size_t size = broadcast->topic.text.size;
    memcpy(both, broadcast->topic.text.data, size);
    both[size] = 0;
    if (broadcast->key.size > 0) memcpy(both + size + 1, broadcast->key.data, broadcast->key.size);
    return hws_hash(key, both, size + 1 + broadcast->key.size);
}

/* Whether what waits of the topic may be looked for. */
static bool may_withdraw(hws_overflow overflow)
{
    return overflow == HWS_OVERFLOW_DROP_OLDEST || overflow == HWS_OVERFLOW_KEEP_LATEST;
}

static void label(cast *it, const hws_broadcast *broadcast)
{
    it->label = it->overflow == HWS_OVERFLOW_KEEP_LATEST
                    ? label_of(broadcast, &it->worker->server->topic_key)
                    : broadcast->topic.hash;
    if (may_withdraw(it->overflow)) it->its_label = &it->label;
}

/* The sender may live in another thread. */
static const hws_connection *find_sender(const hws_broadcast *it, const hws_worker *worker)
{
    return it->sender.slots == worker->slots ? hws_connection_find(it->sender) : NULL;
}

/* A frame without a payload is its head alone. */
enum { EMPTY_FRAME_SIZE = 2 };

static void retain(const cast *it, const hws_broadcast *broadcast)
{
    hws_retained *retained = &it->worker->retained;
    if (it->frame->size == EMPTY_FRAME_SIZE)
        hws_retained_forget(retained, it->label);
    else if (hws_retained_keep(retained, &broadcast->topic, it->label, it->frame) != HWS_OK)
        hws_server_log(it->worker->server, HWS_LOG_WARNING,
                       "no memory to retain the last message of a topic");
}

void hws_broadcast_run(const hws_broadcast *broadcast, hws_worker *worker)
{
    const hws_topic_options *options = hws_rules_find(&worker->rules, &broadcast->topic);
    cast it = {
        .worker = worker,
        .frame = broadcast->frame,
        .overflow = options->overflow,
        .is_scarce = hws_shed_is_scarce(worker),
    };
    label(&it, broadcast);
    if (options->retain) retain(&it, broadcast);
    hws_topics_reach(&worker->topics, &broadcast->topic, find_sender(broadcast, worker), deliver,
                     &it);
}

typedef struct newcomer {
    hws_worker *worker;
    hws_connection *connection;
} newcomer;

static void show(const hws_retained_view *kept, void *user)
{
    const newcomer *it = user;
    const hws_topic_options *options = hws_rules_find(&it->worker->rules, &kept->topic);
    cast own = {
        .worker = it->worker,
        .frame = kept->frame,
        .overflow = options->overflow,
        .label = options->overflow == HWS_OVERFLOW_KEEP_LATEST ? kept->label : kept->topic.hash,
    };
    own.its_label = may_withdraw(own.overflow) ? &own.label : NULL;
    deliver(it->connection, &own);
}

void hws_broadcast_retained(hws_worker *worker, const hws_subscription *to,
                            hws_connection *connection)
{
    newcomer it = {worker, connection};
    const uint64_t hash = hws_hash(&worker->topics.key, to->name.data, to->name.size);
    hws_retained_show(&worker->retained, to, hash, show, &it);
}
