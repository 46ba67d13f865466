/* SPDX-License-Identifier: MIT */
/* The time that things of the command are measured by: it never goes back. */
#ifndef HAWSER_CMD_UPTIME_H
#define HAWSER_CMD_UPTIME_H

#include <stdint.h>
#include <time.h>

static inline uint64_t uptime_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif /* HAWSER_CMD_UPTIME_H */
