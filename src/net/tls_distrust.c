/* SPDX-License-Identifier: MIT */
/* Certificates that were not found good, in words. */
#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "net/tls_certificate.h"
#include "net/tls_explain.h"

enum {
    SHOWN_MAX = 160, /* bytes of what a peer chose, in a line */
    HOST_SIZE = 256,
};

/* A server's list of its peer's chain begins behind the peer's own certificate. */
static const X509 *certificate_at(const SSL *ssl, int index)
{
    const struct stack_st_X509 *chain = SSL_get_peer_cert_chain(ssl);
    if (!SSL_is_server(ssl)) return index < sk_X509_num(chain) ? sk_X509_value(chain, index) : NULL;
    if (index == 0) return SSL_get0_peer_certificate(ssl);
    return index - 1 < sk_X509_num(chain) ? sk_X509_value(chain, index - 1) : NULL;
}

static const X509 *last_certificate(const SSL *ssl)
{
    const X509 *last = NULL;
    const X509 *next;
    for (int i = 0; (next = certificate_at(ssl, i)); i++) last = next;
    return last;
}

/* What a BIO collected, cut to what a line can bear. */
static void copy_shown(BIO *from, char shown[SHOWN_MAX])
{
    char *bytes;
    const long size = BIO_get_mem_data(from, &bytes);
    const long cut = size < SHOWN_MAX ? size : SHOWN_MAX - 4;
    hws_tls_say((hws_tls_line){shown, SHOWN_MAX}, "%.*s%s", (int)cut, bytes,
                cut < size ? "..." : "");
}

static void show_names(const X509 *certificate, char shown[SHOWN_MAX])
{
    BIO *output = BIO_new(BIO_s_mem());
    shown[0] = 0;
    if (output && certificate && hws_tls_write_names(certificate, output) == HWS_OK)
        copy_shown(output, shown);
    BIO_free(output);
}

static void show_name(const X509_NAME *name, char shown[SHOWN_MAX])
{
    BIO *output = BIO_new(BIO_s_mem());
    shown[0] = 0;
    if (output && hws_tls_write_name(name, output) == HWS_OK) copy_shown(output, shown);
    BIO_free(output);
}

/* Times. */

static void say_expired(const SSL *ssl, hws_tls_line line)
{
    char date[HWS_TLS_DATE_SIZE + 1];
    const X509 *certificate;
    for (int i = 0; (certificate = certificate_at(ssl, i)); i++) {
        const ASN1_TIME *end = X509_get0_notAfter(certificate);
        if (X509_cmp_current_time(end) > 0) continue;
        hws_tls_date(end, date);
        hws_tls_say(line,
                    i == 0 ? "certificate expired on %s"
                           : "certificate of its authority expired on %s",
                    date);
        return;
    }
    hws_tls_say(line, "certificate expired");
}

static void say_not_yet(const SSL *ssl, hws_tls_line line)
{
    char date[HWS_TLS_DATE_SIZE + 1];
    const X509 *certificate;
    for (int i = 0; (certificate = certificate_at(ssl, i)); i++) {
        const ASN1_TIME *begin = X509_get0_notBefore(certificate);
        if (X509_cmp_current_time(begin) <= 0) continue;
        hws_tls_date(begin, date);
        hws_tls_say(line, "certificate is not valid before %s; is this machine's clock right?",
                    date);
        return;
    }
    hws_tls_say(line, "certificate is not valid yet; is this machine's clock right?");
}

/* Names. */

/* The host that was looked for; an address in the usual spelling, which is not OpenSSL's. */
static void write_wanted(SSL *ssl, char *wanted, size_t size)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    const char *host = X509_VERIFY_PARAM_get0_host(param, 0);
    char *address = host ? NULL : X509_VERIFY_PARAM_get1_ip_asc(param);
    struct in6_addr bytes;
    snprintf(wanted, size, "%s", host ? host : address ? address : "this address");
    if (address && inet_pton(AF_INET6, address, &bytes) == 1)
        inet_ntop(AF_INET6, &bytes, wanted, (socklen_t)size);
    OPENSSL_free(address);
}

static void say_other_name(SSL *ssl, hws_tls_line line)
{
    char wanted[HOST_SIZE];
    char names[SHOWN_MAX];
    write_wanted(ssl, wanted, sizeof wanted);
    show_names(certificate_at(ssl, 0), names);
    if (names[0])
        hws_tls_say(line, "certificate is for %s, not for %s", names, wanted);
    else
        hws_tls_say(line, "certificate names no host, and so not %s", wanted);
}

/* Authorities. */

static void say_untrusted(const SSL *ssl, hws_tls_line line)
{
    char name[SHOWN_MAX] = "";
    const X509 *last = last_certificate(ssl);
    if (last) show_name(X509_get_issuer_name(last), name);
    hws_tls_say(line,
                "certificate signed by an authority that is not trusted (%s); "
                "to trust it, name its file as one of an authority",
                name[0] ? name : "it is not named");
}

static void say_self_signed(const SSL *ssl, hws_tls_line line)
{
    char name[SHOWN_MAX] = "";
    const X509 *own = certificate_at(ssl, 0);
    if (own) show_name(X509_get_subject_name(own), name);
    hws_tls_say(line,
                "certificate signed by itself (%s), and not trusted; "
                "to trust it, name its file as one of an authority",
                name[0] ? name : "it is not named");
}

hws_status hws_tls_distrust(SSL *ssl, hws_tls_line line)
{
    const long result = SSL_get_verify_result(ssl);
    hws_tls_say(line, "%s", "");
    switch (result) {
    case X509_V_OK:
        return HWS_OK;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        say_expired(ssl, line);
        return HWS_ERR_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        say_not_yet(ssl, line);
        return HWS_ERR_TLS_EXPIRED;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        say_other_name(ssl, line);
        return HWS_ERR_TLS_NAME;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        say_self_signed(ssl, line);
        return HWS_ERR_TLS_UNTRUSTED;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        say_untrusted(ssl, line);
        return HWS_ERR_TLS_UNTRUSTED;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
        hws_tls_say(line, "certificate with a chain of more than %d", HWS_TLS_CHAIN_MAX);
        return HWS_ERR_TLS_CERTIFICATE;
    case X509_V_ERR_CERT_REVOKED:
        hws_tls_say(line, "certificate was revoked by its authority");
        return HWS_ERR_TLS_CERTIFICATE;
    case X509_V_ERR_OUT_OF_MEM:
        hws_tls_say(line, "out of memory");
        return HWS_ERR_NO_MEMORY;
    default:
        hws_tls_say(line, "certificate cannot be accepted: %s",
                    X509_verify_cert_error_string(result));
        return HWS_ERR_TLS_CERTIFICATE;
    }
}
