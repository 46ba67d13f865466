/* SPDX-License-Identifier: MIT */
/* Memory for fuzz targets: counted, and the n-th allocation can be made to fail, jansson's among
 * them. */
#ifndef HAWSER_TESTS_FAILING_MEMORY_H
#define HAWSER_TESTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "hawser/memory.h"

typedef struct failing_memory {
    size_t left; /* allocations before the one that fails; SIZE_MAX: none does */
    bool failed; /* it did */
    long blocks; /* out, of jansson's and ours */
    hws_memory hook;
} failing_memory;

extern failing_memory heap;

/* Before anything else. */
void heap_begin(void);

/* From now on the allocation `number`, from 0, fails; SIZE_MAX: none. */
void heap_fail(size_t number);

#endif /* HAWSER_TESTS_FAILING_MEMORY_H */
