/* SPDX-License-Identifier: MIT */
/* A certificate for trying things out: made in memory, signed by itself. */
#ifndef HAWSER_NET_TLS_SELF_SIGNED_H
#define HAWSER_NET_TLS_SELF_SIGNED_H

#include "net/tls_identity.h"

enum { HWS_TLS_SELF_SIGNED_DAYS = 30 };

/* Makes a key on P-256, and a certificate for localhost, 127.0.0.1, ::1 and this machine's name
 * that is good for HWS_TLS_SELF_SIGNED_DAYS.
 *
 * Errors: HWS_ERR_NO_MEMORY: OpenSSL cannot. */
HWS_MUST_CHECK hws_status hws_tls_self_signed(hws_tls_material *material);

#endif /* HAWSER_NET_TLS_SELF_SIGNED_H */
