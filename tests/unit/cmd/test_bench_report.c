/* SPDX-License-Identifier: MIT */
/* What hawser bench was asked, and how it tells what it found. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/bench_result.h"
#include "lib/cmocka.h"

static bench_options options;
static bench_result result;
static char complaint[512];

/* Reads what stands in `words`, separated by ';'; stderr goes into `complaint`. */
static bool read_words(const char *words)
{
    static char command[] = "bench";
    static char line[4096];
    static char *argv[64];
    int argc = 0;
    argv[argc++] = command;
    snprintf(line, sizeof line, "%s", words);
    for (char *rest = line; *words != '\0' && rest;) argv[argc++] = strsep(&rest, ";");
    argv[argc] = NULL;

    FILE *file = tmpfile();
    assert_non_null(file);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    const bool is_good = bench_options_read(argc, argv, &options);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    complaint[fread(complaint, 1, sizeof complaint - 1, file)] = '\0';
    fclose(file);
    return is_good;
}

static void check_bad(const char *words, const char *says)
{
    if (read_words(words)) fail_msg("'%s' was taken", words);
    if (!strstr(complaint, says)) fail_msg("'%s': %s", words, complaint);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_true(read_words("localhost:8080/echo"));
    assert_string_equal(options.connect.url, "ws://localhost:8080/echo");
    assert_int_equal(options.mode, BENCH_ECHO);
    assert_int_equal(options.connection_count, 100);
    assert_int_equal(options.in_flight, 1);
    assert_int_equal(options.duration_ms, 10000);
    assert_int_equal(options.warm_up_ms, 1000);
    assert_int_equal(options.size, 125);
    assert_int_equal(options.rate, 0);
    assert_int_equal(options.thread_count, 1);
}

static void test_what_follows_from_others(void **state)
{
    (void)state;
    assert_true(read_words("-r;100;ws://a"));
    assert_int_equal(options.in_flight, BENCH_WINDOW_DEFAULT);
    assert_true(read_words("-r;100;-f;3;ws://a"));
    assert_int_equal(options.in_flight, 3);
    assert_true(read_words("--message;hello;ws://a"));
    assert_int_equal(options.size, 5);
    assert_true(read_words("--mode;chat;-c;2;-s;34;ws://a"));
    assert_int_equal(options.mode, BENCH_CHAT);
    assert_true(read_words("--mode;listen;-c;2;-s;16;--content;json;ws://a"));
    assert_int_equal(options.content, BENCH_CONTENT_JSON);
    assert_true(read_words("--mode;connect;ws://a"));
    assert_true(read_words("--mode;idle;ws://a"));
    assert_true(read_words("-t;2;-c;2;ws://a"));
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    check_bad("", "where to?");
    check_bad("--mode;fast;ws://a", "--mode: 'fast' is none");
    check_bad("--content;latin;ws://a", "--content: 'latin' is none");
    check_bad("-c;0;ws://a", "--connections: goes from 1 to");
    check_bad("-t;3;-c;2;ws://a", "--threads is at most");
    check_bad("--mode;listen;-c;1;ws://a", "--connections is at least 2");
    check_bad("--mode;listen;-s;15;ws://a", "--size is at least 16");
    check_bad("--mode;chat;-s;33;ws://a", "--size is at least 34");
    check_bad("--mode;chat;--binary;ws://a", "not with --binary");
    check_bad("--mode;chat;--content;json;ws://a", "not with --binary");
    check_bad("--mode;chat;--message;x;ws://a", "--message is for --mode echo");
    check_bad("--channel;a\"b;ws://a", "--channel: ");
    check_bad("--mode;idle;-r;1;ws://a", "--rate is of messages");
    check_bad("--mode;connect;-r;1;ws://a", "--rate is of messages");
    check_bad("--mode;connect;--slow;1;ws://a", "--slow: ");
    check_bad("--half-open;1;--proxy;none;ws://a", "--half-open goes straight");
    check_bad("--half-open;1;--unix;/x;ws://a", "--half-open goes straight");
}

static void fill_result(const char *words)
{
    assert_true(read_words(words));
    memset(&result, 0, sizeof result);
    result.options = &options;
    result.seconds = 2;
    result.open_count = 100;
    assert_true(bench_samples_init(&result.samples, 2000));
    for (size_t i = 0; i < result.samples.sample_count; i++) {
        for (uint64_t us = 100; us < 200; us++) {
            bench_histogram_add(&result.samples.sample[i].latency, us * 1000);
            bench_histogram_add(&result.latency, us * 1000);
        }
    }
    bench_histogram_add(&result.latency, 5000000);
    bench_histogram_add(&result.connect, 1000000);
    result.byte_count = 500000;
    result.own =
        (bench_cost){.is_known = true, .at_start = {.cpu_ns = 0}, .at_end = {.cpu_ns = 1000000000}};
    result.server = (bench_cost){
        .is_known = true,
        .at_begin = {.resident = 1000000},
        .at_start = {.cpu_ns = 0, .resident = 1051200},
        .at_end = {.cpu_ns = 500000000,
                   .user_ns = 200000000,
                   .system_ns = 300000000,
                   .resident = 2000000},
    };
    bench_errors_add(&result.errors, "lost: <b>&\"");
}

static char *told(void (*tell)(FILE *out, const bench_result *it))
{
    static char *text;
    static size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    tell(out, &result);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void check_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part)) fail_msg("no '%s' in\n%s", part, text ? text : "nothing");
}

static void test_words(void **state)
{
    (void)state;
    fill_result("--pid;1;ws://a");
    char *text = told(bench_print);
    check_has(text, "messages      2,001, 1,001 a second\n");
    check_has(text, "payload       500 kB, 250 kB a second\n");
    check_has(text, "max 5.00 ms\n");
    check_has(text, "hawser bench  50 % of a core, 500 us for each\n");
    check_has(text, "server        25 % of a core (40 % of it in user space), 250 us for each\n");
    check_has(text, "memory        2.00 MB, 512 B for each connection\n");
    check_has(text, "##################################################\n");
    check_has(text, "errors        1\n");
    check_has(text, "1  lost: <b>&\"\n");
    free(text);
    bench_result_release(&result);
}

static void test_words_where_there_is_nothing(void **state)
{
    (void)state;
    assert_true(read_words("--pid;1;--slow;2;--half-open;3;ws://a"));
    memset(&result, 0, sizeof result);
    result.options = &options;
    char *text = told(bench_print);
    check_has(text, "connections   0 open\n");
    check_has(text, "process 1 cannot be looked at");
    check_has(text, "slow readers  0 opened");
    check_has(text, "half-open     0 opened");
    assert_null(strstr(text, "latency"));
    free(text);
}

static void tell_json(FILE *out, const bench_result *it)
{
    assert_true(bench_json(out, it));
}

static void test_json(void **state)
{
    (void)state;
    fill_result("--pid;1;ws://a");
    char *text = told(tell_json);
    json_t *whole = json_loads(text, 0, NULL);
    assert_non_null(whole);
    assert_int_equal(json_integer_value(json_object_get(whole, "messages")), 2001);
    const json_t *latency = json_object_get(whole, "latency");
    assert_int_equal(json_integer_value(json_object_get(latency, "max_ns")), 5000000);
    const json_t *server = json_object_get(whole, "server");
    assert_int_equal(json_integer_value(json_object_get(server, "cpu_ns")), 500000000);
    assert_int_equal(json_array_size(json_object_get(whole, "samples")), 20);
    const json_t *cause = json_array_get(json_object_get(whole, "errors"), 0);
    assert_string_equal(json_string_value(json_object_get(cause, "cause")), "lost: <b>&\"");
    json_decref(whole);
    free(text);
    bench_result_release(&result);
}

static void test_json_of_what_is_not_utf8(void **state)
{
    (void)state;
    fill_result("ws://a");
    bench_errors_add(&result.errors, "\xff");
    char *text = told(tell_json);
    check_has(text, "\\\\xFF");
    free(text);
    bench_result_release(&result);
}

static void test_json_that_cannot_be_written(void **state)
{
    (void)state;
    fill_result("ws://a");
    FILE *full = fopen("/dev/full", "we");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    assert_false(bench_json(full, &result));
    assert_false(bench_html(full, &result));
    fclose(full);
    bench_result_release(&result);
}

static void tell_html(FILE *out, const bench_result *it)
{
    assert_true(bench_html(out, it));
}

static void test_page(void **state)
{
    (void)state;
    fill_result("--mode;connect;ws://a");
    char *text = told(tell_html);
    check_has(text, "<title>hawser bench</title>");
    check_has(text, "lost: &lt;b&gt;&amp;&quot;");
    check_has(text, "Connections a second, over time");
    check_has(text, "Latency, over time");
    check_has(text, "class=\"bar\"");
    check_has(text, "prefers-color-scheme:dark");
    assert_null(strstr(text, "http://"));
    assert_null(strstr(text, "https://"));
    free(text);
    bench_result_release(&result);
}

/* Of the first line in a page. */
static size_t count_points(const char *page)
{
    const char *at = strstr(page, "class=\"line line0\"");
    size_t count = 0;
    assert_non_null(at);
    for (; *at != '/'; at++) count += *at == 'L' || *at == 'M';
    return count;
}

static void test_page_of_what_ended_early(void **state)
{
    (void)state;
    fill_result("ws://a");
    result.seconds = 0.35;
    char *text = told(tell_html);
    assert_int_equal(count_points(text), 3);
    free(text);
    bench_result_release(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_what_follows_from_others),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_words_where_there_is_nothing),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_of_what_is_not_utf8),
        cmocka_unit_test(test_json_that_cannot_be_written),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_page_of_what_ended_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
