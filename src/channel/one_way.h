/* SPDX-License-Identifier: MIT */
/* Clients that only listen: they say what they connect with, and are pushed to from there on. */
#ifndef HAWSER_CHANNEL_ONE_WAY_H
#define HAWSER_CHANNEL_ONE_WAY_H

#include "channel/writer.h"

/* Parameters of a connect, JSON or nothing, become the command that they belong to: one line. */
void hws_one_way_write_connect(hws_writer *to, hws_text parameters);

#endif /* HAWSER_CHANNEL_ONE_WAY_H */
