/* SPDX-License-Identifier: MIT */
/* Calls that other threads hand to the loop.
 *
 * They wait in a list under a lock; the loop takes the whole list and runs it without the lock.
 * Only the first to wait wakes the loop. */
#include "base/memory.h"
#include "loop/state.h"

/* A call of somebody who has no place of his own for it. */
typedef struct post {
    hws_posted posted; /* first */
    hws_loop *loop;
    void (*call)(void *user);
    void *user;
} post;

hws_status hws_posts_init(hws_loop *loop, uint32_t count_max)
{
    hws_posts *posts = &loop->posts;
    if (pthread_mutex_init(&posts->lock, NULL) != 0) return HWS_ERR_SYSTEM;
    posts->count_max = count_max;
    return HWS_OK;
}

/* Under the lock. */
static void push(hws_loop *loop, hws_posted *posted)
{
    hws_posts *posts = &loop->posts;
    posted->next = NULL;
    if (posts->last)
        posts->last->next = posted;
    else
        posts->first = posted;
    const bool is_first = !posts->last;
    posts->last = posted;
    posts->count++;
    /* Under the lock: once it is given back the loop may run the post, and be freed by it. */
    if (is_first) hws_loop_wake(loop);
}

hws_status hws_loop_post_own(hws_loop *loop, hws_posted *posted, bool is_bounded)
{
    hws_posts *posts = &loop->posts;
    hws_status status = HWS_OK;
    pthread_mutex_lock(&posts->lock);
    if (posts->closed)
        status = HWS_ERR_SHUTTING_DOWN;
    else if (is_bounded && posts->count >= posts->count_max)
        status = HWS_ERR_LIMIT;
    else
        push(loop, posted);
    pthread_mutex_unlock(&posts->lock);
    return status;
}

/* False: it is not in the list. */
static bool take_out(hws_posted **first, hws_posted **last, const hws_posted *posted)
{
    hws_posted *before = NULL;
    for (hws_posted **link = first; *link; before = *link, link = &(*link)->next) {
        if (*link != posted) continue;
        *link = posted->next;
        if (*last == posted) *last = before;
        return true;
    }
    return false;
}

void hws_loop_unpost(hws_loop *loop, const hws_posted *posted)
{
    hws_posts *posts = &loop->posts;
    hws_posted *none = NULL;
    if (take_out(&posts->running, &none, posted)) return;
    pthread_mutex_lock(&posts->lock);
    if (take_out(&posts->first, &posts->last, posted)) posts->count--;
    pthread_mutex_unlock(&posts->lock);
}

static void run(hws_posted *posted)
{
    const post it = *(post *)posted;
    hws_memory_free(it.loop->memory, posted, sizeof it);
    it.call(it.user);
}

hws_status hws_loop_post(hws_loop *loop, void (*call)(void *user), void *user)
{
    post *made = hws_memory_new(loop->memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (post){.posted.call = run, .loop = loop, .call = call, .user = user};
    const hws_status status = hws_loop_post_own(loop, &made->posted, true);
    if (status != HWS_OK) hws_memory_free(loop->memory, made, sizeof *made);
    return status;
}

void hws_posts_run(hws_loop *loop)
{
    hws_posts *posts = &loop->posts;
    loop->woken = false;

    pthread_mutex_lock(&posts->lock);
    posts->running = posts->first;
    posts->first = posts->last = NULL;
    posts->count = 0;
    pthread_mutex_unlock(&posts->lock);

    while (posts->running) {
        hws_posted *posted = posts->running;
        posts->running = posted->next;
        posted->call(posted);
    }
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
    if (posts->count_max == 0) return; /* never initialised */
    pthread_mutex_destroy(&posts->lock);
}
