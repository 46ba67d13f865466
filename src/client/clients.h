/* SPDX-License-Identifier: MIT */
/* What the clients of one loop share: their handles, and the trust of those who ask for nothing
 * special.  Made by the first of them, ended with the loop. */
#ifndef HAWSER_CLIENT_CLIENTS_H
#define HAWSER_CLIENT_CLIENTS_H

#include "deflate/zlib.h"
#include "hawser/client.h"
#include "loop/loop.h"
#include "net/tally.h"
#include "net/tls_context.h"
#include "websocket/slots.h"

typedef struct hws_client_pool hws_client_pool;

typedef struct hws_clients {
    hws_resident resident; /* first */
    hws_loop *loop;
    const hws_memory *memory;
    hws_slots *slots;
    hws_tally *streams;     /* of those that were open, until they linger no more */
    hws_client_pool *pools; /* of contexts, for each way to make them */
    bool ending;

    /* For options that are all zero, and for those that are but for `insecure`, which is the index;
     * NULL until one needs it. */
    hws_tls_context *shared_tls[2];
} hws_clients;

/* Those of the loop, which may have to be made.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_clients_of(hws_loop *loop, hws_clients **clients);

/* A context for `options`, with a reference.  On failure `explain` says in words what is wrong.
 * Errors: of hws_tls_context_new. */
HWS_MUST_CHECK hws_status hws_clients_tls(hws_clients *clients, const hws_tls_options *options,
                                          char *explain, size_t explain_size,
                                          hws_tls_context **context);

/* A pool of what compresses as `options` say.  Lifetime: that of the clients.
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_clients_codec_pool(hws_clients *clients,
                                                 const hws_deflate_options *options,
                                                 hws_codec_pool **pool);

#endif /* HAWSER_CLIENT_CLIENTS_H */
