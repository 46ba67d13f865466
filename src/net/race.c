/* SPDX-License-Identifier: MIT */
/* Attempts start one after the other, by an alarm, and end in any order:
 *
 *     try ── 250 ms, or a failure ──▶ try the next ── … ──▶ none left, all failed: lost
 *      └──▶ connected: won, the others are closed
 *
 * Each attempt is embedded in the race, which lives until the loop has forgotten all of them. */
#include "net/race.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/alarm.h"
#include "loop/io.h"
#include "net/resolver.h"

enum {
    ATTEMPT_DELAY_MS = 250, /* RFC 8305 §8 */
    EXPLAINED_MAX = 4,      /* addresses that a line of text tells of */
};

typedef struct attempt {
    hws_io io; /* first */
    hws_race *race;
    int error;      /* how it failed */
    bool under_way; /* it has neither failed nor won */
} attempt;

struct hws_race {
    hws_loop *loop;
    const hws_race_owner *calls;
    void *owner;
    hws_alarm next_try; /* always set, so that setting it cannot fail; UINT64_MAX: nothing waits */
    hws_deferred free;
    size_t count;      /* addresses */
    size_t tried;      /* of them */
    size_t under_way;  /* attempts that have not ended */
    size_t open_count; /* attempts that the loop has not forgotten */
    bool more;         /* addresses are to be added */
    bool over;         /* nobody is called any more */
    hws_address addresses[HWS_RACE_ADDRESS_MAX];
    attempt attempts[HWS_RACE_ADDRESS_MAX]; /* of the address with the same index */
};

/* Failures, in words of our own (the C library's depend on the locale), and in the order of how
 * much they tell. */
typedef struct failure {
    int error;
    hws_status status;
    const char *words;
} failure;

static const failure FAILURES[] = {
    {EMFILE, HWS_ERR_SYSTEM, "this process has too many files open"},
    {ENFILE, HWS_ERR_SYSTEM, "this system has too many files open"},
    {ENOMEM, HWS_ERR_NO_MEMORY, "out of memory"},
    {ENOBUFS, HWS_ERR_NO_MEMORY, "out of memory for sockets"},
    {ENOSPC, HWS_ERR_SYSTEM, "this user watches too many descriptors"},
    {EACCES, HWS_ERR_PERMISSION, "permission denied"},
    {EPERM, HWS_ERR_PERMISSION, "not permitted, by a firewall perhaps"},
    {ECONNREFUSED, HWS_ERR_CONNECT_REFUSED, "connection refused"},
    {ENOENT, HWS_ERR_CONNECT_REFUSED, "no such file"},
    {EAGAIN, HWS_ERR_CONNECT_REFUSED, "too many connections wait there"},
    {ECONNRESET, HWS_ERR_CONNECT_REFUSED, "connection reset"},
    {EHOSTUNREACH, HWS_ERR_CONNECT_UNREACHABLE, "no route to host"},
    {ENETUNREACH, HWS_ERR_CONNECT_UNREACHABLE, "network is unreachable"},
    {ENETDOWN, HWS_ERR_CONNECT_UNREACHABLE, "network is down"},
    {EHOSTDOWN, HWS_ERR_CONNECT_UNREACHABLE, "host is down"},
    {EADDRNOTAVAIL, HWS_ERR_CONNECT_UNREACHABLE, "no address or port to connect from"},
    {EAFNOSUPPORT, HWS_ERR_CONNECT_UNREACHABLE, "addresses of this kind are not supported here"},
    {EINVAL, HWS_ERR_CONNECT_UNREACHABLE, "a link-local address lacks its interface"},
    {ETIMEDOUT, HWS_ERR_CONNECT_TIMEOUT, "no answer"},
};

enum { FAILURE_COUNT = sizeof FAILURES / sizeof *FAILURES };

/* Its place in the table; that of an error which is not in it is 0, before all others. */
static size_t place_of(int error)
{
    for (size_t i = 0; i < FAILURE_COUNT; i++)
        if (FAILURES[i].error == error) return i + 1;
    return 0;
}

static hws_status status_of(int error)
{
    const size_t place = place_of(error);
    return place > 0 ? FAILURES[place - 1].status : HWS_ERR_SYSTEM;
}

static const char *words_of(int error)
{
    const size_t place = place_of(error);
    return place > 0 ? FAILURES[place - 1].words : strerror(error);
}

/* Ending. */

static void *owner_at(void *member, size_t offset)
{
    return (char *)member - offset;
}

static void on_free(hws_deferred *deferred)
{
    hws_race *race = owner_at(deferred, offsetof(hws_race, free));
    hws_memory_free(hws_loop_memory(race->loop), race, sizeof *race);
}

/* Later, so that whoever has called out may still look at `over`. */
static void free_if_forgotten(hws_race *race)
{
    if (race->over && race->open_count == 0) hws_loop_defer(race->loop, &race->free);
}

static void end(hws_race *race)
{
    race->over = true;
    hws_alarm_unset(&race->next_try, race->loop);
    for (size_t i = 0; i < race->tried; i++) {
        attempt *each = &race->attempts[i];
        if (each->under_way) hws_io_close(&each->io, false);
    }
    free_if_forgotten(race);
}

static void lose(hws_race *race)
{
    size_t most = 0;
    for (size_t i = 1; i < race->tried; i++)
        if (place_of(race->attempts[i].error) < place_of(race->attempts[most].error)) most = i;
    end(race);
    race->calls->on_lost(race->owner, status_of(race->attempts[most].error));
}

/* One attempt. */

static hws_address *address_of(const attempt *it)
{
    return &it->race->addresses[it - it->race->attempts];
}

static void advance(hws_race *race);

/* Does not go on to the next. */
static void failed(attempt *it, int error)
{
    hws_race *race = it->race;
    it->error = error;
    race->calls->on_tried(race->owner, address_of(it), status_of(error), words_of(error));
}

/* A port of this machine that nobody listens on may be the one that the kernel has just chosen to
 * connect from: the socket then talks to itself (RFC 9293 §3.5, simultaneous open). */
static bool is_itself(int fd)
{
    hws_address here;
    hws_address there;
    hws_address_of_socket(fd, &here);
    hws_address_of_peer(fd, &there);
    return hws_address_port(&here) != 0 && here.size == there.size &&
           memcmp(&here.any, &there.any, here.size) == 0;
}

static void connected(attempt *it)
{
    hws_race *race = it->race;
    race->calls->on_tried(race->owner, address_of(it), HWS_OK, "");
    if (race->over) return;
    it->under_way = false;
    const int fd = hws_io_release(&it->io);
    end(race);
    race->calls->on_won(race->owner, fd);
}

static void on_connect(hws_io *io, int error)
{
    attempt *it = (attempt *)io;
    if (error == 0 && is_itself(io->fd)) error = ECONNREFUSED;
    if (error == 0) {
        connected(it);
        return;
    }
    it->under_way = false;
    it->race->under_way--;
    hws_io_close(io, false);
    failed(it, error);
    advance(it->race);
}

static void on_close(hws_io *io)
{
    hws_race *race = ((attempt *)io)->race;
    race->open_count--;
    free_if_forgotten(race);
}

static const hws_io_handler handler = {.on_connect = on_connect, .on_close = on_close};

/* Returns a descriptor, or -1 with errno. */
static int open_socket(int family)
{
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || family == AF_UNIX) return fd;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) == 0) return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Returns 0 or an errno. */
static int begin(attempt *it)
{
    const hws_address *address = address_of(it);
    hws_race *race = it->race;
    const int fd = open_socket(address->any.sa_family);
    if (fd < 0) return errno;
    if (hws_io_open(&it->io, race->loop, fd, &handler) < HWS_OK) {
        const int error = errno;
        close(fd);
        return error;
    }
    it->under_way = true;
    race->under_way++;
    race->open_count++;
    hws_io_connect(&it->io, &address->any, address->size);
    return 0;
}

/* One after the other. */

/* The alarm is set, or its place has been free for no longer than this call. */
static void wait_until(hws_race *race, uint64_t at_ms)
{
    const hws_status status = hws_alarm_set(&race->next_try, race->loop, at_ms);
    (void)status;
}

/* Returns: whether it is under way. */
static bool try_next(hws_race *race)
{
    attempt *it = &race->attempts[race->tried++];
    it->race = race;
    race->calls->on_try(race->owner, address_of(it));
    if (race->over) return false;
    const int error = begin(it);
    if (error != 0) failed(it, error);
    return error == 0;
}

static void advance(hws_race *race)
{
    while (!race->over && race->tried < race->count) {
        if (!try_next(race)) continue;
        wait_until(race, hws_loop_now_ms(race->loop) + ATTEMPT_DELAY_MS);
        return;
    }
    if (race->over) return;
    if (race->under_way == 0 && !race->more) lose(race);
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    (void)loop;
    hws_race *race = owner_at(alarm, offsetof(hws_race, next_try));
    wait_until(race, UINT64_MAX);
    advance(race);
}

/* From outside. */

hws_status hws_race_new(hws_loop *loop, const hws_address *addresses, size_t count, bool more,
                        const hws_race_owner *calls, void *owner, hws_race **out)
{
    assert(count > 0);
    hws_race *race = hws_memory_new_zeroed(hws_loop_memory(loop), sizeof *race);
    if (!race) return HWS_ERR_NO_MEMORY;
    race->loop = loop;
    race->calls = calls;
    race->owner = owner;
    race->next_try.on_ring = on_ring;
    race->free.call = on_free;
    race->more = more;
    race->count = hws_lookup_mix(addresses, count, NULL, 0, race->addresses, HWS_RACE_ADDRESS_MAX);
    const hws_status status = hws_alarm_set(&race->next_try, loop, hws_loop_now_ms(loop));
    if (status < HWS_OK) {
        hws_memory_free(hws_loop_memory(loop), race, sizeof *race);
        return status;
    }
    *out = race;
    return HWS_OK;
}

void hws_race_add(hws_race *race, const hws_address *addresses, size_t count)
{
    hws_address left[HWS_RACE_ADDRESS_MAX];
    const size_t left_count = race->count - race->tried;
    memcpy(left, race->addresses + race->tried, left_count * sizeof *left);
    race->count = race->tried + hws_lookup_mix(addresses, count, left, left_count,
                                               race->addresses + race->tried,
                                               HWS_RACE_ADDRESS_MAX - race->tried);
    race->more = false;
    /* Whoever had nothing left to try goes on at once. */
    if (race->under_way == 0 || hws_alarm_at_ms(&race->next_try, race->loop) == UINT64_MAX)
        wait_until(race, hws_loop_now_ms(race->loop));
}

void hws_race_expire(hws_race *race, const char *why)
{
    for (size_t i = 0; i < race->tried && !race->over; i++)
        if (race->attempts[i].under_way)
            race->calls->on_tried(race->owner, &race->addresses[i], HWS_ERR_CONNECT_TIMEOUT, why);
}

void hws_race_cancel(hws_race *race)
{
    end(race);
}

size_t hws_race_explain(const hws_race *race, const char *pending, char *text, size_t size)
{
    size_t used = 0;
    if (size > 0) text[0] = 0;
    for (size_t i = 0; i < race->tried && i < EXPLAINED_MAX && used < size; i++) {
        const attempt *it = &race->attempts[i];
        char name[HWS_ADDRESS_NAME_MAX];
        hws_address_name(&race->addresses[i], name);
        used += (size_t)snprintf(text + used, size - used, "%s%s: %s", i > 0 ? "; " : "", name,
                                 it->error ? words_of(it->error) : pending);
    }
    if (race->tried > EXPLAINED_MAX && used < size)
        snprintf(text + used, size - used, "; and %zu more", race->tried - EXPLAINED_MAX);
    return race->tried;
}
