/* SPDX-License-Identifier: MIT */
#ifndef HAWSER_CMD_DEMO_FEED_H
#define HAWSER_CMD_DEMO_FEED_H

/* hawser demo-feed.  Returns: the exit status. */
int demo_feed_run(int argc, char **argv);

#endif /* HAWSER_CMD_DEMO_FEED_H */
