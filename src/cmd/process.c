/* SPDX-License-Identifier: MIT */
#include "cmd/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The second number of statm is pages. */
uint64_t process_resident_size(void)
{
    char line[256];
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    const char *text = fgets(line, sizeof line, file);
    fclose(file);
    text = text ? strchr(text, ' ') : NULL;
    return text ? strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

double process_cpu_seconds(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
