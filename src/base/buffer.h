/* SPDX-License-Identifier: MIT */
/* Bytes that are owned, and grow up to a limit. */
#ifndef HAWSER_BASE_BUFFER_H
#define HAWSER_BASE_BUFFER_H

#include "hawser/memory.h"
#include "hawser/span.h"
#include "hawser/status.h"

/* Zero is an empty buffer that owns nothing. */
typedef struct hws_buffer {
    uint8_t *data;
    size_t size;     /* bytes in use */
    size_t capacity; /* bytes owned */
} hws_buffer;

/* Makes room for `extra` bytes behind those in use; at most `size_max` in all.
 *
 * Errors: HWS_ERR_LIMIT, HWS_ERR_NO_MEMORY; the buffer is then as it was. */
HWS_MUST_CHECK hws_status hws_buffer_reserve(hws_buffer *buffer, const hws_memory *memory,
                                             size_t extra, size_t size_max);

/* Copies `size` bytes to the end.  Errors as above. */
HWS_MUST_CHECK hws_status hws_buffer_append(hws_buffer *buffer, const hws_memory *memory,
                                            const void *bytes, size_t size, size_t size_max);

/* Gives the memory back; the buffer is empty and can be used again. */
void hws_buffer_release(hws_buffer *buffer, const hws_memory *memory);

#endif /* HAWSER_BASE_BUFFER_H */
