/* SPDX-License-Identifier: MIT */
/* Where channels meet: whoever carries publications from who publishes to who subscribes, keeps
 * their histories, and knows who is present.  One in memory now; others may ask servers elsewhere,
 * which is why every answer comes by a call: from within the question, or later, on the thread
 * that asked.
 *
 * What subscribers get lies in the mailbox of their thread, the publications of a channel in the
 * order of their offsets.  Whoever wants to miss nothing subscribes, then reads the history, and
 * drops by its offset what he has got twice (channel/merge).
 *
 * Thread: any. */
#ifndef HAWSER_CHANNEL_ENGINE_H
#define HAWSER_CHANNEL_ENGINE_H

#include "channel/mailbox.h"
#include "channel/policy.h"

typedef struct hws_engine hws_engine;

/* What is found out; what it points to is gone when the call returns. */
typedef struct hws_engine_answer {
    hws_status status;
    hws_position position; /* publish: of the publication; history: of the newest */
    hws_text list;         /* history: publications with "," between them; presence: members of an
                              object, likewise */
    size_t count;          /* of publications, or of clients */
    size_t user_count;
    bool is_repeated; /* publish: nothing was, since its idempotency key was used before */
    bool recovered;   /* history: nothing is missing between `since` and the newest */
} hws_engine_answer;

typedef void hws_engine_done(void *user, const hws_engine_answer *answer);

typedef struct hws_publication {
    hws_text channel;
    hws_text body;            /* an object without its closing brace: {"data":… */
    hws_text idempotency_key; /* absent: none */
    bool skip_history;
} hws_publication;

typedef struct hws_history_query {
    hws_text channel;
    bool has_since;
    bool all_or_nothing; /* more than `limit`: none at all */
    bool reverse;        /* the newest first */
    uint32_t limit;      /* 0: only the position is asked for */
    uint64_t since;      /* the offset behind which it begins, if has_since */
    hws_text epoch;      /* of `since`; absent: who has had nothing (0) need not know it */
} hws_history_query;

typedef struct hws_member {
    hws_text channel;
    hws_text client;
    hws_text user;
    hws_text info; /* JSON */
} hws_member;

typedef struct hws_engine_calls {
    /* A thread that will subscribe.  Errors: HWS_ERR_LIMIT. */
    hws_status (*attach)(hws_engine *engine, hws_mailbox *mailbox);

    /* What is published in the channel comes to the mailbox: at the latest from the answer on to a
     * history that is asked for after this.
     * `is_first`: no other mailbox of this node subscribes to it.
     * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT (channels). */
    hws_status (*subscribe)(hws_engine *engine, hws_mailbox *mailbox, hws_text channel,
                            bool *is_first);

    /* Returns: whether none does any more. */
    bool (*unsubscribe)(hws_engine *engine, hws_mailbox *mailbox, hws_text channel);

    /* Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT; nobody gets it then. */
    void (*publish)(hws_engine *engine, const hws_policy *policy,
                    const hws_publication *publication, hws_engine_done *done, void *user);

    /* Errors: HWS_ERR_NOT_FOUND: what lies behind `since` is not, or not all, there any more, but
     * with all_or_nothing: that is `recovered`; HWS_ERR_NO_MEMORY. */
    void (*history)(hws_engine *engine, const hws_policy *policy, const hws_history_query *query,
                    hws_engine_done *done, void *user);
    void (*history_remove)(hws_engine *engine, hws_text channel, hws_engine_done *done, void *user);

    /* Errors: HWS_ERR_NO_MEMORY. */
    hws_status (*enter)(hws_engine *engine, const hws_member *member);
    void (*leave)(hws_engine *engine, const hws_member *member);
    void (*presence)(hws_engine *engine, hws_text channel, bool with_list, hws_engine_done *done,
                     void *user);

    /* Tells subscribers who comes or goes. */
    hws_status (*announce)(hws_engine *engine, hws_letter_kind kind, hws_text channel,
                           hws_text body);

    /* To all threads of all nodes. */
    hws_status (*tell)(hws_engine *engine, hws_text order);

    void (*free)(hws_engine *engine);
} hws_engine_calls;

/* Embedded in an engine, as its first member. */
struct hws_engine {
    const hws_engine_calls *calls;
};

#endif /* HAWSER_CHANNEL_ENGINE_H */
