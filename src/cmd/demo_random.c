/* SPDX-License-Identifier: MIT */
#include "cmd/demo_random.h"

uint64_t demo_random_next(demo_random *it)
{
    it->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = it->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

int64_t demo_random_around(demo_random *it, uint32_t reach)
{
    const uint64_t width = 2 * (uint64_t)reach + 1;
    return (int64_t)(demo_random_next(it) % width) - (int64_t)reach;
}
