/* SPDX-License-Identifier: MIT */
/* What a head keeps of what was read, in its block: the texts of the start line one behind the
 * other, and then the fields, each a record: the sizes of name and value (two bytes each), the
 * name, the value.  A record is at most one byte longer than the line it came from. */
#ifndef HAWSER_WIRE_HTTP_HEAD_H
#define HAWSER_WIRE_HTTP_HEAD_H

#include <assert.h>
#include <string.h>

#include "hawser/http_head.h"

enum { HWS_HTTP_RECORD_HEAD_SIZE = 4 }; /* bytes */

static inline hws_text hws_http_head_text(const hws_http_head *head, size_t start, size_t size)
{
    if (!head->block) return (hws_text){NULL, 0}; /* a response without reason and fields */
    const uint8_t *bytes = head->block + start;
    return (hws_text){(const char *)bytes, size};
}

static inline uint16_t hws_http_head_load_size(const hws_http_head *head, size_t at)
{
    uint16_t size;
    memcpy(&size, head->block + at, sizeof size);
    return size;
}

static inline void hws_http_head_store_size(hws_http_head *head, size_t at, size_t size)
{
    assert(size <= UINT16_MAX);
    const uint16_t stored = (uint16_t)size;
    memcpy(head->block + at, &stored, sizeof stored);
}

#endif /* HAWSER_WIRE_HTTP_HEAD_H */
