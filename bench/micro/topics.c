/* SPDX-License-Identifier: MIT */
/* Finding the patterns that match a topic, among few and among very many, beside one hash of the
 * topic, without which nothing can be found by its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "loop/loop.h"
#include "micro.h"
#include "server/pattern.h"

enum { TOPICS = 256, NAME_MAX_SIZE = 32, GROUPS = 1000 };

static const size_t COUNTS[] = {1, 1000, 200000};

typedef struct market {
    hws_text topics[TOPICS];
    char names[TOPICS][NAME_MAX_SIZE];
    hws_hash_key key;
    uint64_t sum; /* so that nothing is left out */
} market;

static void found(void *value, void *user)
{
    (void)value;
    (*(uint64_t *)user)++;
}

static void hash(const void *with, void *on)
{
    (void)with;
    market *it = on;
    for (size_t i = 0; i < TOPICS; i++)
        it->sum += hws_hash(&it->key, it->topics[i].data, it->topics[i].size);
}

static void match(const void *with, void *on)
{
    market *it = on;
    for (size_t i = 0; i < TOPICS; i++) hws_patterns_match(with, it->topics[i], found, &it->sum);
}

/* quotes/17/1017/+, and one that matches every topic. */
static void fill(hws_patterns *patterns, const hws_hash_key *key, size_t count)
{
    hws_patterns_init(patterns, &hws_memory_malloc, key);
    if (hws_patterns_add(patterns, (hws_text){"quotes/+/+/bid", 14}, patterns) != HWS_OK) abort();
    for (size_t i = 1; i < count; i++) {
        char name[NAME_MAX_SIZE];
        const int size = snprintf(name, sizeof name, "quotes/%zu/%zu/+", i % GROUPS, i);
        if (hws_patterns_add(patterns, (hws_text){name, (size_t)size}, patterns) != HWS_OK) abort();
    }
}

static void set_up(market *it)
{
    it->key = (hws_hash_key){{1, 2}};
    for (size_t i = 0; i < TOPICS; i++) {
        const size_t number = i * 769;
        const int size = snprintf(it->names[i], sizeof it->names[i], "quotes/%zu/%zu/bid",
                                  number % GROUPS, number);
        it->topics[i] = (hws_text){it->names[i], (size_t)size};
    }
}

/* The patterns stay until the program ends. */
void micro_topics(void)
{
    static market it;
    static hws_patterns patterns[sizeof COUNTS / sizeof *COUNTS];
    static const char *const NAMES[] = {"match, 1 pattern", "match, 1000", "match, 200000"};
    way ways[1 + sizeof COUNTS / sizeof *COUNTS] = {{"hash of the topic", hash, NULL}};
    const size_t way_count = sizeof ways / sizeof *ways;
    set_up(&it);
    for (size_t i = 1; i < way_count; i++) {
        fill(&patterns[i - 1], &it.key, COUNTS[i - 1]);
        ways[i] = (way){NAMES[i - 1], match, &patterns[i - 1]};
    }
    contest_print_names(ways, way_count);
    contest_run(&(contest){.title = "topics",
                           .size = it.topics[TOPICS - 1].size,
                           .item_count = TOPICS,
                           .on = &it,
                           .ways = ways,
                           .way_count = way_count});
}
