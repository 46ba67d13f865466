/* SPDX-License-Identifier: MIT */
/* One line of words for people, in memory of who asked for it. */
#ifndef HAWSER_NET_TLS_LINE_H
#define HAWSER_NET_TLS_LINE_H

#include <stddef.h>

typedef struct hws_tls_line {
    char *text; /* NULL: nobody wants to know */
    size_t size;
} hws_tls_line;

/* Printf-like; what does not fit is cut off.  Terminated. */
void hws_tls_say(hws_tls_line line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last thing that OpenSSL complained about, in its words; its queue is then empty.
 * Lifetime: static. */
const char *hws_tls_last_reason(void);

#endif /* HAWSER_NET_TLS_LINE_H */
