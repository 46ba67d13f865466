/* SPDX-License-Identifier: MIT */
#include "cmd/compression.h"

#include <stdio.h>
#include <string.h>

#include "lib/cmocka.h"

static hws_deflate_options filled;

/* Reads words with spaces between them; the texts stay until the next call. */
static bool read(const char *words)
{
    static char line[256];
    static char command[] = "serve";
    char *argv[16] = {command};
    int argc = 1;
    snprintf(line, sizeof line, "%s", words);
    for (char *rest = line; *words != '\0' && rest;) argv[argc++] = strsep(&rest, " ");
    compression it = {0};
    option_rule rules[COMPRESSION_RULE_COUNT];
    compression_rules(&it, rules);
    const bool is_good = options_read(argc, argv, rules, COMPRESSION_RULE_COUNT);
    compression_fill(&it, &filled);
    return is_good;
}

static void test_default(void **state)
{
    (void)state;
    assert_true(read(""));
    assert_true(filled.enabled);
    assert_false(filled.send_takeover);
    assert_false(filled.receive_takeover);
    assert_int_equal(filled.send_window_bits, 0);
    assert_int_equal(filled.receive_window_bits, 0);
    assert_int_equal(filled.level, 0);
    assert_int_equal(filled.size_min, 0);
    assert_int_equal(filled.memory_max, 0);
}

static void test_options(void **state)
{
    (void)state;
    assert_true(read("--no-deflate"));
    assert_false(filled.enabled);
    assert_true(read("--deflate-takeover --deflate-window-bits 9 --deflate-level=9 "
                     "--deflate-size-min 1K --deflate-memory-max 64M"));
    assert_true(filled.enabled);
    assert_true(filled.send_takeover);
    assert_true(filled.receive_takeover);
    assert_int_equal(filled.send_window_bits, 9);
    assert_int_equal(filled.receive_window_bits, 9);
    assert_int_equal(filled.level, 9);
    assert_int_equal(filled.size_min, 1024);
    assert_int_equal(filled.memory_max, 64 << 20);
}

static void test_limits(void **state)
{
    (void)state;
    assert_true(read("--deflate-window-bits 15 --deflate-level 1"));
    assert_false(read("--deflate-window-bits 8"));
    assert_false(read("--deflate-window-bits 16"));
    assert_false(read("--deflate-level 0"));
    assert_false(read("--deflate-level 10"));
    assert_false(read("--deflate-size-min 0"));
    assert_true(read("--deflate-size-min 4294967295"));
    assert_false(read("--deflate-size-min 4294967296"));
    assert_false(read("--deflate-memory-max 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
