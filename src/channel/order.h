/* SPDX-License-Identifier: MIT */
/* What is wanted of connections, wherever they are: written by who is asked, and obeyed by every
 * thread for its own clients.
 *
 *     {"order":"disconnect","user":"ada","client":"…","code":3503,"reason":"…"}
 *     {"order":"emulate","session":"…","data":"{\"id\":2,\"subscribe\":…}"}
 */
#ifndef HAWSER_CHANNEL_ORDER_H
#define HAWSER_CHANNEL_ORDER_H

#include "channel/station.h"
#include "hawser/span.h"

/* What a thread does not understand, written by a newer node, it lets pass. */
void hws_order_obey(hws_station *station, hws_text order);

#endif /* HAWSER_CHANNEL_ORDER_H */
