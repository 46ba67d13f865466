/* SPDX-License-Identifier: MIT */
/* A token is believed if it is signed with the key, and then its claims decide, as a naive reader
 * of RFC 7519 would; one character of it changed, and it is believed no more.
 *
 * Byte 0 says which character, byte 1 has flags.  The rest is a token
 * as it arrives, or, with SIGNED, a header and claims with a newline between them. */
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "channel/base64url.h"
#include "channel/json.h"
#include "channel/token.h"
#include "lib/failing_memory.h"

enum { INPUT_MAX = 4096, TOKEN_MAX = 2 * INPUT_MAX };

enum { SIGNED = 1, WITH_AUDIENCE = 2, WITH_ISSUER = 4, WITHOUT_EXP = 8, WITH_KEY_ID = 16 };

static const char SECRET[] = "a secret of no less than 32 bytes";
static const uint64_t NOW_S = 1700000000;
static const uint64_t YEAR_10000_S = 253402300800;

static size_t encode(const uint8_t *bytes, size_t size, char *to)
{
    size_t length = (size_t)EVP_EncodeBlock((unsigned char *)to, bytes, (int)size);
    while (length > 0 && to[length - 1] == '=') length--;
    for (size_t i = 0; i < length; i++) to[i] = to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i];
    return length;
}

static size_t sign(const char *text, size_t size, char *to)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_size;
    if (!HMAC(EVP_sha256(), SECRET, sizeof SECRET - 1, (const uint8_t *)text, size, mac, &mac_size))
        abort();
    return encode(mac, mac_size, to);
}

/* What is to be said of the claims, whose signature is good. */

static bool moment(const json_t *body, const char *name, uint64_t *at)
{
    const json_t *value = json_object_get(body, name);
    if (!value) return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *at = (uint64_t)json_integer_value(value);
    return *at < YEAR_10000_S;
}

static bool is_text_or_absent(const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);
    return !value || json_is_string(value);
}

static bool is(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static bool names(const json_t *aud, const char *audience)
{
    size_t i;
    json_t *each;
    if (is(aud, audience)) return true;
    json_array_foreach((json_t *)(uintptr_t)aud, i, each) if (is(each, audience)) return true;
    return false;
}

static bool are_channels(const json_t *list)
{
    size_t i;
    json_t *each;
    if (list && !json_is_array(list)) return false;
    json_array_foreach((json_t *)(uintptr_t)list, i, each) if (!json_is_string(each)) return false;
    return true;
}

static hws_error judge(const json_t *body, uint8_t flags)
{
    uint64_t exp = 0, nbf = 0, iat = 0;
    const json_t *aud = json_object_get(body, "aud");
    const bool has_exp = json_object_get(body, "exp") != NULL;
    if (!json_is_object(body) || !moment(body, "exp", &exp) || !moment(body, "nbf", &nbf) ||
        !moment(body, "iat", &iat) || !is_text_or_absent(body, "sub") ||
        !is_text_or_absent(body, "channel") || !is_text_or_absent(body, "client") ||
        !is_text_or_absent(body, "iss") || !are_channels(json_object_get(body, "channels")))
        return HWS_ERROR_UNAUTHORIZED;
    if (flags & WITH_AUDIENCE ? !names(aud, "us")
                              : aud && !json_is_string(aud) && !json_is_array(aud))
        return HWS_ERROR_UNAUTHORIZED;
    if (flags & WITH_ISSUER && !is(json_object_get(body, "iss"), "them"))
        return HWS_ERROR_UNAUTHORIZED;
    if (!has_exp && !(flags & WITHOUT_EXP)) return HWS_ERROR_UNAUTHORIZED;
    if (nbf > NOW_S + 30 || iat > NOW_S + 30) return HWS_ERROR_UNAUTHORIZED;
    return has_exp && exp <= NOW_S ? HWS_ERROR_TOKEN_EXPIRED : HWS_ERROR_NONE;
}

static hws_error judge_header(const json_t *header, uint8_t flags)
{
    const json_t *id = json_object_get(header, "kid");
    const bool fits = json_is_object(header) && is(json_object_get(header, "alg"), "HS256") &&
                      !json_object_get(header, "crit") && (!id || json_is_string(id)) &&
                      (!(flags & WITH_KEY_ID) || is(id, "one"));
    return fits ? HWS_ERROR_NONE : HWS_ERROR_UNAUTHORIZED;
}

static hws_error judge_texts(hws_text header, hws_text payload, uint8_t flags)
{
    json_t *value = NULL;
    if (hws_json_read(header, &value) != HWS_OK) return HWS_ERROR_UNAUTHORIZED;
    hws_error error = judge_header(value, flags);
    json_decref(value);
    if (error != HWS_ERROR_NONE) return error;
    if (hws_json_read(payload, &value) != HWS_OK) return HWS_ERROR_UNAUTHORIZED;
    error = judge(value, flags);
    json_decref(value);
    return error;
}

/* Running. */

static hws_tokens *make_tokens(uint8_t flags)
{
    static hws_tokens tokens; /* keys are large */
    char explain[256];
    const hws_token_key key = {.id = flags & WITH_KEY_ID ? "one" : NULL,
                               .text = {SECRET, sizeof SECRET - 1}};
    const hws_hub_options options = {
        .token_keys = &key,
        .token_key_count = 1,
        .token_audience = flags & WITH_AUDIENCE ? "us" : NULL,
        .token_issuer = flags & WITH_ISSUER ? "them" : NULL,
        .token_without_exp = flags & WITHOUT_EXP,
    };
    if (hws_tokens_init(&tokens, &options, explain, sizeof explain) != HWS_OK) abort();
    return &tokens;
}

static hws_error read_token(const hws_tokens *tokens, const char *token, size_t size)
{
    hws_claims claims;
    char *copy = malloc(size + 1); /* a byte read too far is noticed */
    assert(copy);
    memcpy(copy, token, size);
    copy = realloc(copy, size > 0 ? size : 1);
    const hws_error error = hws_token_read(tokens, (hws_text){copy, size}, NOW_S, &claims);
    if (error == HWS_ERROR_NONE) hws_claims_release(&claims);
    assert(heap.blocks == 0);
    free(copy);
    return error;
}

static bool is_genuine(const char *token, size_t size)
{
    char signature[EVP_MAX_MD_SIZE * 2];
    const char *dot = memrchr(token, '.', size);
    if (!dot) return false;
    const size_t signed_size = (size_t)(dot - token);
    const size_t length = sign(token, signed_size, signature);
    return size - signed_size - 1 == length && memcmp(dot + 1, signature, length) == 0;
}

/* None of its neighbours is believed. */
static void expect_no_other(const hws_tokens *tokens, char *token, size_t size, uint8_t where)
{
    const size_t at = (size_t)where * size / 256;
    if (read_token(tokens, token, size - 1) == HWS_ERROR_NONE) abort();
    if (read_token(tokens, token + 1, size - 1) == HWS_ERROR_NONE) abort();
    token[at] ^= 1;
    if (read_token(tokens, token, size) == HWS_ERROR_NONE) abort();
    token[at] ^= 1;
}

static size_t make_token(hws_text text, hws_text *header, hws_text *payload, char *token)
{
    const char *newline = memchr(text.data, '\n', text.size);
    const size_t size = newline ? (size_t)(newline - text.data) : text.size;
    *header = (hws_text){text.data, size};
    *payload =
        (hws_text){text.data + size + (newline ? 1 : 0), text.size - size - (newline ? 1 : 0)};
    size_t length = encode((const uint8_t *)header->data, header->size, token);
    token[length++] = '.';
    length += encode((const uint8_t *)payload->data, payload->size, token + length);
    const size_t signed_size = length;
    token[length++] = '.';
    return length + sign(token, signed_size, token + length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char token[TOKEN_MAX];
    if (size < 2 || size > INPUT_MAX) return 0;
    heap_begin();
    const uint8_t flags = data[1];
    const hws_text text = {(const char *)data + 2, size - 2};
    hws_tokens *tokens = make_tokens(flags);
    size_t length = text.size;
    hws_error error;
    if (flags & SIGNED) {
        hws_text header, payload;
        length = make_token(text, &header, &payload, token);
        error = read_token(tokens, token, length);
        if (length <= HWS_TOKEN_SIZE_MAX && error != judge_texts(header, payload, flags)) abort();
    } else {
        memcpy(token, text.data, length);
        error = read_token(tokens, token, length);
        if (error != HWS_ERROR_UNAUTHORIZED && !is_genuine(token, length)) abort();
    }
    if (error == HWS_ERROR_NONE) expect_no_other(tokens, token, length, data[0]);
    hws_tokens_release(tokens);
    return 0;
}
