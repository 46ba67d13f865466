/* SPDX-License-Identifier: MIT */
/* A growing buffer: capacity doubles, so that n bytes cost O(n) copies however they come. */
#include "base/buffer.h"

#include "base/memory.h"
#include "base/try.h"

enum { CAPACITY_MIN = 64 };

hws_status hws_buffer_reserve(hws_buffer *buffer, const hws_memory *memory, size_t extra,
                              size_t size_max)
{
    if (buffer->size > size_max || extra > size_max - buffer->size) return HWS_ERR_LIMIT;
    const size_t needed = buffer->size + extra;
    if (needed <= buffer->capacity) return HWS_OK;

    size_t capacity = buffer->capacity > SIZE_MAX / 2 ? SIZE_MAX : buffer->capacity * 2;
    if (capacity < CAPACITY_MIN) capacity = CAPACITY_MIN;
    if (capacity > size_max) capacity = size_max;
    if (capacity < needed) capacity = needed;

    void *data = hws_memory_resize(memory, buffer->data, buffer->capacity, capacity);
    if (!data) return HWS_ERR_NO_MEMORY;
    buffer->data = data;
    buffer->capacity = capacity;
    return HWS_OK;
}

hws_status hws_buffer_append(hws_buffer *buffer, const hws_memory *memory, const void *bytes,
                             size_t size, size_t size_max)
{
    HWS_TRY(hws_buffer_reserve(buffer, memory, size, size_max));
    if (size > 0) memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    return HWS_OK;
}

void hws_buffer_release(hws_buffer *buffer, const hws_memory *memory)
{
    hws_memory_free(memory, buffer->data, buffer->capacity);
    *buffer = (hws_buffer){0};
}
