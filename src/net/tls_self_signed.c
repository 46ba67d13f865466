/* SPDX-License-Identifier: MIT */
#include "net/tls_self_signed.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    HOST_NAME_MAX_SIZE = 253, /* RFC 1035 §2.3.4, in text */
    SERIAL_BITS = 127,        /* RFC 5280 §4.1.2.2: at most 20 octets, not negative */
    HOUR_S = 3600,            /* clocks that are behind ours by so much let it pass, too */
    DAY_S = 24 * HOUR_S,
};

/* Into the value of an extension, in which a comma would begin another name. */
static bool is_plain_name(const char *name)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-.";
    const size_t size = strlen(name);
    return size > 0 && size <= HOST_NAME_MAX_SIZE && strspn(name, LETTERS) == size &&
           name[0] != '.';
}

static void write_names(char *names, size_t size)
{
    char host[HOST_NAME_MAX_SIZE + 2] = "";
    if (gethostname(host, sizeof host - 1) != 0) host[0] = 0;
    const bool is_known = is_plain_name(host) && strcmp(host, "localhost") != 0;
    snprintf(names, size, "DNS:localhost,IP:127.0.0.1,IP:::1%s%s", is_known ? ",DNS:" : "",
             is_known ? host : "");
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    const bool is_added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool add_extensions(X509 *certificate)
{
    char names[HOST_NAME_MAX_SIZE + 64];
    write_names(names, sizeof names);
    return add_extension(certificate, NID_subject_alt_name, names) &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth");
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    const bool is_set = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, 0) == 1 &&
                        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return is_set;
}

static bool set_name(X509 *certificate)
{
    static const unsigned char NAME[] = "localhost";
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, NAME, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -HOUR_S) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate),
                           (long)HWS_TLS_SELF_SIGNED_DAYS * DAY_S) &&
           set_name(certificate) && X509_set_pubkey(certificate, key) == 1 &&
           add_extensions(certificate) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

/* What was parsed is sent as it came; of what was put together OpenSSL makes the bytes anew in each
 * handshake. */
static bool read_again(X509 **certificate)
{
    unsigned char *bytes = NULL;
    const int size = i2d_X509(*certificate, &bytes);
    const unsigned char *rest = bytes;
    X509 *parsed = size > 0 ? d2i_X509(NULL, &rest, size) : NULL;
    OPENSSL_free(bytes);
    if (!parsed) return false;
    X509_free(*certificate);
    *certificate = parsed;
    return true;
}

hws_status hws_tls_self_signed(hws_tls_material *material)
{
    hws_tls_material made = {
        .certificate = X509_new(),
        .chain = sk_X509_new_null(),
        .key = EVP_EC_gen("P-256"),
    };
    if (made.certificate && made.chain && made.key && fill(made.certificate, made.key) &&
        read_again(&made.certificate)) {
        *material = made;
        return HWS_OK;
    }
    hws_tls_material_release(&made);
    ERR_clear_error();
    return HWS_ERR_NO_MEMORY;
}
