/* SPDX-License-Identifier: MIT */
#include "client/clients.h"

#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "client/client.h"

static const char KIND;

/* Of one level and memory_level: there are 81 of them at most. */
struct hws_client_pool {
    hws_client_pool *next;
    hws_codec_pool *pool;
    uint8_t level;
    uint8_t memory_level;
};

static void free_pools(hws_clients *clients)
{
    for (hws_client_pool *it = clients->pools, *next; it; it = next) {
        next = it->next;
        hws_codec_pool_free(it->pool);
        hws_memory_free(clients->memory, it, sizeof *it);
    }
}

static void end_session(hws_session *session, void *user)
{
    (void)user;
    hws_client_end_now((hws_client *)session);
}

static void end(hws_resident *resident)
{
    hws_clients *clients = (hws_clients *)resident;
    clients->ending = true;
    hws_slots_each(clients->slots, end_session, NULL);
    hws_slots_free(clients->slots);
    free_pools(clients);
    hws_tally_free(clients->streams);
    hws_tls_context_unref(clients->shared_tls[false]);
    hws_tls_context_unref(clients->shared_tls[true]);
    hws_memory_free(clients->memory, clients, sizeof *clients);
}

hws_status hws_clients_of(hws_loop *loop, hws_clients **clients)
{
    *clients = (hws_clients *)hws_loop_resident(loop, &KIND);
    if (*clients) return HWS_OK;

    const hws_memory *memory = hws_loop_memory(loop);
    hws_clients *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (hws_clients){.resident = {.kind = &KIND, .end = end}, .loop = loop, .memory = memory};
    hws_status status = hws_slots_new(loop, memory, &made->slots);
    if (status == HWS_OK) status = hws_tally_new(memory, &made->streams);
    if (status != HWS_OK) {
        hws_slots_free(made->slots);
        hws_memory_free(memory, made, sizeof *made);
        return status;
    }
    hws_slots_set_clients(made->slots);
    hws_loop_settle(loop, &made->resident);
    *clients = made;
    return HWS_OK;
}

static bool is_special(const hws_tls_options *options)
{
    return options->pair[0].certificate || options->pair[0].key || options->authorities ||
           options->name;
}

/* Reading the system's authorities takes a megabyte and tens of milliseconds: once is enough.  Who
 * trusts any certificate reads them, too: it is told why another would not. */
hws_status hws_clients_tls(hws_clients *clients, const hws_tls_options *options, char *explain,
                           size_t explain_size, hws_tls_context **context)
{
    const bool is_shared = !is_special(options);
    if (is_shared && clients->shared_tls[options->insecure]) {
        *context = hws_tls_context_ref(clients->shared_tls[options->insecure]);
        return HWS_OK;
    }
    HWS_TRY(hws_tls_context_new(clients->loop, HWS_TLS_CLIENT, options, NULL, NULL, explain,
                                explain_size, context));
    if (is_shared) clients->shared_tls[options->insecure] = hws_tls_context_ref(*context);
    return HWS_OK;
}

hws_status hws_clients_codec_pool(hws_clients *clients, const hws_deflate_options *options,
                                  hws_codec_pool **pool)
{
    hws_client_pool *it = clients->pools;
    while (it && (it->level != options->level || it->memory_level != options->memory_level))
        it = it->next;
    if (!it) {
        it = hws_memory_new(clients->memory, sizeof *it);
        if (!it) return HWS_ERR_NO_MEMORY;
        *it = (hws_client_pool){
            .next = clients->pools,
            .level = options->level,
            .memory_level = options->memory_level,
        };
        const hws_status status = hws_codec_pool_new(clients->memory, options, NULL, &it->pool);
        if (status != HWS_OK) {
            hws_memory_free(clients->memory, it, sizeof *it);
            return status;
        }
        clients->pools = it;
    }
    *pool = it->pool;
    return HWS_OK;
}
