/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_way.h"

#include "lib/doctor_stage.h"

static void stage_connect(hws_status status, const char *address)
{
    stage_step(HWS_STEP_CONNECT, HWS_OK, address);
    stage_step(HWS_STEP_CONNECTED, status, address);
}

static void test_name(void **state)
{
    (void)state;
    stage_url("ws://exmaple.com/");
    stage_step(HWS_STEP_RESOLVE, HWS_OK, "exmaple.com");
    stage_end(HWS_ERR_NAME, "");
    check_fault(DOCTOR_FAULT, "name-not-found", "exmaple.com", "getent hosts exmaple.com");
    assert_int_equal(stage_faults.count, 1);

    stage_url("ws://backend:8080/");
    stage_end(HWS_ERR_NAME, "");
    check_fault(DOCTOR_FAULT, "name-not-found", "backend", "container");

    stage_url("ws://example.com/");
    stage_end(HWS_ERR_NAME_TEMPORARY, "");
    check_fault(DOCTOR_FAULT, "name-lookup-failed", "no name server answered", "online");
}

static void test_refused(void **state)
{
    (void)state;
    stage_url("ws://localhost:8081/");
    stage_connect(HWS_ERR_CONNECT_REFUSED, "127.0.0.1 port 8081");
    stage_connect(HWS_ERR_CONNECT_REFUSED, "::1 port 8081");
    stage_end(HWS_ERR_CONNECT_REFUSED, "");
    check_fault(DOCTOR_FAULT, "connection-refused",
                "Nothing listens on port 8081 of localhost (127.0.0.1, ::1)", "container");

    stage_url("ws://example.com/");
    stage_connect(HWS_ERR_CONNECT_REFUSED, "192.0.2.1 port 80");
    stage_end(HWS_ERR_CONNECT_REFUSED, "");
    check_fault(DOCTOR_FAULT, "connection-refused", "port 80", "0.0.0.0");

    stage_ask(&(doctor_question){.url = "ws://localhost/", .unix_path = "/run/a.sock"});
    stage_end(HWS_ERR_CONNECT_REFUSED, "");
    check_fault(DOCTOR_FAULT, "connection-refused", "/run/a.sock", "left over");
}

static void test_timeout(void **state)
{
    (void)state;
    stage_url("wss://example.com/");
    stage_connect(HWS_ERR_CONNECT_TIMEOUT, "192.0.2.1 port 443");
    stage_end(HWS_ERR_CONNECT_TIMEOUT, "");
    check_fault(DOCTOR_FAULT, "connect-timeout", "within 5 s", "firewall");
}

static void test_unreachable(void **state)
{
    (void)state;
    stage_url("ws://example.com/");
    stage_connect(HWS_ERR_CONNECT_UNREACHABLE, "2001:db8::1 port 80");
    stage_end(HWS_ERR_CONNECT_UNREACHABLE, "");
    check_fault(DOCTOR_FAULT, "ipv6-only", "IPv6 addresses only (2001:db8::1)", "A record");

    stage_connect(HWS_ERR_CONNECT_UNREACHABLE, "192.0.2.1 port 80");
    check_fault(DOCTOR_FAULT, "host-unreachable", "192.0.2.1", "ip route");

    stage_url("ws://192.0.2.1/"); /* what is said once is enough */
    stage_connect(HWS_ERR_CONNECT_REFUSED, "192.0.2.1 port 80");
    stage_end(HWS_ERR_CONNECT_REFUSED, "");
    check_fault(DOCTOR_FAULT, "connection-refused", "port 80 of 192.0.2.1: the", "");

    stage_url("ws://[2001:db8::1]/"); /* who names an address needs no other record */
    stage_connect(HWS_ERR_CONNECT_UNREACHABLE, "2001:db8::1 port 80");
    stage_end(HWS_ERR_CONNECT_UNREACHABLE, "");
    check_fault(DOCTOR_FAULT, "host-unreachable", "2001:db8::1", "ip route");
}

static void test_families(void **state)
{
    (void)state;
    stage_url("ws://example.com/");
    stage_connect(HWS_OK, "192.0.2.1 port 80");
    stage_connect(HWS_OK, "2001:db8::1 port 80");
    stage_healthy_talk();
    check_healthy();

    stage_connect(HWS_ERR_CONNECT_REFUSED, "2001:db8::1 port 80");
    check_fault(DOCTOR_WARNING, "ipv6-dead", "2001:db8::1 port 80: refused", "AAAA");

    stage_connect(HWS_ERR_CONNECT_UNREACHABLE, "2001:db8::1 port 80");
    check_fault(DOCTOR_NOTE, "ipv6-untried", "no way to IPv6", "");
    stage_connect(HWS_ERR_CONNECT_REFUSED, "2001:db8::2 port 80");
    check_fault(DOCTOR_WARNING, "ipv6-dead",
                "2001:db8::1 port 80: unreachable, 2001:db8::2 port "
                "80: refused",
                "");
    stage_connect(HWS_OK, "2001:db8::2 port 80");

    stage_connect(HWS_OK, "2001:db8::1 port 80");
    stage_connect(HWS_ERR_CONNECT_TIMEOUT, "192.0.2.1 port 80");
    check_fault(DOCTOR_WARNING, "ipv4-dead", "192.0.2.1 port 80: no answer", "IPv4");

    stage_connect(HWS_OK, "192.0.2.2 port 80"); /* another of that family */
    check_fault(DOCTOR_WARNING, "address-dead", "(192.0.2.1 port 80: no answer)", "records");

    stage_url("ws://example.com/"); /* without any of the other family */
    stage_connect(HWS_OK, "192.0.2.2 port 80");
    stage_connect(HWS_ERR_CONNECT_TIMEOUT, "192.0.2.1 port 80");
    stage_healthy_talk();
    check_fault(DOCTOR_WARNING, "address-dead", "(192.0.2.1 port 80: no answer)", "records");
    stage_url("ws://example.com/");
    stage_connect(HWS_OK, "2001:db8::2 port 80");
    stage_connect(HWS_ERR_CONNECT_TIMEOUT, "2001:db8::1 port 80");
    stage_healthy_talk();
    check_fault(DOCTOR_WARNING, "address-dead", "(2001:db8::1 port 80: no answer)", "records");

    (void)doctor_report_address(&stage, "2001:db8::3 port 80"); /* was not tried */
    stage_connect(HWS_OK, "2001:db8::1 port 80");
    check_healthy();
}

static void test_proxy(void **state)
{
    (void)state;
    stage_url("wss://example.com/");
    stage_step(HWS_STEP_PROXY, HWS_ERR_PROXY, "it answered 403");
    stage_end(HWS_ERR_PROXY, "");
    check_fault(DOCTOR_FAULT, "proxy-refused", "example.com port 443: it answered 403",
                "environment");
    stage_trial(DOCTOR_TRIAL_NO_PROXY, "wss://example.com/", true);
    check_fault(DOCTOR_FAULT, "proxy-refused", "", "add example.com to no_proxy");

    stage_ask(&(doctor_question){.url = "wss://example.com/", .proxy = "http://proxy:3128"});
    stage_step(HWS_STEP_PROXY, HWS_ERR_PROXY_AUTHENTICATION, "it answered 407");
    stage_end(HWS_ERR_PROXY_AUTHENTICATION, "");
    check_fault(DOCTOR_FAULT, "proxy-credentials", "407", "Check --proxy");

    stage_end(HWS_ERR_PROXY_PROTOCOL, "");
    check_fault(DOCTOR_FAULT, "proxy-protocol", "does not speak as one", "socks5");

    stage_url("wss://example.com/");
    stage_step(HWS_STEP_PROXY, HWS_ERR_CONNECT_TIMEOUT, "");
    stage_end(HWS_ERR_CONNECT_TIMEOUT, "");
    check_fault(DOCTOR_FAULT, "proxy-timeout", "example.com port 443 within 5 s", "environment");

    stage_url("wss://example.com/");
    stage_step(HWS_STEP_RESOLVE, HWS_OK, "proxy");
    stage_connect(HWS_ERR_CONNECT_REFUSED, "192.0.2.1 port 3128");
    stage_end(HWS_ERR_CONNECT_REFUSED, "");
    check_fault(DOCTOR_FAULT, "proxy-unreachable", "192.0.2.1 port 3128", "environment");
    assert_int_equal(stage_faults.count, 1);
}

static void test_proxy_of_environment(void **state)
{
    (void)state;
    stage_url("ws://example.com/");
    stage_step(HWS_STEP_PROXY, HWS_OK, "http proxy");
    stage_healthy_talk();
    check_fault(DOCTOR_NOTE, "proxy-environment", "http_proxy", "");

    stage.question.proxy = "http://proxy:3128";
    check_healthy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_proxy),
        cmocka_unit_test(test_proxy_of_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
