/* SPDX-License-Identifier: MIT */
/* What a channel's name says by itself. */
#ifndef HAWSER_CHANNEL_NAME_H
#define HAWSER_CHANNEL_NAME_H

#include <stdbool.h>

#include "hawser/span.h"

/* 1 to HWS_CHANNEL_SIZE_MAX bytes of UTF-8 without spaces and control characters.  Different bytes
 * are different channels, whatever they look like. */
bool hws_channel_is_valid(hws_text channel);

/* What stands before the first ":"; absent when there is none. */
hws_text hws_channel_namespace(hws_text channel);

/* Whether its name says who its users are: it has a "#". */
bool hws_channel_is_personal(hws_text channel);

/* Whether `user` is one of those; never for "", who is nobody. */
bool hws_channel_is_of_user(hws_text channel, hws_text user);

/* A name that somebody may call himself: 1 to 32 characters, not all spaces, none of control. */
bool hws_name_is_valid(hws_text name);

#endif /* HAWSER_CHANNEL_NAME_H */
