/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_trial.h"

#include "lib/doctor_stage.h"

static doctor_trial trials[DOCTOR_TRIAL_MAX];

static void check(size_t count)
{
    assert_int_equal(doctor_trial_choose(&stage, trials), count);
}

static void check_trial(size_t i, doctor_trial_kind kind, const char *url, const char *origin)
{
    assert_int_equal(trials[i].kind, kind);
    assert_string_equal(trials[i].url, url);
    assert_string_equal(trials[i].origin, origin);
}

static void test_nothing_to_try(void **state)
{
    (void)state;
    stage_url("ws://localhost/");
    stage_healthy_talk();
    check(0);
    stage_url("ws://localhost/");
    stage_end(HWS_ERR_CONNECT_REFUSED, "");
    check(0);
    stage_answer("HTTP/1.1 500 Oops\r\n\r\n");
    check(0);
    stage_answer("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    check(0);
}

static void test_origins(void **state)
{
    (void)state;
    stage_url("wss://localhost:8443/ws");
    stage_answer("HTTP/1.1 403 No\r\n\r\n");
    check(1);
    check_trial(0, DOCTOR_TRIAL_OWN_ORIGIN, "wss://localhost:8443/ws", "https://localhost:8443");

    stage_ask(&(doctor_question){.url = "ws://localhost/ws", .origin = "https://other"});
    stage_answer("HTTP/1.1 401 No\r\n\r\n");
    check(2);
    check_trial(0, DOCTOR_TRIAL_OWN_ORIGIN, "ws://localhost/ws", "http://localhost");
    check_trial(1, DOCTOR_TRIAL_NO_ORIGIN, "ws://localhost/ws", "");

    stage_ask(&(doctor_question){.url = "ws://localhost/ws", .origin = "http://localhost"});
    stage_answer("HTTP/1.1 400 No\r\n\r\n");
    check(1);
    check_trial(0, DOCTOR_TRIAL_NO_ORIGIN, "ws://localhost/ws", "");
}

static void test_paths(void **state)
{
    (void)state;
    stage_url("ws://localhost/ws?a=b");
    stage_answer("HTTP/1.1 404 No\r\n\r\n");
    check(3);
    check_trial(0, DOCTOR_TRIAL_SLASH, "ws://localhost/ws/?a=b", "");
    check_trial(1, DOCTOR_TRIAL_SOCKET_IO, "ws://localhost/socket.io/?EIO=4&transport=websocket",
                "");
    check_trial(2, DOCTOR_TRIAL_OWN_ORIGIN, "ws://localhost/ws?a=b", "http://localhost");

    stage_ask(&(doctor_question){.url = "ws://localhost/ws/", .origin = "https://other"});
    stage_answer("HTTP/1.1 404 No\r\n\r\n");
    check(3); /* and no more */
    check_trial(0, DOCTOR_TRIAL_SLASH, "ws://localhost/ws", "https://other");

    stage_url("ws://localhost/?a=b"); /* there is no path to try a slash at */
    stage_answer("HTTP/1.1 404 No\r\n\r\n");
    check(2);
    assert_int_equal(trials[0].kind, DOCTOR_TRIAL_SOCKET_IO);
    stage_url("ws://localhost/sockets.io/");
    stage_answer("HTTP/1.1 200 OK\r\n\r\n");
    check(1);

    stage_url("ws://localhost/");
    stage_answer("HTTP/1.1 200 OK\r\n\r\n");
    check(1);
    check_trial(0, DOCTOR_TRIAL_SOCKET_IO, "ws://localhost/socket.io/?EIO=4&transport=websocket",
                "");
    stage_url("ws://localhost/socket.io/");
    stage_answer("HTTP/1.1 200 OK\r\n\r\n");
    check(0);
}

static void test_schemes(void **state)
{
    (void)state;
    stage_url("wss://localhost/ws?token=abc"); /* not in the clear */
    stage_end(HWS_ERR_TLS_NOT_TLS, "");
    check(1);
    check_trial(0, DOCTOR_TRIAL_SCHEME, "ws://localhost:443/ws", "");

    stage_url("ws://localhost/");
    stage_answer("HTTP/1.1 400 No\r\n\r\nThe plain HTTP request was sent to HTTPS port");
    check(1);
    check_trial(0, DOCTOR_TRIAL_SCHEME, "wss://localhost:80/", "");

    stage_url("ws://localhost:8080/");
    stage_request("");
    stage_bytes("\x15\x03\x01\0\2\2\x46", 7);
    stage_end(HWS_ERR_HTTP_SYNTAX, "");
    check(1);
    check_trial(0, DOCTOR_TRIAL_SCHEME, "wss://localhost:8080/", "");

    stage_url("ws://localhost:8080/");
    stage_request("");
    stage_end(HWS_ERR_CONNECTION_LOST, "");
    check(2);
    check_trial(0, DOCTOR_TRIAL_SCHEME, "wss://localhost:8080/", "");
    assert_int_equal(trials[1].kind, DOCTOR_TRIAL_SOCKET_IO);

    static const hws_status silences[] = {HWS_ERR_CONNECTION_LOST, HWS_ERR_CONNECTION_RESET,
                                          HWS_ERR_HANDSHAKE_TIMEOUT, HWS_ERR_TIMEOUT};
    stage_url("wss://localhost:8080/");
    stage_step(HWS_STEP_TLS, HWS_ERR_CONNECT_TIMEOUT, "");
    stage_end(HWS_ERR_CONNECT_TIMEOUT, "");
    check(1);
    stage_url("wss://localhost:8080/");
    stage_end(HWS_ERR_CONNECT_TIMEOUT, "");
    check(0);
    for (size_t i = 0; i < COUNT_OF(silences); i++) {
        stage_url("wss://localhost:8080/"); /* in the TLS handshake */
        stage_end(silences[i], "");
        check(1);
        assert_int_equal(trials[0].kind, DOCTOR_TRIAL_SCHEME);
    }
}

static void test_proxies(void **state)
{
    (void)state;
    stage_url("ws://localhost/");
    stage_step(HWS_STEP_PROXY, HWS_ERR_PROXY, "");
    stage_end(HWS_ERR_PROXY, "");
    check(1);
    check_trial(0, DOCTOR_TRIAL_NO_PROXY, "ws://localhost/", "");

    stage_url("ws://localhost/");
    stage_step(HWS_STEP_CONNECT, HWS_OK, "127.0.0.1 port 3128");
    stage_end(HWS_ERR_CONNECT_REFUSED, "");
    check(1);
    assert_int_equal(trials[0].kind, DOCTOR_TRIAL_NO_PROXY);

    stage_url("ws://localhost/"); /* through the proxy, and what is wrong is behind it */
    stage_step(HWS_STEP_CONNECT, HWS_OK, "127.0.0.1 port 3128");
    stage_step(HWS_STEP_PROXY, HWS_OK, "");
    stage_answer("HTTP/1.1 403 No\r\n\r\n");
    check(1);
    assert_int_equal(trials[0].kind, DOCTOR_TRIAL_OWN_ORIGIN);
}

static void test_credentials_stay_here(void **state)
{
    (void)state;
    assert_true(doctor_trial_is_anonymous(DOCTOR_TRIAL_SCHEME));
    assert_true(doctor_trial_is_anonymous(DOCTOR_TRIAL_SOCKET_IO));
    assert_true(doctor_trial_is_anonymous(DOCTOR_TRIAL_NO_PROXY));
    assert_false(doctor_trial_is_anonymous(DOCTOR_TRIAL_OWN_ORIGIN));
    assert_false(doctor_trial_is_anonymous(DOCTOR_TRIAL_NO_ORIGIN));
    assert_false(doctor_trial_is_anonymous(DOCTOR_TRIAL_SLASH));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_try), cmocka_unit_test(test_origins),
        cmocka_unit_test(test_paths),          cmocka_unit_test(test_schemes),
        cmocka_unit_test(test_proxies),        cmocka_unit_test(test_credentials_stay_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
