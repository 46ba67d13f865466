/* SPDX-License-Identifier: MIT */
#include "cmd/demo_market.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    PRICE_MIN = 100,
    STEP_DIVISOR = 1000, /* a step is at most a thousandth of the first price */
};

typedef struct instrument {
    const char *symbol;
    int64_t open;
} instrument;

static const instrument INSTRUMENTS[DEMO_INSTRUMENT_COUNT] = {
    {"ANKR", 8450}, {"BARK", 12730}, {"BUOY", 3180},  {"CAPN", 20510}, {"CLEW", 5625},
    {"DECK", 9940}, {"FERY", 4415},  {"GULL", 2790},  {"HELM", 15880}, {"HEMP", 10000},
    {"JIBB", 6705}, {"KEEL", 31240}, {"KNOT", 1875},  {"LUFF", 7360},  {"MAST", 18205},
    {"OARS", 2240}, {"REEF", 11590}, {"ROPE", 14325}, {"SAIL", 26470}, {"TIDE", 8815},
};

void demo_market_init(demo_market *market, uint64_t seed)
{
    *market = (demo_market){.random = {seed}};
    for (size_t i = 0; i < DEMO_INSTRUMENT_COUNT; i++) {
        market->quote[i].price = INSTRUMENTS[i].open;
        market->quote[i].open = INSTRUMENTS[i].open;
    }
}

size_t demo_market_move(demo_market *market)
{
    const size_t index = demo_random_next(&market->random) % DEMO_INSTRUMENT_COUNT;
    demo_quote *it = &market->quote[index];
    const uint32_t reach = (uint32_t)(it->open / STEP_DIVISOR) + 1;
    it->price += demo_random_around(&market->random, reach);
    if (it->price < PRICE_MIN) it->price = PRICE_MIN;
    it->number++;
    return index;
}

const char *demo_market_symbol(size_t index)
{
    return INSTRUMENTS[index].symbol;
}

void demo_market_write(const demo_market *market, size_t index, char text[DEMO_QUOTE_SIZE_MAX])
{
    const demo_quote *it = &market->quote[index];
    snprintf(text, DEMO_QUOTE_SIZE_MAX,
             "{\"symbol\":\"%s\",\"price\":%" PRId64 ",\"open\":%" PRId64 ",\"number\":%" PRIu64
             "}",
             demo_market_symbol(index), it->price, it->open, it->number);
}
