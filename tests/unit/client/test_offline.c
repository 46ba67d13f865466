/* SPDX-License-Identifier: MIT */
#include "client/offline.h"

#include <stdio.h>

#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_offline offline;

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    offline = (hws_offline){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_offline_release(&offline, &memory);
    assert_int_equal(offline.size, 0);
    assert_null(offline.first);
    assert_null(offline.last);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

/* The program's copy is gone when this returns. */
static hws_status push(const char *text, size_t size_max)
{
    const size_t size = strlen(text);
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    const hws_message message = {.type = HWS_TEXT, .data = copy, .size = size};
    const hws_status status = hws_offline_push(&offline, &memory, &message, size_max);
    free(copy);
    return status;
}

static void expect_first(const char *want)
{
    hws_message message;
    assert_true(hws_offline_peek(&offline, &message));
    assert_int_equal(message.size, strlen(want));
    assert_memory_equal(message.data, want, strlen(want));
}

/* What a message costs beside its bytes. */
static size_t cost_of_none(void)
{
    assert_int_equal(push("", SIZE_MAX), HWS_OK);
    const size_t cost = offline.size;
    hws_offline_drop(&offline, &memory);
    return cost;
}

static void nothing_waits_at_first(void **state)
{
    (void)state;
    hws_message message = {.size = 77};
    assert_false(hws_offline_peek(&offline, &message));
    assert_int_equal(message.size, 77);
    assert_int_equal(hws_offline_first_size(&offline), 0);
}

static void messages_leave_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    char text[8];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20; i++) {
            snprintf(text, sizeof text, "%d", i);
            assert_int_equal(push(text, SIZE_MAX), HWS_OK);
        }
        for (int i = 0; i < 20; i++) {
            snprintf(text, sizeof text, "%d", i);
            expect_first(text);
            expect_first(text);
            hws_offline_drop(&offline, &memory);
        }
        assert_int_equal(offline.size, 0);
        assert_int_equal(counter.bytes_out, 0);
    }
}

static void a_message_keeps_what_it_is(void **state)
{
    (void)state;
    const hws_message parts[] = {
        {.type = HWS_BINARY, .part = HWS_FIRST, .data = (const uint8_t *)"a\0b", .size = 3},
        {.type = HWS_BINARY, .part = HWS_LAST, .data = NULL, .size = 0},
    };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        assert_int_equal(hws_offline_push(&offline, &memory, &parts[i], SIZE_MAX), HWS_OK);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        hws_message message;
        assert_true(hws_offline_peek(&offline, &message));
        assert_int_equal(message.type, parts[i].type);
        assert_int_equal(message.part, parts[i].part);
        assert_int_equal(message.size, parts[i].size);
        if (message.size > 0) assert_memory_equal(message.data, parts[i].data, message.size);
        hws_offline_drop(&offline, &memory);
    }
}

static void sizes_count_what_a_message_costs(void **state)
{
    (void)state;
    const size_t cost = cost_of_none();
    assert_int_equal(push("12345", SIZE_MAX), HWS_OK);
    assert_int_equal(offline.size, cost + 5);
    assert_int_equal(offline.size, counter.bytes_out);
    assert_int_equal(push("1", SIZE_MAX), HWS_OK);
    assert_int_equal(offline.size, 2 * cost + 6);
    assert_int_equal(hws_offline_first_size(&offline), cost + 5);
    hws_offline_drop(&offline, &memory);
    assert_int_equal(hws_offline_first_size(&offline), cost + 1);
}

static void as_much_waits_as_may(void **state)
{
    (void)state;
    const size_t cost = cost_of_none();
    assert_int_equal(push("", 0), HWS_ERR_QUEUE_FULL);
    assert_int_equal(push("", cost - 1), HWS_ERR_QUEUE_FULL);
    assert_int_equal(push("12345", cost + 4), HWS_ERR_QUEUE_FULL);
    assert_int_equal(offline.size, 0);
    assert_int_equal(push("12345", cost + 5), HWS_OK);
    assert_int_equal(push("", cost + 5), HWS_ERR_QUEUE_FULL);
    assert_int_equal(push("67", 2 * cost + 6), HWS_ERR_QUEUE_FULL);
    assert_int_equal(push("67", 2 * cost + 7), HWS_OK);
    assert_int_equal(push("", 1), HWS_ERR_QUEUE_FULL); /* less than waits already */
    expect_first("12345");
    hws_offline_drop(&offline, &memory);
    assert_int_equal(push("89012", 2 * cost + 7), HWS_OK);
    expect_first("67");
}

static void a_size_that_no_memory_has_is_refused(void **state)
{
    (void)state;
    for (size_t size = SIZE_MAX; size > SIZE_MAX - 100; size--) {
        const hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)"", .size = size};
        counter.fail_after = 0; /* it is not even asked for where the sum would pass the largest */
        assert_true(hws_offline_push(&offline, &memory, &message, SIZE_MAX) < HWS_OK);
        assert_int_equal(hws_offline_push(&offline, &memory, &message, SIZE_MAX - 101),
                         HWS_ERR_QUEUE_FULL);
        counter.fail_after = SIZE_MAX;
    }
    const hws_message longest = {.type = HWS_TEXT, .data = (const uint8_t *)"", .size = SIZE_MAX};
    assert_int_equal(hws_offline_push(&offline, &memory, &longest, SIZE_MAX), HWS_ERR_QUEUE_FULL);
}

static void a_message_without_memory_leaves_the_others_alone(void **state)
{
    (void)state;
    counter.fail_after = 0;
    assert_int_equal(push("a", SIZE_MAX), HWS_ERR_NO_MEMORY);
    assert_null(offline.first);
    counter.fail_after = 1;
    assert_int_equal(push("b", SIZE_MAX), HWS_OK);
    assert_int_equal(push("c", SIZE_MAX), HWS_ERR_NO_MEMORY);
    counter.fail_after = SIZE_MAX;
    assert_int_equal(push("d", SIZE_MAX), HWS_OK);
    expect_first("b");
    hws_offline_drop(&offline, &memory);
    expect_first("d");
    hws_offline_drop(&offline, &memory);
    assert_int_equal(offline.size, 0);
}

static void what_waits_is_released(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) assert_int_equal(push("waits", SIZE_MAX), HWS_OK);
    hws_offline_release(&offline, &memory);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(push("again", SIZE_MAX), HWS_OK);
    expect_first("again");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_waits_at_first),
        TEST(messages_leave_in_the_order_in_which_they_came),
        TEST(a_message_keeps_what_it_is),
        TEST(sizes_count_what_a_message_costs),
        TEST(as_much_waits_as_may),
        TEST(a_size_that_no_memory_has_is_refused),
        TEST(a_message_without_memory_leaves_the_others_alone),
        TEST(what_waits_is_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
