/* SPDX-License-Identifier: MIT */
/* What the parts of a client's life share. */
#ifndef HAWSER_CHANNEL_GUEST_STATE_H
#define HAWSER_CHANNEL_GUEST_STATE_H

#include "channel/guest.h"

static inline const hws_hub_options *hws_guest_options(const hws_guest *client)
{
    return &client->station->hub->options;
}

static inline const hws_memory *hws_guest_memory(const hws_guest *client)
{
    return client->station->hub->memory;
}

/* Goes over to a state, which waits for `delay_ms`. */
void hws_guest_enter(hws_guest *client, hws_guest_state state, uint64_t delay_ms);

/* Does what is due.  `user`: the client. */
void hws_guest_on_timer(void *user);

void hws_guest_end_for_memory(hws_guest *client);

#endif /* HAWSER_CHANNEL_GUEST_STATE_H */
