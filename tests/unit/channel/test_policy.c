/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "channel/policy.h"
#include "lib/cmocka.h"

static hws_policies policies;

static hws_status init(const hws_namespace *list, size_t count, bool is_keyed, char explain[256])
{
    const hws_hub_options options = {.namespaces = list, .namespace_count = count};
    return hws_policies_init(&policies, &options, is_keyed, explain, 256);
}

static const hws_policy *find(const char *channel)
{
    return hws_policies_find(&policies, hws_text_of(channel));
}

static void defaults(void **state)
{
    (void)state;
    char explain[256];
    assert_int_equal(init(NULL, 0, false, explain), HWS_OK);
    const hws_policy *policy = find("x");
    assert_non_null(policy);
    assert_int_equal(policy->history_size, 0);
    assert_int_equal(policy->history_ttl_ms, 300000);
    assert_int_equal(policy->max_message, 65536);
    assert_int_equal(policy->publish, HWS_WHO_SUBSCRIBERS);
    assert_int_equal(policy->subscribe, HWS_WHO_ALL);
    assert_true(policy->presence && policy->join_leave && !policy->recovery);
    assert_null(find("other:x"));
    assert_null(find(":x"));
    assert_null(find("x:"));
}

static void keys_close_what_is_left_open(void **state)
{
    (void)state;
    char explain[256];
    const hws_namespace list[] = {{.name = "open", .subscribe = HWS_WHO_ALL}};
    assert_int_equal(init(list, 1, true, explain), HWS_OK);
    assert_int_equal(find("x")->subscribe, HWS_WHO_TOKEN);
    assert_int_equal(find("x")->publish, HWS_WHO_NOBODY);
    assert_int_equal(find("open:x")->subscribe, HWS_WHO_ALL);
}

static void each_is_found(void **state)
{
    (void)state;
    char explain[256];
    const hws_namespace list[] = {
        {.name = "a", .history_size = 1}, {.name = "ab", .history_size = 2}, {.history_size = 3}};
    assert_int_equal(init(list, 3, false, explain), HWS_OK);
    assert_int_equal(find("a:x")->history_size, 1);
    assert_int_equal(find("ab:x")->history_size, 2);
    assert_int_equal(find("a")->history_size, 3);
    assert_null(find("abc:x"));
    assert_null(find("A:x"));
}

static void mistakes(void **state)
{
    (void)state;
    static const hws_namespace bad[] = {
        {.name = ""},
        {.name = "a:b"},
        {.name = "a#b"},
        {.name = "a b"},
        {.name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
        {.name = "a", .recovery = true},
        {.name = "a", .history_size = HWS_HISTORY_SIZE_MAX + 1},
        {.name = "a", .recovery = true, .history_size = 1, .max_rate = 1},
        {.name = "a", .max_rate = 1, .batch_interval_ms = 1},
        {.name = "a", .max_rate = 1001},
        {.name = "a", .publish = HWS_WHO_TOKEN},
        {.name = "a", .subscribe = HWS_WHO_SUBSCRIBERS},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char explain[256] = "";
        assert_int_equal(init(&bad[i], 1, false, explain), HWS_ERR_INVALID_ARGUMENT);
        assert_true(strncmp(explain, "namespace '", 11) == 0);
    }
    char explain[256] = "";
    const hws_namespace twice[] = {{.name = "a"}, {.name = "a"}};
    assert_int_equal(init(twice, 2, false, explain), HWS_ERR_INVALID_ARGUMENT);
    const hws_namespace two_defaults[] = {{0}, {0}};
    assert_int_equal(init(two_defaults, 2, false, explain), HWS_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(keys_close_what_is_left_open),
        cmocka_unit_test(each_is_found),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
