/* SPDX-License-Identifier: MIT */
#include "cmd/secure.h"

#include <string.h>

bool secure_is_wanted(const secure *it)
{
    return it->self_signed || it->certificates.count > 0;
}

static bool check_pairs(const char *command, const secure *it)
{
    if (it->self_signed && it->certificates.count > 0) {
        options_complain(command, "--self-signed: there is a --certificate; leave out one of them");
        return false;
    }
    if (it->keys.count > 0 && it->keys.count != it->certificates.count) {
        options_complain(command,
                         "--certificate and --key come in pairs; there are %zu and %zu of them",
                         it->certificates.count, it->keys.count);
        return false;
    }
    if (it->certificates.count > HWS_TLS_PAIR_MAX) {
        options_complain(command, "--certificate may be given %d times at most", HWS_TLS_PAIR_MAX);
        return false;
    }
    return true;
}

static bool check_clients(const char *command, const secure *it)
{
    const char *wanted = it->client_certificate;
    if (wanted && strcmp(wanted, "asked") != 0 && strcmp(wanted, "required") != 0) {
        options_complain(command, "--client-certificate: '%s' is neither asked nor required",
                         wanted);
        return false;
    }
    if (wanted && !it->client_authorities) {
        options_complain(command, "--client-certificate needs --client-authorities, a file with "
                                  "the certificates of those who sign them");
        return false;
    }
    return true;
}

bool secure_is_https(const char *listen)
{
    return listen && (strstr(listen, "https://") || strstr(listen, "https+fd:"));
}

/* Nobody is to believe that he listens with TLS when he does not. */
static bool check_listen(const char *command, const secure *it, const char *listen,
                         const char *admin_listen)
{
    const bool is_https = secure_is_https(listen) || secure_is_https(admin_listen);
    if (is_https && !secure_is_wanted(it)) {
        options_complain(command, "https:// needs --certificate and --key, or --self-signed");
        return false;
    }
    if (!is_https && secure_is_wanted(it) && listen[0] != '\0') {
        options_complain(command, "%s: no --listen is https://; write it like https://*:8443",
                         it->self_signed ? "--self-signed" : "--certificate");
        return false;
    }
    if (!secure_is_wanted(it) && it->client_authorities) {
        options_complain(command,
                         "--client-authorities needs --certificate and --key, or --self-signed");
        return false;
    }
    return true;
}

bool secure_check(const char *command, const secure *it, const char *listen,
                  const char *admin_listen)
{
    return check_pairs(command, it) && check_clients(command, it) &&
           check_listen(command, it, listen, admin_listen);
}

void secure_fill(const secure *it, hws_tls_options *options)
{
    for (size_t i = 0; i < it->certificates.count; i++)
        options->pair[i] = (hws_tls_pair){it->certificates.text[i], it->keys.text[i]};
    options->self_signed = it->self_signed;
    options->authorities = it->client_authorities;
    if (!it->client_authorities) return;
    const bool is_asked = it->client_certificate && strcmp(it->client_certificate, "asked") == 0;
    options->clients = is_asked ? HWS_TLS_CLIENTS_ASKED : HWS_TLS_CLIENTS_REQUIRED;
}
