/* SPDX-License-Identifier: MIT */
/* A line with a topic, and lines of patterns: the trie finds those that a naive matcher finds,
 * whatever other patterns come and go. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hawser/topic.h"
#include "server/pattern.h"

enum { PATTERNS_MAX = 64 };

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

static const hws_memory memory = {.resize = resize};

typedef struct item {
    hws_text pattern;
    int found;
} item;

static size_t level_size(hws_text text)
{
    size_t size = 0;
    while (size < text.size && text.data[size] != '/') size++;
    return size;
}

static hws_text skip(hws_text text, size_t size)
{
    return (hws_text){text.data + size, text.size - size};
}

/* §4.7.1 as it reads; recursive, which the library is not. */
static bool matches(hws_text pattern, hws_text topic)
{
    const size_t want = level_size(pattern);
    const size_t have = level_size(topic);
    if (want == 1 && pattern.data[0] == '#') return true;
    const bool is_plus = want == 1 && pattern.data[0] == '+';
    if (!is_plus && (want != have || (want > 0 && memcmp(pattern.data, topic.data, want) != 0)))
        return false;
    const bool pattern_ends = want == pattern.size;
    const bool topic_ends = have == topic.size;
    if (pattern_ends || topic_ends) {
        if (pattern_ends && topic_ends) return true;
        return topic_ends && pattern.size == want + 2 && pattern.data[want + 1] == '#';
    }
    return matches(skip(pattern, want + 1), skip(topic, have + 1));
}

static bool naive(hws_text pattern, hws_text topic)
{
    const bool in_front = pattern.data[0] == '#' || pattern.data[0] == '+';
    return !(in_front && topic.data[0] == '$') && matches(pattern, topic);
}

static void found(void *value, void *user)
{
    (void)user;
    ((item *)value)->found++;
}

static void check(const hws_patterns *patterns, item *items, size_t count, hws_text topic)
{
    hws_patterns_match(patterns, topic, found, NULL);
    for (size_t i = 0; i < count; i++) {
        const bool is_in = hws_patterns_find(patterns, items[i].pattern) == &items[i];
        const bool expected = naive(items[i].pattern, topic);
        if (hws_pattern_matches(items[i].pattern, topic) != expected) abort();
        if (items[i].found != (is_in && expected)) abort();
        items[i].found = 0;
    }
}

static hws_text next_line(hws_text *rest)
{
    size_t size = 0;
    while (size < rest->size && rest->data[size] != '\n') size++;
    const hws_text line = {rest->data, size};
    *rest = skip(*rest, size < rest->size ? size + 1 : size);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static item items[PATTERNS_MAX];
    hws_patterns patterns;
    size_t count = 0;
    hws_text rest = {(const char *)data, size};
    hws_text topic = next_line(&rest);
    hws_patterns_init(&patterns, &memory, &(hws_hash_key){{1, 2}});
    if (topic.size == 0 || topic.size > HWS_TOPIC_SIZE_MAX) topic = (hws_text){"a", 1};
    while (rest.size > 0 && count < PATTERNS_MAX) {
        const hws_text line = next_line(&rest);
        if (!hws_pattern_is_valid(line)) continue;
        items[count] = (item){.pattern = line};
        if (!hws_patterns_find(&patterns, line) &&
            hws_patterns_add(&patterns, line, &items[count]) != HWS_OK)
            abort();
        count++;
    }
    check(&patterns, items, count, topic);
    for (size_t i = 0; i < count; i++) {
        if (hws_patterns_find(&patterns, items[i].pattern) != &items[i]) continue;
        hws_patterns_remove(&patterns, items[i].pattern);
        check(&patterns, items, count, topic);
    }
    if (patterns.root) abort();
    hws_patterns_release(&patterns);
    return 0;
}
