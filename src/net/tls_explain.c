/* SPDX-License-Identifier: MIT */
/* OpenSSL's queue of errors, in words. */
#include "net/tls_explain.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "net/tls_context.h"

/* What is noted in OpenSSL's queue by ourselves: it travels with the error that it explains. */
enum { NOTE_PLAIN_HTTP = 1 };

/* Sees the first five bytes of what should be a record, before they are found to be none. */
static void on_record(int is_sent, int version, int type, const void *bytes, size_t size, SSL *ssl,
                      void *user)
{
    static const char HTTP[] = {'H', 'T', 'T', 'P', '/'};
    (void)version, (void)ssl, (void)user;
    if (!is_sent && type == SSL3_RT_HEADER && size == sizeof HTTP &&
        memcmp(bytes, HTTP, sizeof HTTP) == 0)
        ERR_raise(ERR_LIB_USER, NOTE_PLAIN_HTTP);
}

void hws_tls_explain_prepare(SSL_CTX *context)
{
    SSL_CTX_set_msg_callback(context, on_record);
}

/* Alerts (RFC 8446 §6.2). */

typedef struct alert_text {
    int alert;
    const char *meaning;
} alert_text;

static const alert_text ALERTS[] = {
    {SSL_AD_HANDSHAKE_FAILURE, "nothing that both sides can do"},
    {SSL_AD_PROTOCOL_VERSION, "it speaks no version of TLS that we do"},
    {SSL_AD_INSUFFICIENT_SECURITY, "it wants stronger ciphers"},
    {SSL_AD_UNRECOGNIZED_NAME, "it does not know the name it was asked for"},
    {SSL_AD_NO_APPLICATION_PROTOCOL, "it does not offer HTTP/1.1"},
    {TLS13_AD_CERTIFICATE_REQUIRED, "it wants a certificate of ours"},
    {SSL_AD_UNKNOWN_CA, "it does not trust the authority of our certificate"},
    {SSL_AD_CERTIFICATE_EXPIRED, "our certificate has expired"},
    {SSL_AD_CERTIFICATE_REVOKED, "our certificate was revoked"},
    {SSL_AD_BAD_CERTIFICATE, "it does not accept our certificate"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "it does not accept our certificate"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "it does not accept our certificate"},
    {SSL_AD_ACCESS_DENIED, "it does not let us in"},
};

static const char *meaning_of(int alert)
{
    for (size_t i = 0; i < sizeof ALERTS / sizeof *ALERTS; i++)
        if (ALERTS[i].alert == alert) return ALERTS[i].meaning;
    return NULL;
}

/* In the registry's spelling.  OpenSSL has a name for all but the youngest. */
static void write_alert_name(int alert, char *name, size_t size)
{
    const char *known = SSL_alert_desc_string_long(alert);
    if (alert == TLS13_AD_CERTIFICATE_REQUIRED) known = "certificate_required";
    if (strcmp(known, "unknown") == 0)
        snprintf(name, size, "%d", alert);
    else
        snprintf(name, size, "%s", known);
    for (char *it = name; *it; it++)
        if (*it == ' ') *it = '_';
}

static hws_status say_refused(int alert, hws_tls_line line)
{
    char name[48];
    write_alert_name(alert, name, sizeof name);
    const char *meaning = meaning_of(alert);
    hws_tls_say(line, "the peer refused: alert %s%s%s%s", name, meaning ? " (" : "",
                meaning ? meaning : "", meaning ? ")" : "");
    return HWS_ERR_TLS_REFUSED;
}

/* The queue. */

static hws_status say_reason(int reason, hws_tls_line line)
{
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_RECORD_LENGTH_MISMATCH:
        hws_tls_say(line, "the peer does not speak TLS");
        return HWS_ERR_TLS_NOT_TLS;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        hws_tls_say(line, "the peer speaks no TLS from version 1.2 on");
        return HWS_ERR_TLS;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        hws_tls_say(line, "the peer showed no certificate");
        return HWS_ERR_TLS_CERTIFICATE;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        hws_tls_say(line, "the peer wants a protocol other than HTTP/1.1");
        return HWS_ERR_TLS;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        hws_tls_say(line, "the peer hung up");
        return HWS_ERR_TLS;
    default:
        return HWS_OK;
    }
}

/* The first complaint is what went wrong; what follows are its consequences. */
static hws_status say_error(SSL *ssl, unsigned long error, hws_tls_line line)
{
    const int reason = ERR_GET_REASON(error);
    if (reason == ERR_R_MALLOC_FAILURE) {
        hws_tls_say(line, "out of memory");
        return HWS_ERR_NO_MEMORY;
    }
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return HWS_OK;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return hws_tls_distrust(ssl, line);
    if (reason >= SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + UINT8_MAX)
        return say_refused(reason - SSL_AD_REASON_OFFSET, line);
    return say_reason(reason, line);
}

static bool is_note(unsigned long error, int note)
{
    return ERR_GET_LIB(error) == ERR_LIB_USER && ERR_GET_REASON(error) == note;
}

hws_status hws_tls_context_explain(struct ssl_st *ssl, char *text, size_t size)
{
    const hws_tls_line line = {text, size};
    const char *first = NULL;
    hws_status status = HWS_OK;
    hws_tls_say(line, "TLS failed");
    for (unsigned long error; status == HWS_OK && (error = ERR_get_error());) {
        if (is_note(error, NOTE_PLAIN_HTTP)) {
            hws_tls_say(line, "the peer does not speak TLS (it answered in plain HTTP)");
            status = HWS_ERR_TLS_NOT_TLS;
        } else {
            status = say_error(ssl, error, line);
            if (!first) first = ERR_reason_error_string(error);
        }
    }
    ERR_clear_error();
    if (status != HWS_OK) return status;
    if (first) hws_tls_say(line, "TLS failed: %s", first);
    return HWS_ERR_TLS;
}
