/* SPDX-License-Identifier: MIT */
/* Bytes that are shared and never change: a broadcast, framed once for all who get it.
 *
 * Counted without atomics: a blob belongs to one thread. */
#ifndef HAWSER_BASE_BLOB_H
#define HAWSER_BASE_BLOB_H

#include "hawser/memory.h"
#include "hawser/span.h"

typedef struct hws_blob {
    size_t reference_count;
    size_t size; /* bytes of data */
    uint8_t data[];
} hws_blob;

/* A blob with one reference, its bytes still to be written.  NULL when there is no memory. */
hws_blob *hws_blob_new(const hws_memory *memory, size_t size);

hws_blob *hws_blob_ref(hws_blob *blob);

/* The last reference frees.  NULL is let pass. */
void hws_blob_unref(hws_blob *blob, const hws_memory *memory);

#endif /* HAWSER_BASE_BLOB_H */
