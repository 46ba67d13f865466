/* SPDX-License-Identifier: MIT */
#include "client/inbox.h"

#include <pthread.h>
#include <time.h>

#include "base/memory.h"
#include "client/offline.h"

struct hws_inbox {
    const hws_memory *memory;
    size_t size_max;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    hws_offline messages; /* under the lock, as all that follows */
    bool is_lent;         /* the first of them has been taken */
    bool is_full;         /* whoever pushes has been told so, and waits for has_room */
    bool has_ended;
    hws_status end;
};

/* Deadlines are of a clock that nobody sets. */
static bool init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) return false;
    const bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                      pthread_cond_init(condition, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return made;
}

hws_status hws_inbox_new(const hws_memory *memory, size_t size_max, hws_inbox **inbox)
{
    hws_inbox *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->memory = memory;
    made->size_max = size_max;
    if (!init_condition(&made->changed)) {
        hws_memory_free(memory, made, sizeof *made);
        return HWS_ERR_NO_MEMORY;
    }
    pthread_mutex_init(&made->lock, NULL); /* of this kind it cannot fail */
    *inbox = made;
    return HWS_OK;
}

void hws_inbox_free(hws_inbox *inbox)
{
    if (!inbox) return;
    hws_offline_release(&inbox->messages, inbox->memory);
    pthread_cond_destroy(&inbox->changed);
    pthread_mutex_destroy(&inbox->lock);
    hws_memory_free(inbox->memory, inbox, sizeof *inbox);
}

/* What was taken waits no more: else a single long message would hold up all that come after it
 * until it is given back, which who waits for the next one has no reason to do. */
static size_t waiting_size(const hws_inbox *inbox)
{
    return inbox->messages.size - (inbox->is_lent ? hws_offline_first_size(&inbox->messages) : 0);
}

hws_status hws_inbox_push(hws_inbox *inbox, const hws_message *message, bool *is_full)
{
    pthread_mutex_lock(&inbox->lock);
    const hws_status status = hws_offline_push(&inbox->messages, inbox->memory, message, SIZE_MAX);
    if (status == HWS_OK) {
        if (waiting_size(inbox) >= inbox->size_max) inbox->is_full = true;
        *is_full = inbox->is_full;
        pthread_cond_signal(&inbox->changed);
    }
    pthread_mutex_unlock(&inbox->lock);
    return status;
}

void hws_inbox_end(hws_inbox *inbox, hws_status end)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->has_ended = true;
    inbox->end = end;
    pthread_cond_signal(&inbox->changed);
    pthread_mutex_unlock(&inbox->lock);
}

static bool has_something(const hws_inbox *inbox)
{
    return inbox->messages.first || inbox->has_ended;
}

static void wait_until(hws_inbox *inbox, uint64_t until_ms)
{
    const struct timespec until = {
        .tv_sec = (time_t)(until_ms / 1000),
        .tv_nsec = (long)(until_ms % 1000) * 1000000,
    };
    int error = 0;
    while (until_ms > 0 && error == 0 && !has_something(inbox))
        error = until_ms == UINT64_MAX
                    ? pthread_cond_wait(&inbox->changed, &inbox->lock)
                    : pthread_cond_timedwait(&inbox->changed, &inbox->lock, &until);
}

static void drop_lent(hws_inbox *inbox)
{
    if (inbox->is_lent) hws_offline_drop(&inbox->messages, inbox->memory);
    inbox->is_lent = false;
}

hws_inbox_taken hws_inbox_take(hws_inbox *inbox, uint64_t until_ms, hws_message *message,
                               hws_status *end, bool *has_room)
{
    hws_inbox_taken taken = HWS_INBOX_NOTHING;
    pthread_mutex_lock(&inbox->lock);
    drop_lent(inbox);
    wait_until(inbox, until_ms);
    if (hws_offline_peek(&inbox->messages, message)) {
        inbox->is_lent = true;
        taken = HWS_INBOX_MESSAGE;
    } else if (inbox->has_ended) {
        *end = inbox->end;
        taken = HWS_INBOX_END;
    }
    *has_room = inbox->is_full && waiting_size(inbox) <= inbox->size_max / 2;
    if (*has_room) inbox->is_full = false;
    pthread_mutex_unlock(&inbox->lock);
    return taken;
}
