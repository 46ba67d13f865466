/* SPDX-License-Identifier: MIT */
#include "cmd/compression.h"

#include <string.h>

const char compression_help[] =
    "\n"
    "Compression (permessage-deflate) with peers that offer it, which browsers do\n"
    "  --no-deflate             with none: where secrets stand beside what others can choose\n"
    "                           (CRIME, BREACH), or where nothing is worth it\n"
    "  --deflate-takeover       compress each message with those before it, of this and that "
    "side:\n"
    "                           smaller, for about 180K of memory a connection\n"
    "  --deflate-window-bits BITS\n"
    "                           of the windows, 9 to 15: the memory of takeover is less with "
    "fewer\n"
    "                           (default 15)\n"
    "  --deflate-level LEVEL    1 (fast) to 9 (small) (default 1)\n"
    "  --deflate-size-min SIZE  of a message that is worth compressing (default 128)\n"
    "  --deflate-memory-max SIZE\n"
    "                           of takeover over all connections; who comes then gets none "
    "(default\n"
    "                           an eighth of --memory-size-max)\n";

void compression_rules(compression *it, option_rule rules[COMPRESSION_RULE_COUNT])
{
    const option_rule all[COMPRESSION_RULE_COUNT] = {
        {.name = "no-deflate", .flag = &it->is_off},
        {.name = "deflate-takeover", .flag = &it->takeover},
        {.name = "deflate-window-bits", .count = &it->window_bits, .min = 9, .max = 15},
        {.name = "deflate-level", .count = &it->level, .min = 1, .max = 9},
        {.name = "deflate-size-min", .size = &it->size_min, .min = 1, .max = UINT32_MAX},
        {.name = "deflate-memory-max", .size = &it->memory_max, .min = 1, .max = UINT64_C(1) << 40},
    };
    memcpy(rules, all, sizeof all);
}

/* The rules let no more through than there is room for. */
void compression_fill(const compression *it, hws_deflate_options *options)
{
    *options = (hws_deflate_options){
        .enabled = !it->is_off,
        .send_takeover = it->takeover,
        .receive_takeover = it->takeover,
        .send_window_bits = (uint8_t)it->window_bits,
        .receive_window_bits = (uint8_t)it->window_bits,
        .level = (uint8_t)it->level,
        .size_min = (uint32_t)it->size_min,
        .memory_max = it->memory_max,
    };
}
