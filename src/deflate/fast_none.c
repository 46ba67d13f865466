/* SPDX-License-Identifier: MIT */
#include "deflate/fast.h"

size_t hws_fast_size(void)
{
    return 0;
}

hws_fast *hws_fast_new(const hws_memory *memory)
{
    (void)memory;
    return NULL;
}

void hws_fast_free(hws_fast *fast, const hws_memory *memory)
{
    (void)fast;
    (void)memory;
}

size_t hws_fast_deflate(hws_fast *fast, hws_span input, uint8_t *output, size_t size_max)
{
    (void)fast;
    (void)input;
    (void)output;
    (void)size_max;
    return 0;
}
