/* SPDX-License-Identifier: MIT */
/* A message on its way to be whole: bytes that grow with what arrives.
 *
 *     blob │ room for a frame's head │ bytes of the message … │ room for more
 *
 * They lie in a blob, behind room for a head, so that who answers with the same message need not
 * copy it: the frame is sent from where the message lies. */
#ifndef HAWSER_WIRE_ASSEMBLY_H
#define HAWSER_WIRE_ASSEMBLY_H

#include "base/blob.h"
#include "hawser/frame.h"
#include "hawser/status.h"

/* Zero is empty and owns nothing. */
typedef struct hws_assembly {
    hws_blob *blob; /* NULL: no memory */
    size_t size;    /* bytes of the message */
} hws_assembly;

/* What of the frame under way is still to come. */
typedef struct hws_assembly_rest {
    uint64_t size;
    bool is_last; /* nothing comes after it */
} hws_assembly_rest;

/* Memory for so many times the bytes that have arrived is taken at once, when a header announces
 * them: growing step by step would copy them again and again, and trusting the header would let
 * fourteen bytes take a gigabyte (row G011). */
enum { HWS_ASSEMBLY_AHEAD = 5 };

/* Less room than this is not worth a receive of its own. */
enum { HWS_ASSEMBLY_ROOM_MIN = 16384 };

/* The bytes; NULL: no memory. */
static inline uint8_t *hws_assembly_data(const hws_assembly *assembly)
{
    return assembly->blob ? assembly->blob->data + HWS_FRAME_HEADER_MAX : NULL;
}

static inline size_t hws_assembly_capacity(const hws_assembly *assembly)
{
    return assembly->blob ? assembly->blob->size - HWS_FRAME_HEADER_MAX : 0;
}

static inline hws_span hws_assembly_span(const hws_assembly *assembly)
{
    return (hws_span){hws_assembly_data(assembly), assembly->size};
}

/* Makes room for `extra` bytes: for as many more as there are, but for `size_max` in all.
 *
 * Errors: HWS_ERR_LIMIT, HWS_ERR_NO_MEMORY; it is then as it was. */
HWS_MUST_CHECK hws_status hws_assembly_reserve(hws_assembly *assembly, const hws_memory *memory,
                                               size_t extra, size_t size_max);

/* Takes `piece` in: by a copy, unless it was received into hws_assembly_room.
 *
 * rest     What comes behind it.
 * Errors:  HWS_ERR_NO_MEMORY; it is then as it was. */
HWS_MUST_CHECK hws_status hws_assembly_append(hws_assembly *assembly, const hws_memory *memory,
                                              hws_span piece, hws_assembly_rest rest);

/* Where what comes next is best received: at most `rest`, in memory that what has arrived
 * justifies.  Size 0: nowhere in particular.
 * Lifetime: until the next call. */
hws_span hws_assembly_room(hws_assembly *assembly, const hws_memory *memory,
                           hws_assembly_rest rest);

/* Gives the memory back, or leaves it to those who still refer to it. */
void hws_assembly_release(hws_assembly *assembly);

#endif /* HAWSER_WIRE_ASSEMBLY_H */
