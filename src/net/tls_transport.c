/* SPDX-License-Identifier: MIT */
/* A BIO of our own.
 *
 * Its table of functions (BIO_METHOD) can only be made at run time.  Each transport makes one: the
 * 120 bytes are one in a hundred of what an SSL costs, and nothing is then shared, so there is no
 * static to guard between threads and no last one to count down to. */
#include "net/tls_transport.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "base/span.h"

static int read_input(BIO *bio, char *bytes, int size)
{
    hws_tls_transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (transport->is_refused) return -1;
    if (transport->input.size == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const size_t wanted = size > 0 ? (size_t)size : 0;
    const size_t there = transport->input.size;
    const hws_span front = hws_span_take(&transport->input, wanted < there ? wanted : there);
    memcpy(bytes, front.data, front.size);
    return (int)front.size;
}

static int write_output(BIO *bio, const char *bytes, int size)
{
    hws_tls_transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    if (hws_queue_append(transport->output, bytes, (size_t)size) == HWS_OK) return size;
    transport->no_memory = true;
    return -1;
}

/* Nothing is held back, so a flush has nothing to do; all other requests are for other BIOs. */
static long control(BIO *bio, int request, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return request == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method_new(void)
{
    /* Without a number of its own (BIO_get_new_index): a process has but 127 of those, and they
     * only serve to find a BIO in a chain. */
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "hawser");
    if (!method) return NULL;
    BIO_meth_set_read(method, read_input);
    BIO_meth_set_write(method, write_output);
    BIO_meth_set_ctrl(method, control);
    return method;
}

hws_status hws_tls_transport_init(hws_tls_transport *transport, SSL *ssl, hws_queue *output)
{
    BIO_METHOD *method = method_new();
    BIO *bio = method ? BIO_new(method) : NULL;
    if (!bio) {
        BIO_meth_free(method);
        return HWS_ERR_NO_MEMORY;
    }
    *transport = (hws_tls_transport){.output = output, .method = method};
    BIO_set_data(bio, transport);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio); /* which then owns it */
    return HWS_OK;
}

void hws_tls_transport_release(hws_tls_transport *transport)
{
    BIO_meth_free(transport->method);
    *transport = (hws_tls_transport){0};
}
