/* SPDX-License-Identifier: MIT */
/* Keys that tokens are checked with.  A key is for one algorithm: that of what it is, never what a
 * token says. */
#ifndef HAWSER_CHANNEL_KEY_H
#define HAWSER_CHANNEL_KEY_H

#include <openssl/evp.h>

#include "hawser/channel.h"

typedef enum hws_algorithm {
    HWS_ALGORITHM_HS256, /* a secret, which back ends share */
    HWS_ALGORITHM_RS256, /* a public key: RSA of at least 2048 bits */
    HWS_ALGORITHM_ES256, /* a public key: P-256 */
} hws_algorithm;

enum {
    HWS_KEY_SECRET_SIZE_MIN = 32, /* bytes (RFC 7518 §3.2) */
    HWS_KEY_SECRET_SIZE_MAX = 1024,
};

typedef struct hws_key {
    char id[HWS_KEY_ID_SIZE_MAX + 1]; /* "": of any token that fits its algorithm */
    hws_algorithm algorithm;
    EVP_PKEY *public_key; /* NULL: there is a secret */
    uint8_t secret[HWS_KEY_SECRET_SIZE_MAX];
    size_t secret_size;
} hws_key;

/* Errors: HWS_ERR_INVALID_ARGUMENT, and `explain` says why; HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_key_init(hws_key *key, const hws_token_key *from, char *explain,
                                       size_t explain_size);

/* Wipes it. */
void hws_key_release(hws_key *key);

/* Whether `signature` is the key's of `text`.  Takes as long for a wrong secret as for the right
 * one. */
bool hws_key_verify(const hws_key *key, hws_text text, const uint8_t *signature, size_t size);

#endif /* HAWSER_CHANNEL_KEY_H */
