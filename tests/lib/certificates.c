/* SPDX-License-Identifier: MIT */
#include "lib/certificates.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAY_S = 24 * 60 * 60 };

static void add_extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_true(X509_add_ext(x509, extension, -1));
    X509_EXTENSION_free(extension);
}

static void add_subject(X509 *x509, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    assert_true(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                           (const unsigned char *)name, -1, -1, 0));
}

certificate certificate_new(const certificate_plan *plan)
{
    static long serial = 1;
    certificate it = {
        .x509 = X509_new(),
        .key = plan->rsa_bits ? EVP_RSA_gen((unsigned)plan->rsa_bits) : EVP_EC_gen("P-256"),
    };
    const certificate *issuer = plan->issuer ? plan->issuer : &it;
    assert_true(it.x509 && it.key);
    assert_true(X509_set_version(it.x509, X509_VERSION_3));
    assert_true(ASN1_INTEGER_set(X509_get_serialNumber(it.x509), serial++));
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(it.x509),
                                    plan->begins_in_s ? plan->begins_in_s : -DAY_S));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(it.x509),
                                    plan->ends_in_s ? plan->ends_in_s : 30L * DAY_S));
    add_subject(it.x509, plan->subject ? plan->subject : "test");
    assert_true(X509_set_issuer_name(it.x509, X509_get_subject_name(issuer->x509)));
    assert_true(X509_set_pubkey(it.x509, it.key));
    add_extension(it.x509, NID_basic_constraints,
                  plan->is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (plan->names) add_extension(it.x509, NID_subject_alt_name, plan->names);
    assert_true(X509_sign(it.x509, issuer->key, EVP_sha256()));
    return it;
}

void certificate_free(certificate *it)
{
    X509_free(it->x509);
    EVP_PKEY_free(it->key);
    *it = (certificate){0};
}

static FILE *begin_file(const char *path)
{
    assert_true(unlink(path) == 0 || errno == ENOENT);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    return file;
}

static void end_file(FILE *file)
{
    assert_int_equal(fflush(file), 0);
    struct timespec then;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &then), 0);
    then.tv_sec -= 10;
    const struct timespec times[2] = {then, then};
    assert_int_equal(futimens(fileno(file), times), 0);
    assert_int_equal(fclose(file), 0);
}

void certificate_write(const char *path, const certificate *first, ...)
{
    FILE *file = begin_file(path);
    va_list rest;
    va_start(rest, first);
    for (const certificate *it = first; it; it = va_arg(rest, const certificate *))
        assert_true(PEM_write_X509(file, it->x509));
    va_end(rest);
    end_file(file);
}

void certificate_write_key(const char *path, const certificate *it)
{
    FILE *file = begin_file(path);
    assert_true(PEM_write_PrivateKey(file, it->key, NULL, NULL, 0, NULL, NULL));
    end_file(file);
}

void certificate_write_encrypted_key(const char *path, const certificate *it)
{
    static const unsigned char password[] = "secret";
    FILE *file = begin_file(path);
    assert_true(PEM_write_PrivateKey(file, it->key, EVP_aes_128_cbc(), password,
                                     sizeof password - 1, NULL, NULL));
    end_file(file);
}

void certificate_write_revocation(const char *path, const certificate *authority,
                                  const certificate *revoked)
{
    X509_CRL *list = X509_CRL_new();
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, -DAY_S);
    ASN1_TIME *next = X509_gmtime_adj(NULL, DAY_S);
    assert_true(list && entry && now && next);
    assert_true(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->x509)));
    assert_true(X509_REVOKED_set_revocationDate(entry, now));
    assert_true(X509_CRL_set_version(list, X509_CRL_VERSION_2));
    assert_true(X509_CRL_set_issuer_name(list, X509_get_subject_name(authority->x509)));
    assert_true(X509_CRL_set1_lastUpdate(list, now));
    assert_true(X509_CRL_set1_nextUpdate(list, next));
    assert_true(X509_CRL_add0_revoked(list, entry));
    assert_true(X509_CRL_sign(list, authority->key, EVP_sha256()));
    FILE *file = begin_file(path);
    assert_true(PEM_write_X509(file, authority->x509));
    assert_true(PEM_write_X509_CRL(file, list));
    end_file(file);
    ASN1_TIME_free(now);
    ASN1_TIME_free(next);
    X509_CRL_free(list);
}

void certificate_write_text(const char *path, const char *text)
{
    FILE *file = begin_file(path);
    assert_true(fputs(text, file) >= 0);
    end_file(file);
}
