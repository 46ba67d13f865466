/* SPDX-License-Identifier: MIT */
#include "lib/names.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct plan {
    char addresses[8192];
    int error;
    int system_error;
    bool held;
} plan;

/* All under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t let_go = PTHREAD_COND_INITIALIZER;
static plan plans[2];
static size_t asked;
static size_t waiting;
static char last[256];
static bool blocked;

static plan *of(int family)
{
    return &plans[family == AF_INET6 ? 0 : 1];
}

static void set(int family, const char *addresses, int error, int system_error)
{
    pthread_mutex_lock(&lock);
    plan *it = of(family);
    snprintf(it->addresses, sizeof it->addresses, "%s", addresses);
    it->error = error;
    it->system_error = system_error;
    pthread_mutex_unlock(&lock);
}

void names_found(int family, const char *addresses)
{
    set(family, addresses, 0, 0);
}

void names_fail(int family, int error, int system_error)
{
    set(family, "", error, system_error);
}

void names_hold(int family, bool on)
{
    pthread_mutex_lock(&lock);
    of(family)->held = on;
    pthread_cond_broadcast(&let_go);
    pthread_mutex_unlock(&lock);
}

void names_reset(void)
{
    static const int FAMILIES[] = {AF_INET6, AF_INET};
    for (size_t i = 0; i < 2; i++) {
        names_fail(FAMILIES[i], EAI_NONAME, 0);
        names_hold(FAMILIES[i], false);
    }
    pthread_mutex_lock(&lock);
    asked = 0;
    blocked = true;
    pthread_mutex_unlock(&lock);
}

static size_t locked(const size_t *value)
{
    pthread_mutex_lock(&lock);
    const size_t read = *value;
    pthread_mutex_unlock(&lock);
    return read;
}

size_t names_asked(void)
{
    return locked(&asked);
}

size_t names_waiting(void)
{
    return locked(&waiting);
}

const char *names_last(void)
{
    return last;
}

bool names_signals_blocked(void)
{
    return blocked;
}

static void note(const char *host)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    blocked = blocked && sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD);
    asked++;
    snprintf(last, sizeof last, "%s", host);
}

static struct addrinfo *make(int family, const char *text)
{
    struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in6));
    assert(info);
    info->ai_family = family;
    info->ai_addr = (void *)(info + 1);
    void *host;
    if (family == AF_INET6) {
        struct sockaddr_in6 *v6 = (void *)info->ai_addr;
        *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
        info->ai_addrlen = sizeof *v6;
        host = &v6->sin6_addr;
    } else {
        struct sockaddr_in *v4 = (void *)info->ai_addr;
        *v4 = (struct sockaddr_in){.sin_family = AF_INET};
        info->ai_addrlen = sizeof *v4;
        host = &v4->sin_addr;
    }
    const int read = inet_pton(family, text, host);
    assert(read == 1);
    (void)read;
    return info;
}

static void add_all(const plan *it, int family, struct addrinfo **next)
{
    char texts[sizeof it->addresses];
    memcpy(texts, it->addresses, sizeof texts);
    char *rest = texts;
    for (char *text = strsep(&rest, " "); text; text = strsep(&rest, " ")) {
        if (!*text) continue;
        *next = make(family, text);
        next = &(*next)->ai_next;
    }
}

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    assert(!service && hints->ai_socktype == SOCK_STREAM);
    pthread_mutex_lock(&lock);
    const plan *it = of(hints->ai_family);
    note(host);
    waiting++;
    while (it->held) pthread_cond_wait(&let_go, &lock);
    waiting--;
    const int error = it->error;
    const int system_error = it->system_error;
    if (error == 0) add_all(it, hints->ai_family, list);
    pthread_mutex_unlock(&lock);
    errno = system_error;
    return error;
}

void __wrap_freeaddrinfo(struct addrinfo *list);
void __wrap_freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}
