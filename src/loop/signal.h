/* SPDX-License-Identifier: MIT */
/* Signals as events of a loop: the handler only remembers and wakes, the rest happens in a turn. */
#ifndef HAWSER_LOOP_SIGNAL_H
#define HAWSER_LOOP_SIGNAL_H

#include "hawser/loop.h"

typedef struct hws_signals hws_signals;

/* Takes the process's disposition of SIGINT, SIGTERM (and SIGPIPE, which is ignored) until closed;
 * one at a time per process.  `on_signal` is called on the loop's thread.
 *
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_signals_open(hws_loop *loop,
                                           void (*on_signal)(int signal, void *user), void *user,
                                           hws_signals **signals);

/* Restores what was before. */
void hws_signals_close(hws_signals *signals);

#endif /* HAWSER_LOOP_SIGNAL_H */
