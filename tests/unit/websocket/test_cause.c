/* SPDX-License-Identifier: MIT */
#include "websocket/cause.h"

#include <string.h>

#include "lib/cmocka.h"

static const hws_endpoint_options OPTIONS = {.pong_timeout_ms = 20000, .close_timeout_ms = 1500};

static char words[HWS_CAUSE_SIZE_MAX];

static const char *described(hws_close close)
{
    if (!close.cause) close.cause = hws_status_text(close.status);
    hws_cause_describe(&close, &OPTIONS, words);
    return words;
}

static const char *quoted(const char *text, size_t size, size_t max)
{
    words[0] = 0;
    hws_cause_quote(words, (hws_text){text, size}, max);
    return words;
}

static void what_the_peer_closed_with(void **state)
{
    (void)state;
    static const char by_peer[] = "closed by the peer";
    assert_string_equal(described((hws_close){.code = 1000, .was_clean = true, .cause = by_peer}),
                        "closed by the peer with 1000 (normal closure)");
    assert_string_equal(described((hws_close){.code = 1005, .was_clean = true, .cause = by_peer}),
                        "closed by the peer without a code");
    assert_string_equal(
        described((hws_close){
            .code = 4001, .was_clean = true, .reason = {"token\nexpired", 13}, .cause = by_peer}),
        "closed by the peer with 4001: \"token?expired\"");
}

static void how_long_was_waited(void **state)
{
    (void)state;
    assert_string_equal(described((hws_close){.status = HWS_ERR_PONG_TIMEOUT}),
                        "no answer to a ping for 20 s");
    assert_string_equal(described((hws_close){.status = HWS_ERR_CLOSE_TIMEOUT}),
                        "no answer to the Close frame for 1500 ms");
}

static void other_failures_are_told_as_they_are(void **state)
{
    (void)state;
    assert_string_equal(described((hws_close){.status = HWS_ERR_UTF8}), "text that is not UTF-8");
    assert_string_equal(
        described((hws_close){.status = HWS_ERR_CONNECTION_RESET, .cause = "reset by a gateway"}),
        "reset by a gateway");
}

static void quotes_are_harmless(void **state)
{
    (void)state;
    assert_string_equal(quoted("plain", 5, 80), "\"plain\"");
    assert_string_equal(quoted("", 0, 80), "\"\"");
    assert_string_equal(quoted("\x1B[2J\x7F\x00", 6, 80), "\"?[2J??\"");
    assert_string_equal(quoted("a\xC3\xA9z", 4, 80), "\"a\xC3\xA9z\"");
    assert_string_equal(quoted("\xC2\x9B"
                               "2J",
                               4, 80),
                        "\"??2J\"");
    assert_string_equal(quoted("a\xFF\xC3\xA9", 4, 80), "\"a???\"");
    assert_string_equal(quoted("a\xC3", 2, 80), "\"a?\"");
}

static void quotes_are_cut_between_characters(void **state)
{
    (void)state;
    assert_string_equal(quoted("abcd", 4, 4), "\"abcd\"");
    assert_string_equal(quoted("abcd", 4, 3), "\"abc\"...");
    assert_string_equal(quoted("ab\xC3\xA9", 4, 3), "\"ab\"...");
}

static void quotes_stay_in_their_room(void **state)
{
    (void)state;
    char much[HWS_CAUSE_SIZE_MAX];
    memset(much, 'x', sizeof much);
    for (size_t before = 0; before < HWS_CAUSE_SIZE_MAX; before++) {
        memset(words, 'w', before);
        words[before] = 0;
        hws_cause_quote(words, (hws_text){much, sizeof much}, sizeof much);
        assert_true(strlen(words) < HWS_CAUSE_SIZE_MAX);
        assert_true(strlen(words) == before || words[strlen(words) - 1] == '.');
    }
}

static void codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(hws_cause_code_name(1012), "service restart");
    assert_string_equal(hws_cause_code_name(1004), "");
    assert_string_equal(hws_cause_code_name(3000), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_peer_closed_with),
        cmocka_unit_test(how_long_was_waited),
        cmocka_unit_test(other_failures_are_told_as_they_are),
        cmocka_unit_test(quotes_are_harmless),
        cmocka_unit_test(quotes_are_cut_between_characters),
        cmocka_unit_test(quotes_stay_in_their_room),
        cmocka_unit_test(codes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
