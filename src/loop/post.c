/* SPDX-License-Identifier: MIT */
/* Calls that other threads hand to the loop.
 *
 * They wait in an array under a lock; the loop exchanges it for its spare one and runs them without
 * the lock.  Only the first to wait wakes the loop. */
#include "base/memory.h"
#include "loop/state.h"

/* A burst's array is not kept for ever. */
enum { KEPT_SIZE_MAX = 64 * 1024 };

typedef struct post {
    void (*call)(void *user);
    void *user;
} post;

hws_status hws_posts_init(hws_loop *loop, uint32_t count_max)
{
    hws_posts *posts = &loop->posts;
    if (pthread_mutex_init(&posts->lock, NULL) != 0) return HWS_ERR_SYSTEM;
    posts->size_max = count_max * sizeof(post);
    return HWS_OK;
}

hws_status hws_loop_post(hws_loop *loop, void (*call)(void *user), void *user)
{
    hws_posts *posts = &loop->posts;
    const post added = {call, user};
    hws_status status = HWS_ERR_SHUTTING_DOWN;

    pthread_mutex_lock(&posts->lock);
    if (!posts->closed) {
        const bool first = posts->waiting.size == 0;
        status =
            hws_buffer_append(&posts->waiting, loop->memory, &added, sizeof added, posts->size_max);
        /* Under the lock: once it is given back the loop may run the post, and be freed by it. */
        if (first && status == HWS_OK) hws_loop_wake(loop);
    }
    pthread_mutex_unlock(&posts->lock);
    return status;
}

void hws_posts_run(hws_loop *loop)
{
    hws_posts *posts = &loop->posts;
    loop->woken = false;

    pthread_mutex_lock(&posts->lock);
    hws_buffer batch = posts->waiting;
    posts->waiting = posts->spare;
    pthread_mutex_unlock(&posts->lock);
    posts->spare = (hws_buffer){0};

    const post *each = (const void *)batch.data;
    for (size_t left = batch.size / sizeof(post); left > 0; left--, each++) each->call(each->user);

    batch.size = 0;
    if (batch.capacity > KEPT_SIZE_MAX) hws_buffer_release(&batch, loop->memory);
    posts->spare = batch;
}

void hws_posts_close(hws_loop *loop)
{
    pthread_mutex_lock(&loop->posts.lock);
    loop->posts.closed = true;
    pthread_mutex_unlock(&loop->posts.lock);
}

void hws_posts_release(hws_loop *loop)
{
    hws_posts *posts = &loop->posts;
    if (posts->size_max == 0) return; /* never initialised */
    hws_buffer_release(&posts->waiting, loop->memory);
    hws_buffer_release(&posts->spare, loop->memory);
    pthread_mutex_destroy(&posts->lock);
}
