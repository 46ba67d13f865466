/* SPDX-License-Identifier: MIT */
#include "cmd/gomoku_hall.h"

#include <stdio.h>
#include <string.h>

#include "lib/cmocka.h"

static gomoku_hall hall;
static uint64_t now_ms;
static char channel[64];
static size_t published;
static json_t *answer;

static void publish(void *user, const char *to, hws_text json)
{
    assert_ptr_equal(user, &published);
    assert_true(json.size > 2);
    snprintf(channel, sizeof channel, "%s", to);
    published++;
}

static int set_up(void **state)
{
    (void)state;
    hall = (gomoku_hall){.publish = publish, .user = &published};
    gomoku_hall_init(&hall);
    now_ms = 1;
    published = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(answer);
    answer = NULL;
    gomoku_hall_release(&hall);
    return 0;
}

static gomoku_verdict call(const char *method, const char *data)
{
    json_t *value = json_loads(data, 0, NULL);
    json_decref(answer);
    answer = NULL;
    const gomoku_verdict verdict =
        gomoku_hall_call(&hall, (hws_text){method, strlen(method)}, value, now_ms, &answer);
    assert_int_equal(verdict == GOMOKU_FINE, answer != NULL);
    json_decref(value);
    return verdict;
}

static json_int_t side(void)
{
    return json_integer_value(json_object_get(answer, "side"));
}

static void test_a_game(void **state)
{
    (void)state;
    assert_int_equal(call("gomoku.look", "{\"game\":\"x\"}"), GOMOKU_FINE);
    assert_int_equal(side(), -1);
    assert_int_equal(published, 0);
    assert_int_equal(
        call("gomoku.sit", "{\"game\":\"x\",\"key\":\"a\",\"name\":\"Ada\",\"side\":1}"),
        GOMOKU_FINE);
    assert_int_equal(side(), 1);
    assert_int_equal(published, 1);
    assert_string_equal(channel, "gomoku:x");
    assert_int_equal(
        call("gomoku.sit", "{\"game\":\"x\",\"key\":\"b\",\"name\":\"Ben\",\"side\":0}"),
        GOMOKU_FINE);
    assert_int_equal(call("gomoku.move", "{\"game\":\"x\",\"key\":\"b\",\"x\":7,\"y\":7}"),
                     GOMOKU_FINE);
    assert_int_equal(call("gomoku.move", "{\"game\":\"x\",\"key\":\"b\",\"x\":8,\"y\":7}"),
                     GOMOKU_NOT_YOUR_TURN);
    assert_int_equal(published, 3);
    assert_int_equal(call("gomoku.resign", "{\"game\":\"x\",\"key\":\"a\"}"), GOMOKU_FINE);
    assert_int_equal(call("gomoku.again", "{\"game\":\"x\",\"key\":\"a\"}"), GOMOKU_FINE);
    assert_int_equal(side(), 0);
    assert_int_equal(call("gomoku.resign", "{\"game\":\"x\",\"key\":\"a\"}"), GOMOKU_FINE);
    assert_int_equal(call("gomoku.stand", "{\"game\":\"x\",\"key\":\"a\"}"), GOMOKU_FINE);
    assert_int_equal(published, 7);
}

static void test_what_is_no_request(void **state)
{
    (void)state;
    static const char *const SIT[] = {
        "null",
        "[]",
        "{}",
        "{\"game\":\"\",\"key\":\"a\",\"name\":\"Ada\",\"side\":0}",
        "{\"game\":7,\"key\":\"a\",\"name\":\"Ada\",\"side\":0}",
        "{\"game\":\"a b\",\"key\":\"a\",\"name\":\"Ada\",\"side\":0}",
        "{\"game\":\"a:b\",\"key\":\"a\",\"name\":\"Ada\",\"side\":0}",
        "{\"game\":\"123456789012345678901234567890123\",\"key\":\"a\",\"name\":\"A\",\"side\":0}",
        "{\"game\":\"x\",\"key\":\"\",\"name\":\"Ada\",\"side\":0}",
        "{\"game\":\"x\",\"name\":\"Ada\",\"side\":0}",
        "{\"game\":\"x\",\"key\":\"a\",\"name\":\"\",\"side\":0}",
        "{\"game\":\"x\",\"key\":\"a\",\"name\":\"Ada\",\"side\":2}",
        "{\"game\":\"x\",\"key\":\"a\",\"name\":\"Ada\",\"side\":-1}",
        "{\"game\":\"x\",\"key\":\"a\",\"name\":\"Ada\",\"side\":\"0\"}",
        "{\"game\":\"x\",\"key\":\"a\",\"name\":\"Ada\"}",
    };
    for (size_t i = 0; i < sizeof SIT / sizeof *SIT; i++)
        assert_int_equal(call("gomoku.sit", SIT[i]), GOMOKU_MALFORMED);
    assert_int_equal(call("gomoku.fly", "{\"game\":\"x\"}"), GOMOKU_MALFORMED);
    assert_int_equal(call("gomoku.looks", "{\"game\":\"x\"}"), GOMOKU_MALFORMED);
    assert_int_equal(call("gomoku.move", "{\"game\":\"x\",\"key\":\"a\",\"x\":1.5,\"y\":1}"),
                     GOMOKU_MALFORMED);
    assert_int_equal(call("gomoku.move", "{\"game\":\"x\",\"key\":\"a\",\"x\":1,\"y\":1}"),
                     GOMOKU_NO_PLAYER);
    assert_int_equal(published, 0);
}

static void start_game(size_t number)
{
    char text[128];
    now_ms++;
    for (int side_taken = 0; side_taken < 2; side_taken++) {
        snprintf(text, sizeof text,
                 "{\"game\":\"g%zu\",\"key\":\"k%d\",\"name\":\"N\",\"side\":%d}", number,
                 side_taken, side_taken);
        assert_int_equal(call("gomoku.sit", text), GOMOKU_FINE);
    }
}

static void test_games_that_are_on_are_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOMOKU_GAME_MAX; i++) start_game(i);
    assert_int_equal(call("gomoku.look", "{\"game\":\"new\"}"), GOMOKU_FULL);
    assert_int_equal(call("gomoku.resign", "{\"game\":\"g3\",\"key\":\"k0\"}"), GOMOKU_FINE);
    assert_int_equal(call("gomoku.look", "{\"game\":\"new\"}"), GOMOKU_FINE);
    assert_int_equal(call("gomoku.look", "{\"game\":\"g4\",\"key\":\"k1\"}"), GOMOKU_FINE);
    assert_int_equal(side(), 1);
    now_ms += 2 * (uint64_t)GOMOKU_TIME_MS;
    assert_int_equal(call("gomoku.look", "{\"game\":\"newer\"}"), GOMOKU_FINE);
}

static void test_the_end_of_a_time_is_published_by_who_looks(void **state)
{
    (void)state;
    start_game(1);
    assert_int_equal(published, 2);
    now_ms += GOMOKU_TIME_MS;
    assert_int_equal(call("gomoku.look", "{\"game\":\"g1\"}"), GOMOKU_FINE);
    assert_string_equal(json_string_value(json_object_get(answer, "state")), "late");
    assert_int_equal(published, 3);
    assert_int_equal(call("gomoku.look", "{\"game\":\"g1\"}"), GOMOKU_FINE);
    assert_int_equal(published, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_game),
        TEST(test_what_is_no_request),
        TEST(test_games_that_are_on_are_kept),
        TEST(test_the_end_of_a_time_is_published_by_who_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
