/* SPDX-License-Identifier: MIT */
/* Random numbers of the demonstrations: the same from the same seed, everywhere (splitmix64). */
#ifndef HAWSER_CMD_DEMO_RANDOM_H
#define HAWSER_CMD_DEMO_RANDOM_H

#include <stdint.h>

typedef struct demo_random {
    uint64_t state; /* the seed, to begin with */
} demo_random;

uint64_t demo_random_next(demo_random *it);

/* From -reach to reach, both included. */
int64_t demo_random_around(demo_random *it, uint32_t reach);

#endif /* HAWSER_CMD_DEMO_RANDOM_H */
