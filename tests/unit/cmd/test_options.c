/* SPDX-License-Identifier: MIT */
#include "cmd/options.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/cmocka.h"

typedef struct values {
    bool help;
    bool one;
    const char *file;
    const char *url;
    option_list hosts;
    option_texts headers;
    uint64_t size;
    uint64_t wait_ms;
    uint64_t count;
} values;

static char complaint[512];

/* Reads what stands in `words`, separated by commas; stderr goes into `complaint`. */
static bool read_words(const char *words, values *it)
{
    static char line[2048]; /* what `it` points to afterwards */
    char command[] = "try";
    char *argv[128] = {command};
    int argc = 1;
    snprintf(line, sizeof line, "%s", words);
    for (char *rest = line; *words != '\0' && rest;) argv[argc++] = strsep(&rest, ",");

    const option_rule rules[] = {
        {.name = "URL", .argument = &it->url},
        {.name = "one", .letter = '1', .flag = &it->one},
        {.name = "file", .text = &it->file},
        {.name = "host", .list = &it->hosts},
        {.name = "header", .letter = 'H', .texts = &it->headers},
        {.name = "size", .size = &it->size, .min = 1, .max = 4096},
        {.name = "wait", .duration_ms = &it->wait_ms, .max = 5000},
        {.name = "count", .letter = 'n', .count = &it->count, .min = 1, .max = 9},
        {.name = "help", .flag = &it->help},
    };
    FILE *file = tmpfile();
    assert_non_null(file);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    const bool is_good = options_read(argc, argv, rules, COUNT_OF(rules));
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    complaint[fread(complaint, 1, sizeof complaint - 1, file)] = '\0';
    fclose(file);
    return is_good;
}

static void check_bad(const char *words, const char *expected)
{
    values it = {0};
    if (read_words(words, &it)) fail_msg("'%s' was taken", words);
    assert_string_equal(complaint, expected);
}

static void test_values(void **state)
{
    (void)state;
    values it = {.size = 7};
    assert_true(read_words("", &it));
    assert_null(it.url);
    assert_int_equal(it.size, 7);

    assert_true(read_words("--file,a b,--host,x,--host=y,--size,4K,--wait,5,--count=9,u", &it));
    assert_string_equal(it.file, "a b");
    assert_string_equal(it.hosts.text, "x y");
    assert_int_equal(it.size, 4096);
    assert_int_equal(it.wait_ms, 5000);
    assert_int_equal(it.count, 9);
    assert_string_equal(it.url, "u");
    assert_false(it.one);
    assert_false(it.help);
    assert_string_equal(complaint, "");
}

/* -1 behind the argument, letters in one word, a value in the word of its letter. */
static void test_letters(void **state)
{
    (void)state;
    values it = {0};
    assert_true(read_words("u,-1", &it));
    assert_true(it.one);
    assert_string_equal(it.url, "u");

    it = (values){0};
    assert_true(read_words("-1n3,-H,a", &it));
    assert_true(it.one);
    assert_int_equal(it.count, 3);
    assert_int_equal(it.headers.count, 1);

    it = (values){0};
    assert_true(read_words("-h", &it));
    assert_true(it.help);
    it = (values){0};
    assert_true(read_words("--help", &it));
    assert_true(it.help);
}

static void test_texts_stay_apart(void **state)
{
    (void)state;
    values it = {0};
    assert_true(read_words("--header,A: b c,-H,D: e", &it));
    assert_int_equal(it.headers.count, 2);
    assert_string_equal(it.headers.text[0], "A: b c");
    assert_string_equal(it.headers.text[1], "D: e");
    assert_null(it.headers.text[2]);

    char words[OPTION_TEXT_COUNT_MAX * 4 + 8] = "-Hx";
    for (int i = 1; i < OPTION_TEXT_COUNT_MAX; i++) memcpy(words + strlen(words), ",-Hx", 5);
    it = (values){0};
    assert_true(read_words(words, &it));
    assert_int_equal(it.headers.count, OPTION_TEXT_COUNT_MAX);
    assert_null(it.headers.text[OPTION_TEXT_COUNT_MAX]);
    memcpy(words + strlen(words), ",-Hx", 5);
    check_bad(words, "hawser try: --header: may be given 32 times at most\n");
}

static void test_complaints(void **state)
{
    (void)state;
    check_bad("u,v", "hawser try: 'v' is one argument too many ('hawser try --help' says more)\n");
    check_bad("--sail", "hawser try: no such option: --sail ('hawser try --help' lists them)\n");
    check_bad("-x", "hawser try: no such option: -x ('hawser try --help' lists them)\n");
    check_bad("-1x", "hawser try: no such option: -x ('hawser try --help' lists them)\n");
    check_bad("--one=2", "hawser try: no such option: --one=2 ('hawser try --help' lists them)\n");
    check_bad("--file", "hawser try: --file needs a value\n");
    check_bad("-1n", "hawser try: -n needs a value\n");
    check_bad("-n,x", "hawser try: --count: 'x' is not a number\n");
    check_bad("-n,0", "hawser try: --count: goes from 1 to 9\n");
    check_bad("-n10", "hawser try: --count: goes from 1 to 9\n");
    check_bad("--size,0", "hawser try: --size: goes from 1 to 4096 bytes\n");
    check_bad("--size,4097", "hawser try: --size: goes from 1 to 4096 bytes\n");
    check_bad("--wait,5001ms", "hawser try: --wait: goes from 0 to 5000 milliseconds\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_texts_stay_apart),
        cmocka_unit_test(test_complaints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
