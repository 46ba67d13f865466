/* SPDX-License-Identifier: MIT */
/* What a process owes the secrets that pass through it: memory that they were in is wiped when it
 * is given back, and, on request, no core of it is ever written (row S022). */
#ifndef HAWSER_CMD_SECRETS_H
#define HAWSER_CMD_SECRETS_H

#include <stdbool.h>

#include "hawser/memory.h"

/* malloc, and wiped at the end, unless it is too large for a secret. */
extern const hws_memory secrets_memory;

/* The same for whatever is made of JSON; but where malloc fails the program ends, with a line on
 * stderr and by SIGABRT.  Once, before there is any. */
void secrets_guard_json(void);

/* Neither a crash nor a debugger of the same user gets what is in memory.  A limit on cores goes on
 * to programs that are started from here; the rest is to be asked for again by them.
 *
 * Returns: false: the kernel refused, and errno says why. */
bool secrets_forbid_core_dumps(void);

#endif /* HAWSER_CMD_SECRETS_H */
