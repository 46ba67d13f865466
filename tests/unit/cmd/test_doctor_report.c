/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_report.h"

#include <stdio.h>

#include "lib/cmocka.h"

static doctor_report report;

static void begin(const char *url)
{
    const doctor_question question = {.url = url};
    assert_int_equal(doctor_report_init(&report, &question, 0, 1000), HWS_OK);
}

static void step(hws_step_type type, hws_status status, uint64_t at_us, const char *text)
{
    doctor_report_add_step(
        &report, &(hws_step){.type = type, .status = status, .at_us = at_us, .text = text});
}

static void test_bad_url(void **state)
{
    (void)state;
    const doctor_question question = {.url = "ftp://localhost"};
    assert_int_equal(doctor_report_init(&report, &question, 0, 1000), HWS_ERR_URL_SCHEME);
}

static void test_times(void **state)
{
    (void)state;
    begin("ws://example.com");
    step(HWS_STEP_RESOLVE, HWS_OK, 10, "example.com");
    step(HWS_STEP_RESOLVED, HWS_OK, 210, "192.0.2.1 2001:db8::1");
    assert_int_equal(doctor_report_step(&report, HWS_STEP_RESOLVED)->took_us, 200);
    step(HWS_STEP_CONNECT, HWS_OK, 220, "[2001:db8::1] port 80");
    step(HWS_STEP_CONNECT, HWS_OK, 470, "192.0.2.1 port 80");
    step(HWS_STEP_CONNECTED, HWS_ERR_CONNECT_REFUSED, 500, "[2001:db8::1] port 80: refused");
    step(HWS_STEP_CONNECTED, HWS_OK, 510, "192.0.2.1 port 80");
    step(HWS_STEP_REQUEST, HWS_OK, 520, "");
    step(HWS_STEP_CONNECTED, HWS_ERR_CONNECT_REFUSED, 600, "192.0.2.1 port 8: refused");
    assert_int_equal(doctor_report_step(&report, HWS_STEP_CONNECTED)->took_us, 0);
    step(HWS_STEP_RESPONSE, HWS_OK, 920, "");
    assert_int_equal(doctor_report_step(&report, HWS_STEP_RESPONSE)->took_us, 400);
    assert_false(doctor_report_has_proxy(&report));

    assert_int_equal(report.address_count, 3);
    assert_string_equal(report.address[0].text, "192.0.2.1 port 80");
    assert_false(report.address[0].is_ipv6);
    assert_int_equal(report.address[0].status, HWS_OK);
    assert_int_equal(report.address[0].took_us, 40);
    assert_string_equal(report.address[1].text, "2001:db8::1 port 80");
    assert_true(report.address[1].is_ipv6);
    assert_true(report.address[1].is_done);
    assert_int_equal(report.address[1].status, HWS_ERR_CONNECT_REFUSED);
    assert_int_equal(report.address[1].took_us, 280);
}

static void test_addresses_have_a_bound(void **state)
{
    (void)state;
    begin("ws://example.com");
    for (int i = 0; i < DOCTOR_ADDRESS_MAX; i++) {
        char text[32];
        snprintf(text, sizeof text, "192.0.2.%d port 80", i);
        assert_non_null(doctor_report_address(&report, text));
    }
    assert_non_null(doctor_report_address(&report, "192.0.2.0 port 80"));
    assert_null(doctor_report_address(&report, "192.0.3.0 port 80"));
}

static void test_steps_have_a_bound(void **state)
{
    (void)state;
    begin("ws://example.com");
    for (int i = 0; i < DOCTOR_STEP_MAX + 2; i++) step(HWS_STEP_REQUEST, HWS_OK, 1, "");
    assert_int_equal(report.step_count, DOCTOR_STEP_MAX);
}

static void test_proxies(void **state)
{
    (void)state;
    begin("ws://example.com");
    step(HWS_STEP_RESOLVE, HWS_OK, 1, "EXAMPLE.com");
    assert_false(doctor_report_has_proxy(&report));
    step(HWS_STEP_CONNECT, HWS_OK, 1, "192.0.2.1 port 80");
    assert_false(doctor_report_has_proxy(&report));
    step(HWS_STEP_CONNECT, HWS_OK, 1, "192.0.2.1 port 3128");
    assert_true(doctor_report_has_proxy(&report));

    begin("ws://example.com");
    step(HWS_STEP_RESOLVE, HWS_OK, 1, "proxy.example.com");
    assert_true(doctor_report_has_proxy(&report));
    step(HWS_STEP_RESOLVED, HWS_OK, 2, "192.0.2.7");
    assert_int_equal(report.address_count, 0); /* they are the proxy's */

    begin("ws://example.com");
    step(HWS_STEP_PROXY, HWS_OK, 1, "http");
    assert_true(doctor_report_has_proxy(&report));

    begin("ws://example.com");
    step(HWS_STEP_CONNECT, HWS_OK, 1, "/run/a.sock");
    assert_false(doctor_report_has_proxy(&report));
}

static void test_tls(void **state)
{
    (void)state;
    begin("wss://example.com");
    const hws_tls_info info = {
        .version = "TLSv1.3",
        .cipher = "TLS_AES_256_GCM_SHA384",
        .alpn = "",
        .distrust = "self-signed",
        .chain = {{.subject = "CN=a", .issuer = "CN=b", .names = "a", .not_after_s = 7}},
        .chain_count = 1,
    };
    doctor_report_add_step(&report, &(hws_step){.type = HWS_STEP_TLS,
                                                .status = HWS_ERR_TLS_UNTRUSTED,
                                                .text = "unknown",
                                                .tls = &info});
    assert_true(report.tls.is_seen);
    assert_string_equal(report.tls.version, "TLSv1.3");
    assert_string_equal(report.tls.why, "unknown");
    assert_int_equal(report.tls.chain_count, 1);
    assert_string_equal(report.tls.chain[0].issuer, "CN=b");
    assert_int_equal(report.tls.chain[0].not_after_s, 7);
}

static void test_long_answers_are_cut(void **state)
{
    (void)state;
    static char bytes[DOCTOR_HEAD_SIZE + 1];
    memset(bytes, 'x', sizeof bytes);
    begin("ws://example.com");
    for (size_t size = DOCTOR_HEAD_SIZE - 1; size <= sizeof bytes; size++) {
        doctor_report_add_step(
            &report, &(hws_step){.type = HWS_STEP_RESPONSE, .text = "", .bytes = {bytes, size}});
        assert_int_equal(report.answer.size, size < DOCTOR_HEAD_SIZE ? size : DOCTOR_HEAD_SIZE);
    }
}

static void test_end(void **state)
{
    (void)state;
    begin("ws://example.com");
    doctor_report_end(
        &report,
        &(hws_close){
            .code = 1008, .was_clean = true, .reason = {"go away", 7}, .cause = "the peer closed"},
        55);
    assert_int_equal(report.talk.code, 1008);
    assert_string_equal(report.talk.reason, "go away");
    assert_string_equal(report.talk.cause, "the peer closed");
    assert_int_equal(report.talk.close_us, 55);
    assert_true(report.talk.was_clean);
}

static void test_copy(void **state)
{
    (void)state;
    char text[4];
    doctor_copy(text, sizeof text, "abcd");
    assert_string_equal(text, "abc");
    doctor_copy(text, sizeof text, "abc");
    assert_string_equal(text, "abc");
    doctor_copy(text, sizeof text, NULL);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_url),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_addresses_have_a_bound),
        cmocka_unit_test(test_steps_have_a_bound),
        cmocka_unit_test(test_proxies),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_long_answers_are_cut),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
