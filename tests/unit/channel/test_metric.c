/* SPDX-License-Identifier: MIT */
/* What a hub counts, by class, and how it is written. */
#include "channel/metric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/error.h"
#include "lib/cmocka.h"

static void codes_fall_into_classes(void **state)
{
    (void)state;
    assert_int_equal(hws_error_class(99), 13);
    assert_int_equal(hws_error_class(100), 0);
    assert_int_equal(hws_error_class(112), 12);
    assert_int_equal(hws_error_class(113), 13);
    assert_int_equal(hws_error_class(0), 13);
    assert_int_equal(hws_error_class(-1), 13);
    assert_int_equal(hws_error_class(1999), 13);
#define LAST(name, code, text) assert_true(hws_error_class(code) < 13);
    HWS_ERROR_MAP(LAST) /* each error of the protocol has its own */
#undef LAST
    static const int disconnects[] = {1003, 3000, 3004, 3005, 3008, 3010,
                                      3012, 3500, 3501, 3502, 3503};
    for (unsigned i = 0; i < 11; i++) assert_int_equal(hws_disconnect_class(disconnects[i]), i);
    assert_int_equal(hws_disconnect_class(4999), 11);
    assert_int_equal(hws_disconnect_class(0), 11);
    assert_int_equal(hws_unsubscribe_class(2000), 0);
    assert_int_equal(hws_unsubscribe_class(2500), 1);
    assert_int_equal(hws_unsubscribe_class(2501), 2);
    assert_int_equal(hws_unsubscribe_class(2502), 3);
}

/* What one thread opened another closes. */
static void gauges_are_sums(void **state)
{
    (void)state;
    static hws_hub_metric one;
    static hws_hub_metric other;
    hws_hub_metrics sum = {.namespace_count = 2};
    hws_counter_add(&one.namespaces[1].channels_opened, 3);
    hws_counter_add(&other.namespaces[1].channels_closed, 1);
    hws_counter_add(&other.namespaces[1].unsubscribed, 1);
    hws_counter_add_shared(&other.namespaces[0].published, 2);
    hws_counter_add(&one.namespaces[0].published, 5);
    hws_counter_add(&one.commands[HWS_COMMAND_UNKNOWN], 7);
    hws_hub_metric_sum(&other, &sum);
    hws_hub_metric_sum(&one, &sum);
    hws_hub_metric_settle(&sum);
    assert_int_equal(sum.namespaces[1].channel_count, 2);
    assert_int_equal(sum.namespaces[1].subscription_count, 0); /* read between the two */
    assert_int_equal(sum.namespaces[0].publication_total, 7);
    assert_int_equal(sum.command_total[HWS_COMMAND_UNKNOWN], 7);
}

static void names_are_escaped(void **state)
{
    (void)state;
    static char text[HWS_HUB_METRICS_TEXT_MAX];
    hws_hub_metrics now = {.namespace_count = 2};
    snprintf(now.namespaces[1].name, sizeof now.namespaces[1].name, "a\"b\\c");
    now.namespaces[1].recovered_total = 5;
    now.disconnect_total[hws_disconnect_class(3503)] = 2;
    now.api_call_total[HWS_API_HISTORY_REMOVE] = 3;
    assert_true(hws_hub_metrics_write(&now, text, sizeof text) < sizeof text);
    assert_non_null(strstr(text, "hawser_channels{namespace=\"default\"} 0\n"));
    assert_non_null(strstr(text, "hawser_channels{namespace=\"a\\\"b\\\\c\"} 0\n"));
    assert_non_null(strstr(text, "hawser_channel_recoveries_total{namespace=\"a\\\"b\\\\c\","
                                 "recovered=\"true\"} 5\n"));
    assert_non_null(strstr(text, "hawser_channel_disconnects_total{code=\"3503\"} 2\n"));
    assert_non_null(strstr(text, "hawser_api_calls_total{method=\"history_remove\"} 3\n"));
}

/* With as many namespaces, names as long, and numbers as large as there may be. */
static void the_text_is_cut_and_says_so(void **state)
{
    (void)state;
    static char whole[HWS_HUB_METRICS_TEXT_MAX];
    static char part[HWS_HUB_METRICS_TEXT_MAX];
    static hws_hub_metrics full;
    memset(&full, 0xFF, sizeof full);
    full.namespace_count = HWS_NAMESPACE_MAX + 1;
    for (size_t i = 0; i < full.namespace_count; i++) {
        memset(full.namespaces[i].name, '"', HWS_NAMESPACE_SIZE_MAX);
        full.namespaces[i].name[HWS_NAMESPACE_SIZE_MAX] = '\0';
    }
    const size_t size = hws_hub_metrics_write(&full, whole, sizeof whole);
    assert_true(size < sizeof whole);
    assert_int_equal(strlen(whole), size);
    assert_int_equal(hws_hub_metrics_write(&full, NULL, 0), size);
    for (size_t room = 1; room <= size; room += 997) {
        assert_int_equal(hws_hub_metrics_write(&full, part, room), size);
        assert_int_equal(strlen(part), room - 1);
        assert_memory_equal(part, whole, room - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_fall_into_classes),
        cmocka_unit_test(gauges_are_sums),
        cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(the_text_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
