/* SPDX-License-Identifier: MIT */
#include "cmd/demo_market.h"

#include <string.h>

#include <jansson.h>

#include "lib/cmocka.h"

enum { MOVES = 20000 };

static demo_market made_with(uint64_t seed)
{
    demo_market market;
    demo_market_init(&market, seed);
    for (size_t i = 0; i < MOVES; i++) (void)demo_market_move(&market);
    return market;
}

static void test_the_same_seed_the_same_quotes(void **state)
{
    (void)state;
    const demo_market a = made_with(7);
    const demo_market b = made_with(7);
    const demo_market c = made_with(8);
    assert_memory_equal(a.quote, b.quote, sizeof a.quote);
    assert_memory_not_equal(a.quote, c.quote, sizeof a.quote);
}

static void test_every_move_is_of_one(void **state)
{
    (void)state;
    demo_market market;
    demo_market_init(&market, 1);
    for (uint64_t i = 1; i <= MOVES; i++) {
        const demo_market before = market;
        const size_t index = demo_market_move(&market);
        assert_in_range(index, 0, DEMO_INSTRUMENT_COUNT - 1);
        const demo_quote *was = &before.quote[index];
        const demo_quote *is = &market.quote[index];
        assert_int_equal(is->number, was->number + 1);
        assert_true(is->price >= 100);
        const int64_t step =
            is->price > was->price ? is->price - was->price : was->price - is->price;
        assert_true(step <= is->open / 1000 + 1);
        uint64_t sum = 0;
        for (size_t k = 0; k < DEMO_INSTRUMENT_COUNT; k++) sum += market.quote[k].number;
        assert_int_equal(sum, i);
    }
    for (size_t k = 0; k < DEMO_INSTRUMENT_COUNT; k++) assert_true(market.quote[k].number > 0);
}

static void test_a_price_has_a_floor(void **state)
{
    (void)state;
    demo_market market;
    demo_market_init(&market, 3);
    for (size_t i = 0; i < DEMO_INSTRUMENT_COUNT; i++) market.quote[i].price = 100;
    for (size_t i = 0; i < MOVES; i++)
        assert_true(market.quote[demo_market_move(&market)].price >= 100);
}

static void test_json(void **state)
{
    (void)state;
    demo_market market;
    demo_market_init(&market, 1);
    for (size_t i = 0; i < DEMO_INSTRUMENT_COUNT; i++) {
        char text[DEMO_QUOTE_SIZE_MAX];
        market.quote[i] = (demo_quote){INT64_MAX, INT64_MAX, UINT64_MAX / 2};
        demo_market_write(&market, i, text);
        json_t *quote = json_loads(text, 0, NULL);
        assert_non_null(quote);
        assert_string_equal(json_string_value(json_object_get(quote, "symbol")),
                            demo_market_symbol(i));
        assert_int_equal(json_integer_value(json_object_get(quote, "price")), INT64_MAX);
        assert_int_equal(json_integer_value(json_object_get(quote, "open")), INT64_MAX);
        assert_int_equal(json_integer_value(json_object_get(quote, "number")), UINT64_MAX / 2);
        json_decref(quote);
    }
}

static void test_around(void **state)
{
    (void)state;
    demo_random random = {5};
    bool seen[7] = {false};
    for (size_t i = 0; i < MOVES; i++) {
        const int64_t value = demo_random_around(&random, 3);
        assert_true(value >= -3 && value <= 3);
        seen[value + 3] = true;
    }
    for (size_t i = 0; i < 7; i++) assert_true(seen[i]);
    assert_int_equal(demo_random_around(&random, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_seed_the_same_quotes),
        cmocka_unit_test(test_every_move_is_of_one),
        cmocka_unit_test(test_a_price_has_a_floor),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
