/* SPDX-License-Identifier: MIT */
/* A token in the compact form of RFC 7515 §7.1, signed with a secret (HS256). */
#ifndef HAWSER_CMD_TOKEN_SIGN_H
#define HAWSER_CMD_TOKEN_SIGN_H

#include "hawser/span.h"

/* `header` and `claims` are JSON texts, and signed as they are.
 *
 * Returns: the token, which the caller frees; NULL without memory. */
char *token_sign(hws_text header, hws_text claims, hws_text secret);

#endif /* HAWSER_CMD_TOKEN_SIGN_H */
