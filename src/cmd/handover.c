/* SPDX-License-Identifier: MIT */
#include "cmd/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/quantity.h"

extern char **environ;

enum {
    VARIABLES_OURS = 5,
    NUMBER_SIZE = 12, /* of a pid as text */
    NAMES_SIZE = 65536,
};
static const char ready_variable[] = "HAWSER_READY_FD";
static const char pid_variable[] = "LISTEN_PID=";

/* Made before the fork: in the child of a program with threads nothing may allocate. */
typedef struct launch {
    char **environment;
    char pid[sizeof pid_variable + NUMBER_SIZE];
    char count[32];
    char names[NAMES_SIZE];
    char ready[64];
    int fds[INHERITED_MAX + 1]; /* the last is the pipe's */
    size_t fd_count;
} launch;

void handover_init(handover *it, char **argv)
{
    *it = (handover){.argv = argv, .ready_fd = -1};
    const ssize_t size = readlink("/proc/self/exe", it->program, sizeof it->program - 1);
    it->program[size > 0 ? size : 0] = '\0';
}

static bool is_ours(const char *variable)
{
    static const char *const names[] = {
        "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "HAWSER_READY_FD=", "WATCHDOG_PID="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0) return true;
    return false;
}

static void write_names(launch *to, const handover_socket *sockets, size_t count)
{
    size_t size = (size_t)snprintf(to->names, sizeof to->names, "LISTEN_FDNAMES=");
    for (size_t i = 0; i < count; i++)
        size += (size_t)snprintf(to->names + size, sizeof to->names - size, "%s%s",
                                 i > 0 ? ":" : "", sockets[i].name);
}

static bool make_environment(launch *to)
{
    size_t count = 0;
    while (environ[count]) count++;
    to->environment = calloc(count + VARIABLES_OURS, sizeof *to->environment);
    if (!to->environment) return false;
    char **at = to->environment;
    for (size_t i = 0; i < count; i++)
        if (!is_ours(environ[i])) *at++ = environ[i];
    *at++ = to->pid;
    *at++ = to->count;
    *at++ = to->names;
    *at++ = to->ready;
    return true;
}

static bool prepare(launch *to, const handover_socket *sockets, size_t count, int ready_fd)
{
    memcpy(to->pid, pid_variable, sizeof pid_variable);
    snprintf(to->count, sizeof to->count, "LISTEN_FDS=%zu", count);
    snprintf(to->ready, sizeof to->ready, "%s=%zu", ready_variable, INHERITED_FIRST + count);
    write_names(to, sockets, count);
    for (size_t i = 0; i < count; i++) to->fds[i] = sockets[i].fd;
    to->fds[count] = ready_fd;
    to->fd_count = count + 1;
    return make_environment(to);
}

/* From here to exec only what signal-safety(7) lists: other threads may hold any lock. */
static void write_pid(launch *to)
{
    char digits[NUMBER_SIZE];
    size_t count = 0;
    for (unsigned pid = (unsigned)getpid(); pid > 0; pid /= 10)
        digits[count++] = (char)('0' + pid % 10);
    char *at = to->pid + sizeof pid_variable - 1;
    while (count > 0) *at++ = digits[--count];
    *at = '\0';
}

/* First out of the way of each other, then to where they are looked for; dup2 makes them stay open
 * in the new program. */
static void place_descriptors(launch *to)
{
    const int beyond = INHERITED_FIRST + (int)to->fd_count;
    for (size_t i = 0; i < to->fd_count; i++)
        to->fds[i] = fcntl(to->fds[i], F_DUPFD_CLOEXEC, beyond);
    for (size_t i = 0; i < to->fd_count; i++)
        if (to->fds[i] < 0 || dup2(to->fds[i], INHERITED_FIRST + (int)i) < 0) _exit(127);
}

static void run(const handover *it, launch *to)
{
    place_descriptors(to);
    write_pid(to);
    execve(it->program, it->argv, to->environment);
    _exit(127);
}

bool handover_begin(handover *it, const handover_socket *sockets, size_t socket_count)
{
    int ends[2];
    launch *to = calloc(1, sizeof *to);
    if (!to || socket_count > INHERITED_MAX || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        free(to);
        return false;
    }
    pid_t child = -1;
    if (prepare(to, sockets, socket_count, ends[1])) child = fork();
    if (child == 0) run(it, to);
    const int error = errno;
    free(to->environment);
    free(to);
    close(ends[1]);
    if (child < 0) close(ends[0]);
    errno = error;
    if (child < 0) return false;
    it->child = child;
    it->ready_fd = ends[0];
    return true;
}

handover_state handover_poll(handover *it)
{
    char byte;
    const ssize_t size = read(it->ready_fd, &byte, 1);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return HANDOVER_WAITS;
    close(it->ready_fd);
    it->ready_fd = -1;
    if (size == 1) return HANDOVER_READY;
    /* Whoever closed the pipe without a word is about to end, or has. */
    waitpid(it->child, NULL, 0);
    it->child = 0;
    return HANDOVER_FAILED;
}

void handover_tell_ready(void)
{
    uint64_t fd;
    const char *text = getenv(ready_variable);
    if (!text || !quantity_count(text, &fd) || fd > INHERITED_MAX + INHERITED_FIRST) return;
    const ssize_t written = write((int)fd, "1", 1); /* an old one that is gone needs no word */
    (void)written;
    close((int)fd);
    unsetenv(ready_variable);
}
