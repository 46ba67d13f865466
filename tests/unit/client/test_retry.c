/* SPDX-License-Identifier: MIT */
#include "client/retry.h"

#include <stdio.h>

#include "base/text.h"
#include "lib/cmocka.h"

static const hws_retry_options DEFAULTS = {
    .delay_ms = 5000,
    .delay_max_ms = 60000,
    .stable_ms = 10000,
};

static const hws_close LOST = {.code = HWS_CLOSE_ABNORMAL, .status = HWS_ERR_CONNECTION_LOST};
static const hws_close LATER = {.code = HWS_CLOSE_TRY_AGAIN_LATER, .was_clean = true};
static const hws_close RESTART = {.code = HWS_CLOSE_SERVICE_RESTART, .was_clean = true};

/* Retry-After (row E005). */

typedef struct after_case {
    const char *value;
    uint32_t want;
} after_case;

enum { NOW_S = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

static void retry_after_is_honoured_from_a_second_to_an_hour(void **state)
{
    (void)state;
    static const after_case CASES[] = {
        {"0", 1},
        {"1", 1},
        {"2", 2},
        {"120", 120},
        {"0120", 120},
        {"3599", 3599},
        {"3600", 3600},
        {"3601", 3600},
        {"99999999", 3600},
        {"2147483647", 3600},
        {"2147483648", 3600},
        {"18446744073709551617", 3600},
        {"99999999999999999999999999999999999999", 3600},
        {"-1", 1},
        {"-99999999999999999999999", 1},
        {"Sun, 06 Nov 1994 08:49:36 GMT", 1},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 1},
        {"Sun, 06 Nov 1994 08:49:38 GMT", 1},
        {"Sun, 06 Nov 1994 08:49:39 GMT", 2},
        {"Sunday, 06-Nov-94 08:50:37 GMT", 60},
        {"Sun Nov  6 09:49:36 1994", 3599},
        {"Sun, 06 Nov 1994 09:49:37 GMT", 3600},
        {"Sun, 06 Nov 1994 09:49:38 GMT", 3600},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 3600},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 1},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        if (hws_retry_after(hws_text_of(CASES[i].value), NOW_S) != CASES[i].want)
            fail_msg("%s", CASES[i].value);
}

static void a_retry_after_that_says_nothing_asks_for_nothing(void **state)
{
    (void)state;
    static const char *const CASES[] = {
        NULL,   "",  "-",   "soon", "12s", "1.5", "+5",
        "0x10", "/", "12:", "--1",  "1-",  "5 6", "Sun, 06 Nov 1994 25:49:37 GMT",
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        if (hws_retry_after(hws_text_of(CASES[i]), NOW_S) != 0)
            fail_msg("%s", CASES[i] ? CASES[i] : "absent");
}

/* What is final. */

static void expect_verdict(const hws_close *close, bool renews, bool want)
{
    hws_retry_options options = DEFAULTS;
    options.renews = renews;
    if (hws_retry_is_final(&options, close) != want)
        fail_msg("code %d, status %d, HTTP %d, renews %d", close->code, close->status,
                 close->http_status, renews);
}

static bool is_in(int value, const int *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == value) return true;
    return false;
}

static void every_http_status_has_a_verdict(void **state)
{
    (void)state;
    static const int AGAIN[] = {408, 425, 429};
    static const int RENEWABLE[] = {401, 403};
    for (int status = 100; status <= 999; status++) {
        if (status == 101) continue;
        const hws_close close = {
            .code = HWS_CLOSE_ABNORMAL, .status = HWS_ERR_HANDSHAKE_STATUS, .http_status = status};
        const bool is_final = status == 501 || status == 505 ||
                              (status < 500 && !is_in(status, AGAIN, COUNT_OF(AGAIN)));
        expect_verdict(&close, false, is_final);
        expect_verdict(&close, true, is_final && !is_in(status, RENEWABLE, COUNT_OF(RENEWABLE)));
    }
}

/* Row U007: 3500 to 3999 and from 4500 on are final. */
static void every_close_code_has_a_verdict(void **state)
{
    (void)state;
    static const int FINAL[] = {1000, 1002, 1003, 1007, 1008, 1009, 1010};
    for (int code = 1000; code <= 4999; code++) {
        const hws_close close = {.code = code, .was_clean = true};
        const bool is_private = (code >= 3500 && code <= 3999) || code >= 4500;
        const bool is_final = is_private || is_in(code, FINAL, COUNT_OF(FINAL));
        expect_verdict(&close, false, is_final);
        expect_verdict(&close, true, is_final);
    }
}

/* Of attempts that came to nothing, and of connections that ended without a Close frame. */
static void every_status_has_a_verdict(void **state)
{
    (void)state;
    static const int FINAL[] = {
        HWS_ERR_INVALID_ARGUMENT,
        HWS_ERR_SHUTTING_DOWN,
        HWS_ERR_URL_SCHEME,
        HWS_ERR_URL_HOST,
        HWS_ERR_URL_PORT,
        HWS_ERR_URL_USERINFO,
        HWS_ERR_URL_FRAGMENT,
        HWS_ERR_URL_PATH,
        HWS_ERR_URL_TOO_LONG,
        HWS_ERR_HTTP_SYNTAX,
        HWS_ERR_HTTP_VERSION,
        HWS_ERR_HTTP_HEAD_TOO_BIG,
        HWS_ERR_HTTP_DUPLICATE,
        HWS_ERR_HANDSHAKE_STATUS,
        HWS_ERR_HANDSHAKE_UPGRADE,
        HWS_ERR_HANDSHAKE_CONNECTION,
        HWS_ERR_HANDSHAKE_ACCEPT,
        HWS_ERR_HANDSHAKE_PROTOCOL,
        HWS_ERR_HANDSHAKE_EXTENSION,
        HWS_ERR_REDIRECT,
        HWS_ERR_PROXY_AUTHENTICATION,
        HWS_ERR_PROXY_PROTOCOL,
        HWS_ERR_TLS_FILE,
        HWS_ERR_TLS_NOT_TLS,
    };
    static const int ALL[] = {
#define STATUS_VALUE(name, value, close_code, http_status, text) (value),
        HWS_STATUS_MAP(STATUS_VALUE)
#undef STATUS_VALUE
    };
    for (size_t i = 0; i < COUNT_OF(ALL); i++) {
        hws_close close = {.code = HWS_CLOSE_ABNORMAL, .status = (hws_status)ALL[i]};
        expect_verdict(&close, false, is_in(ALL[i], FINAL, COUNT_OF(FINAL)));
        close.http_status = 101; /* an answer that seemed to accept */
        expect_verdict(&close, true, is_in(ALL[i], FINAL, COUNT_OF(FINAL)));
    }
}

static void what_the_peer_broke_is_final_and_a_slow_network_is_not(void **state)
{
    (void)state;
    static const struct {
        hws_status status;
        bool is_final;
    } CASES[] = {
        {HWS_ERR_FRAME_OPCODE, true},     {HWS_ERR_UTF8, true},
        {HWS_ERR_MESSAGE_TOO_BIG, true},  {HWS_ERR_CONTROL_RATE, true},
        {HWS_ERR_MESSAGE_TIMEOUT, false}, {HWS_ERR_PONG_TIMEOUT, false},
        {HWS_ERR_NO_MEMORY, false},       {HWS_ERR_SEND_TIMEOUT, false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const hws_close close = {.code = hws_status_close_code(CASES[i].status),
                                 .status = CASES[i].status};
        expect_verdict(&close, false, CASES[i].is_final);
    }
}

static void what_is_final_is_not_tried_again(void **state)
{
    (void)state;
    const hws_close normal = {.code = HWS_CLOSE_NORMAL, .was_clean = true};
    hws_retry retry = {0};
    uint32_t delay_ms = 77;
    assert_false(hws_retry_next(&retry, &DEFAULTS, &normal, 20000, 5, 1, &delay_ms));
    assert_int_equal(delay_ms, 77);
}

/* Delays. */

static uint32_t next(hws_retry *retry, const hws_retry_options *options, const hws_close *close,
                     uint64_t open_ms, uint32_t random)
{
    uint32_t delay_ms;
    assert_true(hws_retry_next(retry, options, close, open_ms, 0, random, &delay_ms));
    return delay_ms;
}

/* The shortest and the longest wait that the next failure may come to. */
static void expect_range(hws_retry *retry, const hws_retry_options *options, const hws_close *close,
                         uint64_t open_ms, uint32_t shortest, uint32_t longest)
{
    hws_retry copy = *retry;
    assert_int_equal(next(&copy, options, close, open_ms, 0), shortest);
    assert_int_equal(next(retry, options, close, open_ms, UINT32_MAX), longest);
}

static void waits_double_up_to_the_longest(void **state)
{
    (void)state;
    static const uint32_t WANT[] = {5000, 10000, 20000, 40000, 60000, 60000};
    hws_retry retry = {0};
    for (size_t i = 0; i < COUNT_OF(WANT); i++)
        expect_range(&retry, &DEFAULTS, &LOST, 0, 0, WANT[i]);
    for (int i = 0; i < 100; i++) expect_range(&retry, &DEFAULTS, &LOST, 0, 0, 60000);
    assert_int_equal(retry.failure_count, 106);
}

static void no_doubling_overflows(void **state)
{
    (void)state;
    const hws_retry_options options = {.delay_ms = UINT32_MAX, .delay_max_ms = UINT32_MAX};
    hws_retry retry = {0};
    for (int i = 0; i < 70; i++) expect_range(&retry, &options, &LOST, 0, 0, UINT32_MAX);
    uint32_t delay_ms;
    assert_true(hws_retry_next(&retry, &options, &LOST, 0, 3600, UINT32_MAX, &delay_ms));
    assert_int_equal(delay_ms, UINT32_MAX);

    const hws_retry_options short_options = {.delay_ms = 1, .delay_max_ms = UINT32_MAX};
    retry = (hws_retry){.wait_count = 31};
    expect_range(&retry, &short_options, &LOST, 0, 0, 0x80000000);
    expect_range(&retry, &short_options, &LOST, 0, 0, UINT32_MAX);
    expect_range(&retry, &short_options, &LOST, 0, 0, UINT32_MAX);
}

/* Full jitter: every wait from nothing to the longest is as likely as every other. */
static void waits_are_spread_evenly(void **state)
{
    (void)state;
    enum { STEPS = 1 << 16, PARTS = 10 };
    uint32_t counts[PARTS] = {0};
    for (uint32_t i = 0; i < STEPS; i++) {
        hws_retry retry = {0};
        const uint32_t delay_ms = next(&retry, &DEFAULTS, &LOST, 0, i << 16);
        assert_true(delay_ms <= 5000);
        counts[delay_ms == 5000 ? PARTS - 1 : delay_ms / (5000 / PARTS)]++;
    }
    for (int i = 0; i < PARTS; i++)
        assert_in_range(counts[i], STEPS / PARTS - 30, STEPS / PARTS + 30);
}

static void a_wait_of_one_millisecond_is_one_or_none(void **state)
{
    (void)state;
    const hws_retry_options options = {.delay_ms = 1, .delay_max_ms = 1};
    hws_retry retry = {0};
    assert_int_equal(next(&retry, &options, &LOST, 0, 0x7FFFFFFF), 0);
    assert_int_equal(next(&retry, &options, &LOST, 0, 0x80000000), 1);
}

/* Row E029: only who was open for stable_ms begins anew. */
static void only_what_lasted_begins_anew(void **state)
{
    (void)state;
    hws_retry retry = {0};
    expect_range(&retry, &DEFAULTS, &LOST, 0, 0, 5000);
    expect_range(&retry, &DEFAULTS, &LOST, 1, 0, 10000);
    expect_range(&retry, &DEFAULTS, &LOST, 9999, 0, 20000);
    assert_int_equal(retry.failure_count, 3);
    expect_range(&retry, &DEFAULTS, &LOST, 10000, 0, 5000);
    assert_int_equal(retry.failure_count, 0);
    expect_range(&retry, &DEFAULTS, &LOST, 0, 0, 10000); /* twice the one before */
    assert_int_equal(retry.failure_count, 1);
    expect_range(&retry, &DEFAULTS, &RESTART, 10001, 0, 5000);
    assert_int_equal(retry.failure_count, 0);
}

static void an_attempt_that_never_opened_does_not_last(void **state)
{
    (void)state;
    hws_retry_options options = DEFAULTS;
    options.stable_ms = 0;
    hws_retry retry = {0};
    expect_range(&retry, &options, &LOST, 0, 0, 5000);
    expect_range(&retry, &options, &LOST, 0, 0, 10000);
    expect_range(&retry, &options, &LOST, 1, 0, 5000);
}

static void a_restart_of_the_server_is_spread_like_a_loss(void **state)
{
    (void)state;
    hws_retry retry = {0};
    expect_range(&retry, &DEFAULTS, &RESTART, 0, 0, 5000);
    expect_range(&retry, &DEFAULTS, &RESTART, 0, 0, 10000);
}

/* Row U008: a server that says 101 and then 1013, for ever, even after a long time. */
static void try_again_later_grows_whatever_came_before(void **state)
{
    (void)state;
    static const uint32_t WANT[] = {5000, 10000, 20000, 40000, 60000, 60000, 60000};
    hws_retry retry = {0};
    for (size_t i = 0; i < COUNT_OF(WANT); i++)
        expect_range(&retry, &DEFAULTS, &LATER, 100000, WANT[i] / 2, WANT[i]);
    assert_int_equal(retry.failure_count, COUNT_OF(WANT));
}

static void try_again_later_of_an_odd_range(void **state)
{
    (void)state;
    const hws_retry_options options = {.delay_ms = 5, .delay_max_ms = 5};
    hws_retry retry = {0};
    expect_range(&retry, &options, &LATER, 1, 3, 5);
}

static void retry_after_is_waited_at_least_and_spread_behind(void **state)
{
    (void)state;
    const hws_close busy = {
        .code = HWS_CLOSE_ABNORMAL, .status = HWS_ERR_HANDSHAKE_STATUS, .http_status = 503};
    hws_retry retry = {0};
    uint32_t delay_ms;
    assert_true(hws_retry_next(&retry, &DEFAULTS, &busy, 0, 1, 0, &delay_ms));
    assert_int_equal(delay_ms, 1000);
    assert_true(hws_retry_next(&retry, &DEFAULTS, &busy, 0, 3600, UINT32_MAX, &delay_ms));
    assert_int_equal(delay_ms, 3600000 + 10000);
    assert_true(hws_retry_next(&retry, &DEFAULTS, &LATER, 1, 30, 0, &delay_ms));
    assert_int_equal(delay_ms, 30000);
}

/* How often. */

static size_t count_waits(hws_retry *retry, uint32_t count_max, uint64_t first_open_ms)
{
    hws_retry_options options = DEFAULTS;
    options.count_max = count_max;
    uint32_t delay_ms = 0;
    size_t count = 0;
    uint64_t open_ms = first_open_ms;
    while (count < 1000 && hws_retry_next(retry, &options, &LOST, open_ms, 0, 0, &delay_ms)) {
        open_ms = 0;
        count++;
    }
    return count;
}

static void as_many_attempts_in_a_row_may_fail_as_are_allowed(void **state)
{
    (void)state;
    assert_int_equal(count_waits(&(hws_retry){0}, 1, 0), 1);
    assert_int_equal(count_waits(&(hws_retry){0}, 7, 0), 7);
    assert_int_equal(count_waits(&(hws_retry){0}, 7, 9999), 7);
    assert_int_equal(count_waits(&(hws_retry){0}, 0, 0), 1000);
    /* The end of a connection that lasted is no attempt that failed. */
    assert_int_equal(count_waits(&(hws_retry){.failure_count = 7}, 7, 10000), 8);
}

static void the_last_failure_leaves_the_delay_alone(void **state)
{
    (void)state;
    hws_retry_options options = DEFAULTS;
    options.count_max = 3;
    hws_retry retry = {.failure_count = 3};
    uint32_t delay_ms = 77;
    assert_false(hws_retry_next(&retry, &options, &LOST, 0, 9, 9, &delay_ms));
    assert_int_equal(delay_ms, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry_after_is_honoured_from_a_second_to_an_hour),
        cmocka_unit_test(a_retry_after_that_says_nothing_asks_for_nothing),
        cmocka_unit_test(every_http_status_has_a_verdict),
        cmocka_unit_test(every_close_code_has_a_verdict),
        cmocka_unit_test(every_status_has_a_verdict),
        cmocka_unit_test(what_the_peer_broke_is_final_and_a_slow_network_is_not),
        cmocka_unit_test(what_is_final_is_not_tried_again),
        cmocka_unit_test(waits_double_up_to_the_longest),
        cmocka_unit_test(no_doubling_overflows),
        cmocka_unit_test(waits_are_spread_evenly),
        cmocka_unit_test(a_wait_of_one_millisecond_is_one_or_none),
        cmocka_unit_test(only_what_lasted_begins_anew),
        cmocka_unit_test(an_attempt_that_never_opened_does_not_last),
        cmocka_unit_test(a_restart_of_the_server_is_spread_like_a_loss),
        cmocka_unit_test(try_again_later_grows_whatever_came_before),
        cmocka_unit_test(try_again_later_of_an_odd_range),
        cmocka_unit_test(retry_after_is_waited_at_least_and_spread_behind),
        cmocka_unit_test(as_many_attempts_in_a_row_may_fail_as_are_allowed),
        cmocka_unit_test(the_last_failure_leaves_the_delay_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
