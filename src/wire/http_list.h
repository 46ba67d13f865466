/* SPDX-License-Identifier: MIT */
/* Lists in field values: elements with commas between them (RFC 9110 §5.6.1). */
#ifndef HAWSER_WIRE_HTTP_LIST_H
#define HAWSER_WIRE_HTTP_LIST_H

#include "base/text.h"

/* Takes the next element off the front of `rest`, without the white space around it.
 *
 * Empty elements are answered, too: some lists may not have them.  The comma does not know about
 * quotes; lists with quoted strings have readers of their own.
 *
 * Returns: false when there is none left; `rest` is then absent. */
static inline bool hws_http_list_next(hws_text *rest, hws_text *element)
{
    if (!rest->data) return false;
    const char *comma = rest->size > 0 ? memchr(rest->data, ',', rest->size) : NULL;
    const size_t size = comma ? (size_t)(comma - rest->data) : rest->size;
    *element = hws_text_trim((hws_text){rest->data, size});
    *rest = comma ? (hws_text){comma + 1, rest->size - size - 1} : (hws_text){NULL, 0};
    return true;
}

#endif /* HAWSER_WIRE_HTTP_LIST_H */
