/* SPDX-License-Identifier: MIT */
/* Presence and history as they are asked for and told, to clients and to back ends alike. */
#ifndef HAWSER_CHANNEL_LOOK_H
#define HAWSER_CHANNEL_LOOK_H

#include <jansson.h>

#include "channel/engine.h"
#include "channel/error.h"

typedef void hws_look_write(hws_writer *to, const hws_engine_answer *answer);

void hws_look_write_presence(hws_writer *to, const hws_engine_answer *answer);
void hws_look_write_presence_stats(hws_writer *to, const hws_engine_answer *answer);
void hws_look_write_history(hws_writer *to, const hws_engine_answer *answer);

/* `limit` (-1: as many as there may be; more are cut to HWS_HISTORY_LIMIT_MAX), `since`, `reverse`.
 * False: something is of the wrong type. */
bool hws_look_read_history(const json_t *parameters, hws_history_query *query);

hws_error hws_look_error(hws_status status);

#endif /* HAWSER_CHANNEL_LOOK_H */
