/* SPDX-License-Identifier: MIT */
#include "server/exposition.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

hws_exposition hws_exposition_of(char *text, size_t size)
{
    if (size > 0) text[0] = 0;
    return (hws_exposition){text, size, 0};
}

void hws_exposition_say(hws_exposition *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const bool has_room = to->used < to->size;
    const int size = vsnprintf(has_room ? to->text + to->used : NULL,
                               has_room ? to->size - to->used : 0, format, arguments);
    va_end(arguments);
    if (size > 0) to->used += (size_t)size;
}

void hws_exposition_begin(hws_exposition *to, const char *name, const char *type, const char *unit,
                          const char *help)
{
    hws_exposition_say(to, "# TYPE %s %s\n", name, type);
    if (unit[0]) hws_exposition_say(to, "# UNIT %s %s\n", name, unit);
    hws_exposition_say(to, "# HELP %s %s\n", name, help);
}

void hws_exposition_gauge(hws_exposition *to, const char *name, const char *unit, const char *help,
                          uint64_t value)
{
    hws_exposition_begin(to, name, "gauge", unit, help);
    hws_exposition_say(to, "%s %" PRIu64 "\n", name, value);
}

void hws_exposition_counter(hws_exposition *to, const char *name, const char *help, uint64_t value)
{
    hws_exposition_begin(to, name, "counter", "", help);
    hws_exposition_say(to, "%s_total %" PRIu64 "\n", name, value);
}

void hws_exposition_labelled(hws_exposition *to, const char *name, const char *label,
                             const char *value, uint64_t total)
{
    hws_exposition_say(to, "%s_total{%s=\"%s\"} %" PRIu64 "\n", name, label, value, total);
}

void hws_exposition_escape(hws_exposition *to, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            hws_exposition_say(to, "\\n");
        else
            hws_exposition_say(to, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    }
}
