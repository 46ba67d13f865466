/* SPDX-License-Identifier: MIT */
/* Where memory comes from: one function that makes, resizes and frees.
 *
 * Every allocation of the library passes through a hook of this type, and every
 * caller names the old size, so that an arena or a counting allocator needs no
 * headers of its own. */
#ifndef HAWSER_MEMORY_H
#define HAWSER_MEMORY_H

#include <stddef.h>

typedef struct hws_memory {
    /* Makes (`block` NULL, `old_size` 0), resizes, or frees (`new_size` 0).
     *
     * Returns: the block, aligned for any type, or NULL when freed or when there
     *          is no memory; the old block then stays as it was.
     * Thread:  whatever thread uses the object that was given the hook; the
     *          hook of a server must bear all of them. */
    void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
    void *user; /* passed through */
} hws_memory;

#endif /* HAWSER_MEMORY_H */
