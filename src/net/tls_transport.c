/* SPDX-License-Identifier: MIT */
/* A BIO of our own. */
#include "net/tls_transport.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "base/span.h"

static int read_input(BIO *bio, char *bytes, size_t size, size_t *read)
{
    hws_tls_transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (transport->is_refused) return 0;
    if (transport->input.size == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    const size_t there = transport->input.size;
    const hws_span front = hws_span_take(&transport->input, size < there ? size : there);
    memcpy(bytes, front.data, front.size);
    *read = front.size;
    return 1;
}

static int write_output(BIO *bio, const char *bytes, size_t size, size_t *written)
{
    hws_tls_transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (hws_queue_append(transport->output, bytes, size) == HWS_OK) {
        *written = size;
        return 1;
    }
    transport->no_memory = true;
    return 0;
}

/* Nothing is held back, so a flush has nothing to do; all other requests are for other BIOs. */
static long control(BIO *bio, int request, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return request == BIO_CTRL_FLUSH;
}

BIO_METHOD *hws_tls_transport_method_new(void)
{
    /* Without a number of its own (BIO_get_new_index): a process has but 127 of those, and they
     * only serve to find a BIO in a chain. */
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "hawser");
    if (!method) return NULL;
    BIO_meth_set_read_ex(method, read_input);
    BIO_meth_set_write_ex(method, write_output);
    BIO_meth_set_ctrl(method, control);
    return method;
}

hws_status hws_tls_transport_init(hws_tls_transport *transport, const BIO_METHOD *method, SSL *ssl,
                                  hws_queue *output)
{
    BIO *bio = BIO_new(method);
    if (!bio) return HWS_ERR_NO_MEMORY;
    *transport = (hws_tls_transport){.output = output};
    BIO_set_data(bio, transport);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio); /* which then owns it */
    return HWS_OK;
}
