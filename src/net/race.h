/* SPDX-License-Identifier: MIT */
/* Many addresses to one connected descriptor: happy eyeballs (RFC 8305 §5).
 *
 * The first address is tried at once, the next when that has not answered within 250 ms, or has
 * failed.  Whichever answers first wins; the others are closed. */
#ifndef HAWSER_NET_RACE_H
#define HAWSER_NET_RACE_H

#include "loop/loop.h"
#include "net/address.h"

typedef struct hws_race hws_race;

enum { HWS_RACE_ADDRESS_MAX = 32 }; /* addresses that are tried; the others are dropped */

/* Called from the loop.  Exactly one of the last two is called, and the race is then gone; from any
 * of the others it may be cancelled. */
typedef struct hws_race_owner {
    /* An address is being tried. */
    void (*on_try)(void *owner, const hws_address *address);

    /* It answered, or did not: `why`, in words, is "" when `status` is HWS_OK. */
    void (*on_tried)(void *owner, const hws_address *address, hws_status status, const char *why);

    /* `fd` is connected, nonblocking, close-on-exec, with TCP_NODELAY, and the callee's. */
    void (*on_won)(void *owner, int fd);

    /* All have failed; `status` is what tells the most: trouble of this machine's, then permission
     * denied, refused, unreachable, timed out.  hws_race_explain may be asked here. */
    void (*on_lost)(void *owner, hws_status status);
} hws_race_owner;

/* Begins; nothing is called from inside this.  `addresses` (copied, in the order in which they are
 * to be tried) may be followed by those of one hws_race_add, when `more` says so.
 *
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_race_new(hws_loop *loop, const hws_address *addresses, size_t count,
                                       bool more, const hws_race_owner *calls, void *owner,
                                       hws_race **race);

/* The addresses that came late, perhaps none: they are tried by turns with those that are left. */
void hws_race_add(hws_race *race, const hws_address *addresses, size_t count);

/* The time is up: on_tried is called, from inside this, for each address that has not answered,
 * with HWS_ERR_CONNECT_TIMEOUT and `why`.  Then the race is to be cancelled, unless it has been. */
void hws_race_expire(hws_race *race, const char *why);

/* Nothing more is called, and what is under way is closed. */
void hws_race_cancel(hws_race *race);

/* Writes what has become of each address, in one line: "192.0.2.1 port 443: connection refused;
 * [2001:db8::1] port 443: network is unreachable".  One that has not answered has not done so for
 * as long as `pending` says ("no answer within 10 s").  Returns how many were tried. */
size_t hws_race_explain(const hws_race *race, const char *pending, char *text, size_t size);

#endif /* HAWSER_NET_RACE_H */
