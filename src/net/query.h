/* SPDX-License-Identifier: MIT */
/* One question to getaddrinfo, in a thread of its own that comes and goes. */
#ifndef HAWSER_NET_QUERY_H
#define HAWSER_NET_QUERY_H

#include "loop/loop.h"
#include "net/address.h"

typedef struct hws_query hws_query;

enum {
    HWS_QUERY_HOST_MAX = 253,   /* bytes of a name (RFC 1035 §2.3.4, as text) */
    HWS_QUERY_ADDRESS_MAX = 32, /* addresses that are looked at; the others are dropped */
};

typedef struct hws_query_answer {
    int error;        /* 0, and there is an address; or EAI_* */
    int system_error; /* errno, with EAI_SYSTEM */
    size_t count;
    hws_address addresses[HWS_QUERY_ADDRESS_MAX]; /* in getaddrinfo's order */
} hws_query_answer;

/* Asks for the addresses of `host` (terminated) of one family, AF_INET6 or AF_INET.  `on_answer` is
 * called once, from the loop, and the query is then gone.
 *
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM (no thread). */
HWS_MUST_CHECK hws_status hws_query_new(hws_loop *loop, const char *host, uint16_t port, int family,
                                        void (*on_answer)(void *user,
                                                          const hws_query_answer *answer),
                                        void *user, hws_query **query);

/* It will not be called back.  getaddrinfo cannot be interrupted: its thread is left to itself, and
 * holds nothing of the loop's.  Before the loop is freed.  NULL is let pass. */
void hws_query_cancel(hws_query *query);

#endif /* HAWSER_NET_QUERY_H */
