/* SPDX-License-Identifier: MIT */
#include "wire/http_run.h"

#include <stdlib.h>

#include "lib/cmocka.h"

enum { SIZE = 24 };

static bool is_token(int byte)
{
    static const char SIGNS[] = "!#$%&'*+-.^_`|~"; /* RFC 9110 §5.6.2 */
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte != 0 && strchr(SIGNS, byte));
}

static bool is_target(int byte)
{
    return byte > ' ' && byte < 0x7F && byte != '#';
}

static bool is_value(int byte)
{
    return byte == '\t' || (byte >= ' ' && byte != 0x7F);
}

static const struct {
    size_t (*run)(hws_span input);
    bool (*belongs)(int byte);
} PARTS[] = {{hws_http_run_token, is_token},
             {hws_http_run_target, is_target},
             {hws_http_run_value, is_value}};

/* From memory of that size, so that reading past its end is noticed. */
static size_t run(size_t part, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    const size_t found = PARTS[part].run((hws_span){copy, size});
    free(copy);
    return found;
}

static size_t run_naively(size_t part, const uint8_t *bytes, size_t size)
{
    size_t found = 0;
    while (found < size && PARTS[part].belongs(bytes[found])) found++;
    return found;
}

static void check(size_t part, const uint8_t *bytes, size_t size)
{
    assert_int_equal(run(part, bytes, size), run_naively(part, bytes, size));
}

/* Every byte at every place of runs of every size. */
static void test_one_stranger(void **state)
{
    (void)state;
    for (size_t part = 0; part < COUNT_OF(PARTS); part++)
        for (size_t size = 0; size <= SIZE; size++)
            for (size_t place = 0; place < size; place++)
                for (int byte = 0; byte < 256; byte++) {
                    uint8_t bytes[SIZE];
                    memset(bytes, 'k', sizeof bytes);
                    bytes[place] = (uint8_t)byte;
                    check(part, bytes, size);
                }
}

/* Two of them, next to each other: what the first does to the second. */
static void test_two_strangers(void **state)
{
    (void)state;
    for (size_t part = 0; part < COUNT_OF(PARTS); part++)
        for (int both = 0; both < 65536; both++) {
            uint8_t bytes[12];
            memset(bytes, '-', sizeof bytes);
            bytes[3] = (uint8_t)(both >> 8);
            bytes[4] = (uint8_t)both;
            check(part, bytes, sizeof bytes);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_stranger),
        cmocka_unit_test(test_two_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
