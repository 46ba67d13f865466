/* SPDX-License-Identifier: MIT */
/* SHA-1 (FIPS 180-4), because the opening handshake asks for it (RFC 6455 §4.2.2).
 *
 * It proves there that the server read the key, and nothing else: SHA-1 has been broken since
 * 2017 and must guard nothing that matters. */
#ifndef HAWSER_BASE_SHA1_H
#define HAWSER_BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { HWS_SHA1_SIZE = 20 }; /* bytes */

/* `bytes` may be NULL if `size` is 0. */
void hws_sha1(const void *bytes, size_t size, uint8_t digest[HWS_SHA1_SIZE]);

#endif /* HAWSER_BASE_SHA1_H */
