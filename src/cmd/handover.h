/* SPDX-License-Identifier: MIT */
/* A new process that takes over: the program is started anew with the listening sockets, as by
 * systemd (sd_listen_fds(3)), and tells through a pipe when it serves.  Until then, and
 * when it fails, nothing changes here.  The sockets are never closed, so nobody is refused. */
#ifndef HAWSER_CMD_HANDOVER_H
#define HAWSER_CMD_HANDOVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "cmd/inherited.h"

typedef struct handover {
    char program[4096]; /* of this process, as it was found at the start */
    char **argv;
    pid_t child; /* 0: none is under way */
    int ready_fd;
} handover;

typedef struct handover_socket {
    int fd;
    char name[64];
} handover_socket;

/* Finds out which program this is, before a new version takes its place. */
void handover_init(handover *it, char **argv);

/* Starts it.  Returns: false, and errno says why not. */
bool handover_begin(handover *it, const handover_socket *sockets, size_t socket_count);

typedef enum handover_state { HANDOVER_WAITS, HANDOVER_READY, HANDOVER_FAILED } handover_state;

/* How it goes; asked again and again while it waits. */
handover_state handover_poll(handover *it);

/* In the new process: tells the old one that it may go. */
void handover_tell_ready(void);

#endif /* HAWSER_CMD_HANDOVER_H */
