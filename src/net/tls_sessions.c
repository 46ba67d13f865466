/* SPDX-License-Identifier: MIT */
#include "net/tls_sessions.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/span.h"

typedef struct entry {
    SSL_SESSION *session; /* NULL: free */
    uint64_t used;        /* the larger, the later */
} entry;

struct hws_tls_sessions {
    const hws_memory *memory;
    uint64_t use_count;
    entry entries[HWS_TLS_SESSIONS_MAX];
};

hws_status hws_tls_sessions_scope(uint32_t generation, uint16_t port, const char *name, size_t size,
                                  uint8_t peer[HWS_TLS_PEER_SIZE])
{
    enum { NUMBERS = sizeof generation + sizeof port, NAME_MAX_SIZE = 255 };
    uint8_t bytes[NUMBERS + NAME_MAX_SIZE];
    assert(size <= NAME_MAX_SIZE);
    hws_store_be(bytes, sizeof generation, generation);
    hws_store_be(bytes + sizeof generation, sizeof port, port);
    if (size > 0) memcpy(bytes + NUMBERS, name, size);
    return EVP_Digest(bytes, NUMBERS + size, peer, NULL, EVP_sha256(), NULL) == 1
               ? HWS_OK
               : HWS_ERR_NO_MEMORY;
}

hws_status hws_tls_sessions_new(const hws_memory *memory, hws_tls_sessions **sessions)
{
    hws_tls_sessions *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->memory = memory;
    *sessions = made;
    return HWS_OK;
}

void hws_tls_sessions_free(hws_tls_sessions *sessions)
{
    if (!sessions) return;
    for (size_t i = 0; i < HWS_TLS_SESSIONS_MAX; i++)
        SSL_SESSION_free(sessions->entries[i].session);
    hws_memory_free(sessions->memory, sessions, sizeof *sessions);
}

/* OpenSSL keeps the id context of an SSL in its sessions, and refuses to use them in another. */
static bool is_of(const SSL_SESSION *session, const uint8_t *peer, size_t size)
{
    unsigned own_size;
    const unsigned char *own = SSL_SESSION_get0_id_context(session, &own_size);
    return own_size == size && memcmp(own, peer, size) == 0;
}

static entry *find(hws_tls_sessions *sessions, const uint8_t *peer, size_t size)
{
    for (size_t i = 0; i < HWS_TLS_SESSIONS_MAX; i++) {
        entry *it = &sessions->entries[i];
        if (it->session && is_of(it->session, peer, size)) return it;
    }
    return NULL;
}

/* A free entry was never used: it is older than any. */
static entry *find_oldest(hws_tls_sessions *sessions)
{
    entry *oldest = &sessions->entries[0];
    for (size_t i = 1; i < HWS_TLS_SESSIONS_MAX; i++)
        if (sessions->entries[i].used < oldest->used) oldest = &sessions->entries[i];
    return oldest;
}

void hws_tls_sessions_keep(hws_tls_sessions *sessions, SSL_SESSION *session)
{
    unsigned size;
    const uint8_t *peer = SSL_SESSION_get0_id_context(session, &size);
    entry *place = find(sessions, peer, size);
    if (!place) place = find_oldest(sessions);
    SSL_SESSION_free(place->session);
    *place = (entry){.session = session, .used = ++sessions->use_count};
}

SSL_SESSION *hws_tls_sessions_take(hws_tls_sessions *sessions,
                                   const uint8_t peer[HWS_TLS_PEER_SIZE])
{
    entry *it = find(sessions, peer, HWS_TLS_PEER_SIZE);
    if (!it) return NULL;
    SSL_SESSION *session = it->session;
    if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) {
        *it = (entry){0};
    } else {
        SSL_SESSION_up_ref(session);
        it->used = ++sessions->use_count;
    }
    return session;
}
