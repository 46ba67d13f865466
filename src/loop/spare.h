/* SPDX-License-Identifier: MIT */
/* Large blocks that were given back, kept for the next who asks for as many bytes.
 *
 * An allocator returns what is large to the system, and every page of it is faulted in, and
 * cleared, when it is asked for again: of a message of 1 MiB that costs more than receiving it.
 * What is kept here is nobody's, and counts as no memory that is out. */
#ifndef HAWSER_LOOP_SPARE_H
#define HAWSER_LOOP_SPARE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/memory.h"

enum {
    HWS_SPARE_COUNT_MAX = 32,
    HWS_SPARE_SIZE_MAX = 4 * 1024 * 1024, /* bytes of all that is kept */
};

typedef struct hws_spare_block {
    void *bytes;
    size_t size;
} hws_spare_block;

/* A memory hook but for its type. */
typedef struct hws_spare {
    const hws_memory *below;
    atomic_flag busy; /* a thread is at it: another one does without */
    uint32_t count;
    uint32_t count_max;
    size_t size;                               /* bytes of them */
    hws_spare_block kept[HWS_SPARE_COUNT_MAX]; /* the oldest first */
} hws_spare;

/* `below` outlives it. */
void hws_spare_init(hws_spare *spare, const hws_memory *below);

/* As the hook's.  Only blocks of a size that hws_memory_round has rounded are kept.
 * Thread: any. */
void *hws_spare_resize(hws_spare *spare, void *block, size_t old_size, size_t new_size);

/* Gives back what is kept. */
void hws_spare_release(hws_spare *spare);

#endif /* HAWSER_LOOP_SPARE_H */
