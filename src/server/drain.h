/* SPDX-License-Identifier: MIT */
/* A worker lets its WebSockets go a few at a time: whoever comes back to another process does not
 * come with all the others (row U001). */
#ifndef HAWSER_SERVER_DRAIN_H
#define HAWSER_SERVER_DRAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/alarm.h"

struct hws_worker;

typedef struct hws_drain {
    hws_alarm alarm;
    uint32_t duration_ms;
    size_t quota; /* WebSockets in one step */
    uint64_t begun_ms;
    bool is_active;
} hws_drain;

/* Begins; the worker has stopped accepting.  Thread: the worker's. */
void hws_drain_begin(struct hws_worker *worker);

/* Whether somebody was accepted whose first request is still to come: it is served like any, lest a
 * deploy turn him away.  At most for a second.  Thread: the worker's. */
bool hws_drain_waits(const struct hws_worker *worker);

/* What is left is let go by others.  Thread: the worker's. */
void hws_drain_end(struct hws_worker *worker);

#endif /* HAWSER_SERVER_DRAIN_H */
