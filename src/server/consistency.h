/* SPDX-License-Identifier: MIT */
/* Options that contradict one another: each would do alone, and together they promise what cannot
 * be (row V013).  Only what was given is looked at: a default gives way. */
#ifndef HAWSER_SERVER_CONSISTENCY_H
#define HAWSER_SERVER_CONSISTENCY_H

#include "hawser/server.h"

/* One line about the first contradiction; NULL: there is none. */
const char *hws_consistency_check(const hws_server_options *given);

#endif /* HAWSER_SERVER_CONSISTENCY_H */
