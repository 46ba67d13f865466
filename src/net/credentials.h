/* SPDX-License-Identifier: MIT */
/* The user and the password of a URL, percent-decoded (RFC 3986 §2.1) a byte at a time, so that who
 * reads them chooses where they go. */
#ifndef HAWSER_NET_CREDENTIALS_H
#define HAWSER_NET_CREDENTIALS_H

#include "hawser/span.h"

/* Takes one byte off the front of `text`, which is not empty.
 *
 * Returns: the byte, 0 to 255; -1 for what credentials cannot have: a "%" without two digits, a
 *          space or a byte over 0x7E that is not escaped, a control character even so (RFC 7617
 *          §2).  Nothing is taken then. */
int hws_credentials_take(hws_text *text);

#endif /* HAWSER_NET_CREDENTIALS_H */
