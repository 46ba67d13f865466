/* SPDX-License-Identifier: MIT */
/* Bytes that are shared and never change: a broadcast, framed once for all who get it.
 *
 * Counted without atomics: a blob belongs to one thread, and so do its forms: the same in other
 * bytes, compressed for one kind of receiver, made when the first of them comes, and kept by the
 * blob that they were made of. */
#ifndef HAWSER_BASE_BLOB_H
#define HAWSER_BASE_BLOB_H

#include "hawser/memory.h"
#include "hawser/span.h"

typedef struct hws_blob {
    const hws_memory *memory; /* that it came from and goes back to, whoever has it last */
    size_t reference_count;
    size_t queued_count; /* queues that it waits in (base/queue) */
    struct hws_blob *next_form;
    size_t size;      /* bytes of data */
    uint8_t form;     /* which one it is; 0: what all others are made of */
    uint8_t compress; /* an hws_compress, of a message that was framed */
    uint8_t data[];
} hws_blob;

/* A blob with one reference, its bytes still to be written.  NULL when there is no memory.
 * `memory` outlives it. */
hws_blob *hws_blob_new(const hws_memory *memory, size_t size);

hws_blob *hws_blob_ref(hws_blob *blob);

/* Gives back what lies behind its first `size` bytes; nobody else has a reference yet.
 *
 * Returns: it, perhaps at another place; NULL, and it is gone, when that cannot be done. */
hws_blob *hws_blob_shrink(hws_blob *blob, size_t size);

/* The form of that number, or NULL. */
hws_blob *hws_blob_form(const hws_blob *blob, uint8_t form);

/* Takes over a reference to `made`, as the form of that number. */
void hws_blob_add_form(hws_blob *blob, uint8_t form, hws_blob *made);

/* The last reference frees, its forms too.  NULL is let pass. */
void hws_blob_unref(hws_blob *blob);

#endif /* HAWSER_BASE_BLOB_H */
