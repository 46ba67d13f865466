/* SPDX-License-Identifier: MIT */
#include "channel/login.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/memory.h"

enum {
    TOKEN_SIZE_MIN = 16,
    PREFIX_SIZE = 8,  /* bytes of a /64 */
    DOUBLINGS = 6,    /* until the longest wait */
    LOCAL_PLACE = 0,  /* of this machine */
    OTHERS_PLACE = 1, /* and from here on of all others */
};

static bool digest(hws_text text, uint8_t to[HWS_LOGIN_DIGEST_SIZE])
{
    return EVP_Digest(text.data, text.size, to, NULL, EVP_sha256(), NULL) == 1;
}

hws_status hws_login_init(hws_login *login, const hws_memory *memory, hws_text token)
{
    *login = (hws_login){.memory = memory};
    if (!token.data) return HWS_OK;
    if (token.size < TOKEN_SIZE_MIN || token.size > HWS_API_KEY_SIZE_MAX)
        return HWS_ERR_INVALID_ARGUMENT;
    if (!digest(token, login->digest)) return HWS_ERR_NO_MEMORY;
    login->sources = hws_memory_new_zeroed(memory, HWS_LOGIN_SOURCE_MAX * sizeof *login->sources);
    if (!login->sources) return HWS_ERR_NO_MEMORY;
    if (pthread_mutex_init(&login->lock, NULL) != 0) {
        hws_memory_free(memory, login->sources, HWS_LOGIN_SOURCE_MAX * sizeof *login->sources);
        return HWS_ERR_SYSTEM;
    }
    login->is_set = true;
    return HWS_OK;
}

void hws_login_release(hws_login *login)
{
    if (!login->is_set) return;
    OPENSSL_cleanse(login->digest, sizeof login->digest);
    hws_memory_free(login->memory, login->sources, HWS_LOGIN_SOURCE_MAX * sizeof *login->sources);
    pthread_mutex_destroy(&login->lock);
    login->is_set = false;
}

/* Where from. */

typedef enum whence {
    NOWHERE, /* it has gone meanwhile */
    HERE,    /* this machine, and unix sockets */
    ELSEWHERE,
} whence;

/* Of IPv6 the prefix that one subscriber of a network chooses from. */
static whence read_source(const char *text, uint8_t source[HWS_LOGIN_SOURCE_SIZE])
{
    struct in6_addr six;
    struct in_addr four;
    memset(source, 0, HWS_LOGIN_SOURCE_SIZE);
    if (strcmp(text, "unix") == 0) return HERE;
    if (inet_pton(AF_INET, text, &four) == 1) {
        memcpy(source + PREFIX_SIZE, &four, sizeof four);
        return source[PREFIX_SIZE] == 127 ? HERE : ELSEWHERE;
    }
    if (inet_pton(AF_INET6, text, &six) != 1) return NOWHERE;
    memcpy(source, &six, PREFIX_SIZE);
    return IN6_IS_ADDR_LOOPBACK(&six) ? HERE : ELSEWHERE;
}

static bool is_forgotten(const hws_login_source *it, uint64_t now_ms)
{
    return it->mistake_count == 0 || now_ms >= it->until_ms + HWS_LOGIN_MEMORY_MS;
}

/* The place of an address from elsewhere, or a free one; NULL: there is none. */
static hws_login_source *
find_elsewhere(const hws_login *login, const uint8_t source[HWS_LOGIN_SOURCE_SIZE], uint64_t now_ms)
{
    hws_login_source *spare = NULL;
    for (size_t i = OTHERS_PLACE; i < HWS_LOGIN_SOURCE_MAX; i++) {
        hws_login_source *each = &login->sources[i];
        if (is_forgotten(each, now_ms))
            spare = spare ? spare : each;
        else if (memcmp(each->address, source, HWS_LOGIN_SOURCE_SIZE) == 0)
            return each;
    }
    return spare;
}

/* NULL: it has to wait, since there is no room to remember it. */
static hws_login_source *find(const hws_login *login, const char *address, uint64_t now_ms)
{
    uint8_t source[HWS_LOGIN_SOURCE_SIZE];
    hws_login_source *found = NULL;
    switch (read_source(address, source)) {
    case HERE:
        found = &login->sources[LOCAL_PLACE];
        break;
    case ELSEWHERE:
        found = find_elsewhere(login, source, now_ms);
        break;
    case NOWHERE:
        break;
    }
    if (found && is_forgotten(found, now_ms)) {
        *found = (hws_login_source){.mistake_count = 0};
        memcpy(found->address, source, sizeof source);
    }
    return found;
}

static void make_mistake(hws_login_source *it, uint64_t now_ms)
{
    it->mistake_count++;
    it->until_ms = now_ms;
    if (it->mistake_count <= HWS_LOGIN_MISTAKES_FREE) return;
    const uint32_t doublings = it->mistake_count - HWS_LOGIN_MISTAKES_FREE - 1;
    const uint64_t wait_ms = (uint64_t)HWS_LOGIN_WAIT_MS
                             << (doublings < DOUBLINGS ? doublings : DOUBLINGS);
    it->until_ms += wait_ms < HWS_LOGIN_WAIT_MAX_MS ? wait_ms : HWS_LOGIN_WAIT_MAX_MS;
    if (it->mistake_count == UINT32_MAX) it->mistake_count--;
}

static bool is_right(const hws_login *login, hws_text token)
{
    uint8_t given[HWS_LOGIN_DIGEST_SIZE];
    return digest(token, given) && CRYPTO_memcmp(given, login->digest, sizeof given) == 0;
}

hws_login_result hws_login_check(hws_login *login, hws_text token, const char *address,
                                 uint64_t now_ms)
{
    if (!login->is_set || token.size == 0) return HWS_LOGIN_REFUSED;
    hws_login_result result = HWS_LOGIN_BRAKED;
    pthread_mutex_lock(&login->lock);
    hws_login_source *source = find(login, address, now_ms);
    if (source && now_ms >= source->until_ms) {
        result = is_right(login, token) ? HWS_LOGIN_ACCEPTED : HWS_LOGIN_REFUSED;
        if (result == HWS_LOGIN_ACCEPTED)
            source->mistake_count = 0;
        else
            make_mistake(source, now_ms);
    }
    pthread_mutex_unlock(&login->lock);
    return result;
}
