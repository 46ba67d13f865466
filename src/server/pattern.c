/* SPDX-License-Identifier: MIT */
#include "server/pattern.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "hawser/topic.h"

struct hws_pattern_node {
    hws_table_entry step; /* first; of the parent's and the name */
    hws_pattern_node *parent;
    hws_pattern_node *plus; /* + leads there */
    void *here;             /* the value of the pattern that ends here */
    void *rest;             /* of the one that goes on with # */
    uint32_t step_count;    /* by a name */
    uint32_t name_size;
    char name[];
};

/* Levels. */

/* What lies between two slashes; there is one even in nothing (§4.7.1.1: "/" has two). */
typedef struct levels {
    hws_text rest;
    bool done;
} levels;

static levels levels_of(hws_text text)
{
    return (levels){.rest = text};
}

static hws_text next_level(levels *it)
{
    const hws_text rest = it->rest;
    const char *slash = memchr(rest.data, '/', rest.size);
    it->done = !slash;
    if (!slash) return rest;
    const size_t size = (size_t)(slash - rest.data);
    it->rest = (hws_text){slash + 1, rest.size - size - 1};
    return (hws_text){rest.data, size};
}

static bool is(hws_text level, char wildcard)
{
    return level.size == 1 && level.data[0] == wildcard;
}

/* §4.7.2: a wildcard in front does not match what begins with $. */
static bool is_hidden(hws_text topic)
{
    return topic.size > 0 && topic.data[0] == '$';
}

static bool has_wildcard(hws_text level)
{
    return memchr(level.data, '+', level.size) || memchr(level.data, '#', level.size);
}

bool hws_pattern_is_valid(hws_text pattern)
{
    if (pattern.size == 0 || pattern.size > HWS_TOPIC_SIZE_MAX) return false;
    levels it = levels_of(pattern);
    while (!it.done) {
        const hws_text level = next_level(&it);
        if (!has_wildcard(level) || is(level, '+')) continue;
        if (!is(level, '#') || !it.done) return false;
    }
    return true;
}

bool hws_pattern_matches(hws_text pattern, hws_text topic)
{
    levels wanted = levels_of(pattern);
    levels given = levels_of(topic);
    for (bool first = true; !wanted.done; first = false) {
        const hws_text want = next_level(&wanted);
        const bool is_wildcard = is(want, '+') || is(want, '#');
        if (first && is_wildcard && is_hidden(topic)) return false;
        if (is(want, '#')) return true; /* §4.7.1.2: the parent as well */
        if (given.done) return false;
        const hws_text level = next_level(&given);
        if (!is_wildcard && !hws_text_equal(want, level)) return false;
    }
    return given.done;
}

/* The trie. */

void hws_patterns_init(hws_patterns *patterns, const hws_memory *memory, const hws_hash_key *key)
{
    *patterns = (hws_patterns){.key = *key};
    hws_table_init(&patterns->steps, memory);
}

void hws_patterns_release(hws_patterns *patterns)
{
    assert(patterns->count == 0 && !patterns->root);
    hws_table_release(&patterns->steps);
}

static uint64_t hash_of(const hws_pattern_node *parent, uint64_t name_hash)
{
    return name_hash ^ (parent->step.hash * UINT64_C(0x9E3779B97F4A7C15) + 1);
}

static hws_pattern_node *step_by_name(const hws_patterns *patterns, const hws_pattern_node *parent,
                                      hws_text name)
{
    if (parent->step_count == 0) return NULL;
    const uint64_t hash = hash_of(parent, hws_hash(&patterns->key, name.data, name.size));
    hws_table_entry *entry = hws_table_find(&patterns->steps, hash);
    for (; entry; entry = hws_table_find_next(entry)) {
        hws_pattern_node *node = (hws_pattern_node *)(void *)entry;
        if (node->parent == parent && node->name_size == name.size &&
            memcmp(node->name, name.data, name.size) == 0)
            return node;
    }
    return NULL;
}

static hws_pattern_node *step(const hws_patterns *patterns, const hws_pattern_node *parent,
                              hws_text level)
{
    return is(level, '+') ? parent->plus : step_by_name(patterns, parent, level);
}

/* Where the value of a pattern lies; NULL: there is no such node. */
static void **place_of(const hws_patterns *patterns, hws_text pattern, hws_pattern_node **at)
{
    hws_pattern_node *node = patterns->root;
    levels it = levels_of(pattern);
    while (node && !it.done) {
        const hws_text level = next_level(&it);
        *at = node;
        if (is(level, '#')) return &node->rest;
        node = step(patterns, node, level);
    }
    *at = node;
    return node ? &node->here : NULL;
}

static hws_pattern_node *node_new(const hws_memory *memory, hws_pattern_node *parent, hws_text name)
{
    hws_pattern_node *node = hws_memory_new(memory, sizeof *node + name.size);
    if (!node) return NULL;
    *node = (hws_pattern_node){.parent = parent, .name_size = (uint32_t)name.size};
    if (name.size > 0) memcpy(node->name, name.data, name.size);
    return node;
}

static void node_free(const hws_memory *memory, hws_pattern_node *node)
{
    hws_memory_free(memory, node, sizeof *node + node->name_size);
}

/* NULL: no memory. */
static hws_pattern_node *make_step(hws_patterns *patterns, hws_pattern_node *parent, hws_text level)
{
    const bool is_plus = is(level, '+');
    if (!is_plus && hws_table_reserve(&patterns->steps) < HWS_OK) return NULL;
    hws_pattern_node *node = node_new(patterns->steps.memory, parent, level);
    if (!node) return NULL;
    if (is_plus) {
        parent->plus = node;
        node->step.hash = hash_of(parent, '+');
        return node;
    }
    const uint64_t hash = hash_of(parent, hws_hash(&patterns->key, level.data, level.size));
    hws_table_add(&patterns->steps, &node->step, hash);
    parent->step_count++;
    return node;
}

static bool is_bare(const hws_pattern_node *node)
{
    return !node->here && !node->rest && !node->plus && node->step_count == 0;
}

/* The nodes up from `node` that lead nowhere any more. */
static void prune(hws_patterns *patterns, hws_pattern_node *node)
{
    while (node && is_bare(node)) {
        hws_pattern_node *parent = node->parent;
        if (!parent) {
            patterns->root = NULL;
        } else if (parent->plus == node) {
            parent->plus = NULL;
        } else {
            hws_table_remove(&patterns->steps, &node->step);
            parent->step_count--;
        }
        node_free(patterns->steps.memory, node);
        node = parent;
    }
}

void *hws_patterns_find(const hws_patterns *patterns, hws_text pattern)
{
    hws_pattern_node *node;
    void *const *place = place_of(patterns, pattern, &node);
    return place ? *place : NULL;
}

/* The node of the last level that is not #.  On failure what was made is pruned. */
static hws_status make_way(hws_patterns *patterns, hws_text pattern, hws_pattern_node **end)
{
    if (!patterns->root) patterns->root = node_new(patterns->steps.memory, NULL, (hws_text){0});
    hws_pattern_node *node = patterns->root;
    if (!node) return HWS_ERR_NO_MEMORY;
    levels it = levels_of(pattern);
    while (!it.done) {
        const hws_text level = next_level(&it);
        if (is(level, '#')) break;
        hws_pattern_node *next = step(patterns, node, level);
        if (!next) next = make_step(patterns, node, level);
        if (!next) {
            prune(patterns, node);
            return HWS_ERR_NO_MEMORY;
        }
        node = next;
    }
    *end = node;
    return HWS_OK;
}

hws_status hws_patterns_add(hws_patterns *patterns, hws_text pattern, void *value)
{
    hws_pattern_node *node;
    HWS_TRY(make_way(patterns, pattern, &node));
    void **place = pattern.data[pattern.size - 1] == '#' ? &node->rest : &node->here;
    assert(!*place && value);
    *place = value;
    patterns->count++;
    return HWS_OK;
}

void hws_patterns_remove(hws_patterns *patterns, hws_text pattern)
{
    hws_pattern_node *node;
    void **place = place_of(patterns, pattern, &node);
    assert(place && *place);
    *place = NULL;
    patterns->count--;
    prune(patterns, node);
}

/* A node that was reached, and what is left of the topic. */
typedef struct visit {
    const hws_pattern_node *node;
    levels left;
} visit;

void hws_patterns_match(const hws_patterns *patterns, hws_text topic,
                        void (*call)(void *value, void *user), void *user)
{
    if (!patterns->root) return;
    assert(topic.size <= HWS_TOPIC_SIZE_MAX);
    /* Of two ways on, one waits here while the other is gone to its end: one for each level. */
    visit waiting[HWS_PATTERN_LEVEL_MAX + 1];
    size_t count = 0;
    waiting[count++] = (visit){patterns->root, levels_of(topic)};
    while (count > 0) {
        visit at = waiting[--count];
        const bool spares_wildcards = at.node == patterns->root && is_hidden(topic);
        if (at.node->rest && !spares_wildcards) call(at.node->rest, user);
        if (at.left.done) {
            if (at.node->here) call(at.node->here, user);
            continue;
        }
        const hws_text level = next_level(&at.left);
        const hws_pattern_node *named = step_by_name(patterns, at.node, level);
        if (named) waiting[count++] = (visit){named, at.left};
        if (at.node->plus && !spares_wildcards) waiting[count++] = (visit){at.node->plus, at.left};
    }
}

bool hws_topic_matches(const char *pattern, const char *topic)
{
    const size_t size = topic ? strnlen(topic, HWS_TOPIC_SIZE_MAX + 1) : 0;
    if (size == 0 || size > HWS_TOPIC_SIZE_MAX || !pattern) return false;
    const hws_text wanted = {pattern, strnlen(pattern, HWS_TOPIC_SIZE_MAX + 1)};
    return hws_pattern_is_valid(wanted) && hws_pattern_matches(wanted, (hws_text){topic, size});
}
