/* SPDX-License-Identifier: MIT */
/* What hawser connect writes, in each of its three ways. */
#include "cmd/connect_report.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/cmocka.h"

static connect_report report;
static char *written;
static size_t written_size;

static int set_up(void **state)
{
    (void)state;
    report = (connect_report){.out = open_memstream(&written, &written_size)};
    return report.out ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fclose(report.out);
    free(written);
    return 0;
}

/* What an event adds to the output. */
static void check_sized(const connect_event *event, const char *expected, size_t expected_size)
{
    fflush(report.out);
    const size_t before = written_size;
    connect_report_tell(&report, event);
    fflush(report.out);
    assert_int_equal(written_size - before, expected_size);
    assert_memory_equal(written + before, expected, expected_size);
}

static void check(const connect_event *event, const char *expected)
{
    fflush(report.out);
    const size_t before = written_size;
    connect_report_tell(&report, event);
    fflush(report.out);
    assert_string_equal(written + before, expected);
}

static hws_message message_of(hws_message_type type, const char *bytes, size_t size)
{
    return (hws_message){.type = type, .data = (const uint8_t *)bytes, .size = size};
}

static void check_message(hws_message_type type, const char *bytes, size_t size,
                          const char *expected)
{
    const hws_message message = message_of(type, bytes, size);
    check(&(connect_event){.type = CONNECT_EVENT_MESSAGE, .message = &message}, expected);
}

static void check_sent(connect_command_type type, const char *text, hws_status status,
                       const char *expected)
{
    const connect_command command = {.type = type, .text = text, .size = strlen(text)};
    check(&(connect_event){.type = CONNECT_EVENT_SENT, .command = &command, .status = status},
          expected);
}

static void check_close(hws_status status, const char *expected)
{
    const hws_close close = {.code = 1001,
                             .status = status,
                             .was_clean = true,
                             .reason = {"bye", 3},
                             .cause = "because"};
    check(&(connect_event){.type = CONNECT_EVENT_CLOSE, .close = &close}, expected);
}

static const hws_close lost = {
    .code = 1006, .status = HWS_ERR_CONNECTION_LOST, .cause = "lost", .http_status = 503};

/* Words. */

static void test_words_of_a_connection(void **state)
{
    (void)state;
    report.tell = connect_words;
    hws_attempt attempt = {.number = 1, .url = "ws://there/"};
    check(&(connect_event){.type = CONNECT_EVENT_ATTEMPT, .attempt = &attempt},
          "* connecting to ws://there/\n");
    attempt.number = 2;
    check(&(connect_event){.type = CONNECT_EVENT_ATTEMPT, .attempt = &attempt},
          "* connecting again to ws://there/\n");
    check(&(connect_event){.type = CONNECT_EVENT_OPEN}, "* connected\n");
    check(&(connect_event){.type = CONNECT_EVENT_RETRY, .close = &lost, .delay_ms = 12345},
          "* trying again in 12.3 s: lost\n");
    check_close(HWS_OK, "* because\n");
    check_close(HWS_ERR_UTF8, "* failed: because\n");
}

static void test_words_of_tls(void **state)
{
    (void)state;
    report.tell = connect_words;
    hws_tls_info tls = {.version = "TLSv1.3", .trusted = true, .distrust = "", .chain_count = 1};
    tls.chain[0].subject = "CN=\x1b[2Jexample.com";
    hws_step step = {.type = HWS_STEP_TLS, .text = "", .tls = &tls};
    check(&(connect_event){.type = CONNECT_EVENT_STEP, .step = &step},
          "* certificate of CN=\\x1b[2Jexample.com\n");
    check(&(connect_event){.type = CONNECT_EVENT_OPEN}, "* connected, TLSv1.3\n");

    tls.trusted = false;
    tls.distrust = "expired";
    tls.chain_count = 0;
    check(&(connect_event){.type = CONNECT_EVENT_STEP, .step = &step},
          "* it is not trusted: expired\n");

    const hws_attempt attempt = {.number = 2, .url = "ws://there/"}; /* a new one forgets it */
    connect_report_tell(&report,
                        &(connect_event){.type = CONNECT_EVENT_ATTEMPT, .attempt = &attempt});
    check(&(connect_event){.type = CONNECT_EVENT_OPEN}, "* connected\n");
}

static void test_words_of_steps(void **state)
{
    (void)state;
    report.tell = connect_words;
    hws_step step = {.type = HWS_STEP_CONNECT, .text = "192.0.2.1 port 80"};
    const connect_event event = {.type = CONNECT_EVENT_STEP, .step = &step};
    check(&event, "* trying 192.0.2.1 port 80\n");
    step.type = HWS_STEP_PROXY;
    check(&event, "* proxy: 192.0.2.1 port 80\n");
    static const hws_step_type silent[] = {HWS_STEP_RESOLVE, HWS_STEP_RESOLVED, HWS_STEP_CONNECTED,
                                           HWS_STEP_TLS,     HWS_STEP_REQUEST,  HWS_STEP_RESPONSE};
    for (size_t i = 0; i < COUNT_OF(silent); i++) {
        step.type = silent[i];
        check(&event, "");
    }
}

/* Whatever a peer sends, its lines begin with "< " or with two spaces, and ours with neither. */
static void test_words_of_messages(void **state)
{
    (void)state;
    report.tell = connect_words;
    check_message(HWS_TEXT, "hello", 5, "< hello\n");
    check_message(HWS_TEXT, NULL, 0, "< \n");
    check_message(HWS_TEXT, "a\n* connected\n\x1b[1A", 18, "< a\n  * connected\n  \\x1b[1A\n");
    check_message(HWS_BINARY, "\x00\x1b", 2,
                  "< 2 bytes\n"
                  "  00000000  00 1b                                             |..|\n");
    check_message(HWS_BINARY, "A", 1,
                  "< 1 byte\n"
                  "  00000000  41                                                |A|\n");
    check_message(HWS_BINARY, NULL, 0, "< 0 bytes\n");
}

/* A terminal is no place for megabytes; a character is not cut. */
static void test_words_of_large_messages(void **state)
{
    (void)state;
    report.tell = connect_words;
    enum { SHOWN = 65536 };
    char *text = malloc(SHOWN + 8);
    char *expected = malloc(SHOWN + 100);
    memset(text, 'x', SHOWN + 2);
    memcpy(expected, "< ", 2);
    memset(expected + 2, 'x', SHOWN);
    memcpy(expected + 2 + SHOWN, "\n", 2);
    text[SHOWN] = '\x80'; /* what lies behind it is none of its business */
    check_message(HWS_TEXT, text, SHOWN, expected);
    text[SHOWN] = 'x';
    memcpy(expected + 2 + SHOWN, "\n  ... and 1 bytes more\n", 25);
    check_message(HWS_TEXT, text, SHOWN + 1, expected);
    memcpy(text + SHOWN - 1, "\xe2\x9a\x93", 3);
    memcpy(expected + 2 + SHOWN - 1, "\n  ... and 3 bytes more\n", 25);
    check_message(HWS_TEXT, text, SHOWN + 2, expected);
    free(text);
    free(expected);

    static const uint8_t zeros[4097];
    const hws_message message = {.type = HWS_BINARY, .data = zeros, .size = sizeof zeros};
    connect_report_tell(&report,
                        &(connect_event){.type = CONNECT_EVENT_MESSAGE, .message = &message});
    fflush(report.out);
    assert_non_null(strstr(written, "\n  00000ff0 "));
    assert_null(strstr(written, "\n  00001000 "));
    assert_non_null(strstr(written, "\n  ... and 1 bytes more\n"));
}

static void test_words_of_what_was_typed(void **state)
{
    (void)state;
    report.tell = connect_words;
    check_sent(CONNECT_SEND, "hi", HWS_OK, "> hi\n");
    check_sent(CONNECT_SEND, "hi", HWS_BUFFERED, "> hi\n");
    check_sent(CONNECT_SEND, "hi", HWS_ERR_NOT_OPEN, "> hi\n* not sent: there is no connection\n");
    check_sent(CONNECT_SEND, "hi", HWS_ERR_UTF8, "> hi\n* not sent: text that is not UTF-8\n");
    check_sent(CONNECT_BINARY, "A", HWS_OK,
               "> 1 byte\n"
               "  00000000  41                                                |A|\n");
    check_sent(CONNECT_PING, "", HWS_OK, "* ping\n");
    check_sent(CONNECT_PING, "x", HWS_OK, "* ping x\n");
    check_sent(CONNECT_CLOSE, "", HWS_OK, "* closing\n");
    check_sent(CONNECT_QUIT, "", HWS_OK, "* closing\n");
    check_sent(CONNECT_WRONG, "so not", HWS_OK, "* so not\n");
    const hws_message message = message_of(HWS_TEXT, "hi", 2);
    check(&(connect_event){.type = CONNECT_EVENT_DROP, .message = &message},
          "* never sent:\n> hi\n");
}

static void test_words_of_pongs(void **state)
{
    (void)state;
    report.tell = connect_words;
    connect_event event = {
        .type = CONNECT_EVENT_PONG, .payload = {"a\x07", 2}, .round_trip_us = 12034};
    check(&event, "* pong \"a\\x07\" after 12.034 ms\n");
    event.payload = (hws_text){NULL, 0};
    check(&event, "* pong after 12.034 ms\n");
    event.round_trip_us = UINT64_MAX;
    check(&event, "");
}

static void test_colors_and_times(void **state)
{
    (void)state;
    report.tell = connect_words;
    report.has_colors = true;
    check_message(HWS_TEXT, "a\x01", 2, "\x1b[36m<\x1b[0m a\x1b[35m\\x01\x1b[0m\n");
    check_close(HWS_ERR_UTF8, "\x1b[31m*\x1b[0m \x1b[31mfailed: \x1b[0mbecause\n");
    report.has_colors = false;
    report.has_times = true;
    fflush(report.out);
    const size_t before = written_size;
    const hws_message message = message_of(HWS_TEXT, "a", 1);
    connect_report_tell(&report,
                        &(connect_event){.type = CONNECT_EVENT_MESSAGE, .message = &message});
    fflush(report.out);
    int parts[4];
    char rest[8];
    assert_int_equal(sscanf(written + before, "%2d:%2d:%2d.%3d %7[^\n]", &parts[0], &parts[1],
                            &parts[2], &parts[3], rest),
                     5);
    assert_string_equal(rest, "< a");
}

/* Lines. */

static void test_lines(void **state)
{
    (void)state;
    report.tell = connect_lines;
    check_message(HWS_TEXT, "a\x1b\nb", 4, "a\x1b\nb\n");
    check_message(HWS_TEXT, NULL, 0, "\n");
    const hws_message binary = message_of(HWS_BINARY, "\0\n\xff", 3);
    check_sized(&(connect_event){.type = CONNECT_EVENT_MESSAGE, .message = &binary}, "\0\n\xff", 3);
    check_message(HWS_BINARY, NULL, 0, "");
    check(&(connect_event){.type = CONNECT_EVENT_OPEN}, "");
    check(&(connect_event){.type = CONNECT_EVENT_PONG}, "");
    check_close(HWS_OK, "");
    check_sent(CONNECT_SEND, "hi", HWS_OK, "");
}

static void test_lines_at_a_terminal(void **state)
{
    (void)state;
    report.tell = connect_lines;
    report.is_terminal = true;
    check_message(HWS_TEXT, "a\x1b\nb", 4, "a\\x1b\nb\n");
    check_message(HWS_BINARY, "\x1b", 1,
                  "00000000  1b                                                |.|\n");
}

/* Objects. */

static void test_objects(void **state)
{
    (void)state;
    report.tell = connect_json;
    memcpy(report.tls_version, "TLSv1.2", 8);
    check(&(connect_event){.type = CONNECT_EVENT_OPEN},
          "{\"type\":\"open\",\"url\":\"\",\"protocol\":\"\",\"extensions\":\"\",\"tls\":\"TLSv1."
          "2\"}\n");
    check_message(HWS_TEXT, "a\x1b\n\"", 4,
                  "{\"type\":\"message\",\"text\":\"a\\u001B\\n\\\"\"}\n");
    check_message(HWS_TEXT, "a\0b", 3, "{\"type\":\"message\",\"text\":\"a\\u0000b\"}\n");
    check_message(HWS_TEXT, NULL, 0, "{\"type\":\"message\",\"text\":\"\"}\n");
    const connect_event pong = {.type = CONNECT_EVENT_PONG, .payload = {"x", 1}};
    check(&pong, "{\"type\":\"pong\",\"text\":\"x\"}\n");
    const connect_event odd = {.type = CONNECT_EVENT_PONG, .payload = {"\xff", 1}};
    check(&odd, "{\"type\":\"pong\",\"base64\":\"/w==\"}\n");
    check_close(HWS_OK, "{\"type\":\"close\",\"code\":1001,\"reason\":\"bye\",\"wasClean\":true,"
                        "\"cause\":\"because\",\"status\":0,\"httpStatus\":0}\n");
    check(&(connect_event){.type = CONNECT_EVENT_RETRY, .close = &lost, .delay_ms = 1500},
          "{\"type\":\"retry\",\"code\":1006,\"reason\":\"\",\"wasClean\":false,\"cause\":\"lost\","
          "\"status\":-13,\"httpStatus\":503,\"delayMs\":1500}\n");
    check_sent(CONNECT_SEND, "hi", HWS_OK, "");
}

/* The vectors of RFC 4648 §10, and every bit of the alphabet's end. */
static void test_base64(void **state)
{
    (void)state;
    report.tell = connect_json;
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "{\"type\":\"message\",\"base64\":\"%s\"}\n",
                 rows[i][1]);
        check_message(HWS_BINARY, rows[i][0], strlen(rows[i][0]), expected);
    }
}

static void test_objects_at_a_terminal(void **state)
{
    (void)state;
    report.tell = connect_json;
    check_message(HWS_TEXT, "\xc2\x9b", 2, "{\"type\":\"message\",\"text\":\"\xc2\x9b\"}\n");
    report.is_terminal = true;
    check_message(HWS_TEXT, "\xc2\x9b", 2, "{\"type\":\"message\",\"text\":\"\\u009B\"}\n");
}

static void test_objects_with_times(void **state)
{
    (void)state;
    report.tell = connect_json;
    report.has_times = true;
    connect_report_tell(&report, &(connect_event){.type = CONNECT_EVENT_OPEN});
    fflush(report.out);
    int parts[7];
    assert_int_equal(
        sscanf(written, "{\"type\":\"open\",\"time\":\"%4d-%2d-%2dT%2d:%2d:%2d.%3dZ\",\"url\"",
               &parts[0], &parts[1], &parts[2], &parts[3], &parts[4], &parts[5], &parts[6]),
        7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_words_of_a_connection),
        TEST(test_words_of_tls),
        TEST(test_words_of_steps),
        TEST(test_words_of_messages),
        TEST(test_words_of_large_messages),
        TEST(test_words_of_what_was_typed),
        TEST(test_words_of_pongs),
        TEST(test_colors_and_times),
        TEST(test_lines),
        TEST(test_lines_at_a_terminal),
        TEST(test_objects),
        TEST(test_base64),
        TEST(test_objects_at_a_terminal),
        TEST(test_objects_with_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
