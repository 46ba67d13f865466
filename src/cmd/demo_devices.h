/* SPDX-License-Identifier: MIT */
#ifndef HAWSER_CMD_DEMO_DEVICES_H
#define HAWSER_CMD_DEMO_DEVICES_H

/* hawser demo-devices.  Returns: the exit status. */
int demo_devices_run(int argc, char **argv);

#endif /* HAWSER_CMD_DEMO_DEVICES_H */
