/* SPDX-License-Identifier: MIT */
/* The small parts of hawser bench: pace, errors, content, stamps, samples, processes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/bench_cast.h"
#include "cmd/bench_content.h"
#include "cmd/bench_errors.h"
#include "cmd/bench_pace.h"
#include "cmd/bench_process.h"
#include "cmd/bench_samples.h"
#include "cmd/bench_text.h"
#include "hawser/utf8.h"
#include "lib/cmocka.h"

static void test_pace_numbers_all_messages_through(void **state)
{
    (void)state;
    const bench_pace it = {
        .start_ns = 1000, .rate = 10, .worker = 1, .worker_count = 2, .connection_count = 3};
    /* This worker has 1, 3, 5, ... of a message every 100 ms. */
    assert_int_equal(bench_pace_due_ns(&it, 0), 1000 + 100000000);
    assert_int_equal(bench_pace_due_ns(&it, 1), 1000 + 300000000);
    assert_int_equal(bench_pace_due_ns(&it, 5), 1000 + 1100000000);
    assert_int_equal(bench_pace_due_on_ns(&it, 2, 0), bench_pace_due_ns(&it, 2));
    assert_int_equal(bench_pace_due_on_ns(&it, 1, 2), bench_pace_due_ns(&it, 7));
}

static void test_pace_of_days_does_not_overflow(void **state)
{
    (void)state;
    const bench_pace it = {.rate = 100000000, .worker_count = 1, .connection_count = 1};
    const uint64_t day_s = 24 * 3600;
    assert_int_equal(bench_pace_due_ns(&it, day_s * it.rate), day_s * 1000000000);
    assert_int_equal(bench_pace_due_ns(&it, day_s * it.rate + 1), day_s * 1000000000 + 10);
}

static bench_errors errors;

static void test_errors_are_counted_by_cause(void **state)
{
    (void)state;
    bench_errors others = {0};
    memset(&errors, 0, sizeof errors);
    bench_errors_add(&errors, "once");
    bench_errors_add(&errors, "twice");
    bench_errors_add(&others, "twice");
    bench_errors_merge(&errors, &others);
    bench_errors_sort(&errors);
    assert_int_equal(errors.count, 3);
    assert_int_equal(errors.cause_count, 2);
    assert_string_equal(errors.cause[0].text, "twice");
    assert_int_equal(errors.cause[0].count, 2);
    assert_string_equal(errors.cause[1].text, "once");
}

static void test_errors_have_a_bound(void **state)
{
    (void)state;
    memset(&errors, 0, sizeof errors);
    for (int i = 0; i < 100; i++) {
        char text[16];
        snprintf(text, sizeof text, "cause %d", i);
        bench_errors_add(&errors, text);
    }
    assert_int_equal(errors.count, 100);
    assert_int_equal(errors.cause_count, BENCH_CAUSE_COUNT_MAX);
    const bench_cause *last = &errors.cause[BENCH_CAUSE_COUNT_MAX - 1];
    assert_string_equal(last->text, "other causes");
    assert_int_equal(last->count, 100 - BENCH_CAUSE_COUNT_MAX + 1);
}

static void test_errors_are_fit_for_a_terminal(void **state)
{
    (void)state;
    char text[2 * BENCH_CAUSE_SIZE_MAX];
    memset(&errors, 0, sizeof errors);
    bench_errors_add(&errors, "a\033[31m\x7f b");
    assert_string_equal(errors.cause[0].text, "a?[31m? b");

    /* Cut between characters. */
    memset(text, 'x', sizeof text);
    memcpy(text + BENCH_CAUSE_SIZE_MAX - 2, "\xC3\xA4", 2);
    text[sizeof text - 1] = '\0';
    bench_errors_add(&errors, text);
    assert_int_equal(strlen(errors.cause[1].text), BENCH_CAUSE_SIZE_MAX - 2);
}

static void test_contents_are_text_of_any_size(void **state)
{
    (void)state;
    static const char *const names[] = {"ascii", "chinese", "json", "random"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        bench_content content;
        assert_true(bench_content_named(names[i], &content));
        for (size_t size = 0; size < 600; size++) {
            uint8_t *bytes = malloc(size + 1);
            assert_non_null(bytes);
            bytes[size] = 0xAA;
            bench_content_fill(content, bytes, size);
            hws_utf8 utf8 = {0};
            assert_int_equal(hws_utf8_feed(&utf8, bytes, size), HWS_OK);
            assert_int_equal(hws_utf8_finish(&utf8), HWS_OK);
            assert_int_equal(bytes[size], 0xAA);
            free(bytes);
        }
    }
    bench_content unchanged = BENCH_CONTENT_JSON;
    assert_false(bench_content_named("latin", &unchanged));
    assert_int_equal(unchanged, BENCH_CONTENT_JSON);
}

static void test_stamps(void **state)
{
    (void)state;
    uint8_t stamp[BENCH_STAMP_SIZE];
    uint64_t time_ns = 7;
    bench_stamp_write(stamp, UINT64_C(0x0123456789abcdef));
    assert_memory_equal(stamp, "0123456789abcdef", BENCH_STAMP_SIZE);
    assert_true(bench_stamp_read(stamp, sizeof stamp, &time_ns));
    assert_int_equal(time_ns, UINT64_C(0x0123456789abcdef));
    assert_false(bench_stamp_read(stamp, sizeof stamp - 1, &time_ns));
    static const char others[] = "/:`gA ";
    for (size_t i = 0; i < sizeof others - 1; i++) {
        bench_stamp_write(stamp, 1);
        stamp[3] = (uint8_t)others[i];
        assert_false(bench_stamp_read(stamp, sizeof stamp, &time_ns));
    }
}

static void test_stamps_in_what_a_chat_sends(void **state)
{
    (void)state;
    static const char text[] = "{\"push\":{\"pub\":{\"data\":{\"at\":\"0000000000000001\"}}}}\n"
                               "{\"push\":{\"pub\":{\"data\":{\"at\":\"none\"}}}}\n"
                               "{\"push\":{\"pub\":{\"data\":{\"at\":\"00000000000000ff\"}}}}";
    const uint8_t *bytes = (const uint8_t *)text;
    size_t size = sizeof text - 1;
    uint64_t time_ns;
    assert_true(bench_stamp_next(&bytes, &size, &time_ns));
    assert_int_equal(time_ns, 1);
    assert_true(bench_stamp_next(&bytes, &size, &time_ns));
    assert_int_equal(time_ns, 255);
    assert_false(bench_stamp_next(&bytes, &size, &time_ns));
}

static void test_samples(void **state)
{
    (void)state;
    const uint64_t ms = 1000000;
    bench_samples it;
    bench_samples other;
    assert_true(bench_samples_init(&it, 250));
    assert_true(bench_samples_init(&other, 250));
    assert_int_equal(it.sample_count, 3);
    bench_samples_begin(&it, 1000 * ms, 1250 * ms);
    bench_samples_begin(&other, 1000 * ms, 1250 * ms);

    bench_samples_add(&it, 1000 * ms - 1, 1, 10); /* before */
    bench_samples_add(&it, 1000 * ms, 2, 10);
    bench_samples_add(&it, 1100 * ms - 1, 3, 10);
    bench_samples_add(&it, 1100 * ms, 4, 10);
    bench_samples_add(&it, 1250 * ms - 1, 5, 10);
    bench_samples_add(&it, 1250 * ms, 6, 10); /* behind */
    assert_int_equal(it.sample[0].latency.count, 2);
    assert_int_equal(it.sample[0].byte_count, 20);
    assert_int_equal(it.sample[1].latency.count, 1);
    assert_int_equal(it.sample[2].latency.count, 1);
    assert_int_equal(it.current, 2);
    bench_samples_advance(&it, 1300 * ms - 1);
    assert_int_equal(it.current, 2);
    bench_samples_advance(&it, 1300 * ms);
    assert_int_equal(it.current, 3);

    bench_samples_add(&other, 1150 * ms, 9, 1);
    bench_samples_merge(&it, &other);
    assert_int_equal(it.sample[1].latency.count, 2);
    assert_int_equal(it.sample[1].byte_count, 11);
    bench_samples_release(&it);
    bench_samples_release(&other);
}

static void test_samples_are_at_most_a_hundred(void **state)
{
    (void)state;
    static const struct {
        uint64_t duration_ms;
        size_t count;
    } rows[] = {{1, 1}, {100, 1}, {101, 2}, {10000, 100}, {10001, 100}, {86400000, 100}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bench_samples it;
        assert_true(bench_samples_init(&it, rows[i].duration_ms));
        assert_int_equal(it.sample_count, rows[i].count);
        assert_true(it.length_ns * it.sample_count >= rows[i].duration_ms * 1000000);
        bench_samples_release(&it);
    }
}

static void test_quantities(void **state)
{
    (void)state;
    assert_string_equal(bench_text_duration(0).text, "0 ns");
    assert_string_equal(bench_text_duration(999).text, "999 ns");
    assert_string_equal(bench_text_duration(999.6).text, "1.00 us");
    assert_string_equal(bench_text_duration(1234).text, "1.23 us");
    assert_string_equal(bench_text_duration(12345).text, "12.3 us");
    assert_string_equal(bench_text_duration(123456).text, "123 us");
    assert_string_equal(bench_text_duration(99960).text, "100 us");
    assert_string_equal(bench_text_duration(9.996e6).text, "10.0 ms");
    assert_string_equal(bench_text_duration(3600e9).text, "3600 s");
    assert_string_equal(bench_text_size(592).text, "592 B");
    assert_string_equal(bench_text_size(48.2e6).text, "48.2 MB");
    assert_string_equal(bench_text_count(0).text, "0");
    assert_string_equal(bench_text_count(999.4).text, "999");
    assert_string_equal(bench_text_count(1000).text, "1,000");
    assert_string_equal(bench_text_count(612345).text, "612,345");
    assert_string_equal(bench_text_count(1234567).text, "1,234,567");
}

static void test_times_of_a_process(void **state)
{
    (void)state;
    uint64_t user = 1;
    uint64_t system = 1;
    assert_true(
        bench_process_times("7 (a) b (c) S 1 7 7 0 -1 4194304 1 2 3 4 55 66 0 0", &user, &system));
    assert_int_equal(user, 55);
    assert_int_equal(system, 66);
    assert_false(bench_process_times("7 (a) S 1 7 7 0 -1 4194304 1 2 3 4 55", &user, &system));
    assert_false(bench_process_times("", &user, &system));
}

static void test_sizes_of_a_process(void **state)
{
    (void)state;
    static const char text[] = "Name:\tx\nVmRSSX:\t9 kB\nVmRSS:\t    1234 kB\nThreads:\t1\n";
    assert_int_equal(bench_process_size(text, "VmRSS"), 1234 * 1024);
    assert_int_equal(bench_process_size(text, "Name"), 0);
    assert_int_equal(bench_process_size(text, "Slab"), 0);
    assert_int_equal(bench_process_size("", "Slab"), 0);
}

static void test_usage_of_this_process(void **state)
{
    (void)state;
    bench_usage usage = {0};
    assert_true(bench_usage_read(0, &usage));
    assert_true(usage.cpu_ns > 0);
    assert_true(usage.resident > 0);
    assert_true(bench_usage_read(getpid(), &usage));
    usage.cpu_ns = 77;
    assert_false(bench_usage_read(INT32_MAX, &usage));
    assert_int_equal(usage.cpu_ns, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pace_numbers_all_messages_through),
        cmocka_unit_test(test_pace_of_days_does_not_overflow),
        cmocka_unit_test(test_errors_are_counted_by_cause),
        cmocka_unit_test(test_errors_have_a_bound),
        cmocka_unit_test(test_errors_are_fit_for_a_terminal),
        cmocka_unit_test(test_contents_are_text_of_any_size),
        cmocka_unit_test(test_stamps),
        cmocka_unit_test(test_stamps_in_what_a_chat_sends),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_samples_are_at_most_a_hundred),
        cmocka_unit_test(test_quantities),
        cmocka_unit_test(test_times_of_a_process),
        cmocka_unit_test(test_sizes_of_a_process),
        cmocka_unit_test(test_usage_of_this_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
