/* SPDX-License-Identifier: MIT */
/* What this process has used. */
#ifndef HAWSER_CMD_PROCESS_H
#define HAWSER_CMD_PROCESS_H

#include <stdint.h>

/* Bytes that are in memory; 0: it cannot be told. */
uint64_t process_resident_size(void);

/* Time of the processors, of all its threads. */
double process_cpu_seconds(void);

#endif /* HAWSER_CMD_PROCESS_H */
