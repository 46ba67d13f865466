/* SPDX-License-Identifier: MIT */
/* The compression of messages (permessage-deflate) as options of a server's command. */
#ifndef HAWSER_CMD_COMPRESSION_H
#define HAWSER_CMD_COMPRESSION_H

#include "cmd/options.h"
#include "hawser/hawser.h"

enum { COMPRESSION_RULE_COUNT = 6 };

/* Zero: on, and the library's defaults, in which an idle connection holds nothing for it. */
typedef struct compression {
    bool is_off;
    bool takeover;
    uint64_t window_bits;
    uint64_t level;
    uint64_t size_min;
    uint64_t memory_max;
} compression;

/* The part of --help about them. */
extern const char compression_help[];

/* The rules that set `it`. */
void compression_rules(compression *it, option_rule rules[COMPRESSION_RULE_COUNT]);

void compression_fill(const compression *it, hws_deflate_options *options);

#endif /* HAWSER_CMD_COMPRESSION_H */
