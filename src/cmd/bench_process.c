/* SPDX-License-Identifier: MIT */
#include "cmd/bench_process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    FILE_SIZE_MAX = 8192, /* bytes; /proc/meminfo has about 1500 */
    NS_PER_S = 1000000000,
};

bool bench_process_times(const char *stat, uint64_t *user_ticks, uint64_t *system_ticks)
{
    const char *behind_name = strrchr(stat, ')');
    if (!behind_name) return false;
    /* state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime */
    const char *at = behind_name + 1;
    for (int i = 0; i < 11 && at; i++) at = strchr(at + 1, ' ');
    if (!at) return false;
    char *behind_user;
    char *behind_system;
    const uint64_t user = strtoull(at, &behind_user, 10);
    const uint64_t system = strtoull(behind_user, &behind_system, 10);
    if (behind_user == at || behind_system == behind_user) return false;
    *user_ticks = user;
    *system_ticks = system;
    return true;
}

uint64_t bench_process_size(const char *text, const char *name)
{
    const size_t name_size = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, name_size) != 0 || line[name_size] != ':') continue;
        return strtoull(line + name_size + 1, NULL, 10) * 1024;
    }
    return 0;
}

/* Returns: whether it could be read; `text` is then terminated. */
static bool read_file(const char *path, char text[FILE_SIZE_MAX])
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const ssize_t size = read(fd, text, FILE_SIZE_MAX - 1);
    close(fd);
    if (size < 0) return false;
    text[size] = '\0';
    return true;
}

static bool read_of(pid_t pid, const char *name, char text[FILE_SIZE_MAX])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return read_file(path, text);
}

/* More exact than the ticks in /proc. */
static bool read_clock(pid_t pid, uint64_t *cpu_ns)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return false;
    *cpu_ns = (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
    return true;
}

bool bench_usage_read(pid_t pid, bench_usage *usage)
{
    const uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
    const pid_t of = pid ? pid : getpid();
    char text[FILE_SIZE_MAX];
    uint64_t user_ticks;
    uint64_t system_ticks;
    bench_usage read = {0};

    if (!read_clock(of, &read.cpu_ns)) return false;
    if (!read_of(of, "stat", text)) return false;
    if (!bench_process_times(text, &user_ticks, &system_ticks)) return false;
    read.user_ns = user_ticks * tick_ns;
    read.system_ns = system_ticks * tick_ns;
    if (!read_of(of, "status", text)) return false;
    read.resident = bench_process_size(text, "VmRSS");
    if (read_file("/proc/meminfo", text)) read.slab = bench_process_size(text, "Slab");
    *usage = read;
    return true;
}
