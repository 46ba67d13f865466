/* SPDX-License-Identifier: MIT */
/* What a process has used: processor time and memory, as the kernel tells (proc(5)). */
#ifndef HAWSER_CMD_BENCH_PROCESS_H
#define HAWSER_CMD_BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct bench_usage {
    uint64_t cpu_ns;    /* of all its threads, those that ended too */
    uint64_t user_ns;   /* of that, outside of the kernel; in steps of a clock tick (10 ms) */
    uint64_t system_ns; /* and inside of it; likewise */
    uint64_t resident;  /* bytes */
    uint64_t slab;      /* bytes of the whole machine's kernel: sockets are among them */
} bench_usage;

/* `pid` 0 is this process.
 *
 * Returns: false when there is no such process. */
bool bench_usage_read(pid_t pid, bench_usage *usage);

/* Reads utime and stime, in clock ticks, out of /proc/PID/stat.  The name of the program, which may
 * hold anything, parentheses too, stands before them.
 *
 * Returns: false when they are not there. */
bool bench_process_times(const char *stat, uint64_t *user_ticks, uint64_t *system_ticks);

/* Reads the bytes of a line such as "VmRSS:  1234 kB" out of /proc/PID/status or /proc/meminfo.
 *
 * Returns: 0 when there is no such line. */
uint64_t bench_process_size(const char *text, const char *name);

#endif /* HAWSER_CMD_BENCH_PROCESS_H */
