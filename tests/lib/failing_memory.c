/* SPDX-License-Identifier: MIT */
#include "lib/failing_memory.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

static void *resize(void *user, void *block, size_t old_size, size_t new_size);

failing_memory heap = {.left = SIZE_MAX, .hook = {.resize = resize}};

static bool fails(void)
{
    if (heap.left == SIZE_MAX || heap.left-- > 0) return false;
    heap.left = SIZE_MAX; /* this one alone */
    heap.failed = true;
    return true;
}

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        heap.blocks -= block != NULL;
        free(block);
        return NULL;
    }
    if (fails()) return NULL;
    heap.blocks += block == NULL;
    return realloc(block, new_size);
}

static void *new_of_json(size_t size)
{
    if (fails()) return NULL;
    heap.blocks++;
    return malloc(size);
}

static void free_of_json(void *block)
{
    heap.blocks -= block != NULL;
    free(block);
}

void heap_begin(void)
{
    json_set_alloc_funcs(new_of_json, free_of_json);
}

void heap_fail(size_t number)
{
    heap.left = number;
    heap.failed = false;
}
