/* SPDX-License-Identifier: MIT */
/* hawser publish: sends something to a channel of a server, from a script. */
#ifndef HAWSER_CMD_PUBLISH_H
#define HAWSER_CMD_PUBLISH_H

/* Returns: the exit status: 0 published, 1 refused or not reached, 2 misuse. */
int publish_run(int argc, char **argv);

#endif /* HAWSER_CMD_PUBLISH_H */
