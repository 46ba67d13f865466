/* SPDX-License-Identifier: MIT */
/* A market that does not exist: twenty instruments whose prices walk at random, from a seed. */
#ifndef HAWSER_CMD_DEMO_MARKET_H
#define HAWSER_CMD_DEMO_MARKET_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/demo_random.h"

enum {
    DEMO_INSTRUMENT_COUNT = 20,
    DEMO_QUOTE_SIZE_MAX = 128, /* bytes of a quote in JSON, terminated */
};

/* Prices are in hundredths. */
typedef struct demo_quote {
    int64_t price;
    int64_t open;    /* the first price */
    uint64_t number; /* of this instrument's quotes so far: who misses some can count them */
} demo_quote;

typedef struct demo_market {
    demo_random random;
    demo_quote quote[DEMO_INSTRUMENT_COUNT];
} demo_market;

void demo_market_init(demo_market *market, uint64_t seed);

/* Moves one price.  Returns: which. */
size_t demo_market_move(demo_market *market);

/* "HEMP"; letters only. */
const char *demo_market_symbol(size_t index);

/* {"symbol":"HEMP","price":10050,"open":10000,"number":7} */
void demo_market_write(const demo_market *market, size_t index, char text[DEMO_QUOTE_SIZE_MAX]);

#endif /* HAWSER_CMD_DEMO_MARKET_H */
