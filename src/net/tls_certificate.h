/* SPDX-License-Identifier: MIT */
/* What a certificate says, in words. */
#ifndef HAWSER_NET_TLS_CERTIFICATE_H
#define HAWSER_NET_TLS_CERTIFICATE_H

#include <openssl/bio.h>
#include <openssl/x509.h>

#include "hawser/status.h"
#include "hawser/tls.h"

/* Seconds since 1970; INT64_MIN for what is no time. */
int64_t hws_tls_time(const ASN1_TIME *time);

/* "2026-11-20", in UTC; "?" for what is no time.  Terminated. */
enum { HWS_TLS_DATE_SIZE = 10 };
void hws_tls_date(const ASN1_TIME *time, char date[HWS_TLS_DATE_SIZE + 1]);

/* SHA-256, lower case, terminated; "" when it cannot be computed. */
void hws_tls_fingerprint(const X509 *certificate, char text[HWS_TLS_FINGERPRINT_SIZE + 1]);

/* Append to `output`: the names that it is good for, "a.example *.b.example 192.0.2.1", without a
 * byte that could disturb a terminal; and a subject or an issuer, "CN=a.example" (RFC 4514).
 *
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_write_names(const X509 *certificate, BIO *output);
HWS_MUST_CHECK hws_status hws_tls_write_name(const X509_NAME *name, BIO *output);

#endif /* HAWSER_NET_TLS_CERTIFICATE_H */
