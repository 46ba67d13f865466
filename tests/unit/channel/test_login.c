/* SPDX-License-Identifier: MIT */
/* The one token that lets in, and the brake on who guesses it. */
#include "channel/login.h"

#include <stdio.h>

#include "base/text.h"
#include "lib/test_memory.h"

static const char right[] = "an admin's token";
static const char wrong[] = "an admin's taken";

static test_memory counter;
static hws_memory memory;
static hws_login login;
static uint64_t now_ms;

static int setup(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    now_ms = 5000;
    assert_int_equal(hws_login_init(&login, &memory, hws_text_of(right)), HWS_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hws_login_release(&login);
    hws_login_release(&login); /* it is none any more */
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static hws_login_result try(const char *token, const char *address)
{
    return hws_login_check(&login, hws_text_of(token), address, now_ms);
}

/* As many mistakes as are free. */
static void use_up(const char *address)
{
    for (int i = 0; i < HWS_LOGIN_MISTAKES_FREE; i++)
        assert_int_equal(try(wrong, address), HWS_LOGIN_REFUSED);
}

static void only_the_token_lets_in(void **state)
{
    (void)state;
    assert_int_equal(try(right, "192.0.2.1"), HWS_LOGIN_ACCEPTED);
    assert_int_equal(try(wrong, "192.0.2.1"), HWS_LOGIN_REFUSED);
    assert_int_equal(try("an admin's token ", "192.0.2.2"), HWS_LOGIN_REFUSED);
    assert_int_equal(try("an admin's toke", "192.0.2.3"), HWS_LOGIN_REFUSED);
    for (int i = 0; i < 20; i++) { /* no guesses */
        assert_int_equal(try("", "192.0.2.4"), HWS_LOGIN_REFUSED);
        assert_int_equal(hws_login_check(&login, (hws_text){0}, "192.0.2.4", now_ms),
                         HWS_LOGIN_REFUSED);
    }
    assert_int_equal(try(right, "192.0.2.4"), HWS_LOGIN_ACCEPTED);
    assert_int_equal(try(right, "unknown"), HWS_LOGIN_BRAKED); /* its connection has gone */

    hws_login none = {.is_set = false};
    assert_int_equal(hws_login_check(&none, hws_text_of(right), "::1", 0), HWS_LOGIN_REFUSED);
    assert_int_equal(hws_login_check(&none, (hws_text){0}, "::1", 0), HWS_LOGIN_REFUSED);
}

static void tokens_that_are_none(void **state)
{
    (void)state;
    hws_login other;
    char text[300];
    memset(text, 'a', sizeof text);
    const size_t sizes[] = {0, 15, HWS_API_KEY_SIZE_MAX + 1};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(hws_login_init(&other, &memory, (hws_text){text, sizes[i]}),
                         HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_login_init(&other, &memory, (hws_text){0}), HWS_OK);
    assert_false(other.is_set);
    const size_t good[] = {16, HWS_API_KEY_SIZE_MAX};
    for (size_t i = 0; i < 2; i++) {
        const hws_text token = {text, good[i]};
        assert_int_equal(hws_login_init(&other, &memory, token), HWS_OK);
        assert_int_equal(hws_login_check(&other, token, "::1", 0), HWS_LOGIN_ACCEPTED);
        hws_login_release(&other);
    }
    counter.fail_after = 0;
    assert_int_equal(hws_login_init(&other, &memory, (hws_text){text, 16}), HWS_ERR_NO_MEMORY);
    counter.fail_after = SIZE_MAX;
}

/* 1, 2, 4, 8, 16, 32, 60, 60 seconds. */
static void who_guesses_waits_longer_each_time(void **state)
{
    (void)state;
    static const uint64_t waits_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
    use_up("192.0.2.1");
    for (size_t i = 0; i < sizeof waits_s / sizeof *waits_s; i++) {
        assert_int_equal(try(wrong, "192.0.2.1"), HWS_LOGIN_REFUSED);
        assert_int_equal(try(right, "192.0.2.1"), HWS_LOGIN_BRAKED);
        now_ms += waits_s[i] * 1000 - 1;
        assert_int_equal(try(right, "192.0.2.1"), HWS_LOGIN_BRAKED);
        now_ms += 1;
    }
    assert_int_equal(try(right, "192.0.2.1"), HWS_LOGIN_ACCEPTED);
    use_up("192.0.2.1"); /* who was right begins anew */
    assert_int_equal(try(wrong, "192.0.2.1"), HWS_LOGIN_REFUSED);
    assert_int_equal(try(wrong, "192.0.2.1"), HWS_LOGIN_BRAKED);
    now_ms += 1000 + HWS_LOGIN_MEMORY_MS; /* and who is quiet for long */
    use_up("192.0.2.1");
}

static void each_address_has_its_own(void **state)
{
    (void)state;
    use_up("192.0.2.1");
    assert_int_equal(try(wrong, "192.0.2.1"), HWS_LOGIN_REFUSED);
    assert_int_equal(try(right, "192.0.2.1"), HWS_LOGIN_BRAKED);
    assert_int_equal(try(right, "192.0.2.2"), HWS_LOGIN_ACCEPTED);

    use_up("2001:db8::1"); /* of a /64 anybody can take all of it */
    assert_int_equal(try(wrong, "2001:db8::ffff:1:2:3"), HWS_LOGIN_REFUSED);
    assert_int_equal(try(right, "2001:db8::4"), HWS_LOGIN_BRAKED);
    assert_int_equal(try(right, "2001:db8:0:1::1"), HWS_LOGIN_ACCEPTED);

    use_up("127.0.0.1"); /* this machine is one */
    assert_int_equal(try(wrong, "::1"), HWS_LOGIN_REFUSED);
    assert_int_equal(try(right, "unix"), HWS_LOGIN_BRAKED);
    assert_int_equal(try(right, "127.1.2.3"), HWS_LOGIN_BRAKED);
    assert_int_equal(try(right, "0.0.0.1"), HWS_LOGIN_ACCEPTED);
}

/* All guesses of all together have a bound, and this machine is never kept out by the others. */
static void a_crowd_keeps_out_who_is_new(void **state)
{
    (void)state;
    char address[32];
    for (int i = 0; i < HWS_LOGIN_SOURCE_MAX - 1; i++) {
        snprintf(address, sizeof address, "10.0.%d.%d", i / 256, i % 256);
        assert_int_equal(try(wrong, address), HWS_LOGIN_REFUSED);
    }
    assert_int_equal(try(right, "192.0.2.1"), HWS_LOGIN_BRAKED);
    assert_int_equal(try(right, "127.0.0.1"), HWS_LOGIN_ACCEPTED);
    assert_int_equal(try(right, "10.0.0.7"), HWS_LOGIN_ACCEPTED); /* which makes room */
    assert_int_equal(try(wrong, "192.0.2.1"), HWS_LOGIN_REFUSED);
    assert_int_equal(try(right, "192.0.2.2"), HWS_LOGIN_BRAKED);
    now_ms += HWS_LOGIN_MEMORY_MS;
    assert_int_equal(try(right, "192.0.2.2"), HWS_LOGIN_ACCEPTED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(only_the_token_lets_in),
        TEST(tokens_that_are_none),
        TEST(who_guesses_waits_longer_each_time),
        TEST(each_address_has_its_own),
        TEST(a_crowd_keeps_out_who_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
