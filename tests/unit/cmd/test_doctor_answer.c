/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_answer.h"

#include "lib/doctor_stage.h"

#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

/* A 101 with these fields, to `question` with `asked` in the request. */
static void stage_switch(const doctor_question *question, const char *asked, const char *fields)
{
    char text[2048];
    stage_ask(question);
    stage_request(asked);
    const int size =
        snprintf(text, sizeof text, "HTTP/1.1 101 Switching Protocols\r\n%s\r\n", fields);
    stage_bytes(text, (size_t)size);
}

static const doctor_question plain = {.url = "ws://localhost/"};

static void test_healthy(void **state)
{
    (void)state;
    stage_switch(&plain, "", UPGRADE CONNECTION ACCEPT);
    stage_healthy_talk();
    check_healthy();
    stage_switch(&plain, "", "upgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n" ACCEPT);
    stage_healthy_talk();
    check_healthy();
}

static void test_upgrade(void **state)
{
    (void)state;
    stage_switch(&plain, "", CONNECTION ACCEPT);
    check_fault(DOCTOR_FAULT, "upgrade-header", "Upgrade: websocket is missing", "nginx");
    stage_switch(&plain, "", "Upgrade: h2c\r\n" CONNECTION ACCEPT);
    check_fault(DOCTOR_FAULT, "upgrade-header", "but: h2c", "");
    stage_switch(&plain, "", UPGRADE UPGRADE CONNECTION ACCEPT);
    check_fault(DOCTOR_FAULT, "upgrade-header", "websocket", "");
}

static void test_connection(void **state)
{
    (void)state;
    stage_switch(&plain, "", UPGRADE ACCEPT);
    check_fault(DOCTOR_FAULT, "connection-header", "Connection: Upgrade is missing", "nginx");
    stage_switch(&plain, "", UPGRADE "Connection: close\r\n" ACCEPT);
    check_fault(DOCTOR_FAULT, "connection-header", "but: close", "");
}

static void test_accept(void **state)
{
    (void)state;
    stage_switch(&plain, "", UPGRADE CONNECTION);
    check_fault(DOCTOR_FAULT, "accept-missing", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "SHA-1");
    stage_switch(&plain, "",
                 UPGRADE CONNECTION "Sec-WebSocket-Accept: t3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    check_fault(DOCTOR_FAULT, "accept-wrong",
                "t3pPLMBiTxaQ9kYGzzhZRbK+xOo=, and must be s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "cache");
    stage_switch(&plain, "",
                 UPGRADE CONNECTION "Sec-WebSocket-Accept: eGhlIHNhbXBsZSBub25jZQ==\r\n");
    check_fault(DOCTOR_FAULT, "accept-wrong", "does not answer our key", "");
    stage_switch(&plain, "",
                 UPGRADE CONNECTION "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    check_fault(DOCTOR_FAULT, "accept-wrong", "the key itself", "Hash it");
}

static void test_extensions(void **state)
{
    (void)state;
    stage_switch(&plain, "",
                 UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Extensions: permessage-deflate; "
                                           "server_no_context_takeover\r\n");
    check_fault(DOCTOR_FAULT, "extension-unasked",
                "extension permessage-deflate, which was not offered (none was)", "9.1");

    const char *offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    stage_switch(&plain, offer,
                 UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    stage_healthy_talk();
    check_healthy();
    stage_switch(&plain, offer,
                 UPGRADE CONNECTION ACCEPT
                 "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\r\n");
    check_fault(DOCTOR_FAULT, "extension-repeated", "more than once", "");
    stage_switch(&plain, offer,
                 UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n");
    check_fault(DOCTOR_FAULT, "extension-unasked", "(permessage-deflate;", "");
}

static void test_protocols(void **state)
{
    (void)state;
    static const char *const offered[] = {"chat.v2", "chat.v1", NULL};
    const doctor_question chat = {.url = "ws://localhost/", .protocols = offered};
    stage_switch(&chat, "", UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Protocol: chat.v1\r\n");
    stage_healthy_talk();
    check_healthy();
    stage_switch(&chat, "", UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Protocol: Chat.v1\r\n");
    check_fault(DOCTOR_FAULT, "subprotocol-unasked",
                "Chat.v1, which was not offered (chat.v2, ...)", "choose");
    stage_switch(&chat, "",
                 UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Protocol: chat.v2, chat.v1\r\n");
    check_fault(DOCTOR_FAULT, "subprotocol-several", "chat.v2, chat.v1", "");
    stage_switch(&chat, "",
                 UPGRADE CONNECTION ACCEPT
                 "Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Protocol: chat.v2\r\n");
    check_fault(DOCTOR_FAULT, "subprotocol-several", "chat.v1", "");
    stage_switch(&chat, "", UPGRADE CONNECTION ACCEPT);
    check_fault(DOCTOR_FAULT, "subprotocol-none", "chat.v2, ...", "browsers fail");
    stage_switch(&plain, "", UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Protocol: chat\r\n");
    check_fault(DOCTOR_FAULT, "subprotocol-unasked", "none was", "--protocol");
}

static void test_several_at_once(void **state)
{
    (void)state;
    stage_switch(&plain, "", "");
    check_fault(DOCTOR_FAULT, "upgrade-header", "", "");
    assert_non_null(doctor_fault_find(&stage_faults, "connection-header"));
    assert_non_null(doctor_fault_find(&stage_faults, "accept-missing"));
    assert_int_equal(stage_faults.count, 3);
}

static void test_http_1_0(void **state)
{
    (void)state;
    stage_url("ws://localhost/");
    stage_answer("HTTP/1.0 200 OK\r\n\r\n");
    check_fault(DOCTOR_FAULT, "http-1.0", "(200)", "proxy_http_version 1.1;");
    assert_int_equal(stage_faults.count, 1);
    stage_answer("HTTP/1.0 101 Switching Protocols\r\n" UPGRADE CONNECTION ACCEPT "\r\n");
    check_fault(DOCTOR_FAULT, "http-1.0", "(101)", "");
    stage_answer("HTTP/1.0 403 Forbidden\r\n\r\n");
    check_fault(DOCTOR_FAULT, "forbidden", "", "");
    assert_non_null(doctor_fault_find(&stage_faults, "http-1.0"));
}

static void stage_speech(const char *bytes, size_t size)
{
    stage_url("ws://localhost:2222/");
    stage_request("");
    stage_bytes(bytes, size);
    stage_end(HWS_ERR_HTTP_SYNTAX, "malformed HTTP");
}

#define SPEECH(text) stage_speech(text, sizeof text - 1)

static void test_no_http(void **state)
{
    (void)state;
    SPEECH("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    check_fault(DOCTOR_FAULT, "not-http", "port 2222 is no web server: it speaks SSH (\"SSH-2.0-",
                "port");
    SPEECH("hello\r\nyou");
    check_fault(DOCTOR_FAULT, "not-http", "does not answer in HTTP, but with: \"hello..you\"", "");
    SPEECH("\x15\x03\x01\x00\x02\x02\x46");
    check_fault(DOCTOR_FAULT, "tls-server", "TLS alert", "wss://");
    stage_trial(DOCTOR_TRIAL_SCHEME, "wss://localhost:2222/", true);
    check_fault(DOCTOR_FAULT, "tls-server", "", "this opens: wss://localhost:2222/");
    SPEECH("\0\0\x06\x04\0\0\0\0\0\0\3\0\0\0\x64");
    check_fault(DOCTOR_FAULT, "http2-only", "HTTP/2", "");
    SPEECH("HTTP/1.1 101 Switching\r\nBroken Header: x\r\n\r\n");
    check_fault(DOCTOR_FAULT, "http-malformed", "malformed HTTP", "--verbose");
    SPEECH("HTTP/1.1 101 Switching\r\nUpgr");
    stage_end(HWS_ERR_CONNECTION_LOST, "");
    check_fault(DOCTOR_FAULT, "http-malformed", "ended without a Close", "");
    SPEECH("\x1f ~\x7f");
    check_fault(DOCTOR_FAULT, "not-http", "\". ~.\"", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),         cmocka_unit_test(test_upgrade),
        cmocka_unit_test(test_connection),      cmocka_unit_test(test_accept),
        cmocka_unit_test(test_extensions),      cmocka_unit_test(test_protocols),
        cmocka_unit_test(test_several_at_once), cmocka_unit_test(test_http_1_0),
        cmocka_unit_test(test_no_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
