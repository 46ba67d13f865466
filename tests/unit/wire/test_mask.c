/* SPDX-License-Identifier: MIT */
/* Every kernel against the sentence of RFC 6455 §5.3, on every length, alignment and phase. */
#include "wire/mask.h"

#include "lib/cmocka.h"

static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};

static void check(const hws_kernels *kernels, size_t size, size_t alignment, size_t phase)
{
    _Alignas(64) uint8_t bytes[64 + 260 + 1];
    memset(bytes, 0xEE, sizeof bytes);
    for (size_t i = 0; i < size; i++) bytes[alignment + i] = (uint8_t)(i * 7);

    hws_mask(kernels, (hws_span){bytes + alignment, size}, KEY, phase);
    for (size_t i = 0; i < size; i++)
        if (bytes[alignment + i] != (uint8_t)((uint8_t)(i * 7) ^ KEY[(phase + i) % 4]))
            fail_msg("%s: size %zu, alignment %zu, phase %zu, byte %zu", kernels->name, size,
                     alignment, phase, i);
    if (alignment > 0) assert_int_equal(bytes[alignment - 1], 0xEE);
    assert_int_equal(bytes[alignment + size], 0xEE);
}

static void test_every_kernel_does_what_the_rfc_says(void **state)
{
    (void)state;
    const hws_kernels *all[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(all);
    for (size_t k = 0; k < count; k++)
        for (size_t size = 0; size <= 257; size++)
            for (size_t alignment = 0; alignment < 64; alignment++)
                for (size_t phase = 0; phase < 4; phase++) check(all[k], size, alignment, phase);
}

/* Short payloads take another way through hws_mask: the kernels themselves, too. */
static void test_kernels_on_short_payloads(void **state)
{
    (void)state;
    const hws_kernels *all[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(all);
    for (size_t k = 0; k < count; k++) {
        for (size_t size = 0; size <= HWS_MASK_SHORT_MAX + 1; size++) {
            uint8_t bytes[HWS_MASK_SHORT_MAX + 2] = {0};
            all[k]->mask(bytes, size, KEY);
            for (size_t i = 0; i < size; i++) assert_int_equal(bytes[i], KEY[i % 4]);
            assert_int_equal(bytes[size], 0);
        }
    }
}

static void test_the_example_of_the_rfc(void **state)
{
    (void)state;
    uint8_t hello[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58}; /* §5.7 */
    hws_mask(hws_kernels_best(), (hws_span){hello, sizeof hello}, KEY, 0);
    assert_memory_equal(hello, "Hello", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kernel_does_what_the_rfc_says),
        cmocka_unit_test(test_kernels_on_short_payloads),
        cmocka_unit_test(test_the_example_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
