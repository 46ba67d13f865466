/* SPDX-License-Identifier: MIT */
#include "cmd/token_sign.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* With what EVP_EncodeBlock pads and terminates. */
static size_t encoded_size_max(size_t size)
{
    return (size + 2) / 3 * 4 + 1;
}

/* base64url without padding (RFC 7515 §2).  Returns: what was written, in bytes. */
static size_t encode(const void *data, size_t size, char *to)
{
    size_t end = (size_t)EVP_EncodeBlock((uint8_t *)to, data, (int)size);
    while (end > 0 && to[end - 1] == '=') end--;
    for (size_t i = 0; i < end; i++) {
        if (to[i] == '+') to[i] = '-';
        if (to[i] == '/') to[i] = '_';
    }
    to[end] = '\0';
    return end;
}

char *token_sign(hws_text header, hws_text claims, hws_text secret)
{
    uint8_t signature[EVP_MAX_MD_SIZE];
    unsigned signature_size = 0;
    char *token = malloc(encoded_size_max(header.size) + encoded_size_max(claims.size) +
                         encoded_size_max(sizeof signature));
    if (!token) return NULL;
    size_t size = encode(header.data, header.size, token);
    token[size++] = '.';
    size += encode(claims.data, claims.size, token + size);
    if (!HMAC(EVP_sha256(), secret.data, (int)secret.size, (const uint8_t *)token, size, signature,
              &signature_size)) {
        free(token);
        return NULL;
    }
    token[size++] = '.';
    encode(signature, signature_size, token + size);
    return token;
}
