/* SPDX-License-Identifier: MIT */
#include "channel/key.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "channel/name.h"

enum {
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192,
    ES256_HALF = 32, /* bytes of r, and of s */
    ES256_DER_MAX = 80,
};

static const char PEM_BEGINS[] = "-----BEGIN";

static hws_status complain(const char *why, char *explain, size_t size)
{
    if (size > 0) snprintf(explain, size, "%s", why);
    return HWS_ERR_INVALID_ARGUMENT;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";
    return EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}

/* Nothing but "BEGIN PUBLIC KEY": a private key has no business here, a certificate no meaning. */
static hws_status read_public_key(hws_key *key, hws_text text, char *explain, size_t size)
{
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.size);
    if (!bio) return HWS_ERR_NO_MEMORY;
    key->public_key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (!key->public_key)
        return complain("no public key: a PEM file with BEGIN PUBLIC KEY is wanted", explain, size);
    const int bits = EVP_PKEY_get_bits(key->public_key);
    if (EVP_PKEY_is_a(key->public_key, "RSA")) {
        key->algorithm = HWS_ALGORITHM_RS256;
        if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX) return HWS_OK;
        return complain("an RSA key has 2048 to 8192 bits", explain, size);
    }
    key->algorithm = HWS_ALGORITHM_ES256;
    if (EVP_PKEY_is_a(key->public_key, "EC") && is_p256(key->public_key)) return HWS_OK;
    return complain("the key is neither RSA nor EC of P-256", explain, size);
}

static hws_status read_secret(hws_key *key, hws_text text, char *explain, size_t size)
{
    key->algorithm = HWS_ALGORITHM_HS256;
    if (text.size < HWS_KEY_SECRET_SIZE_MIN)
        return complain("a secret has at least 32 bytes", explain, size);
    if (text.size > HWS_KEY_SECRET_SIZE_MAX)
        return complain("a secret has at most 1024 bytes", explain, size);
    memcpy(key->secret, text.data, text.size);
    key->secret_size = text.size;
    return HWS_OK;
}

hws_status hws_key_init(hws_key *key, const hws_token_key *from, char *explain, size_t explain_size)
{
    *key = (hws_key){.id = ""};
    const size_t id_size = from->id ? strnlen(from->id, HWS_KEY_ID_SIZE_MAX + 1) : 0;
    if (id_size > HWS_KEY_ID_SIZE_MAX)
        return complain("its id is longer than 64 bytes", explain, explain_size);
    if (id_size > 0) memcpy(key->id, from->id, id_size);
    const size_t begin_size = sizeof PEM_BEGINS - 1;
    const bool is_pem =
        from->text.size >= begin_size && memcmp(from->text.data, PEM_BEGINS, begin_size) == 0;
    const hws_status status = is_pem ? read_public_key(key, from->text, explain, explain_size)
                                     : read_secret(key, from->text, explain, explain_size);
    if (status != HWS_OK) hws_key_release(key);
    return status;
}

void hws_key_release(hws_key *key)
{
    EVP_PKEY_free(key->public_key);
    OPENSSL_cleanse(key, sizeof *key);
}

static bool verify_secret(const hws_key *key, hws_text text, const uint8_t *signature, size_t size)
{
    uint8_t expected[EVP_MAX_MD_SIZE];
    unsigned expected_size = 0;
    if (!HMAC(EVP_sha256(), key->secret, (int)key->secret_size, (const uint8_t *)text.data,
              text.size, expected, &expected_size))
        return false;
    const bool is_good = size == expected_size && CRYPTO_memcmp(signature, expected, size) == 0;
    OPENSSL_cleanse(expected, sizeof expected); /* the signature of whatever was shown */
    return is_good;
}

static bool verify_digest(EVP_PKEY *key, hws_text text, const uint8_t *signature, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool is_good =
        context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, signature, size, (const uint8_t *)text.data, text.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error(); /* what fails here is theirs */
    return is_good;
}

/* r and s of 32 bytes each (RFC 7518 §3.4), which OpenSSL wants as DER; it refuses 0 and what is
 * not below the order. */
static size_t es256_to_der(const uint8_t *signature, size_t size, uint8_t der[ES256_DER_MAX])
{
    if (size != 2 * (size_t)ES256_HALF) return 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, ES256_HALF, NULL);
    BIGNUM *s = BN_bin2bn(signature + ES256_HALF, ES256_HALF, NULL);
    int der_size = 0;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        uint8_t *end = der;
        if (i2d_ECDSA_SIG(pair, NULL) <= ES256_DER_MAX) der_size = i2d_ECDSA_SIG(pair, &end);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return der_size > 0 ? (size_t)der_size : 0;
}

bool hws_key_verify(const hws_key *key, hws_text text, const uint8_t *signature, size_t size)
{
    uint8_t der[ES256_DER_MAX];
    switch (key->algorithm) {
    case HWS_ALGORITHM_HS256:
        return verify_secret(key, text, signature, size);
    case HWS_ALGORITHM_RS256:
        return verify_digest(key->public_key, text, signature, size);
    case HWS_ALGORITHM_ES256:
        size = es256_to_der(signature, size, der);
        return size > 0 && verify_digest(key->public_key, text, der, size);
    }
    return false;
}
