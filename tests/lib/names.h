/* SPDX-License-Identifier: MIT */
/* A getaddrinfo that answers what the test says: link with tests/lib/names.c,
 * -Wl,--wrap=getaddrinfo and -Wl,--wrap=freeaddrinfo. */
#ifndef HAWSER_TESTS_NAMES_H
#define HAWSER_TESTS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Every name has no address, at once. */
void names_reset(void);

/* `addresses`, separated by spaces, in this order. */
void names_found(int family, const char *addresses);

/* EAI_*, and with EAI_SYSTEM an errno. */
void names_fail(int family, int error, int system_error);

/* Answers of this family wait until let go. */
void names_hold(int family, bool on);

/* How many questions were asked since the reset, and how many of them wait. */
size_t names_asked(void);
size_t names_waiting(void);

/* What was asked for last, and whether the thread that asked had all signals blocked. */
const char *names_last(void);
bool names_signals_blocked(void);

#endif /* HAWSER_TESTS_NAMES_H */
