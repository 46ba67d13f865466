/* SPDX-License-Identifier: MIT */
#include "channel/token.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "channel/base64url.h"
#include "channel/json.h"

enum { SIGNATURE_SIZE_MAX = 1024 };

/* The last second of the year 9999. */
static const uint64_t MOMENT_MAX_S = UINT64_C(253402300799);

/* Keys. */

static hws_status copy_claim(char to[HWS_CLAIM_SIZE_MAX + 1], const char *from, const char *name,
                             char *explain, size_t size)
{
    const size_t length = from ? strnlen(from, HWS_CLAIM_SIZE_MAX + 1) : 0;
    if (length > HWS_CLAIM_SIZE_MAX || (from && length == 0)) {
        if (size > 0) snprintf(explain, size, "the %s has 1 to 255 bytes", name);
        return HWS_ERR_INVALID_ARGUMENT;
    }
    if (from) memcpy(to, from, length + 1);
    return HWS_OK;
}

/* Rules for tokens that nobody looks at would let in whom they are to keep out. */
static hws_status check_rules(const hws_hub_options *options, char *explain, size_t size)
{
    const bool has_some =
        options->token_audience || options->token_issuer || options->token_without_exp;
    if (!has_some || options->token_key_count > 0) return HWS_OK;
    if (size > 0) snprintf(explain, size, "rules for tokens (aud, iss, exp) need a key of tokens");
    return HWS_ERR_INVALID_ARGUMENT;
}

hws_status hws_tokens_init(hws_tokens *tokens, const hws_hub_options *options, char *explain,
                           size_t explain_size)
{
    *tokens = (hws_tokens){.may_lack_exp = options->token_without_exp};
    HWS_TRY(check_rules(options, explain, explain_size));
    hws_status status = copy_claim(tokens->audience, options->token_audience, "audience of tokens",
                                   explain, explain_size);
    if (status == HWS_OK)
        status = copy_claim(tokens->issuer, options->token_issuer, "issuer of tokens", explain,
                            explain_size);
    if (status == HWS_OK && options->token_key_count > HWS_TOKEN_KEY_MAX) {
        if (explain_size > 0) snprintf(explain, explain_size, "there may be 8 keys at most");
        status = HWS_ERR_INVALID_ARGUMENT;
    }
    for (size_t i = 0; status == HWS_OK && i < options->token_key_count; i++) {
        status = hws_key_init(&tokens->keys[i], &options->token_keys[i], explain, explain_size);
        if (status == HWS_OK) tokens->key_count++;
    }
    if (status != HWS_OK) hws_tokens_release(tokens);
    return status;
}

void hws_tokens_release(hws_tokens *tokens)
{
    while (tokens->key_count > 0) hws_key_release(&tokens->keys[--tokens->key_count]);
}

/* The three parts. */

typedef struct parts {
    hws_text header;
    hws_text payload;
    hws_text signature;
    hws_text signed_text; /* header and payload, with the dot between them */
} parts;

static bool split(hws_text token, parts *to)
{
    if (token.size == 0 || token.size > HWS_TOKEN_SIZE_MAX) return false;
    const char *end = token.data + token.size;
    const char *first = memchr(token.data, '.', token.size);
    if (!first) return false;
    const char *second = memchr(first + 1, '.', (size_t)(end - first - 1));
    if (!second || memchr(second + 1, '.', (size_t)(end - second - 1))) return false;
    *to = (parts){
        .header = {token.data, (size_t)(first - token.data)},
        .payload = {first + 1, (size_t)(second - first - 1)},
        .signature = {second + 1, (size_t)(end - second - 1)},
        .signed_text = {token.data, (size_t)(second - token.data)},
    };
    return true;
}

/* An object in base64url. */
static hws_error read_object(hws_text part, json_t **object)
{
    uint8_t bytes[HWS_TOKEN_SIZE_MAX];
    size_t size;
    json_t *value = NULL;
    if (!hws_base64url_decode(part, bytes, sizeof bytes, &size)) return HWS_ERROR_UNAUTHORIZED;
    const hws_status status = hws_json_read((hws_text){(const char *)bytes, size}, &value);
    OPENSSL_cleanse(bytes, size);
    if (status == HWS_ERR_NO_MEMORY) return HWS_ERROR_INTERNAL;
    if (status != HWS_OK || !json_is_object(value)) {
        json_decref(value);
        return HWS_ERROR_UNAUTHORIZED;
    }
    *object = value;
    return HWS_ERROR_NONE;
}

/* The header. */

static bool read_algorithm(const json_t *header, hws_algorithm *algorithm)
{
    static const char *const NAMES[] = {
        [HWS_ALGORITHM_HS256] = "HS256",
        [HWS_ALGORITHM_RS256] = "RS256",
        [HWS_ALGORITHM_ES256] = "ES256",
    };
    const hws_text name = hws_json_text(json_object_get(header, "alg"));
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (!hws_text_equal(name, hws_text_of(NAMES[i]))) continue;
        *algorithm = (hws_algorithm)i;
        return true;
    }
    return false;
}

static bool is_for(const hws_key *key, hws_algorithm algorithm, hws_text id)
{
    return key->algorithm == algorithm &&
           (key->id[0] == '\0' || hws_text_equal(hws_text_of(key->id), id));
}

static bool verify(const hws_tokens *tokens, const json_t *header, const parts *of_token)
{
    uint8_t signature[SIGNATURE_SIZE_MAX];
    size_t size;
    hws_algorithm algorithm;
    hws_text id = {0};
    if (json_object_get(header, "crit") || !read_algorithm(header, &algorithm) ||
        !hws_json_get_text(header, "kid", &id) ||
        !hws_base64url_decode(of_token->signature, signature, sizeof signature, &size))
        return false;
    bool is_genuine = false;
    for (size_t i = 0; i < tokens->key_count && !is_genuine; i++) {
        const hws_key *key = &tokens->keys[i];
        is_genuine = is_for(key, algorithm, id) &&
                     hws_key_verify(key, of_token->signed_text, signature, size);
    }
    OPENSSL_cleanse(signature, size);
    return is_genuine;
}

/* The claims. */

static bool read_moment(const json_t *body, const char *name, uint64_t *moment)
{
    return hws_json_get_number(body, name, moment) && *moment <= MOMENT_MAX_S;
}

/* RFC 7519 §4.1.3: one, or several of which one must fit. */
static bool fits_audience(const json_t *aud, const char *audience)
{
    if (audience[0] == '\0') return !aud || json_is_string(aud) || json_is_array(aud);
    const hws_text wanted = hws_text_of(audience);
    if (json_is_string(aud)) return hws_text_equal(hws_json_text(aud), wanted);
    for (size_t i = 0; i < json_array_size(aud); i++) {
        const json_t *each = json_array_get(aud, i);
        if (json_is_string(each) && hws_text_equal(hws_json_text(each), wanted)) return true;
    }
    return false;
}

static bool fits_issuer(const json_t *body, const char *issuer)
{
    hws_text iss = {0};
    if (!hws_json_get_text(body, "iss", &iss)) return false;
    return issuer[0] == '\0' || hws_text_equal(iss, hws_text_of(issuer));
}

static bool are_texts(const json_t *list)
{
    if (!list) return true;
    if (!json_is_array(list)) return false;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i))) return false;
    return true;
}

static hws_error judge(const hws_tokens *tokens, uint64_t now_s, hws_claims *claims)
{
    const json_t *body = claims->body;
    uint64_t not_before_s = 0;
    uint64_t issued_s = 0;
    claims->sub = (hws_text){"", 0};
    claims->info = json_object_get(body, "info");
    claims->channels = json_object_get(body, "channels");
    claims->meta = json_object_get(body, "meta");
    const bool is_well_formed =
        read_moment(body, "exp", &claims->expires_s) && read_moment(body, "nbf", &not_before_s) &&
        read_moment(body, "iat", &issued_s) && hws_json_get_text(body, "sub", &claims->sub) &&
        hws_json_get_text(body, "channel", &claims->channel) &&
        hws_json_get_text(body, "client", &claims->client) && are_texts(claims->channels) &&
        (!claims->meta || json_is_object(claims->meta)) &&
        fits_audience(json_object_get(body, "aud"), tokens->audience) &&
        fits_issuer(body, tokens->issuer);
    const bool has_exp = json_object_get(body, "exp") != NULL;
    if (!is_well_formed || (!has_exp && !tokens->may_lack_exp) ||
        not_before_s > now_s + HWS_TOKEN_LEEWAY_S || issued_s > now_s + HWS_TOKEN_LEEWAY_S)
        return HWS_ERROR_UNAUTHORIZED;
    return has_exp && claims->expires_s <= now_s ? HWS_ERROR_TOKEN_EXPIRED : HWS_ERROR_NONE;
}

hws_error hws_token_read(const hws_tokens *tokens, hws_text token, uint64_t now_s,
                         hws_claims *claims)
{
    parts of_token;
    json_t *header;
    if (!split(token, &of_token)) return HWS_ERROR_UNAUTHORIZED;
    hws_error error = read_object(of_token.header, &header);
    if (error != HWS_ERROR_NONE) return error;
    const bool is_genuine = verify(tokens, header, &of_token);
    json_decref(header);
    if (!is_genuine) return HWS_ERROR_UNAUTHORIZED;

    hws_claims read = {.body = NULL};
    error = read_object(of_token.payload, &read.body);
    if (error != HWS_ERROR_NONE) return error;
    error = judge(tokens, now_s, &read);
    if (error == HWS_ERROR_NONE)
        *claims = read;
    else
        hws_claims_release(&read);
    return error;
}

void hws_claims_release(hws_claims *claims)
{
    json_decref(claims->body);
    *claims = (hws_claims){.body = NULL};
}
