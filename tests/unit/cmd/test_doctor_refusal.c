/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_refusal.h"

#include "lib/doctor_stage.h"

static void answer(const char *url, const char *text)
{
    stage_url(url);
    stage_answer(text);
}

static void test_upgrade_not_forwarded(void **state)
{
    (void)state;
    answer("ws://localhost/ws", "HTTP/1.1 426 Upgrade Required\r\nServer: nginx/1.22.1\r\n\r\n");
    check_fault(DOCTOR_FAULT, "upgrade-not-forwarded", "(Server: nginx/1.22.1)",
                "proxy_set_header Upgrade $http_upgrade;\n"
                "    proxy_set_header Connection \"upgrade\";");
    answer("ws://localhost/ws", "HTTP/1.1 400 Bad Request\r\nVia: 1.1 varnish\r\n\r\n"
                                "Can \"Upgrade\" only to \"WebSocket\".");
    check_fault(DOCTOR_FAULT, "upgrade-not-forwarded", "(Via: 1.1 varnish)", "nginx");
    answer("ws://localhost/ws", "HTTP/1.1 400 Bad Request\r\nServer: Apache\r\n"
                                "Sec-WebSocket-Version: 13\r\n\r\n");
    check_fault(DOCTOR_FAULT, "upgrade-not-forwarded", "", "upgrade=websocket");
}

static void test_page(void **state)
{
    (void)state;
    answer("ws://localhost/ws", "HTTP/1.1 200 OK\r\nServer: nginx\r\nVia: 1.1 x\r\n\r\n<html>");
    check_fault(DOCTOR_FAULT, "upgrade-ignored", "(Server: nginx; Via: 1.1 x)",
                "proxy_set_header Upgrade $http_upgrade;");
    assert_non_null(strstr(stage_faults.fault[0].text, "no WebSocket at the path /ws"));
    answer("ws://localhost/ws", "HTTP/1.1 204 No Content\r\n\r\n");
    check_fault(DOCTOR_FAULT, "upgrade-ignored", "204", "");
}

static void test_frameworks(void **state)
{
    (void)state;
    answer("ws://localhost/echo", "HTTP/1.1 200 OK\r\n\r\nWelcome to SockJS!\n");
    check_fault(DOCTOR_FAULT, "sockjs", "SockJS", "ws://localhost/echo/websocket");
    answer("ws://localhost/echo/", "HTTP/1.1 200 OK\r\n\r\nWelcome to SockJS!\n");
    check_fault(DOCTOR_FAULT, "sockjs", "", "ws://localhost/echo/websocket");
    answer("ws://localhost/socket.io/", "HTTP/1.1 400 Bad Request\r\n\r\n"
                                        "{\"code\":0,\"message\":\"Transport unknown\"}");
    check_fault(DOCTOR_FAULT, "socket-io", "Socket.IO",
                "ws://localhost/socket.io/?EIO=4&transport=websocket");
    answer("ws://localhost/socket.io/",
           "HTTP/1.1 200 OK\r\n\r\n0{\"sid\":\"x\",\"upgrades\":[\"websocket\"]}");
    check_fault(DOCTOR_FAULT, "socket-io", "", "");
    answer("ws://localhost/socket.io/?EIO=4",
           "HTTP/1.1 400 Bad Request\r\n\r\n{\"code\":3,\"message\":\"Bad request\"}");
    check_fault(DOCTOR_FAULT, "socket-io", "", "");
    answer("ws://localhost/ws",
           "HTTP/1.1 400 Bad Request\r\n\r\n{\"code\":3,\"message\":\"Bad request\"}");
    check_fault(DOCTOR_FAULT, "bad-request", "", "");

    answer("ws://localhost/", "HTTP/1.1 404 Not Found\r\n\r\n");
    stage_trial(DOCTOR_TRIAL_SOCKET_IO, "ws://localhost/s", true);
    check_fault(DOCTOR_FAULT, "socket-io", "", "is at ws://localhost/s");
    answer("ws://localhost/", "HTTP/1.1 200 OK\r\n\r\n");
    stage_trial(DOCTOR_TRIAL_SOCKET_IO, "ws://localhost/s", true);
    check_fault(DOCTOR_FAULT, "socket-io", "", "is at ws://localhost/s");
}

static void test_redirects(void **state)
{
    (void)state;
    answer("ws://localhost/ws", "HTTP/1.1 301 Moved\r\nLocation: https://localhost/ws\r\n\r\n");
    check_fault(DOCTOR_FAULT, "redirect", "(301) to https://localhost/ws",
                "Use the URL wss://localhost/ws");
    answer("wss://localhost/ws", "HTTP/1.1 308 Moved\r\nLocation: /ws/\r\n\r\n");
    check_fault(DOCTOR_FAULT, "redirect", "(308)", "wss://localhost/ws/");
    answer("wss://localhost/ws", "HTTP/1.1 301 Moved\r\nLocation: https://localhost/ws\r\n\r\n");
    check_fault(DOCTOR_FAULT, "redirect", "", "X-Forwarded-Proto");
    answer("ws://localhost/ws", "HTTP/1.1 302 Found\r\nLocation: /login?next=/ws\r\n\r\n");
    check_fault(DOCTOR_FAULT, "redirect-to-login", "/login", "Cookie");
    static const char *const logins[] = {"/signin", "/users/sign_in", "/auth", "/sso/x"};
    for (size_t i = 0; i < COUNT_OF(logins); i++) {
        char text[128];
        snprintf(text, sizeof text, "HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n", logins[i]);
        answer("ws://localhost/ws", text);
        check_fault(DOCTOR_FAULT, "redirect-to-login", logins[i], "");
    }
    answer("ws://localhost/ws", "HTTP/1.1 302 Found\r\n\r\n");
    check_fault(DOCTOR_FAULT, "redirect", "nowhere", "");
}

static void test_access(void **state)
{
    (void)state;
    answer("ws://localhost/ws", "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\n\r\n");
    check_fault(DOCTOR_FAULT, "credentials-missing", "WWW-Authenticate: Bearer", "--bearer TOKEN");
    stage.question.has_credentials = true;
    check_fault(DOCTOR_FAULT, "credentials-refused", "401", "expired");
    answer("ws://localhost/ws", "HTTP/1.1 403 Forbidden\r\n\r\n");
    check_fault(DOCTOR_FAULT, "forbidden", "403", "--origin");
    stage_trial(DOCTOR_TRIAL_OWN_ORIGIN, "http://localhost", false);
    check_fault(DOCTOR_FAULT, "forbidden", "403",
                "Tried with Origin: http://localhost: it does not open either");
    stage.question.has_credentials = true;
    check_fault(DOCTOR_FAULT, "forbidden", "", "do not suffice");
}

static void test_origins(void **state)
{
    (void)state;
    static const char *const heads[] = {"HTTP/1.1 403 No\r\n\r\n", "HTTP/1.1 401 No\r\n\r\n",
                                        "HTTP/1.1 404 No\r\n\r\n", "HTTP/1.1 400 No\r\n\r\n"};
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        answer("ws://localhost/ws", heads[i]);
        stage_trial(DOCTOR_TRIAL_OWN_ORIGIN, "http://localhost", true);
        check_fault(DOCTOR_FAULT, "origin-missing", "with Origin: http://localhost it opens",
                    "--origin http://localhost");

        stage_ask(&(doctor_question){.url = "ws://localhost/ws", .origin = "https://other"});
        stage_answer(heads[i]);
        stage_trial(DOCTOR_TRIAL_OWN_ORIGIN, "http://localhost", false);
        stage_trial(DOCTOR_TRIAL_NO_ORIGIN, "", true);
        check_fault(DOCTOR_FAULT, "origin-refused", "pages of https://other", "Add https://other");
        assert_non_null(strstr(stage_faults.fault[0].remedy, "without an Origin: it opens"));
    }
}

static void test_paths(void **state)
{
    (void)state;
    answer("ws://localhost/was", "HTTP/1.1 404 Not Found\r\n\r\n");
    check_fault(DOCTOR_FAULT, "path-not-found", "/was (404)", "Correct the path");
    stage_trial(DOCTOR_TRIAL_SLASH, "ws://localhost/was/", true);
    check_fault(DOCTOR_FAULT, "path-not-found", "", "ws://localhost/was/: there it opens");
    answer("ws://localhost/was", "HTTP/1.1 410 Gone\r\n\r\n");
    check_fault(DOCTOR_FAULT, "path-not-found", "(410)", "");
}

static void test_bad_requests(void **state)
{
    (void)state;
    answer("ws://localhost:443/", "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"
                                  "<center>The plain HTTP request was sent to HTTPS port</center>");
    check_fault(DOCTOR_FAULT, "tls-server", "port 443 is one of TLS", "Use wss://");
    stage_trial(DOCTOR_TRIAL_SCHEME, "wss://localhost/", true);
    check_fault(DOCTOR_FAULT, "tls-server", "", "this opens: wss://localhost/");
    answer("ws://localhost/", "HTTP/1.0 400 Bad Request\r\n\r\n"
                              "Client sent an HTTP request to an HTTPS server.\n");
    check_fault(DOCTOR_FAULT, "tls-server", "", "");

    answer("ws://localhost/", "HTTP/1.1 426 No\r\nSec-WebSocket-Version: 8, 7\r\n\r\n");
    check_fault(DOCTOR_FAULT, "websocket-version", "version 8, 7", "RFC 6455");
    answer("ws://localhost/", "HTTP/1.1 400 No\r\nSec-WebSocket-Version: 8, 13\r\n\r\n");
    check_fault(DOCTOR_FAULT, "upgrade-not-forwarded", "", "");
    answer("ws://localhost/", "HTTP/1.1 400 No\r\n\r\nmissing subprotocol");
    check_fault(DOCTOR_FAULT, "subprotocol-missing", "none was offered", "--protocol NAME");
    static const char *const offered[] = {"x", NULL};
    stage.question.protocols = offered;
    check_fault(DOCTOR_FAULT, "subprotocol-refused", "(400)", "");
    answer("ws://localhost/", "HTTP/1.1 400 No\r\n\r\nthe sea is rough\r\nsecond line");
    check_fault(DOCTOR_FAULT, "bad-request", "and not 101: the sea is rough.", "log");
}

static void test_busy(void **state)
{
    (void)state;
    answer("ws://localhost/", "HTTP/1.1 429 Slow\r\nRetry-After: 30\r\n\r\n");
    check_fault(DOCTOR_FAULT, "too-many-requests", "Retry-After: 30 seconds", "after that");
    answer("ws://localhost/", "HTTP/1.1 503 Busy\r\nRetry-After: Sat, 21 Nov 2026\r\n\r\n");
    check_fault(DOCTOR_FAULT, "unavailable", "Retry-After: Sat, 21 Nov 2026.", "");
    answer("ws://localhost/", "HTTP/1.1 503 Busy\r\n\r\n");
    check_fault(DOCTOR_FAULT, "unavailable", "(503).", "no server is up");
}

static void test_servers_in_trouble(void **state)
{
    (void)state;
    answer("ws://localhost/", "HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\n\r\n");
    check_fault(DOCTOR_FAULT, "gateway", "502 (Server: nginx): the server behind it cannot be",
                "proxy");
    answer("ws://localhost/", "HTTP/1.1 504 Late\r\n\r\n");
    check_fault(DOCTOR_FAULT, "gateway", "in time", "");
    answer("ws://localhost/", "HTTP/1.1 522 X\r\nServer: cloudflare\r\n\r\n");
    check_fault(DOCTOR_FAULT, "gateway", "522", "");
    answer("ws://localhost/", "HTTP/1.1 500 Oops\r\n\r\nTraceback");
    check_fault(DOCTOR_FAULT, "server-error", "(500): Traceback.", "log");
    answer("ws://localhost/", "HTTP/1.1 500 Oops\r\n\r\n");
    check_fault(DOCTOR_FAULT, "server-error", "(500).", "log");
    answer("ws://localhost/", "HTTP/1.1 418 Teapot\r\n\r\n");
    check_fault(DOCTOR_FAULT, "unexpected-answer", "418", "");
}

static void test_silence(void **state)
{
    (void)state;
    stage_url("ws://localhost:8080/");
    stage_request("");
    stage_end(HWS_ERR_HANDSHAKE_TIMEOUT, "");
    check_fault(DOCTOR_FAULT, "no-answer", "within 5 s", "--timeout");
    stage_end(HWS_ERR_CONNECTION_LOST, "");
    check_fault(DOCTOR_FAULT, "closed-without-answer", "without an answer", "log");
    stage_trial(DOCTOR_TRIAL_SCHEME, "wss://localhost:8080/", false);
    check_fault(DOCTOR_FAULT, "closed-without-answer", "", "");
    stage.trial[0].status = HWS_ERR_TLS_UNTRUSTED;
    check_fault(DOCTOR_FAULT, "tls-server", "speaks TLS", "Use wss://localhost:8080/");
    stage.trial[0].status = HWS_ERR_TLS_NOT_TLS;
    check_fault(DOCTOR_FAULT, "closed-without-answer", "", "");
    stage.trial[0].is_answered = true;
    check_fault(DOCTOR_FAULT, "tls-server", "speaks TLS", "Use wss://localhost:8080/");
    stage_trial(DOCTOR_TRIAL_SOCKET_IO, "ws://localhost:8080/s", true);
    check_fault(DOCTOR_FAULT, "socket-io", "", "ws://localhost:8080/s");

    static const hws_status late[] = {HWS_ERR_HANDSHAKE_TIMEOUT, HWS_ERR_HTTP_TIMEOUT,
                                      HWS_ERR_TIMEOUT, HWS_ERR_SEND_TIMEOUT};
    for (size_t i = 0; i < COUNT_OF(late); i++) {
        stage_url("ws://localhost:8080/");
        stage_request("");
        stage_end(late[i], "");
        check_fault(DOCTOR_FAULT, "no-answer", "", "");
    }
    stage_url("ws://localhost:8080/");
    stage_request("");
    stage_end(HWS_ERR_CONNECTION_RESET, "");
    check_fault(DOCTOR_FAULT, "closed-without-answer", "", "");
    stage_end(HWS_ERR_NO_MEMORY, ""); /* that is no silence */
    check_fault(DOCTOR_FAULT, "failed", "", "");

    stage_url("ws://localhost:8080/"); /* nothing was asked */
    stage_end(HWS_ERR_NO_MEMORY, "");
    check_fault(DOCTOR_FAULT, "failed", "out of memory", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upgrade_not_forwarded),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_frameworks),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_servers_in_trouble),
        cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
