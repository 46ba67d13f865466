/* SPDX-License-Identifier: MIT */
/* The options of a command that serves with TLS. */
#ifndef HAWSER_CMD_SECURE_H
#define HAWSER_CMD_SECURE_H

#include "cmd/options.h"
#include "hawser/hawser.h"

/* As they were given; zero when none was. */
typedef struct secure {
    option_texts certificates;
    option_texts keys; /* one for each certificate, or none */
    bool self_signed;
    const char *client_authorities;
    const char *client_certificate; /* "asked" or "required" */
} secure;

/* Whether there is a certificate to show. */
bool secure_is_wanted(const secure *it);

/* Whether one of a list of URLs, with spaces between them, needs a certificate; NULL is none. */
bool secure_is_https(const char *listen);

/* Whether they fit each other, and two such lists.
 * Returns: false when they do not; one line on stderr has said what to do. */
bool secure_check(const char *command, const secure *it, const char *listen,
                  const char *admin_listen);

/* Puts them into `options`, which point to what they point to. */
void secure_fill(const secure *it, hws_tls_options *options);

#endif /* HAWSER_CMD_SECURE_H */
