/* SPDX-License-Identifier: MIT */
/* The one token that lets in, where a hub has one; and a brake on who guesses it.
 *
 * An address (of IPv6, its /64) may be wrong a few times; then it is not listened to, whatever it
 * shows: for a second, and twice as long with each further mistake.  Addresses are remembered for
 * some minutes, and are so many at most; when there is no more room, one that is new waits, so that
 * all guesses together have a bound.  This machine always has its place: who is kept out by a crowd
 * can come from there.
 *
 * Thread: any; its lock is taken when somebody connects. */
#ifndef HAWSER_CHANNEL_LOGIN_H
#define HAWSER_CHANNEL_LOGIN_H

#include <pthread.h>

#include "hawser/channel.h"

enum {
    HWS_LOGIN_DIGEST_SIZE = 32,    /* SHA-256 */
    HWS_LOGIN_SOURCE_SIZE = 12,    /* bytes of an IPv4 address behind those of an IPv6 prefix */
    HWS_LOGIN_SOURCE_MAX = 1024,   /* addresses that are remembered */
    HWS_LOGIN_MISTAKES_FREE = 5,   /* of one address */
    HWS_LOGIN_WAIT_MS = 1000,      /* after one more */
    HWS_LOGIN_WAIT_MAX_MS = 60000, /* however many */
    HWS_LOGIN_MEMORY_MS = 600000,  /* of an address that is quiet */
};

/* Where guesses came from. */
typedef struct hws_login_source {
    uint8_t address[HWS_LOGIN_SOURCE_SIZE];
    uint32_t mistake_count; /* 0: a free place */
    uint64_t until_ms;      /* it is not listened to before */
} hws_login_source;

/* Zero is one without a token, which lets nobody in. */
typedef struct hws_login {
    const hws_memory *memory;
    bool is_set;
    uint8_t digest[HWS_LOGIN_DIGEST_SIZE]; /* of the token */
    pthread_mutex_t lock;
    hws_login_source *sources; /* the first is this machine's; under the lock */
} hws_login;

/* Errors: HWS_ERR_INVALID_ARGUMENT (16 to HWS_API_KEY_SIZE_MAX bytes), HWS_ERR_NO_MEMORY,
 *         HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_login_init(hws_login *login, const hws_memory *memory,
                                         hws_text token);
void hws_login_release(hws_login *login);

/* Compares in constant time.  `address` as hws_websocket_address writes it; an absent or empty
 * token is refused, and is no guess. */
hws_login_result hws_login_check(hws_login *login, hws_text token, const char *address,
                                 uint64_t now_ms);

#endif /* HAWSER_CHANNEL_LOGIN_H */
