/* SPDX-License-Identifier: MIT */
#include "base/blob.h"

#include <assert.h>

#include "base/memory.h"

hws_blob *hws_blob_new(const hws_memory *memory, size_t size)
{
    if (size > SIZE_MAX - sizeof(hws_blob)) return NULL;
    hws_blob *blob = hws_memory_new(memory, sizeof *blob + size);
    if (!blob) return NULL;
    blob->reference_count = 1;
    blob->size = size;
    return blob;
}

hws_blob *hws_blob_ref(hws_blob *blob)
{
    assert(blob->reference_count > 0);
    blob->reference_count++;
    return blob;
}

void hws_blob_unref(hws_blob *blob, const hws_memory *memory)
{
    if (!blob) return;
    assert(blob->reference_count > 0);
    if (--blob->reference_count == 0) hws_memory_free(memory, blob, sizeof *blob + blob->size);
}
