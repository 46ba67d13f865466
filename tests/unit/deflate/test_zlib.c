/* SPDX-License-Identifier: MIT */
#include "deflate/zlib.h"

#include <stdlib.h>

#include "base/span.h"
#include "lib/test_memory.h"
#include "wire/deflate_offer.h"

enum { ROOM = 1 << 17 };

typedef struct bench {
    test_memory counter;
    hws_memory memory;
    hws_deflate_options options;
    hws_deflate_budget budget;
    hws_codec_pool *pool;
    const hws_codec *codec;
} bench;

static void open_bench(bench *it, hws_deflate_options options, size_t budget)
{
    it->memory = test_memory_hook(&it->counter);
    it->options = options;
    assert_int_equal(hws_deflate_options_complete(&it->options), HWS_OK);
    it->budget = (hws_deflate_budget){.size_max = budget};
    assert_int_equal(hws_codec_pool_new(&it->memory, &it->options, &it->budget, &it->pool), HWS_OK);
    it->codec = hws_codec_zlib();
}

static void close_bench(bench *it)
{
    hws_codec_pool_free(it->pool);
    assert_int_equal(it->counter.bytes_out, 0);
    assert_int_equal(it->budget.used, 0);
}

/* Words that repeat, as text does. */
static void fill(uint8_t *bytes, size_t size, unsigned seed)
{
    static const char *const WORDS[] = {"{\"price\":", "1234", ",", "\"symbol\":", "\"ABC\"", "}"};
    for (size_t at = 0; at < size;) {
        seed = seed * 1103515245u + 12345u;
        for (const char *word = WORDS[(seed >> 16) % 6]; *word && at < size;)
            bytes[at++] = (uint8_t)*word++;
        if (at < size) bytes[at++] = (uint8_t)('0' + (seed >> 20) % 10);
    }
}

/* In pieces of `step` bytes, to pieces of `room`. */
static size_t inflate_in_steps(const bench *it, hws_inflater *inflater, hws_span all, size_t step,
                               uint8_t *output, size_t room)
{
    size_t size = 0;
    while (all.size > 0) {
        hws_span piece = hws_span_take(&all, step < all.size ? step : all.size);
        for (size_t more = room; more == room;) {
            assert_true(size + room <= ROOM);
            assert_int_equal(it->codec->inflate(inflater, &piece, output + size, room, &more),
                             HWS_OK);
            size += more;
        }
        assert_int_equal(piece.size, 0);
    }
    return size;
}

static void test_round_trip(void **state)
{
    (void)state;
    static uint8_t bytes[40000];
    static uint8_t small[ROOM];
    static uint8_t back[ROOM];
    bench it;
    open_bench(&it, (hws_deflate_options){0}, SIZE_MAX);
    for (uint8_t bits = 9; bits <= 15; bits++) {
        for (size_t size = 1; size <= sizeof bytes; size = size * 3 + 1) {
            fill(bytes, size, (unsigned)size + bits);
            hws_deflater *deflater = it.codec->take_deflater(it.pool, bits, false);
            const size_t made =
                it.codec->deflate(deflater, (hws_span){bytes, size}, small, sizeof small);
            assert_true(made > HWS_DEFLATE_TAIL_SIZE);
            assert_memory_equal(small + made - HWS_DEFLATE_TAIL_SIZE, hws_deflate_tail,
                                HWS_DEFLATE_TAIL_SIZE);
            it.codec->give_deflater(it.pool, deflater);
            static const size_t STEPS[][2] = {{1, 1}, {1, 300}, {7, 64}, {ROOM, 8192}};
            for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
                hws_inflater *inflater = it.codec->take_inflater(it.pool, bits, false);
                const size_t got = inflate_in_steps(&it, inflater, (hws_span){small, made},
                                                    STEPS[i][0], back, STEPS[i][1]);
                assert_true(it.codec->is_whole(inflater));
                assert_int_equal(got, size);
                assert_memory_equal(back, bytes, size);
                it.codec->give_inflater(it.pool, inflater);
            }
        }
    }
    close_bench(&it);
}

/* Messages that stand for themselves, by the fastest way: the same, and nothing behind its room. */
static void test_alone(void **state)
{
    (void)state;
    static uint8_t bytes[70000];
    static uint8_t small[ROOM];
    static uint8_t back[ROOM];
    for (uint8_t level = 1; level <= 2; level++) {
        bench it;
        open_bench(&it, (hws_deflate_options){.level = level}, SIZE_MAX);
        for (uint8_t bits = 9; bits <= 15; bits += 3) {
            for (size_t size = 1; size <= sizeof bytes; size = size * 2 + 1) {
                fill(bytes, size, (unsigned)size + bits);
                const size_t made = it.codec->deflate_alone(it.pool, bits, (hws_span){bytes, size},
                                                            small, sizeof small);
                assert_true(made > HWS_DEFLATE_TAIL_SIZE);
                hws_inflater *inflater = it.codec->take_inflater(it.pool, bits, true);
                const size_t got =
                    inflate_in_steps(&it, inflater, (hws_span){small, made}, made, back, 256);
                assert_true(it.codec->is_whole(inflater) && !it.codec->has_ended(inflater));
                assert_int_equal(got, size);
                assert_memory_equal(back, bytes, size);
                it.codec->give_inflater(it.pool, inflater);

                const size_t steps = made < 64 ? 1 : made / 64;
                for (size_t room = 1; room < made; room += steps) {
                    small[room] = 0x5A;
                    const size_t cut = it.codec->deflate_alone(
                        it.pool, bits, (hws_span){bytes, size}, small, room);
                    assert_true(cut == 0 && small[room] == 0x5A);
                }
            }
        }
        close_bench(&it);
    }
}

/* Row M021: what does not fit is not written, and no byte behind it either. */
static void test_too_little_room(void **state)
{
    (void)state;
    uint8_t bytes[512];
    uint8_t small[1024];
    bench it;
    open_bench(&it, (hws_deflate_options){0}, SIZE_MAX);
    unsigned seed = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * 1103515245u + 12345u;
        bytes[i] = (uint8_t)(seed >> 16);
    }
    hws_deflater *deflater = it.codec->take_deflater(it.pool, 15, false);
    for (size_t room = 1; room < sizeof bytes; room += 51) {
        memset(small, 0x5A, sizeof small);
        assert_int_equal(it.codec->deflate(deflater, (hws_span){bytes, sizeof bytes}, small, room),
                         0);
        assert_int_equal(small[room], 0x5A);
        it.codec->reset_deflater(deflater);
    }
    const size_t made =
        it.codec->deflate(deflater, (hws_span){bytes, sizeof bytes}, small, sizeof small);
    assert_true(made > sizeof bytes); /* it grew, and whoever asked sees that */
    it.codec->give_deflater(it.pool, deflater);
    close_bench(&it);
}

/* Rows M014, M015: what one message left behind, whole or broken, the next cannot refer to. */
static void test_nothing_is_left(void **state)
{
    (void)state;
    /* "abcdefgh" twice: stored first, and then by its distance alone. */
    uint8_t stored[] = {0x00, 0x08, 0x00, 0xF7, 0xFF, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};
    uint8_t distant[] = {0x02, 0x06, 0x00, 0x00, 0x00, 0xFF, 0xFF}; /* length 3, distance 8 */
    uint8_t output[64];
    size_t size;
    bench it;
    open_bench(&it, (hws_deflate_options){0}, SIZE_MAX);
    hws_inflater *inflater = it.codec->take_inflater(it.pool, 15, false);
    hws_span input = {stored, sizeof stored};
    assert_int_equal(it.codec->inflate(inflater, &input, output, sizeof output, &size), HWS_OK);
    assert_int_equal(size, 8);
    it.codec->give_inflater(it.pool, inflater);

    hws_inflater *again = it.codec->take_inflater(it.pool, 15, false);
    assert_ptr_equal(again, inflater); /* or there is nothing to test */
    input = (hws_span){distant, sizeof distant};
    assert_int_equal(it.codec->inflate(again, &input, output, sizeof output, &size),
                     HWS_ERR_DEFLATE);
    it.codec->give_inflater(it.pool, again);

    again = it.codec->take_inflater(it.pool, 15, false);
    assert_ptr_equal(again, inflater);
    input = (hws_span){stored, sizeof stored};
    assert_int_equal(it.codec->inflate(again, &input, output, sizeof output, &size), HWS_OK);
    assert_int_equal(size, 8);
    it.codec->give_inflater(it.pool, again);
    close_bench(&it);
}

/* Row M008: §7.2.3.5, "Hello" in a last block, twice, the second by reference to the first. */
static void test_last_blocks(void **state)
{
    (void)state;
    uint8_t hello[] = {0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00};
    uint8_t again[] = {0xF2, 0x00, 0x11, 0x00, 0x00};
    uint8_t output[64];
    size_t size;
    bench it;
    open_bench(&it, (hws_deflate_options){0}, SIZE_MAX);
    hws_inflater *inflater = it.codec->take_inflater(it.pool, 15, false);
    hws_span input = {hello, 7};
    assert_int_equal(it.codec->inflate(inflater, &input, output, sizeof output, &size), HWS_OK);
    assert_int_equal(size, 5);
    assert_true(it.codec->has_ended(inflater));
    assert_true(it.codec->is_whole(inflater));
    input = (hws_span){hello + 7, 1};
    assert_int_equal(it.codec->inflate(inflater, &input, output, sizeof output, &size), HWS_OK);
    assert_int_equal(size, 0);
    assert_false(it.codec->has_ended(inflater));
    assert_false(it.codec->is_whole(inflater));
    uint8_t tail[HWS_DEFLATE_TAIL_SIZE];
    memcpy(tail, hws_deflate_tail, sizeof tail);
    input = (hws_span){tail, sizeof tail};
    assert_int_equal(it.codec->inflate(inflater, &input, output, sizeof output, &size), HWS_OK);
    assert_true(it.codec->is_whole(inflater));
    input = (hws_span){again, sizeof again};
    assert_int_equal(it.codec->inflate(inflater, &input, output, sizeof output, &size), HWS_OK);
    assert_int_equal(size, 5);
    assert_memory_equal(output, "Hello", 5);
    it.codec->give_inflater(it.pool, inflater);
    close_bench(&it);
}

/* What hawser/deflate.h says about memory, and what the budget counts, is what is taken. */
static void test_costs(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    uint8_t small[4096];
    uint8_t output[4096];
    fill(bytes, sizeof bytes, 1);
    for (uint8_t bits = 9; bits <= 15; bits++) {
        for (uint8_t level = 1; level <= 9; level += 4) {
            bench it;
            open_bench(&it, (hws_deflate_options){.memory_level = level}, SIZE_MAX);
            const size_t before = it.counter.bytes_out;
            hws_deflater *deflater = it.codec->take_deflater(it.pool, bits, true);
            const size_t made =
                it.codec->deflate(deflater, (hws_span){bytes, sizeof bytes}, small, sizeof small);
            const size_t deflater_size = it.counter.bytes_out - before;
            hws_inflater *inflater = it.codec->take_inflater(it.pool, bits, true);
            inflate_in_steps(&it, inflater, (hws_span){small, made}, made, output, 1024);
            const size_t inflater_size = it.counter.bytes_out - before - deflater_size;
            assert_int_equal(it.codec->deflater_size(deflater), deflater_size);
            assert_int_equal(it.codec->inflater_size(inflater), inflater_size);
            const size_t deflater_cost = hws_codec_deflater_cost(&it.options, bits);
            const size_t inflater_cost = hws_codec_inflater_cost(bits);
            if (deflater_size > deflater_cost || deflater_size + 1024 < deflater_cost)
                fail_msg("a deflater of %u bits takes %zu, not %zu", bits, deflater_size,
                         deflater_cost);
            if (inflater_size > inflater_cost || inflater_size + 1024 < inflater_cost)
                fail_msg("an inflater of %u bits takes %zu, not %zu", bits, inflater_size,
                         inflater_cost);
            assert_int_equal(it.budget.used, 0); /* their owner has reserved it */
            it.codec->give_deflater(it.pool, deflater);
            it.codec->give_inflater(it.pool, inflater);
            assert_int_equal(it.counter.bytes_out, before); /* and none is kept */
            close_bench(&it);
        }
    }
}

static void test_budget(void **state)
{
    (void)state;
    bench it;
    open_bench(&it, (hws_deflate_options){.memory_level = 8}, 0); /* as what is borrowed has */
    const size_t deflater_cost = hws_codec_deflater_cost(&it.options, 15);
    const size_t inflater_cost = hws_codec_inflater_cost(15);
    assert_null(it.codec->take_deflater(it.pool, 15, false));
    it.budget.size_max = 3 * deflater_cost + inflater_cost;
    hws_deflater *taken[3];
    for (size_t i = 0; i < 3; i++) {
        taken[i] = it.codec->take_deflater(it.pool, 15, false);
        assert_non_null(taken[i]);
    }
    assert_null(it.codec->take_deflater(it.pool, 15, false));
    hws_inflater *inflater = it.codec->take_inflater(it.pool, 15, false);
    assert_non_null(inflater);
    assert_int_equal(it.budget.used, it.budget.size_max);
    assert_false(hws_deflate_reserve(&it.budget, 1));
    hws_inflater *more = it.codec->take_inflater(it.pool, 15, false);
    assert_non_null(more); /* what was agreed on is read all the same */
    assert_int_equal(it.budget.used, it.budget.size_max + inflater_cost);
    assert_false(hws_deflate_reserve(&it.budget, 1));
    it.codec->give_inflater(it.pool, inflater);
    it.codec->give_inflater(it.pool, more);
    for (size_t i = 0; i < 3; i++) it.codec->give_deflater(it.pool, taken[i]);
    assert_int_equal(it.budget.used, 2 * deflater_cost + 2 * inflater_cost); /* few are kept */
    close_bench(&it);
}

/* Row L012: each allocation fails once. */
static void test_no_memory(void **state)
{
    (void)state;
    bench it;
    open_bench(&it, (hws_deflate_options){0}, SIZE_MAX);
    const size_t before = it.counter.bytes_out;
    for (size_t after = 0;; after++) {
        it.counter.fail_after = after;
        hws_deflater *deflater = it.codec->take_deflater(it.pool, 15, true);
        hws_inflater *inflater = deflater ? it.codec->take_inflater(it.pool, 15, true) : NULL;
        uint8_t stored[] = {0x00, 0x01, 0x00, 0xFE, 0xFF, 'a'};
        uint8_t output[8];
        size_t size;
        hws_span input = {stored, sizeof stored};
        hws_status status = HWS_ERR_NO_MEMORY;
        if (inflater) status = it.codec->inflate(inflater, &input, output, sizeof output, &size);
        if (deflater) it.codec->give_deflater(it.pool, deflater);
        if (inflater) it.codec->give_inflater(it.pool, inflater);
        assert_int_equal(it.counter.bytes_out, before);
        if (status == HWS_OK) break;
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        assert_true(after < 100);
    }
    it.counter.fail_after = 0;
    hws_codec_pool *pool;
    assert_int_equal(hws_codec_pool_new(&it.memory, &it.options, NULL, &pool), HWS_ERR_NO_MEMORY);
    close_bench(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_alone),
        cmocka_unit_test(test_too_little_room), cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_last_blocks),     cmocka_unit_test(test_costs),
        cmocka_unit_test(test_budget),          cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
