/* SPDX-License-Identifier: MIT */
/* Row V013: both sides of each contradiction, and what is none. */
#include "server/consistency.h"

#include "lib/server_fixture.h"

enum { MEMORY = 1000000 };

static void expect_mistake(const hws_server_options *options, const char *words)
{
    const char *mistake = hws_consistency_check(options);
    if (!mistake || !strstr(mistake, words)) fail_msg("%s is not in %s", words, mistake);
}

static void expect_none(const hws_server_options *options)
{
    const char *mistake = hws_consistency_check(options);
    if (mistake) fail_msg("%s", mistake);
}

static void test_what_fits_into_memory(void **state)
{
    (void)state;
    hws_server_options options = {.limits.memory_size_max = MEMORY};
    expect_none(&options);
    options.message_size_max = MEMORY;
    options.send_queue_max = options.body_size_max = options.head_size_max = MEMORY;
    options.limits.retained_size_max = options.limits.broadcast_size_max = MEMORY;
    options.deflate.memory_max = MEMORY;
    expect_none(&options);
    struct {
        uint64_t *size;
        const char *words;
    } parts[] = {
        {&options.message_size_max, "message_size_max is more"},
        {&options.limits.retained_size_max, "retained_size_max"},
        {&options.limits.broadcast_size_max, "broadcast_size_max"},
        {&options.deflate.memory_max, "deflate.memory_max"},
    };
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        ++*parts[i].size;
        expect_mistake(&options, parts[i].words);
        *parts[i].size = UINT64_MAX; /* no limit */
        expect_none(&options);
        *parts[i].size = 0;
    }
    size_t *const sizes[] = {&options.send_queue_max, &options.head_size_max,
                             &options.body_size_max};
    static const char *const WORDS[] = {"send_queue_max", "head_size_max", "body_size_max"};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        ++*sizes[i];
        expect_mistake(&options, WORDS[i]);
        options.limits.memory_size_max = 0; /* a default gives way */
        expect_none(&options);
        options.limits.memory_size_max = MEMORY;
        *sizes[i] = 0;
    }
}

static void test_routes(void **state)
{
    (void)state;
    hws_server_options options = {.limits.memory_size_max = MEMORY};
    hws_route *last = &options.route[HWS_ROUTE_MAX - 1];
    last->message_size_max = MEMORY;
    expect_none(&options);
    last->message_size_max++;
    expect_mistake(&options, "of a route");
    last->stream_parts = true; /* which are not kept */
    expect_none(&options);
}

static void test_connections(void **state)
{
    (void)state;
    hws_server_options options = {.connection_count_max = 10, .limits.address_count_max = 10};
    expect_none(&options);
    options.limits.address_count_max = 11;
    expect_mistake(&options, "address_count_max");
    options.connection_count_max = 0;
    expect_none(&options);
    options.connection_count_max = 10;
    options.limits.address_count_max = UINT32_MAX;
    expect_none(&options);
}

static void test_pings(void **state)
{
    (void)state;
    hws_server_options options = {.ping_interval_ms = UINT32_MAX};
    expect_none(&options);
    options.pong_timeout_ms = 1;
    expect_mistake(&options, "no pings");
    options.ping_interval_ms = 1;
    expect_none(&options);
}

static void test_a_server_does_not_start(void **state)
{
    (void)state;
    char explain[256];
    it.options.limits.memory_size_max = MEMORY;
    it.options.send_queue_max = MEMORY + 1;
    assert_int_equal(hws_server_new(it.loop, &it.options, explain, sizeof explain, &it.server),
                     HWS_ERR_INVALID_ARGUMENT);
    assert_string_equal(explain, "send_queue_max is more than limits.memory_size_max");
    assert_int_equal(hws_server_new(it.loop, &it.options, NULL, 0, &it.server),
                     HWS_ERR_INVALID_ARGUMENT);
    it.options.send_queue_max = MEMORY;
    start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_fits_into_memory), cmocka_unit_test(test_routes),
        cmocka_unit_test(test_connections),           cmocka_unit_test(test_pings),
        TEST(test_a_server_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
