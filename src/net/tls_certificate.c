/* SPDX-License-Identifier: MIT */
#include "net/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t hws_tls_time(const ASN1_TIME *time)
{
    struct tm parts;
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : INT64_MIN;
}

void hws_tls_date(const ASN1_TIME *time, char date[HWS_TLS_DATE_SIZE + 1])
{
    struct tm parts;
    memcpy(date, "?", 2);
    if (ASN1_TIME_to_tm(time, &parts) == 1)
        (void)strftime(date, HWS_TLS_DATE_SIZE + 1, "%Y-%m-%d", &parts);
}

void hws_tls_fingerprint(const X509 *certificate, char text[HWS_TLS_FINGERPRINT_SIZE + 1])
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    text[0] = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return;
    for (size_t i = 0; i < HWS_TLS_FINGERPRINT_SIZE / 2; i++) {
        text[2 * i] = DIGITS[digest[i] >> 4];
        text[2 * i + 1] = DIGITS[digest[i] & 15];
    }
    text[HWS_TLS_FINGERPRINT_SIZE] = 0;
}

static bool write_all(BIO *output, const char *bytes, size_t size)
{
    return size == 0 || BIO_write(output, bytes, (int)size) == (int)size;
}

/* The peer chose these bytes. */
static bool write_dns(const ASN1_STRING *name, BIO *output)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(name);
    const int size = ASN1_STRING_length(name);
    for (int i = 0; i < size; i++) {
        const bool is_plain = bytes[i] > ' ' && bytes[i] < 0x7F;
        if (!write_all(output, is_plain ? (const char *)&bytes[i] : "?", 1)) return false;
    }
    return true;
}

static bool write_address(const ASN1_STRING *address, BIO *output)
{
    char text[INET6_ADDRSTRLEN] = "?";
    const int size = ASN1_STRING_length(address);
    const int family = size == 4 ? AF_INET : AF_INET6;
    if (size == 4 || size == 16)
        inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text);
    return write_all(output, text, strlen(text));
}

static bool write_names(const GENERAL_NAMES *names, BIO *output)
{
    bool is_first = true;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
        if (type != GEN_DNS && type != GEN_IPADD) continue;
        if (!is_first && !write_all(output, " ", 1)) return false;
        is_first = false;
        if (!(type == GEN_DNS ? write_dns : write_address)(value, output)) return false;
    }
    return true;
}

hws_status hws_tls_write_names(const X509 *certificate, BIO *output)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    if (!names) return HWS_OK;
    const bool is_written = write_names(names, output);
    GENERAL_NAMES_free(names);
    return is_written ? HWS_OK : HWS_ERR_NO_MEMORY;
}

hws_status hws_tls_write_name(const X509_NAME *name, BIO *output)
{
    if (X509_NAME_entry_count(name) == 0) return HWS_OK;
    return X509_NAME_print_ex(output, name, 0, XN_FLAG_RFC2253) < 0 ? HWS_ERR_NO_MEMORY : HWS_OK;
}
