/* SPDX-License-Identifier: MIT */
/* A run of bytes that somebody else owns. */
#ifndef HAWSER_SPAN_H
#define HAWSER_SPAN_H

#include <stddef.h>
#include <stdint.h>

typedef struct hws_span {
    uint8_t *data;
    size_t size; /* bytes */
} hws_span;

/* The same, for text that nobody will write to.  Not terminated by a zero. */
typedef struct hws_text {
    const char *data; /* NULL when absent */
    size_t size;      /* bytes */
} hws_text;

#endif /* HAWSER_SPAN_H */
