/* SPDX-License-Identifier: MIT */
/* Subscribers in a process of their own, so that what they cost is not the server's: many
 * WebSockets that read whatever comes and throw it away. */
#ifndef HAWSER_BENCH_BROADCAST_CROWD_H
#define HAWSER_BENCH_BROADCAST_CROWD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct crowd {
    pid_t process;
    struct crowd_news *news; /* what it tells, in memory that both have */
} crowd;

struct crowd_news {
    _Atomic uint64_t open_count;
    _Atomic uint64_t received; /* bytes, after the handshakes */
};

/* What each of them asks for, and sends when it is open. */
typedef struct crowd_manners {
    const char *path;
    const void *greeting; /* whole frames */
    size_t greeting_size;
} crowd_manners;

/* Starts a process that opens `count` WebSockets, one after the other.  Before the caller has
 * threads. */
crowd crowd_start(uint16_t port, uint32_t count, const crowd_manners *manners);

void crowd_end(crowd *it);

/* As many descriptors as the system lets this process have. */
void crowd_raise_limit(void);

#endif /* HAWSER_BENCH_BROADCAST_CROWD_H */
