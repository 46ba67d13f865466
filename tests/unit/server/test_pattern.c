/* SPDX-License-Identifier: MIT */
/* MQTT 5 §4.7, sentence by sentence. */
#include "server/pattern.h"

#include <stdio.h>

#include "base/text.h"
#include "hawser/topic.h"
#include "lib/items.h"
#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_patterns patterns;

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    hws_patterns_init(&patterns, &memory, &(hws_hash_key){{1, 2}});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_patterns_release(&patterns);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void test_what_is_a_pattern(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool is_valid;
    } cases[] = {
        {"sport/tennis/player1/#", true}, /* §4.7.1.2 */
        {"#", true},
        {"sport/tennis/#", true},
        {"sport/tennis#", false},
        {"sport/tennis/#/ranking", false},
        {"#/", false},
        {"##", false},
        {"+", true}, /* §4.7.1.3 */
        {"+/tennis/#", true},
        {"sport+", false},
        {"+sport", false},
        {"sport/+/player1", true},
        {"++", false},
        {"+#", false},
        {"/", true}, /* §4.7.3 */
        {"//", true},
        {"a b", true},
        {"plain", true},
        {"", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (hws_pattern_is_valid(hws_text_of(cases[i].pattern)) != cases[i].is_valid)
            fail_msg("%s", cases[i].pattern);

    char longest[HWS_TOPIC_SIZE_MAX + 2];
    memset(longest, '/', sizeof longest);
    longest[HWS_TOPIC_SIZE_MAX] = 0;
    assert_true(hws_pattern_is_valid(hws_text_of(longest)));
    longest[HWS_TOPIC_SIZE_MAX] = '/';
    assert_false(hws_pattern_is_valid((hws_text){longest, sizeof longest - 1}));
}

static const struct {
    const char *pattern, *topic;
    bool matches;
} CASES[] = {
    /* §4.7.1.2: # is any number of levels, and the parent. */
    {"sport/tennis/player1/#", "sport/tennis/player1", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
    {"sport/tennis/player1/#", "sport/tennis/player2", false},
    {"sport/tennis/player1/#", "sport/tennis", false},
    {"sport/#", "sport", true},
    {"sport/#", "sports", false},
    {"sport/#", "sport/", true},
    {"#", "sport", true},
    {"#", "/", true},
    {"#", "a/b/c", true},
    /* §4.7.1.3: + is one level. */
    {"sport/tennis/+", "sport/tennis/player1", true},
    {"sport/tennis/+", "sport/tennis/player2", true},
    {"sport/tennis/+", "sport/tennis/player1/ranking", false},
    {"sport/+", "sport", false},
    {"sport/+", "sport/", true},
    {"+/tennis/#", "sport/tennis", true},
    {"+/tennis/#", "sport/tennis/x/y", true},
    {"+/tennis/#", "tennis", false},
    {"+/+", "/finance", true},
    {"/+", "/finance", true},
    {"+", "/finance", false},
    {"+", "finance", true},
    {"+/+/+", "a//c", true},
    {"sport/+/player1", "sport/tennis/player1", true},
    {"sport/+/player1", "sport//player1", true},
    {"sport/+/player1", "sport/a/b/player1", false},
    {"+/#", "a", true},
    {"+/+/#", "a", false},
    {"a/+/#", "a/b", true},
    {"a/+/#", "a", false},
    /* §4.7.2: a wildcard in front does not match what begins with $. */
    {"#", "$SYS", false},
    {"#", "$SYS/monitor", false},
    {"+", "$SYS", false},
    {"+/monitor/Clients", "$SYS/monitor/Clients", false},
    {"+/#", "$SYS", false},
    {"$SYS/#", "$SYS/monitor/Clients", true},
    {"$SYS/#", "$SYS", true},
    {"$SYS/monitor/+", "$SYS/monitor/Clients", true},
    {"$SYS", "$SYS", true},
    {"a/#", "a/$b", true},
    {"a/+", "a/$b", true},
    /* §4.7.3: case, spaces and empty levels count. */
    {"ACCOUNTS", "Accounts", false},
    {"Accounts payable", "Accounts payable", true},
    {"/finance", "finance", false},
    {"finance", "finance/", false},
    {"finance/", "finance", false},
    {"a/b", "a/b", true},
    {"a/b", "a/bc", false},
    {"a/bc", "a/b", false},
    {"/", "/", true},
    {"/", "//", false},
    {"+/+", "/", true},
    /* Not MQTT's: what would be a wildcard there is a name here. */
    {"+", "+", true},
    {"#", "#", true},
    {"a/+", "a/#", true},
    {"a/b", "a/+", false},
};

static void count(void *value, void *user)
{
    (void)value;
    (*(int *)user)++;
}

static void test_what_a_pattern_matches(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const hws_text pattern = hws_text_of(CASES[i].pattern);
        const hws_text topic = hws_text_of(CASES[i].topic);
        int matches = 0;
        assert_int_equal(hws_patterns_add(&patterns, pattern, &counter), HWS_OK);
        hws_patterns_match(&patterns, topic, count, &matches);
        hws_patterns_remove(&patterns, pattern);
        if (matches != CASES[i].matches ||
            hws_pattern_matches(pattern, topic) != CASES[i].matches ||
            hws_topic_matches(CASES[i].pattern, CASES[i].topic) != CASES[i].matches)
            fail_msg("%s %s", CASES[i].pattern, CASES[i].topic);
    }
}

/* Each marks itself. */
static void mark(void *value, void *user)
{
    (void)user;
    (*(int *)value)++;
}

/* All in one trie: each is found for what it matches, once, and for nothing else. */
static void test_all_patterns_together(void **state)
{
    (void)state;
    static int marks[COUNT_OF(CASES)];
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const hws_text pattern = hws_text_of(CASES[i].pattern);
        if (hws_patterns_find(&patterns, pattern)) continue;
        assert_int_equal(hws_patterns_add(&patterns, pattern, &marks[i]), HWS_OK);
    }
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const hws_text topic = hws_text_of(CASES[i].topic);
        memset(marks, 0, sizeof marks);
        hws_patterns_match(&patterns, topic, mark, NULL);
        for (size_t j = 0; j < COUNT_OF(CASES); j++) {
            const hws_text pattern = hws_text_of(CASES[j].pattern);
            const int *own = hws_patterns_find(&patterns, pattern);
            if (*own != hws_pattern_matches(pattern, topic))
                fail_msg("%s %s: %d", CASES[j].pattern, CASES[i].topic, *own);
        }
    }
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const hws_text pattern = hws_text_of(CASES[i].pattern);
        if (hws_patterns_find(&patterns, pattern)) hws_patterns_remove(&patterns, pattern);
    }
}

/* The longest topic, and all ways through it at once. */
static void test_the_deepest_topic(void **state)
{
    (void)state;
    char plus[HWS_TOPIC_SIZE_MAX + 1];
    char name[HWS_TOPIC_SIZE_MAX + 1];
    for (size_t i = 0; i < HWS_TOPIC_SIZE_MAX; i++) {
        plus[i] = i % 2 ? '/' : '+';
        name[i] = i % 2 ? '/' : 'a';
    }
    plus[HWS_TOPIC_SIZE_MAX] = name[HWS_TOPIC_SIZE_MAX] = 0;
    for (size_t i = 0; i < HWS_TOPIC_SIZE_MAX; i += 2) {
        char mixed[HWS_TOPIC_SIZE_MAX + 1];
        memcpy(mixed, plus, sizeof mixed);
        memcpy(mixed, name, i);
        assert_int_equal(hws_patterns_add(&patterns, hws_text_of(mixed), &counter), HWS_OK);
    }
    int matches = 0;
    hws_patterns_match(&patterns, hws_text_of(name), count, &matches);
    assert_int_equal(matches, (HWS_TOPIC_SIZE_MAX + 1) / 2);

    char slashes[HWS_TOPIC_SIZE_MAX + 1];
    memset(slashes, '/', HWS_TOPIC_SIZE_MAX);
    slashes[HWS_TOPIC_SIZE_MAX] = 0;
    matches = 0;
    hws_patterns_match(&patterns, hws_text_of(slashes), count, &matches);
    assert_int_equal(matches, 0);
    for (size_t i = 0; i < HWS_TOPIC_SIZE_MAX; i += 2) {
        char mixed[HWS_TOPIC_SIZE_MAX + 1];
        memcpy(mixed, plus, sizeof mixed);
        memcpy(mixed, name, i);
        hws_patterns_remove(&patterns, hws_text_of(mixed));
    }
}

/* Whichever allocation fails, nothing of the new pattern stays, and the old ones match. */
static void test_without_memory(void **state)
{
    (void)state;
    assert_int_equal(hws_patterns_add(&patterns, hws_text_of("a/+/b"), &counter), HWS_OK);
    const size_t before = counter.bytes_out;
    size_t calls = 0;
    for (;; calls++) {
        counter.fail_after = calls;
        if (hws_patterns_add(&patterns, hws_text_of("a/+/c/+/d/#"), &counter) == HWS_OK) break;
        assert_int_equal(counter.bytes_out, before);
        int matches = 0;
        hws_patterns_match(&patterns, hws_text_of("a/x/b"), count, &matches);
        assert_int_equal(matches, 1);
    }
    assert_int_equal(calls, 3);
    hws_patterns_remove(&patterns, hws_text_of("a/+/b"));
    hws_patterns_remove(&patterns, hws_text_of("a/+/c/+/d/#"));
    for (calls = 0; calls < 3; calls++) {
        counter.fail_after = calls;
        if (hws_patterns_add(&patterns, hws_text_of("x"), &counter) == HWS_OK) break;
        assert_null(patterns.root);
    }
    hws_patterns_remove(&patterns, hws_text_of("x"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_a_pattern),     TEST(test_what_a_pattern_matches),
        TEST(test_all_patterns_together), TEST(test_the_deepest_topic),
        TEST(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
