/* SPDX-License-Identifier: MIT */
/* Where a server's connections come from: how many of each address there are, and how fast they
 * come.
 *
 * An address is an IPv4 address, or the /64 of an IPv6 one, which is what one subscriber of a
 * network has to choose from.  The table is keyed, so that nobody can make its entries collide, and
 * bounded: an address is in it while it has a connection, and for as long after that as it takes
 * its rate to recover; of those that only recover, IDLE_MAX are remembered.
 *
 * Thread: any, at once: all threads of a server share it, and take its lock when a connection comes
 * and when it goes. */
#ifndef HAWSER_SERVER_ADDRESSES_H
#define HAWSER_SERVER_ADDRESSES_H

#include "base/bucket.h"
#include "base/hash.h"
#include "net/address.h"
#include "net/tally.h"

typedef struct hws_addresses hws_addresses;

typedef struct hws_addresses_rules {
    uint32_t all_count_max;  /* connections in all */
    hws_rate all_rate;       /* new ones, in all */
    uint32_t count_max;      /* of one address; UINT32_MAX: no limit */
    hws_rate rate;           /* of one address */
    bool count_spares_local; /* count_max is not for this machine: loopback, unix sockets */
    bool rate_spares_local;  /* nor is rate */
} hws_addresses_rules;

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_addresses_new(const hws_memory *memory, const hws_hash_key *key,
                                            const hws_addresses_rules *rules,
                                            hws_addresses **addresses);

/* The last connection that is still counted frees it.  NULL is let pass. */
void hws_addresses_free(hws_addresses *addresses);

/* Counts a connection from `peer`; NULL: from where, hws_addresses_settle will tell.  `tally`
 * counts it already: it is given to its stream, which takes it out of the count at its end.
 *
 * Errors, and then nothing is counted: HWS_ERR_LIMIT: too many in all; HWS_ERR_CONNECTION_RATE;
 *         HWS_ERR_ADDRESS_COUNT, HWS_ERR_ADDRESS_RATE; HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_addresses_enter(hws_addresses *addresses, const hws_address *peer,
                                              uint64_t now_ms, hws_tally **tally);

/* Where a connection comes from that was counted without an address.  On failure it is still
 * counted so.
 *
 * tally   The one that counts it, and then the one of its address.
 *
 * Errors: HWS_ERR_ADDRESS_COUNT, HWS_ERR_ADDRESS_RATE, HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_addresses_settle(hws_addresses *addresses, const hws_address *peer,
                                               uint64_t now_ms, hws_tally **tally);

/* Connections in all. */
uint32_t hws_addresses_count(hws_addresses *addresses);

#endif /* HAWSER_SERVER_ADDRESSES_H */
