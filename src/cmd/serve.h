/* SPDX-License-Identifier: MIT */
/* hawser serve: a WebSocket server with pages, files, channels and an echo. */
#ifndef HAWSER_CMD_SERVE_H
#define HAWSER_CMD_SERVE_H

/* argv[0] is "serve".  Returns: the command's exit status. */
int serve_run(int argc, char **argv);

#endif /* HAWSER_CMD_SERVE_H */
