/* SPDX-License-Identifier: MIT */
/* hawser bench: puts a WebSocket server under load, and tells how it fares. */
#ifndef HAWSER_CMD_BENCH_H
#define HAWSER_CMD_BENCH_H

/* argv[0] is the command's name.  Returns: the exit status. */
int bench_run(int argc, char **argv);

#endif /* HAWSER_CMD_BENCH_H */
