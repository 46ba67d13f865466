/* SPDX-License-Identifier: MIT */
#include "cmd/crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

/* One of the crowd speaks, for all the others to listen. */
enum { SPEAKER_COUNT = 1, ARGUMENT_MAX = 32, NUMBER_SIZE = 24 };

void crowd_init(crowd *it)
{
    *it = (crowd){.program = "/proc/self/exe", .refusal = "the server has not begun yet"};
    pthread_mutex_init(&it->lock, NULL);
}

void crowd_settle(crowd *it, const crowd_place *place)
{
    pthread_mutex_lock(&it->lock);
    it->server = place->server;
    snprintf(it->url, sizeof it->url, "%s/connection/websocket", place->url ? place->url : "");
    snprintf(it->refusal, sizeof it->refusal, "%s", place->refusal ? place->refusal : "");
    it->viewers_max = place->viewers_max;
    it->own_max = place->own_max;
    pthread_mutex_unlock(&it->lock);
}

/* Under the lock.  Takes note of a child that has ended. */
static void look(crowd *it)
{
    if (it->child == 0) return;
    const pid_t ended = waitpid(it->child, NULL, WNOHANG);
    if (ended == it->child || (ended < 0 && errno == ECHILD)) it->child = 0;
}

static uint64_t room_of(const crowd *it)
{
    const uint64_t present = it->server ? hws_server_websocket_count(it->server) : 0;
    const uint64_t left = present < it->viewers_max ? it->viewers_max - present : 0;
    const uint64_t room = left < it->own_max ? left : it->own_max;
    return room > SPEAKER_COUNT ? room - SPEAKER_COUNT : 0;
}

/* Nothing of ours reaches the child: neither streams, nor what this thread does with signals. */
static int prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    for (int stream = 1; stream <= 2 && error == 0; stream++)
        error = posix_spawn_file_actions_addopen(files, stream, "/dev/null", O_WRONLY, 0);
    if (error == 0) error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (error == 0)
        error =
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return error;
}

static int spawn(const crowd *it, char *const *arguments, pid_t *child)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0) return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = prepare(&files, &attributes);
        if (error == 0)
            error = posix_spawn(child, it->program, &files, &attributes, arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* They come a thousand a second, hear ten comments a second, and go by themselves. */
static int run(const crowd *it, uint64_t count, uint64_t duration_s, pid_t *child)
{
    char number[NUMBER_SIZE];
    char duration[NUMBER_SIZE];
    snprintf(duration, sizeof duration, "%" PRIu64 "s", duration_s);
    snprintf(number, sizeof number, "%" PRIu64, count + SPEAKER_COUNT);
    const char *const words[] = {
        "hawser",        "bench",      "--mode",  "chat",      "--channel", "live:harbour",
        "--connections", number,       "--ramp",  "1000",      "--rate",    "10",
        "--duration",    duration,     "--quiet", "--timeout", "30s",       "--proxy",
        "none",          "--insecure", it->url,   NULL,
    };
    char *arguments[ARGUMENT_MAX];
    _Static_assert(sizeof words / sizeof *words <= ARGUMENT_MAX, "too many words");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        arguments[i] = (char *)(uintptr_t)words[i]; /* posix_spawn does not write to them */
    return spawn(it, arguments, child);
}

/* Under the lock. */
static crowd_verdict judge(const crowd *it, uint64_t count, uint64_t duration_s)
{
    if (it->refusal[0] != '\0') return CROWD_FORBIDDEN;
    if (count == 0 || count > CROWD_COUNT_MAX) return CROWD_MALFORMED;
    if (duration_s == 0 || duration_s > CROWD_DURATION_MAX_S) return CROWD_MALFORMED;
    if (it->child != 0) return CROWD_HERE;
    return count <= room_of(it) ? CROWD_FINE : CROWD_TOO_LARGE;
}

crowd_verdict crowd_start(crowd *it, uint64_t count, uint64_t duration_s)
{
    pthread_mutex_lock(&it->lock);
    look(it);
    crowd_verdict verdict = judge(it, count, duration_s);
    if (verdict == CROWD_FINE) {
        pid_t child;
        if (run(it, count, duration_s, &child) == 0) {
            it->child = child;
            it->count = (uint32_t)count;
        } else {
            verdict = CROWD_FAILED;
        }
    }
    pthread_mutex_unlock(&it->lock);
    return verdict;
}

void crowd_stop(crowd *it)
{
    pthread_mutex_lock(&it->lock);
    look(it);
    if (it->child != 0) (void)kill(it->child, SIGTERM);
    pthread_mutex_unlock(&it->lock);
}

uint32_t crowd_look(crowd *it)
{
    pthread_mutex_lock(&it->lock);
    look(it);
    const uint32_t count = it->child != 0 ? it->count : 0;
    pthread_mutex_unlock(&it->lock);
    return count;
}

void crowd_explain(crowd *it, crowd_verdict verdict, char *text, size_t size)
{
    pthread_mutex_lock(&it->lock);
    switch (verdict) {
    case CROWD_FINE:
        snprintf(text, size, "all is well");
        break;
    case CROWD_MALFORMED:
        snprintf(text, size, "1 to %d viewers may be called, for 1 to %d s", (int)CROWD_COUNT_MAX,
                 (int)CROWD_DURATION_MAX_S);
        break;
    case CROWD_FORBIDDEN:
        snprintf(text, size, "%s", it->refusal);
        break;
    case CROWD_HERE:
        snprintf(text, size, "a crowd of %u is here already", (unsigned)it->count);
        break;
    case CROWD_TOO_LARGE:
        snprintf(text, size, "descriptors suffice for %" PRIu64 " more viewers: see ulimit -n",
                 room_of(it));
        break;
    case CROWD_FAILED:
        snprintf(text, size, "no process could be started");
        break;
    }
    pthread_mutex_unlock(&it->lock);
}

void crowd_release(crowd *it)
{
    if (it->child > 0) {
        (void)kill(it->child, SIGKILL);
        while (waitpid(it->child, NULL, 0) < 0 && errno == EINTR) continue;
    }
    pthread_mutex_destroy(&it->lock);
}
