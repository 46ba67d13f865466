/* SPDX-License-Identifier: MIT */
/* hawser token: a token as a back end would make it, to try things out. */
#ifndef HAWSER_CMD_TOKEN_H
#define HAWSER_CMD_TOKEN_H

int token_run(int argc, char **argv);

#endif /* HAWSER_CMD_TOKEN_H */
