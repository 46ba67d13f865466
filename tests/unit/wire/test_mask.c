/* SPDX-License-Identifier: MIT */
#include "wire/mask.h"

#include "lib/cmocka.h"

enum { SIZE_EACH = 300, SIZE_MAX_TESTED = HWS_MASK_LONG + 300, ALIGNMENT_MAX = 63, GUARD = 64 };

static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};

typedef struct arena {
    _Alignas(64) uint8_t bytes[GUARD + ALIGNMENT_MAX + SIZE_MAX_TESTED + GUARD];
} arena;

static void fill(arena *it)
{
    for (size_t i = 0; i < sizeof it->bytes; i++) it->bytes[i] = (uint8_t)(i * 131 + 7);
}

static void mask_naively(uint8_t *bytes, size_t size, const uint8_t key[4], uint64_t offset)
{
    for (size_t i = 0; i < size; i++) bytes[i] ^= key[(offset + i) % 4];
}

static void check(const hws_kernels *kernels, bool front, size_t align, size_t size, uint64_t phase)
{
    arena got;
    arena want;
    fill(&got);
    fill(&want);
    const hws_span payload = {got.bytes + GUARD + align, size};
    mask_naively(want.bytes + GUARD + align, size, KEY, phase);
    if (front)
        hws_mask(kernels, payload, KEY, phase);
    else
        kernels->mask(payload.data, payload.data, size, hws_mask_turn(hws_mask_twice(KEY), phase));
    if (memcmp(got.bytes, want.bytes, sizeof got.bytes) != 0)
        fail_msg("%s: %zu bytes at %zu, phase %u", kernels->name, size, align, (unsigned)phase);
}

static void test_every_size_and_alignment(void **state)
{
    (void)state;
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    for (size_t k = 0; k < count; k++)
        for (size_t size = 0; size <= SIZE_EACH; size++)
            for (size_t align = 0; align <= ALIGNMENT_MAX; align++)
                for (uint64_t phase = 0; phase < 4; phase++) {
                    check(list[k], true, align, size, phase);
                    check(list[k], false, align, size, phase);
                }
}

/* From one place to another, each at its own alignment; where it came from is as it was. */
static void test_copies(void **state)
{
    (void)state;
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    const uint64_t word = hws_mask_twice(KEY);
    for (size_t size = 0; size <= SIZE_MAX_TESTED; size += size < SIZE_EACH ? 1 : 29) {
        for (size_t align = 0; align <= ALIGNMENT_MAX; align++) {
            for (size_t k = 0; k < 2 * count; k++) {
                arena got = {0};
                arena from;
                arena want = {0};
                fill(&from);
                const uint8_t *source = from.bytes + (align * 5 + 3) % 64;
                memcpy(want.bytes + GUARD + align, source, size);
                if (k >= count) mask_naively(want.bytes + GUARD + align, size, KEY, 0);
                (void)hws_mask_copy(list[k % count], got.bytes + GUARD + align, source, size,
                                    k < count ? 0 : word);
                assert_memory_equal(got.bytes, want.bytes, sizeof got.bytes);
            }
        }
    }
}

/* Those that are stored along the lines of the cache. */
static void test_long_sizes(void **state)
{
    (void)state;
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    for (size_t k = 0; k < count; k++)
        for (size_t size = HWS_MASK_LONG - 2; size <= SIZE_MAX_TESTED; size++)
            for (size_t align = 0; align <= ALIGNMENT_MAX; align++)
                check(list[k], false, align, size, size % 4);
}

/* What comes out is ASCII, or has one byte that is not, anywhere. */
static void check_told(const hws_kernels *kernels, uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at <= size; at++) {
        memset(bytes, 'a', size);
        if (at < size) bytes[at] = 0x80;
        mask_naively(bytes, size, KEY, 0);
        const bool told = hws_mask(kernels, (hws_span){bytes, size}, KEY, 0);
        if (told != (at == size)) fail_msg("%s: byte %zu of %zu", kernels->name, at, size);
    }
}

static void test_tells_ascii(void **state)
{
    (void)state;
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    static uint8_t bytes[7 + SIZE_MAX_TESTED];
    for (size_t k = 0; k < count; k++) {
        for (size_t size = 0; size <= SIZE_EACH; size++)
            check_told(list[k], bytes + size % 8, size);
        for (size_t size = HWS_MASK_LONG; size <= SIZE_MAX_TESTED; size += 61)
            check_told(list[k], bytes + size % 8, size);
    }
}

static void test_far_offsets(void **state)
{
    (void)state;
    static const uint64_t FAR[] = {4, 7, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX - 500};
    for (size_t i = 0; i < COUNT_OF(FAR); i++)
        for (size_t size = 0; size < 80; size++) check(hws_kernels_best(), true, 0, size, FAR[i]);
}

/* RFC 6455 §5.7: "Hello" */
static void test_example(void **state)
{
    (void)state;
    uint8_t bytes[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
    hws_mask(hws_kernels_scalar(), (hws_span){bytes, sizeof bytes}, KEY, 0);
    assert_memory_equal(bytes, "Hello", 5);
}

/* However a payload is cut, it comes out the same, and masking twice is nothing. */
static void test_cuts(void **state)
{
    (void)state;
    uint8_t want[150];
    memset(want, 'x', sizeof want);
    mask_naively(want, sizeof want, KEY, 0);
    for (size_t cut = 0; cut <= sizeof want; cut++) {
        uint8_t got[sizeof want];
        memset(got, 'x', sizeof got);
        hws_mask(hws_kernels_best(), (hws_span){got, cut}, KEY, 0);
        hws_mask(hws_kernels_best(), (hws_span){got + cut, sizeof got - cut}, KEY, cut);
        assert_memory_equal(got, want, sizeof want);
        hws_mask(hws_kernels_best(), (hws_span){got, sizeof got}, KEY, 0);
        for (size_t i = 0; i < sizeof got; i++) assert_int_equal(got[i], 'x');
    }
}

static void test_nothing(void **state)
{
    (void)state;
    hws_mask(hws_kernels_best(), (hws_span){NULL, 0}, KEY, 3);
}

static void test_list(void **state)
{
    (void)state;
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    assert_in_range(count, 1, HWS_KERNELS_MAX);
    assert_ptr_equal(list[0], hws_kernels_scalar());
    assert_ptr_equal(list[count - 1], hws_kernels_best());
    for (size_t i = 0; i < count; i++) print_message("# runs %s\n", list[i]->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size_and_alignment),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_long_sizes),
        cmocka_unit_test(test_tells_ascii),
        cmocka_unit_test(test_far_offsets),
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
