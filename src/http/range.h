/* SPDX-License-Identifier: MIT */
/* The part of a file that a Range field asks for (RFC 9110 §14.1.2, §14.2). */
#ifndef HAWSER_HTTP_RANGE_H
#define HAWSER_HTTP_RANGE_H

#include <stdint.h>

#include "hawser/span.h"

typedef enum hws_range_kind {
    HWS_RANGE_WHOLE, /* none, none that can be understood, or several: all is sent */
    HWS_RANGE_PART,
    HWS_RANGE_UNSATISFIABLE, /* nothing of it is there: 416 */
} hws_range_kind;

typedef struct hws_range {
    uint64_t first; /* offset of the first byte */
    uint64_t size;  /* bytes */
} hws_range;

/* `field` may be absent.  `range` is what to send: the whole, unless the answer is
 * HWS_RANGE_PART. */
hws_range_kind hws_range_parse(hws_text field, uint64_t file_size, hws_range *range);

#endif /* HAWSER_HTTP_RANGE_H */
