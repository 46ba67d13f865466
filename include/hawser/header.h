/* SPDX-License-Identifier: MIT */
/* A header field that a program adds to a request or an answer (RFC 9110 §5). */
#ifndef HAWSER_HEADER_H
#define HAWSER_HEADER_H

typedef struct hws_header {
    const char *name;  /* a token (RFC 9110 §5.1) */
    const char *value; /* without CR, LF and other controls */
} hws_header;

#endif /* HAWSER_HEADER_H */
