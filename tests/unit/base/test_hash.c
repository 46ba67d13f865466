/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include "lib/cmocka.h"

/* The key and the 15 bytes of the paper's own example (appendix A). */
static void test_the_papers_example(void **state)
{
    (void)state;
    const hws_hash_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
    uint8_t bytes[15];
    for (uint8_t i = 0; i < sizeof bytes; i++) bytes[i] = i;
    assert_true(hws_hash(&key, bytes, sizeof bytes) == 0xa129ca6149be45e5);
}

static void test_every_byte_and_the_key_matter(void **state)
{
    (void)state;
    const hws_hash_key key = {{1, 2}};
    uint8_t bytes[24] = {0};
    const uint64_t before = hws_hash(&key, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 1;
        assert_true(hws_hash(&key, bytes, sizeof bytes) != before);
        bytes[i] = 0;
        assert_true(hws_hash(&key, bytes, i) != before);
    }
    const hws_hash_key other = {{1, 3}};
    assert_true(hws_hash(&other, bytes, sizeof bytes) != before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_papers_example),
        cmocka_unit_test(test_every_byte_and_the_key_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
