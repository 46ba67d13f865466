/* SPDX-License-Identifier: MIT */
/* Files that change while they are in use.  A good pair takes effect for the connections to come; a
 * bad one is told once, and the old stays (row B024). */
#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

#include "base/try.h"
#include "net/tls_authorities.h"
#include "net/tls_certificate.h"
#include "net/tls_internal.h"
#include "net/tls_self_signed.h"

enum {
    LOOK_EVERY_MS = 1000,
    DAY_S = 24 * 60 * 60,
    TICKET_KEYS_SIZE = 80, /* a name, a key to encrypt, a key to sign: what OpenSSL 3 wants */
    LINE_SIZE = 512,
};
static const uint64_t TICKET_KEYS_MS = UINT64_C(1000) * DAY_S;

static void tell(const hws_tls_context *context, bool is_failure, const char *text)
{
    if (context->log) context->log(context->log_user, is_failure, text);
}

static bool ends_before(const X509 *certificate, int64_t second)
{
    return hws_tls_time(X509_get0_notAfter(certificate)) < second;
}

/* Loading. */

static void warn(const hws_tls_context *context, const hws_tls_identity *identity)
{
    char text[LINE_SIZE];
    const hws_tls_line line = {text, sizeof text};
    const hws_tls_file *key =
        identity->key_file.path ? &identity->key_file : &identity->certificate_file;
    if (key->is_public) {
        hws_tls_say(line, "%s: everybody on this machine can read this key; chmod 600 it",
                    key->path);
        tell(context, true, text);
    }
    const X509 *certificate = identity->material.certificate;
    if (ends_before(certificate, time(NULL))) {
        char date[HWS_TLS_DATE_SIZE + 1];
        hws_tls_date(X509_get0_notAfter(certificate), date);
        hws_tls_say(line, "%s: the certificate expired on %s: renew it",
                    identity->certificate_file.path, date);
        tell(context, true, text);
    }
}

static hws_status load(hws_tls_context *context, hws_tls_identity *identity, hws_tls_line line)
{
    HWS_TRY(hws_tls_identity_load(identity, context->memory, context->openssl, line));
    if (identity == &context->identities[0])
        hws_tls_fingerprint(identity->material.certificate, context->fingerprint);
    warn(context, identity);
    return HWS_OK;
}

static hws_status make(hws_tls_context *context)
{
    hws_tls_material material;
    HWS_TRY(hws_tls_self_signed(&material));
    hws_tls_material_release(&context->identities[0].material);
    context->identities[0].material = material;
    hws_tls_fingerprint(material.certificate, context->fingerprint);
    return HWS_OK;
}

/* Changing the SSL_CTX. */

static bool carry(SSL_CTX *from, SSL_CTX *to, hws_tls_role role)
{
    uint8_t keys[TICKET_KEYS_SIZE];
    struct stack_st_X509_NAME *names = SSL_CTX_get_client_CA_list(from);
    SSL_CTX_set1_cert_store(to, SSL_CTX_get_cert_store(from));
    if (names) {
        names = SSL_dup_CA_list(names);
        if (!names) return false;
        SSL_CTX_set_client_CA_list(to, names);
    }
    if (role == HWS_TLS_CLIENT) return true;
    const bool is_set = SSL_CTX_get_tlsext_ticket_keys(from, keys, sizeof keys) == 1 &&
                        SSL_CTX_set_tlsext_ticket_keys(to, keys, sizeof keys) == 1;
    OPENSSL_cleanse(keys, sizeof keys);
    return is_set;
}

/* Connections may be under way with the SSL_CTX that there is, on other threads: `change` gets
 * another like it, which takes its place when it answers well. */
static hws_status replace(hws_tls_context *context,
                          hws_status (*change)(hws_tls_context *context, hws_tls_line line),
                          hws_tls_line line)
{
    SSL_CTX *before = context->openssl;
    hws_status status = hws_tls_profile_apply(context);
    if (status == HWS_OK && !carry(before, context->openssl, context->role))
        status = HWS_ERR_NO_MEMORY;
    if (status == HWS_OK) status = change(context, line);
    if (status == HWS_OK) {
        SSL_CTX_free(before);
        return HWS_OK;
    }
    SSL_CTX_free(context->openssl);
    context->openssl = before;
    return status;
}

/* Who takes tickets under old keys does so for a day: a key that leaks opens no more than that
 * (RFC 9325 §3.4). */
static hws_status make_ticket_keys(hws_tls_context *context, hws_tls_line line)
{
    (void)line;
    uint8_t keys[TICKET_KEYS_SIZE];
    HWS_TRY(hws_random_fetch(keys, sizeof keys));
    const bool is_set = SSL_CTX_set_tlsext_ticket_keys(context->openssl, keys, sizeof keys) == 1;
    OPENSSL_cleanse(keys, sizeof keys);
    context->tickets_since_ms = hws_clock_ms();
    return is_set ? HWS_OK : HWS_ERR_NO_MEMORY;
}

static hws_status load_authorities(hws_tls_context *context, hws_tls_line line)
{
    return hws_tls_authorities_load(&context->authorities, context->memory, context->openssl, line);
}

hws_status hws_tls_renewal_begin(hws_tls_context *context, hws_tls_line line)
{
    if (context->role == HWS_TLS_SERVER) HWS_TRY(make_ticket_keys(context, line));
    if (context->self_signed) HWS_TRY(make(context));
    for (size_t i = 0; i < context->identity_count && !context->self_signed; i++)
        HWS_TRY(load(context, &context->identities[i], line));
    context->looked_at_ms = hws_clock_ms();
    if (context->authorities.path) return load_authorities(context, line);
    if (context->role == HWS_TLS_CLIENT && SSL_CTX_set_default_verify_paths(context->openssl) != 1)
        return HWS_ERR_NO_MEMORY;
    return HWS_OK;
}

/* Looking again. */

static void tell_renewed(const hws_tls_context *context, const hws_tls_identity *identity)
{
    char text[LINE_SIZE];
    char date[HWS_TLS_DATE_SIZE + 1];
    const char *path = identity->certificate_file.path;
    hws_tls_date(X509_get0_notAfter(identity->material.certificate), date);
    hws_tls_say((hws_tls_line){text, sizeof text}, "%s: renewed, valid until %s",
                path ? path : "the certificate that was made here", date);
    tell(context, false, text);
}

static void tell_kept(const hws_tls_context *context, const char *why)
{
    char text[LINE_SIZE];
    hws_tls_say((hws_tls_line){text, sizeof text}, "%s; what was there before stays in use", why);
    tell(context, true, text);
}

static void look_at_identity(hws_tls_context *context, hws_tls_identity *identity)
{
    char why[LINE_SIZE / 2] = "out of memory for renewed certificates";
    if (!hws_tls_identity_has_changed(identity)) return;
    if (load(context, identity, (hws_tls_line){why, sizeof why}) == HWS_OK)
        tell_renewed(context, identity);
    else
        tell_kept(context, why);
}

static void look_at_self_signed(hws_tls_context *context)
{
    if (!ends_before(context->identities[0].material.certificate, time(NULL) + DAY_S)) return;
    if (make(context) == HWS_OK) tell_renewed(context, &context->identities[0]);
}

static void look_at_authorities(hws_tls_context *context)
{
    char text[LINE_SIZE];
    char why[LINE_SIZE / 2] = "out of memory for renewed authorities";
    if (!hws_tls_file_has_changed(&context->authorities)) return;
    if (replace(context, load_authorities, (hws_tls_line){why, sizeof why}) != HWS_OK) {
        tell_kept(context, why);
        return;
    }
    context->generation++;
    hws_tls_say((hws_tls_line){text, sizeof text}, "%s: renewed", context->authorities.path);
    tell(context, false, text);
}

void hws_tls_renewal_look(hws_tls_context *context)
{
    const uint64_t now_ms = hws_clock_ms();
    if (now_ms - context->looked_at_ms < LOOK_EVERY_MS) return;
    context->looked_at_ms = now_ms;
    if (context->self_signed) look_at_self_signed(context);
    for (size_t i = 0; i < context->identity_count && !context->self_signed; i++)
        look_at_identity(context, &context->identities[i]);
    look_at_authorities(context);
    if (context->role == HWS_TLS_SERVER && now_ms - context->tickets_since_ms >= TICKET_KEYS_MS)
        (void)!replace(context, make_ticket_keys,
                       (hws_tls_line){0}); /* otherwise the old ones do for another day */
}
