/* SPDX-License-Identifier: MIT */
/* What all backends ask of a socket in the same way. */
#ifndef HAWSER_LOOP_SOCKET_H
#define HAWSER_LOOP_SOCKET_H

#include <stdbool.h>

/* The error that waits at a socket, which is taken from it; 0: none. */
int hws_socket_error(int fd);

/* `reset`: with RST instead of FIN. */
void hws_socket_close(int fd, bool reset);

#endif /* HAWSER_LOOP_SOCKET_H */
