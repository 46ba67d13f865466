/* SPDX-License-Identifier: MIT */
/* Who may do what in a channel. */
#ifndef HAWSER_CHANNEL_PERMISSION_H
#define HAWSER_CHANNEL_PERMISSION_H

#include "channel/error.h"
#include "channel/guest.h"

/* HWS_ERROR_NONE: it may.  `has_token`: it has shown one for this channel. */
hws_error hws_permission_subscribe(const hws_guest *client, const hws_policy *policy,
                                   hws_text channel, bool has_token);

hws_error hws_permission_publish(const hws_guest *client, const hws_policy *policy,
                                 hws_text channel);

/* Whether it is for a back end to decide: what a personal channel's name forbids is not. */
bool hws_permission_may_ask_subscribe(const hws_guest *client, const hws_policy *policy,
                                      hws_text channel);
bool hws_permission_may_ask_publish(const hws_guest *client, const hws_policy *policy,
                                    hws_text channel);

/* Presence and history are for who is in the channel, and for who could come in without a token: to
 * others a channel that is there looks like one that is not. */
hws_error hws_permission_look(const hws_guest *client, const hws_policy *policy, hws_text channel,
                              bool is_offered);

#endif /* HAWSER_CHANNEL_PERMISSION_H */
