/* SPDX-License-Identifier: MIT */
/* Connections that wait at a listener, taken in the same way by all backends. */
#ifndef HAWSER_LOOP_ACCEPT_H
#define HAWSER_LOOP_ACCEPT_H

#include "loop/io.h"

/* Hands over what waits, at most 64 so that a turn stays short.
 *
 * Returns: 0; or the error for which the listener is to rest and to be told, since the next would
 * fail as well: descriptors or memory are short. */
int hws_accept_some(hws_io *io);

#endif /* HAWSER_LOOP_ACCEPT_H */
