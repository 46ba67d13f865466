/* SPDX-License-Identifier: MIT */
/* When messages are due that are sent at a steady rate, whatever the server does.
 *
 * A latency that is measured from when a message was due, not from when it could be sent, contains
 * the time that it had to wait because those before it were slow.  Without that a server that stops
 * for a second would be charged with one slow message, and not with all that should have been sent
 * meanwhile ("coordinated omission").
 *
 * The messages of all workers are numbered through: worker w of W sends w, w + W, w + 2W, ..., its
 * m-th one on its connection m modulo their number.  So a due time is computed, never stored. */
#ifndef HAWSER_CMD_BENCH_PACE_H
#define HAWSER_CMD_BENCH_PACE_H

#include <stdint.h>

typedef struct bench_pace {
    uint64_t start_ns;
    uint64_t rate;             /* messages a second, of all workers; at least 1 */
    uint64_t worker;           /* from 0 */
    uint64_t worker_count;     /* at least 1 */
    uint64_t connection_count; /* of this worker; at least 1 */
} bench_pace;

/* When this worker's m-th message is due. */
uint64_t bench_pace_due_ns(const bench_pace *it, uint64_t message);

/* When the n-th message of one of this worker's connections is due. */
uint64_t bench_pace_due_on_ns(const bench_pace *it, uint64_t connection, uint64_t n);

#endif /* HAWSER_CMD_BENCH_PACE_H */
