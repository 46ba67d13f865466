/* SPDX-License-Identifier: MIT */
/* Tokens, good and bad.  The numbers Q... are rows of the table of bad inputs. */
#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "base/text.h"
#include "channel/base64url.h"
#include "channel/token.h"
#include "lib/cmocka.h"

enum { NOW_S = 1800000000, TOKEN_MAX = 2 << 20 };

static const char SECRET[] = "0123456789abcdef0123456789abcdef";
static const char OTHER_SECRET[] = "fedcba9876543210fedcba9876543210";

typedef enum signer { HS, HS_OTHER, HS_WITH_RSA_PEM, RS, RS_OTHER, ES, ES_OTHER, NOBODY } signer;

static EVP_PKEY *rsa, *other_rsa, *p256, *other_p256;
static char rsa_pem[2048], p256_pem[1024];
static hws_tokens tokens;
static char token[TOKEN_MAX];

/* Writing tokens. */

static size_t encode(const void *bytes, size_t size, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *at = bytes;
    size_t written = 0;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | at[i];
        for (count += 8; count >= 6; count -= 6) text[written++] = digits[bits >> (count - 6) & 63];
    }
    if (count > 0) text[written++] = digits[bits << (6 - count) & 63];
    text[written] = '\0';
    return written;
}

static size_t sign_digest(EVP_PKEY *key, const char *text, uint8_t *signature, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &size, (const uint8_t *)text, strlen(text)),
                     1);
    EVP_MD_CTX_free(context);
    return size;
}

static size_t sign_es256(EVP_PKEY *key, const char *text, uint8_t *signature)
{
    uint8_t der[128];
    const uint8_t *at = der;
    const size_t size = sign_digest(key, text, der, sizeof der);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
    assert_non_null(pair);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32), 32);
    ECDSA_SIG_free(pair);
    return 64;
}

static size_t sign_secret(const char *secret, const char *text, uint8_t *signature)
{
    unsigned size = 0;
    assert_non_null(HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)text,
                         strlen(text), signature, &size));
    return size;
}

static size_t sign(signer by, const char *text, uint8_t signature[1024])
{
    switch (by) {
    case HS:
        return sign_secret(SECRET, text, signature);
    case HS_OTHER:
        return sign_secret(OTHER_SECRET, text, signature);
    case HS_WITH_RSA_PEM:
        return sign_secret(rsa_pem, text, signature);
    case RS:
        return sign_digest(rsa, text, signature, 1024);
    case RS_OTHER:
        return sign_digest(other_rsa, text, signature, 1024);
    case ES:
        return sign_es256(p256, text, signature);
    case ES_OTHER:
        return sign_es256(other_p256, text, signature);
    case NOBODY:
        break;
    }
    return 0;
}

/* header.payload.signature, in `token`. */
static void write_token(const char *header, const char *payload, signer by)
{
    uint8_t signature[1024];
    size_t size = encode(header, strlen(header), token);
    token[size++] = '.';
    size += encode(payload, strlen(payload), token + size);
    const size_t signature_size = sign(by, token, signature);
    token[size++] = '.';
    encode(signature, signature_size, token + size);
}

static hws_error read_text(hws_text text)
{
    hws_claims claims;
    const hws_error error = hws_token_read(&tokens, text, NOW_S, &claims);
    if (error == HWS_ERROR_NONE) hws_claims_release(&claims);
    return error;
}

static hws_error read_token(void)
{
    return read_text(hws_text_of(token));
}

/* Keys. */

static void write_pem(EVP_PKEY *key, char *text, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    const int written = BIO_read(bio, text, (int)size - 1);
    assert_true(written > 0);
    text[written] = '\0';
    BIO_free(bio);
}

static int make_keys(void **state)
{
    (void)state;
    rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    other_rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    p256 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    other_p256 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!rsa || !other_rsa || !p256 || !other_p256) return -1;
    write_pem(rsa, rsa_pem, sizeof rsa_pem);
    write_pem(p256, p256_pem, sizeof p256_pem);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other_rsa);
    EVP_PKEY_free(p256);
    EVP_PKEY_free(other_p256);
    return 0;
}

static void init_with(hws_hub_options options)
{
    const hws_token_key list[] = {
        {.text = hws_text_of(SECRET)},
        {.text = hws_text_of(rsa_pem)},
        {.text = hws_text_of(p256_pem)},
    };
    char explain[256];
    if (!options.token_keys) {
        options.token_keys = list;
        options.token_key_count = 3;
    }
    assert_int_equal(hws_tokens_init(&tokens, &options, explain, sizeof explain), HWS_OK);
}

static int setup(void **state)
{
    (void)state;
    init_with((hws_hub_options){.token_audience = "hawser", .token_issuer = "https://issuer.test"});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hws_tokens_release(&tokens);
    return 0;
}

#define HEAD_HS "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define HEAD_RS "{\"alg\":\"RS256\"}"
#define HEAD_ES "{\"alg\":\"ES256\"}"
#define CLAIMS                                                                                     \
    "\"sub\":\"ada\",\"exp\":1800000001,\"aud\":\"hawser\",\"iss\":\"https://issuer.test\""
#define BODY "{" CLAIMS "}"
#define WITH(more) "{" CLAIMS "," more "}"
#define TIMED(more) "{\"aud\":\"hawser\",\"iss\":\"https://issuer.test\"," more "}"

static void one_table_of_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        const char *header;
        const char *payload;
        signer by;
        hws_error error;
    } table[] = {
        {"good: HS256", HEAD_HS, BODY, HS, HWS_ERROR_NONE},
        {"good: RS256", HEAD_RS, BODY, RS, HWS_ERROR_NONE},
        {"good: ES256", HEAD_ES, BODY, ES, HWS_ERROR_NONE},
        {"good: unknown claims", HEAD_HS, WITH("\"x\":[1,{}],\"jti\":\"1\""), HS, HWS_ERROR_NONE},
        {"good: several audiences", HEAD_HS,
         "{\"exp\":1800000001,\"aud\":[\"x\",\"hawser\"],\"iss\":\"https://issuer.test\"}", HS,
         HWS_ERROR_NONE},

        {"Q003 nobody signed", HEAD_HS, BODY, NOBODY, HWS_ERROR_UNAUTHORIZED},
        {"Q004 none", "{\"alg\":\"none\"}", BODY, NOBODY, HWS_ERROR_UNAUTHORIZED},
        {"Q004 None", "{\"alg\":\"None\"}", BODY, NOBODY, HWS_ERROR_UNAUTHORIZED},
        {"Q004 nOnE", "{\"alg\":\"nOnE\"}", BODY, NOBODY, HWS_ERROR_UNAUTHORIZED},
        {"Q004 none, signed", "{\"alg\":\"none\"}", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q004 empty", "{\"alg\":\"\"}", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q004 missing", "{}", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q004 no text", "{\"alg\":256}", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q004 hs256", "{\"alg\":\"hs256\"}", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q004 HS512", "{\"alg\":\"HS512\"}", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q005 the public key as a secret", HEAD_HS, BODY, HS_WITH_RSA_PEM, HWS_ERROR_UNAUTHORIZED},
        {"Q005 RS256 by HMAC", HEAD_RS, BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q005 RS256 by HMAC of its key", HEAD_RS, BODY, HS_WITH_RSA_PEM, HWS_ERROR_UNAUTHORIZED},
        {"Q005 ES256 by RSA", HEAD_ES, BODY, RS, HWS_ERROR_UNAUTHORIZED},
        {"Q005 RS256 by EC", HEAD_RS, BODY, ES, HWS_ERROR_UNAUTHORIZED},
        {"Q006 a key of its own: jwk",
         "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\","
         "\"k\":\"ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA\"}}",
         BODY, HS_OTHER, HWS_ERROR_UNAUTHORIZED},
        {"Q006 jku", "{\"alg\":\"RS256\",\"jku\":\"http://localhost/keys\"}", BODY, RS_OTHER,
         HWS_ERROR_UNAUTHORIZED},
        {"Q006 x5u", "{\"alg\":\"RS256\",\"x5u\":\"http://localhost/key\"}", BODY, RS_OTHER,
         HWS_ERROR_UNAUTHORIZED},
        {"Q006 x5c", "{\"alg\":\"RS256\",\"x5c\":[\"AAAA\"]}", BODY, RS_OTHER,
         HWS_ERROR_UNAUTHORIZED},
        {"Q006 jku is not looked at", "{\"alg\":\"HS256\",\"jku\":\"http://localhost/\"}", BODY, HS,
         HWS_ERROR_NONE},
        {"crit", "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", BODY, HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q007 kid, no text", "{\"alg\":\"HS256\",\"kid\":1}", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q012 another secret", HEAD_HS, BODY, HS_OTHER, HWS_ERROR_UNAUTHORIZED},
        {"Q012 another RSA key", HEAD_RS, BODY, RS_OTHER, HWS_ERROR_UNAUTHORIZED},
        {"Q012 another EC key", HEAD_ES, BODY, ES_OTHER, HWS_ERROR_UNAUTHORIZED},
        {"Q013 not JSON", "alg=HS256", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q013 a list", "[]", BODY, HS, HWS_ERROR_UNAUTHORIZED},
        {"Q013 a JWE's header",
         "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2c\":2147483648}", BODY, HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q013 claims that are no object", HEAD_HS, "[]", HS, HWS_ERROR_UNAUTHORIZED},
        {"Q013 claims that are no JSON", HEAD_HS, "x", HS, HWS_ERROR_UNAUTHORIZED},
        {"Q013 no claims", HEAD_HS, "", HS, HWS_ERROR_UNAUTHORIZED},

        {"Q015 expired", HEAD_HS, TIMED("\"exp\":1799999999"), HS, HWS_ERROR_TOKEN_EXPIRED},
        {"Q015 expires now", HEAD_HS, TIMED("\"exp\":1800000000"), HS, HWS_ERROR_TOKEN_EXPIRED},
        {"Q015 exp 0", HEAD_HS, TIMED("\"exp\":0"), HS, HWS_ERROR_TOKEN_EXPIRED},
        {"Q015 exp 2^63", HEAD_HS, TIMED("\"exp\":9223372036854775808"), HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q015 exp 2^63-1", HEAD_HS, TIMED("\"exp\":9223372036854775807"), HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q015 exp negative", HEAD_HS, TIMED("\"exp\":-1"), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q015 exp with a point", HEAD_HS, TIMED("\"exp\":1800000001.5"), HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q015 exp 1e300", HEAD_HS, TIMED("\"exp\":1e300"), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q015 exp a text", HEAD_HS, TIMED("\"exp\":\"1800000001\""), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q015 exp null", HEAD_HS, TIMED("\"exp\":null"), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q015 nbf in time", HEAD_HS, WITH("\"nbf\":1800000030"), HS, HWS_ERROR_NONE},
        {"Q015 nbf to come", HEAD_HS, WITH("\"nbf\":1800000031"), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q015 nbf a text", HEAD_HS, WITH("\"nbf\":\"0\""), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q015 iat in time", HEAD_HS, WITH("\"iat\":1800000030"), HS, HWS_ERROR_NONE},
        {"Q015 iat to come", HEAD_HS, WITH("\"iat\":1800000031"), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q016 no exp", HEAD_HS, TIMED("\"sub\":\"ada\""), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q017 a claim twice", HEAD_HS, WITH("\"sub\":\"eve\""), HS, HWS_ERROR_UNAUTHORIZED},
        {"Q017 alg twice", "{\"alg\":\"HS256\",\"alg\":\"none\"}", BODY, HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q018 another aud", HEAD_HS,
         "{\"exp\":1800000001,\"aud\":\"hawser2\",\"iss\":\"https://issuer.test\"}", HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q018 aud in another case", HEAD_HS,
         "{\"exp\":1800000001,\"aud\":\"Hawser\",\"iss\":\"https://issuer.test\"}", HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q018 no aud", HEAD_HS, "{\"exp\":1800000001,\"iss\":\"https://issuer.test\"}", HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q018 aud of others", HEAD_HS,
         "{\"exp\":1800000001,\"aud\":[\"x\",5],\"iss\":\"https://issuer.test\"}", HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q018 an iss that begins so", HEAD_HS,
         "{\"exp\":1800000001,\"aud\":\"hawser\",\"iss\":\"https://issuer.test.evil\"}", HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q018 an iss that ends so", HEAD_HS,
         "{\"exp\":1800000001,\"aud\":\"hawser\",\"iss\":\"x https://issuer.test\"}", HS,
         HWS_ERROR_UNAUTHORIZED},
        {"Q018 no iss", HEAD_HS, "{\"exp\":1800000001,\"aud\":\"hawser\"}", HS,
         HWS_ERROR_UNAUTHORIZED},
        {"sub a number", HEAD_HS, TIMED("\"exp\":1800000001,\"sub\":42"), HS,
         HWS_ERROR_UNAUTHORIZED},
        {"channels no list", HEAD_HS, WITH("\"channels\":\"x\""), HS, HWS_ERROR_UNAUTHORIZED},
        {"channels of numbers", HEAD_HS, WITH("\"channels\":[1]"), HS, HWS_ERROR_UNAUTHORIZED},
        {"channels", HEAD_HS, WITH("\"channels\":[\"a\",\"b\"]"), HS, HWS_ERROR_NONE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        write_token(table[i].header, table[i].payload, table[i].by);
        const hws_error error = read_token();
        if (error != table[i].error) fail_msg("%s: %d", table[i].row, (int)error);
    }
}

static void what_is_said_is_read(void **state)
{
    (void)state;
    hws_claims claims;
    write_token(HEAD_HS,
                WITH("\"info\":{\"n\":1},\"channels\":[\"a\"],\"channel\":\"c\",\"client\":\"x\""),
                HS);
    assert_int_equal(hws_token_read(&tokens, hws_text_of(token), NOW_S, &claims), HWS_ERROR_NONE);
    assert_true(hws_text_equal(claims.sub, hws_text_of("ada")));
    assert_true(hws_text_equal(claims.channel, hws_text_of("c")));
    assert_true(hws_text_equal(claims.client, hws_text_of("x")));
    assert_int_equal(claims.expires_s, NOW_S + 1);
    assert_int_equal(json_object_size(claims.info), 1);
    assert_int_equal(json_array_size(claims.channels), 1);
    hws_claims_release(&claims);
}

/* Q013: refused before work. */
static void shapes(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    ".",       "..",        "...",    "a",
                                      "a.b", "a.b.c.d", "a.b.c.d.e", "Bearer", "Bearer x.y.z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(read_text(hws_text_of(bad[i])), HWS_ERROR_UNAUTHORIZED);
    memset(token, '.', TOKEN_MAX - 1);
    token[TOKEN_MAX - 1] = '\0';
    assert_int_equal(read_token(), HWS_ERROR_UNAUTHORIZED);
    memset(token, 'A', TOKEN_MAX - 1);
    token[TOKEN_MAX / 2] = token[TOKEN_MAX / 2 + 9] = '.';
    assert_int_equal(read_token(), HWS_ERROR_UNAUTHORIZED);
}

static void the_size_has_a_bound(void **state)
{
    (void)state;
    static char payload[TOKEN_MAX];
    for (int over = 0; over < 2; over++) {
        int filler = 0;
        do { /* the longest that is let in, and the first that is not */
            snprintf(payload, sizeof payload, WITH("\"x\":\"%0*d\""), filler + 5000, 0);
            write_token(HEAD_HS, payload, HS);
            filler++;
        } while (strlen(token) < HWS_TOKEN_SIZE_MAX - 1 + (size_t)over * 2);
        assert_int_equal(read_token(), strlen(token) <= HWS_TOKEN_SIZE_MAX
                                           ? HWS_ERROR_NONE
                                           : HWS_ERROR_UNAUTHORIZED);
    }
}

/* Each character changed: no other spelling is the same token (Q014). */
static void no_character_may_change(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        signer by;
    } kinds[] = {{HEAD_HS, HS}, {HEAD_RS, RS}, {HEAD_ES, ES}};
    static const char changes[] = "Ab9-_=. \n+/";
    for (size_t kind = 0; kind < 3; kind++) {
        write_token(kinds[kind].header, BODY, kinds[kind].by);
        const size_t size = strlen(token);
        for (size_t i = 0; i < size; i += kind == 0 ? 1 : 7) {
            const char before = token[i];
            for (const char *change = changes; *change != '\0'; change++) {
                if (*change == before) continue;
                token[i] = *change;
                assert_int_not_equal(read_token(), HWS_ERROR_NONE);
            }
            token[i] = before;
        }
        assert_int_equal(read_token(), HWS_ERROR_NONE);
        for (size_t cut = 1; cut < size; cut += 5)
            assert_int_not_equal(read_text((hws_text){token, size - cut}), HWS_ERROR_NONE);
        const char *const tails[] = {"=", "==", " ", "\n", "A", ".", "AAAA"};
        for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
            memcpy(token + size, tails[i], strlen(tails[i]) + 1);
            assert_int_not_equal(read_token(), HWS_ERROR_NONE);
        }
    }
}

/* Q012: numbers that are no signature. */
static void signatures_of_nothing(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 31, 32, 63, 64, 65, 70, 72, 96, 128, 255, 256, 257, 512};
    static const char *const headers[] = {HEAD_HS, HEAD_RS, HEAD_ES};
    uint8_t signature[512];
    for (size_t h = 0; h < 3; h++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (int fill = 0; fill < 3; fill++) {
                static const int bytes[] = {0x00, 0xFF, 0x01};
                write_token(headers[h], BODY, NOBODY);
                memset(signature, bytes[fill], sizeof signature);
                encode(signature, sizes[i], token + strlen(token));
                assert_int_equal(read_token(), HWS_ERROR_UNAUTHORIZED);
            }
    /* r = 0, s = 0, either of them; r and s over the order */
    for (int zero = 0; zero < 3; zero++) {
        uint8_t good[1024];
        write_token(HEAD_ES, BODY, NOBODY);
        token[strlen(token) - 1] = '\0';
        (void)sign_es256(p256, token, good);
        if (zero != 1) memset(good, 0, 32);
        if (zero != 0) memset(good + 32, 0, 32);
        const size_t size = strlen(token);
        token[size] = '.';
        encode(good, 64, token + size + 1);
        assert_int_equal(read_token(), HWS_ERROR_UNAUTHORIZED);
    }
}

/* Q007: the key is found by exact match among ours. */
static void a_kid_is_one_of_ours_or_none(void **state)
{
    (void)state;
    hws_tokens_release(&tokens);
    const hws_token_key list[] = {{.id = "old", .text = hws_text_of(OTHER_SECRET)},
                                  {.id = "new", .text = hws_text_of(SECRET)}};
    init_with((hws_hub_options){.token_keys = list, .token_key_count = 2});
    static const struct {
        const char *header;
        signer by;
        hws_error error;
    } table[] = {
        {"{\"alg\":\"HS256\",\"kid\":\"new\"}", HS, HWS_ERROR_NONE},
        {"{\"alg\":\"HS256\",\"kid\":\"old\"}", HS_OTHER, HWS_ERROR_NONE},
        {"{\"alg\":\"HS256\",\"kid\":\"old\"}", HS, HWS_ERROR_UNAUTHORIZED},
        {"{\"alg\":\"HS256\"}", HS, HWS_ERROR_UNAUTHORIZED},
        {"{\"alg\":\"HS256\",\"kid\":\"\"}", HS, HWS_ERROR_UNAUTHORIZED},
        {"{\"alg\":\"HS256\",\"kid\":\"ne\"}", HS, HWS_ERROR_UNAUTHORIZED},
        {"{\"alg\":\"HS256\",\"kid\":\"new \"}", HS, HWS_ERROR_UNAUTHORIZED},
        {"{\"alg\":\"HS256\",\"kid\":\"../../etc/passwd\"}", HS, HWS_ERROR_UNAUTHORIZED},
        {"{\"alg\":\"HS256\",\"kid\":\"' or 1=1 --\"}", HS, HWS_ERROR_UNAUTHORIZED},
        {"{\"alg\":\"HS256\",\"kid\":\"http://localhost/key\"}", HS, HWS_ERROR_UNAUTHORIZED},
        {"{\"alg\":\"RS256\",\"kid\":\"new\"}", HS, HWS_ERROR_UNAUTHORIZED},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        write_token(table[i].header, BODY, table[i].by);
        assert_int_equal(read_token(), table[i].error);
    }
    static char header[TOKEN_MAX / 2];
    snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"kid\":\"%0*d\"}", 1 << 19, 0);
    write_token(header, BODY, HS);
    assert_int_equal(read_token(), HWS_ERROR_UNAUTHORIZED);
}

static void for_ever_only_by_configuration(void **state)
{
    (void)state;
    hws_tokens_release(&tokens);
    init_with((hws_hub_options){.token_without_exp = true});
    write_token(HEAD_HS, "{\"sub\":\"ada\"}", HS);
    assert_int_equal(read_token(), HWS_ERROR_NONE);
    write_token(HEAD_HS, "{\"sub\":\"ada\",\"exp\":1}", HS);
    assert_int_equal(read_token(), HWS_ERROR_TOKEN_EXPIRED);
    write_token(HEAD_HS, "{\"sub\":\"ada\",\"aud\":5}", HS);
    assert_int_equal(read_token(), HWS_ERROR_UNAUTHORIZED);
}

static hws_status init_key(hws_text text)
{
    hws_key key;
    char explain[256] = "";
    const hws_token_key from = {.text = text};
    const hws_status status = hws_key_init(&key, &from, explain, sizeof explain);
    if (status == HWS_OK)
        hws_key_release(&key);
    else
        assert_true(explain[0] != '\0');
    return status;
}

static void keys_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(init_key((hws_text){SECRET, 31}), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(init_key((hws_text){SECRET, 32}), HWS_OK);
    static char large[HWS_KEY_SECRET_SIZE_MAX + 1];
    assert_int_equal(init_key((hws_text){large, sizeof large - 1}), HWS_OK);
    assert_int_equal(init_key((hws_text){large, sizeof large}), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(init_key(hws_text_of("-----BEGIN PUBLIC KEY-----\nAAAA\n")),
                     HWS_ERR_INVALID_ARGUMENT);
    char pem[2048];
    EVP_PKEY *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    EVP_PKEY *p384 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    EVP_PKEY *ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *const bad[] = {small, p384, ed25519};
    for (size_t i = 0; i < 3; i++) {
        write_pem(bad[i], pem, sizeof pem);
        assert_int_equal(init_key(hws_text_of(pem)), HWS_ERR_INVALID_ARGUMENT);
        EVP_PKEY_free(bad[i]);
    }
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(bio, p256, NULL, NULL, 0, NULL, NULL), 1);
    const int size = BIO_read(bio, pem, sizeof pem);
    BIO_free(bio);
    assert_int_equal(init_key((hws_text){pem, (size_t)size}), HWS_ERR_INVALID_ARGUMENT);
}

static void base64url(void **state)
{
    (void)state;
    uint8_t bytes[8];
    size_t size = 99;
    static const struct {
        const char *text;
        size_t size;
        bool is_good;
    } table[] = {
        {"", 0, true},
        {"AA", 1, true},
        {"AAA", 2, true},
        {"AAAA", 3, true},
        {"_-8", 2, true},
        {"A", 0, false},
        {"AAAAA", 0, false},
        {"AB", 0, false},
        {"AAB", 0, false},
        {"A=", 0, false},
        {"AA==", 0, false},
        {"AA=", 0, false},
        {"A A", 0, false},
        {"AA\n", 0, false},
        {"+/8", 0, false},
        {"AA\x80\x80", 0, false},
        {"AAAAAAAAAAA", 8, true},
        {"AAAAAAAAAAAA", 0, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const bool is_good =
            hws_base64url_decode(hws_text_of(table[i].text), bytes, sizeof bytes, &size);
        assert_int_equal(is_good, table[i].is_good);
        if (is_good) assert_int_equal(size, table[i].size);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_table_of_tokens),
        TEST(what_is_said_is_read),
        TEST(shapes),
        TEST(the_size_has_a_bound),
        TEST(no_character_may_change),
        TEST(signatures_of_nothing),
        TEST(a_kid_is_one_of_ours_or_none),
        TEST(for_ever_only_by_configuration),
        cmocka_unit_test(keys_that_are_none),
        cmocka_unit_test(base64url),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
