/* SPDX-License-Identifier: MIT */
/* OpenMetrics 1.0 text, as it is written: families, each with its samples behind it. */
#ifndef HAWSER_SERVER_EXPOSITION_H
#define HAWSER_SERVER_EXPOSITION_H

#include <stddef.h>
#include <stdint.h>

/* Counts on when there is no more room, so that the caller learns how much he needs. */
typedef struct hws_exposition {
    char *text;
    size_t size;
    size_t used; /* bytes, without the zero */
} hws_exposition;

/* Terminates at once. */
hws_exposition hws_exposition_of(char *text, size_t size);

__attribute__((format(printf, 2, 3))) void hws_exposition_say(hws_exposition *to,
                                                              const char *format, ...);

/* The lines before the samples of a family.  `unit` "" for a number of things. */
void hws_exposition_begin(hws_exposition *to, const char *name, const char *type, const char *unit,
                          const char *help);

/* Families of one sample. */
void hws_exposition_gauge(hws_exposition *to, const char *name, const char *unit, const char *help,
                          uint64_t value);
void hws_exposition_counter(hws_exposition *to, const char *name, const char *help, uint64_t value);

/* One sample of a counter; `value` needs no escape. */
void hws_exposition_labelled(hws_exposition *to, const char *name, const char *label,
                             const char *value, uint64_t total);

/* The value of a label with what must be escaped in it: '"', '\' and line breaks. */
void hws_exposition_escape(hws_exposition *to, const char *value);

#endif /* HAWSER_SERVER_EXPOSITION_H */
