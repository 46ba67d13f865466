/* SPDX-License-Identifier: MIT */
#include "server/secure.h"

#include <stdio.h>

#include "net/address.h"
#include "net/tls_context.h"
#include "server/worker.h"

enum { TEXT_SIZE = 256 };

static void on_tls_log(void *user, bool is_failure, const char *text)
{
    hws_server_log(user, is_failure ? HWS_LOG_WARNING : HWS_LOG_INFO, "%s", text);
}

hws_status hws_secure_open(hws_server *server, char *explain, size_t explain_size)
{
    const hws_tls_options *options = &server->options.tls;
    const bool has_certificate = options->pair[0].certificate || options->self_signed;
    if (!hws_listen_is_secure(server)) {
        if (has_certificate)
            hws_server_log(server, HWS_LOG_WARNING,
                           "there is a certificate, but no https:// address to show it at");
        return HWS_OK;
    }
    if (!has_certificate) {
        if (explain) snprintf(explain, explain_size, "https:// needs a certificate");
        return HWS_ERR_INVALID_ARGUMENT;
    }
    return hws_tls_context_new(server->workers[0]->loop, HWS_TLS_SERVER, options, on_tls_log,
                               server, explain, explain_size, &server->tls);
}

/* A connection that merely ends too early is everyday business. */
void hws_secure_log_failure(hws_worker *worker, const hws_stream *stream, hws_status why)
{
    char address_text[HWS_ADDRESS_TEXT_MAX];
    char text[TEXT_SIZE];
    hws_address address;
    if (!stream->secure) return;
    hws_stream_explain(stream, text, sizeof text);
    hws_stream_peer(stream, &address);
    hws_address_text(&address, address_text);
    const bool is_usual = why == HWS_ERR_CONNECTION_LOST || why == HWS_ERR_CONNECTION_RESET;
    if (!is_usual) hws_reasons_add(&worker->metric.refused, why);
    hws_server_log(worker->server, is_usual ? HWS_LOG_DEBUG : HWS_LOG_INFO, "%s: %s", address_text,
                   text[0] ? text : hws_status_text(why));
}
