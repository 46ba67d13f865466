/* SPDX-License-Identifier: MIT */
/* Tokens that tell who somebody is: JWS in its compact form (RFC 7515 §7.1), signed, with the
 * claims of RFC 7519 and those of the Centrifuge protocol.
 *
 *     size, two dots ─▶ header: alg, kid ─▶ a key of that algorithm ─▶ signature ─▶ claims
 *
 * Nothing of a token means anything before its signature was found good, but which of our keys it
 * is to be checked with.  What stands in a header besides is not looked at, but for "crit", which
 * wants to be understood and is not (RFC 7515 §4.1.11). */
#ifndef HAWSER_CHANNEL_TOKEN_H
#define HAWSER_CHANNEL_TOKEN_H

#include <jansson.h>

#include "channel/error.h"
#include "channel/key.h"

enum {
    HWS_TOKEN_SIZE_MAX = 8192, /* bytes of a token */
    HWS_TOKEN_LEEWAY_S = 30,   /* for clocks that go before ours: nbf and iat */
};

typedef struct hws_tokens {
    hws_key keys[HWS_TOKEN_KEY_MAX];
    size_t key_count;
    char audience[HWS_CLAIM_SIZE_MAX + 1]; /* "": any */
    char issuer[HWS_CLAIM_SIZE_MAX + 1];   /* "": any */
    bool may_lack_exp;
} hws_tokens;

/* What a good token says. */
typedef struct hws_claims {
    json_t *body; /* that the others point into */
    hws_text sub; /* "": nobody in particular */
    hws_text channel;
    hws_text client;        /* absent: any */
    const json_t *info;     /* NULL: there is none */
    const json_t *channels; /* an array of strings, or NULL */
    const json_t *meta;     /* an object, or NULL */
    uint64_t expires_s;     /* 0: never */
} hws_claims;

/* Errors: HWS_ERR_INVALID_ARGUMENT, and `explain` says why; HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tokens_init(hws_tokens *tokens, const hws_hub_options *options,
                                          char *explain, size_t explain_size);
void hws_tokens_release(hws_tokens *tokens);

/* now_s   Seconds since 1970.
 *
 * Returns: HWS_ERROR_NONE, and `claims` are the caller's to release; HWS_ERROR_TOKEN_EXPIRED;
 *          HWS_ERROR_INTERNAL (no memory); for all else HWS_ERROR_UNAUTHORIZED. */
hws_error hws_token_read(const hws_tokens *tokens, hws_text token, uint64_t now_s,
                         hws_claims *claims);

void hws_claims_release(hws_claims *claims);

#endif /* HAWSER_CHANNEL_TOKEN_H */
