/* SPDX-License-Identifier: MIT */
/* hawser connect: a WebSocket client for people and for scripts. */
#ifndef HAWSER_CMD_CONNECT_H
#define HAWSER_CMD_CONNECT_H

/* argv[0] is the command's name.  Returns the exit status. */
int connect_run(int argc, char **argv);

#endif /* HAWSER_CMD_CONNECT_H */
