/* SPDX-License-Identifier: MIT */
/* hawser doctor: finds out why a WebSocket does not open, or does not work. */
#ifndef HAWSER_CMD_DOCTOR_H
#define HAWSER_CMD_DOCTOR_H

/* Returns: the exit status: 0 healthy, 1 a fault was found, 2 misuse. */
int doctor_run(int argc, char **argv);

#endif /* HAWSER_CMD_DOCTOR_H */
