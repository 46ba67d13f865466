/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "lib/test_memory.h"

static void test_grows_to_the_limit(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_buffer buffer = {0};

    for (int i = 0; i < 100; i++) {
        const uint8_t byte = (uint8_t)i;
        assert_int_equal(hws_buffer_append(&buffer, &memory, &byte, 1, 100), HWS_OK);
    }
    assert_int_equal(hws_buffer_append(&buffer, &memory, "!", 1, 100), HWS_ERR_LIMIT);
    assert_int_equal(buffer.size, 100);
    assert_int_equal(buffer.capacity, 100);
    for (int i = 0; i < 100; i++) assert_int_equal(buffer.data[i], i);

    hws_buffer_release(&buffer, &memory);
    assert_int_equal(counter.bytes_out, 0);
}

static void test_copies_are_linear(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_buffer buffer = {0};

    for (int i = 0; i < 1 << 16; i++)
        assert_int_equal(hws_buffer_append(&buffer, &memory, "x", 1, SIZE_MAX), HWS_OK);
    assert_true(counter.calls <= 11); /* 64 doubled to 65536 */
    hws_buffer_release(&buffer, &memory);
}

static void test_survives_no_memory(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_buffer buffer = {0};
    assert_int_equal(hws_buffer_append(&buffer, &memory, "keep", 4, 1000), HWS_OK);

    counter.fail_after = 0;
    assert_int_equal(hws_buffer_reserve(&buffer, &memory, 500, 1000), HWS_ERR_NO_MEMORY);
    assert_int_equal(buffer.size, 4);
    assert_memory_equal(buffer.data, "keep", 4);
    assert_int_equal(hws_buffer_reserve(&buffer, &memory, SIZE_MAX, 1000), HWS_ERR_LIMIT);
    assert_int_equal(hws_buffer_reserve(&buffer, &memory, 997, 1000), HWS_ERR_LIMIT);

    hws_buffer_release(&buffer, &memory);
    assert_int_equal(counter.bytes_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_to_the_limit),
        cmocka_unit_test(test_copies_are_linear),
        cmocka_unit_test(test_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
