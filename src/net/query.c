/* SPDX-License-Identifier: MIT */
/* A query belongs to two: the loop's side, and the thread, whose part passes to the post that
 * carries the answer.
 *
 *     thread:  getaddrinfo ──▶ post ──▶ (the loop's thread) on_answer ──▶ both have left
 *     cancel:  the loop's side leaves, and takes the loop with it
 *
 * Whoever leaves second frees it.  Its memory is malloc's, for it may outlive the loop and whatever
 * hook the loop was given. */
#include "net/query.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

enum {
    STACK_SIZE = 256 * 1024,
    POST_AGAIN_MS = 10, /* when too many posts wait */
};

struct hws_query {
    pthread_mutex_t lock;
    hws_loop *loop; /* under the lock; NULL: cancelled */
    bool left;      /* under the lock: one of the two has */
    void (*on_answer)(void *user, const hws_query_answer *answer);
    void *user;
    int family;
    uint16_t port;
    char host[HWS_QUERY_HOST_MAX + 1];
    hws_query_answer answer;
};

static void query_free(hws_query *query)
{
    pthread_mutex_destroy(&query->lock);
    hws_memory_free(&hws_memory_malloc, query, sizeof *query);
}

static void leave(hws_query *query)
{
    pthread_mutex_lock(&query->lock);
    const bool last = query->left;
    query->left = true;
    pthread_mutex_unlock(&query->lock);
    if (last) query_free(query);
}

/* The loop's side. */

/* What `loop` was when the post was made does not matter: only this thread changes it. */
static void on_post(void *user)
{
    hws_query *query = user;
    if (query->loop) {
        query->on_answer(query->user, &query->answer);
        leave(query);
    }
    leave(query); /* for the thread */
}

void hws_query_cancel(hws_query *query)
{
    if (!query) return;
    pthread_mutex_lock(&query->lock);
    query->loop = NULL;
    pthread_mutex_unlock(&query->lock);
    leave(query);
}

/* The thread's side. */

static void add(hws_query_answer *answer, const struct addrinfo *found, uint16_t port)
{
    hws_address *address = &answer->addresses[answer->count++];
    *address = (hws_address){.size = found->ai_addrlen};
    if (found->ai_family == AF_INET6) {
        memcpy(&address->v6, found->ai_addr, sizeof address->v6);
        address->v6.sin6_port = htons(port);
    } else {
        memcpy(&address->v4, found->ai_addr, sizeof address->v4);
        address->v4.sin_port = htons(port);
    }
}

/* Without AI_ADDRCONFIG: it hides what /etc/hosts says of loopback addresses on a machine that has
 * no others, and a family that leads nowhere fails at once when it is tried. */
static void ask(hws_query *query)
{
    const struct addrinfo hints = {.ai_family = query->family, .ai_socktype = SOCK_STREAM};
    hws_query_answer *answer = &query->answer;
    struct addrinfo *list = NULL;
    answer->error = getaddrinfo(query->host, NULL, &hints, &list);
    answer->system_error = errno;
    if (answer->error != 0) return;
    for (const struct addrinfo *each = list; each; each = each->ai_next) {
        if (answer->count == HWS_QUERY_ADDRESS_MAX) break;
        if (each->ai_family == query->family) add(answer, each, query->port);
    }
    freeaddrinfo(list);
    if (answer->count == 0) answer->error = EAI_NONAME;
}

/* Under the lock: whoever frees the loop cancels first, and so waits until the post is made. */
static hws_status post(hws_query *query)
{
    pthread_mutex_lock(&query->lock);
    const hws_status status =
        query->loop ? hws_loop_post(query->loop, on_post, query) : HWS_ERR_SHUTTING_DOWN;
    pthread_mutex_unlock(&query->lock);
    return status;
}

static void *run(void *user)
{
    hws_query *query = user;
    ask(query);
    const struct timespec again = {.tv_nsec = POST_AGAIN_MS * 1000000L};
    hws_status status = post(query);
    while (status != HWS_OK && status != HWS_ERR_SHUTTING_DOWN) {
        nanosleep(&again, NULL); /* the queue of posts is full, or there is no memory for it */
        status = post(query);
    }
    if (status != HWS_OK) leave(query);
    return NULL;
}

/* Returns 0 or an errno. */
static int start_with(pthread_attr_t *attributes, hws_query *query)
{
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    int error = pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED);
    if (error == 0) error = pthread_attr_setstacksize(attributes, STACK_SIZE);
    if (error != 0) return error;
    /* The program's signals are not for a thread that it does not know of. */
    sigfillset(&all);
    error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0) return error;
    error = pthread_create(&thread, attributes, run, query);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static int start(hws_query *query)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return error;
    error = start_with(&attributes, query);
    pthread_attr_destroy(&attributes);
    return error;
}

hws_status hws_query_new(hws_loop *loop, const char *host, uint16_t port, int family,
                         void (*on_answer)(void *user, const hws_query_answer *answer), void *user,
                         hws_query **out)
{
    assert(strlen(host) <= HWS_QUERY_HOST_MAX);
    hws_query *query = hws_memory_new_zeroed(&hws_memory_malloc, sizeof *query);
    if (!query) return HWS_ERR_NO_MEMORY;
    int error = pthread_mutex_init(&query->lock, NULL);
    if (error != 0) {
        hws_memory_free(&hws_memory_malloc, query, sizeof *query);
        errno = error;
        return HWS_ERR_SYSTEM;
    }
    query->loop = loop;
    query->on_answer = on_answer;
    query->user = user;
    query->family = family;
    query->port = port;
    memcpy(query->host, host, strlen(host));
    error = start(query);
    if (error != 0) {
        query_free(query);
        errno = error;
        return HWS_ERR_SYSTEM;
    }
    *out = query; /* it answers by a post, and so not before this has returned */
    return HWS_OK;
}
