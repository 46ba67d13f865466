/* SPDX-License-Identifier: MIT */
/* A memory hook that counts what is out, checks every size, and fails when told to. */
#ifndef HAWSER_TESTS_TEST_MEMORY_H
#define HAWSER_TESTS_TEST_MEMORY_H

#include <stdlib.h>

#include "hawser/memory.h"
#include "lib/cmocka.h"

typedef struct test_memory {
    _Atomic size_t bytes_out; /* atomic: a hook is used by every thread */
    _Atomic size_t bytes_peak;
    _Atomic size_t calls;      /* that ask for memory */
    _Atomic size_t fail_after; /* calls that still succeed; SIZE_MAX: all */
} test_memory;

static inline void *test_memory_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    test_memory *memory = user;
    assert_true((block == NULL) == (old_size == 0));
    if (new_size == 0) {
        memory->bytes_out -= old_size;
        free(block);
        return NULL;
    }
    memory->calls++;
    if (memory->fail_after == 0) return NULL;
    if (memory->fail_after != SIZE_MAX) memory->fail_after--;

    /* Always another place, so that a stale pointer is noticed. */
    void *moved = malloc(new_size);
    assert_non_null(moved);
    memset(moved, 0xA5, new_size);
    if (block) {
        memcpy(moved, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    memory->bytes_out += new_size - old_size;
    if (memory->bytes_out > memory->bytes_peak) memory->bytes_peak = memory->bytes_out;
    return moved;
}

static inline hws_memory test_memory_hook(test_memory *memory)
{
    *memory = (test_memory){.fail_after = SIZE_MAX};
    return (hws_memory){.resize = test_memory_resize, .user = memory};
}

#endif /* HAWSER_TESTS_TEST_MEMORY_H */
