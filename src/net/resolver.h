/* SPDX-License-Identifier: MIT */
/* Host names to addresses, without blocking the loop: getaddrinfo (and so the system's own files,
 * caches and order of preference) in threads that come and go. */
#ifndef HAWSER_NET_RESOLVER_H
#define HAWSER_NET_RESOLVER_H

#include "loop/loop.h"
#include "net/query.h"

typedef struct hws_lookup hws_lookup;

enum { HWS_LOOKUP_ADDRESS_MAX = HWS_QUERY_ADDRESS_MAX }; /* told at a time */

/* What a lookup calls back with.  Lifetime: the call's. */
typedef struct hws_lookup_answer {
    hws_status status;            /* HWS_OK, or HWS_ERR_NAME, HWS_ERR_NAME_TEMPORARY, … */
    const hws_address *addresses; /* in the order in which they are to be tried */
    size_t count;                 /* at least 1 the first time, when HWS_OK */
    bool more;                    /* another call follows, with the other family's */
    const char *text;             /* one line that names the host, on failure; else "" */
} hws_lookup_answer;

/* Called once, or twice when one family's addresses came much later: then HWS_OK both times, the
 * second perhaps with none.  After the one without `more` the lookup is gone; from the other it may
 * be cancelled. */
typedef void hws_lookup_told(void *user, const hws_lookup_answer *answer);

/* Begins to look `host` up: IPv6 and IPv4 side by side; the addresses of one family are not kept
 * waiting for the other's for more than 50 ms (RFC 8305 §3).  An address literal (IPv6 without
 * brackets) and "localhost" with what is below it (RFC 6761 §6.3) are answered without a thread,
 * but never from inside this call.
 *
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM (no thread), HWS_ERR_NAME (not a name: empty, over 253
 *         bytes).  Thread: the loop's. */
HWS_MUST_CHECK hws_status hws_lookup_new(hws_loop *loop, hws_text host, uint16_t port,
                                         hws_lookup_told *on_told, void *user, hws_lookup **lookup);

/* It will not be called back.  A thread under way is left to itself; it holds nothing of the
 * loop's. */
void hws_lookup_cancel(hws_lookup *lookup);

/* Takes from `first` and from `second` by turns, as long as there are any (RFC 8305 §4).
 * Returns: how many were written to `mixed`, at most `max`. */
size_t hws_lookup_mix(const hws_address *first, size_t first_count, const hws_address *second,
                      size_t second_count, hws_address *mixed, size_t max);

#endif /* HAWSER_NET_RESOLVER_H */
