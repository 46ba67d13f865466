/* SPDX-License-Identifier: MIT */
/* Section K of BAD-INPUTS: each row is named where it is tested. */
#include "wire/utf8.h"

#include "lib/cmocka.h"
#include "lib/utf8_oracle.h"
#include "wire/utf8_pair.h"

enum { SIZE_MAX_TESTED = 3 * HWS_UTF8_BLOCK, SIZE_EACH = 300 };

typedef struct row {
    const char *id;
    const char *bytes;
    size_t size;
} row;

#define ROW(id, bytes)                                                                             \
    {                                                                                              \
        id, bytes, sizeof bytes - 1                                                                \
    }

static const row WRONG[] = {
    ROW("K005", "\xc0\x80"),
    ROW("K005", "\xc0\xaf"),
    ROW("K005", "\xc1\xbf"),
    ROW("K005", "\xe0\x80\x80"),
    ROW("K005", "\xe0\x9f\xbf"),
    ROW("K005", "\xf0\x80\x80\x80"),
    ROW("K005", "\xf0\x8f\xbf\xbf"),
    ROW("K006", "\xed\xa0\x80"),
    ROW("K006", "\xed\xaf\xbf"),
    ROW("K006", "\xed\xb0\x80"),
    ROW("K006", "\xed\xbf\xbf"),
    ROW("K006", "\xed\xa0\x80\xed\xb0\x80"),
    ROW("K007", "\xf4\x90\x80\x80"),
    ROW("K007", "\xf5\x80\x80\x80"),
    ROW("K007", "\xf7\xbf\xbf\xbf"),
    ROW("K008", "\xf8\x88\x80\x80\x80"),
    ROW("K008", "\xfb\xbf\xbf\xbf\xbf"),
    ROW("K008", "\xfc\x84\x80\x80\x80\x80"),
    ROW("K008", "\xfd\xbf\xbf\xbf\xbf\xbf"),
    ROW("K008", "\xfe"),
    ROW("K008", "\xff"),
    ROW("K010", "\x80"),
    ROW("K010", "\xbf"),
    ROW("K010", "\xc2\x80\x80"),
    ROW("K010", "\xe1\x80\x80\x80"),
    ROW("K010", "\xf1\x80\x80\x80\x80"),
    ROW("K001", "\xc2\x41"),
    ROW("K001", "\xe4\xb8\x41"),
    ROW("K001", "\xe4\x41\xb8"),
    ROW("K001", "\xf0\x9f\x98\x41"),
    ROW("K001", "\xf0\x9f\x41\x80"),
    ROW("K001", "\xc2\xc2\x80"),
    ROW("K001", "\xe4\xb8\xe4\xb8\xad"),
};

static const row CUT[] = {
    ROW("K004", "\xc2"),     ROW("K004", "\xdf"),         ROW("K004", "\xe0"),
    ROW("K004", "\xe0\xa0"), ROW("K004", "\xed\x9f"),     ROW("K004", "\xef\xbf"),
    ROW("K004", "\xf0"),     ROW("K004", "\xf0\x90"),     ROW("K004", "\xf0\x90\x80"),
    ROW("K004", "\xf4\x8f"), ROW("K004", "\xf4\x8f\xbf"),
};

static const row RIGHT[] = {
    ROW("K009", "\0"),
    ROW("K009", "\xef\xbb\xbf"),
    ROW("K009", "\xef\xbf\xbe"),
    ROW("K009", "\xef\xbf\xbf"),
    ROW("K009", "\xef\xb7\x90"),
    ROW("K009", "\xef\xb7\xaf"),
    ROW("K009", "\xf0\x9f\xbf\xbe"),
    ROW("K009", "\xf4\x8f\xbf\xbf"),
    ROW("edges",
        "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xec\xbf\xbf\xed\x80\x80\xed\x9f\xbf\xee\x80\x80"),
    ROW("edges", "\xef\xbf\xbf\xf0\x90\x80\x80\xf1\x80\x80\x80\xf3\xbf\xbf\xbf\xf4\x80\x80\x80"),
    ROW("words",
        "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80"),
};

/* Feeds `bytes` in two pieces, through the front that a connection uses, and compares with the
 * oracle. */
static void check_cut(const hws_kernels *kernels, uint8_t *bytes, size_t size, size_t cut,
                      const char *id)
{
    const utf8_oracle want = utf8_oracle_read(bytes, size);
    hws_utf8 utf8 = {0};
    hws_status status = hws_utf8_check(kernels, &utf8, (hws_span){bytes, cut});
    bool same = (status == HWS_OK) == (want.fault >= cut);
    if (status == HWS_OK) {
        status = hws_utf8_check(kernels, &utf8, (hws_span){bytes + cut, size - cut});
        same = same && (status == HWS_OK) == (want.fault == size);
    }
    const bool valid = hws_utf8_finish(&utf8) == HWS_OK;
    same = same && valid == (want.fault == size && !want.ends_inside);
    if (!same) fail_msg("%s: %s, %zu bytes cut at %zu", id, kernels->name, size, cut);
}

/* The same of a payload that is unmasked as it is read; and what was read has come out right. */
static void check_masked_cut(const hws_kernels *kernels, const uint8_t *bytes, size_t size,
                             size_t cut, const char *id)
{
    static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};
    _Alignas(64) uint8_t arena[64 + SIZE_MAX_TESTED];
    uint8_t *masked = arena + (uintptr_t)bytes % 64;
    for (size_t i = 0; i < size; i++) masked[i] = bytes[i] ^ KEY[i % 4];

    const utf8_oracle want = utf8_oracle_read(bytes, size);
    hws_utf8 utf8 = {0};
    hws_status status = hws_utf8_unmask(kernels, &utf8, (hws_span){masked, cut}, KEY, 0);
    bool same = (status == HWS_OK) == (want.fault >= cut);
    if (status == HWS_OK) {
        status = hws_utf8_unmask(kernels, &utf8, (hws_span){masked + cut, size - cut}, KEY, cut);
        same = same && (status == HWS_OK) == (want.fault == size);
    }
    const bool valid = hws_utf8_finish(&utf8) == HWS_OK;
    same = same && valid == (want.fault == size && !want.ends_inside);
    if (status == HWS_OK) same = same && memcmp(masked, bytes, size) == 0;
    if (!same) fail_msg("%s: %s, %zu masked bytes cut at %zu", id, kernels->name, size, cut);
}

static void check_everywhere(const row *it, bool want)
{
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    static const char *const FILLERS[] = {"a", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80"};
    for (size_t f = 0; f < COUNT_OF(FILLERS); f++) {
        const size_t unit = strlen(FILLERS[f]);
        for (size_t before = 0; before <= 140; before += unit) {
            for (size_t after = 0; after <= 84; after += 12) {
                uint8_t bytes[256];
                memset(bytes, 0x80, sizeof bytes); /* behind the end: would complete a character */
                const size_t size = before + it->size + after;
                for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)FILLERS[f][i % unit];
                memcpy(bytes + before, it->bytes, it->size);
                for (size_t i = 0; i < after; i++)
                    bytes[before + it->size + i] = (uint8_t)FILLERS[f][i % unit];
                if (want || after == 0) assert_int_equal(utf8_oracle_valid(bytes, size), want);
                for (size_t k = 0; k < count; k++) {
                    check_cut(list[k], bytes, size, (before + after) / 2, it->id);
                    check_masked_cut(list[k], bytes, size, (before + after) / 2, it->id);
                }
            }
        }
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) check_everywhere(&WRONG[i], false);
    for (size_t i = 0; i < COUNT_OF(CUT); i++) check_everywhere(&CUT[i], false);
    for (size_t i = 0; i < COUNT_OF(RIGHT); i++) check_everywhere(&RIGHT[i], true);
}

/* Every row cut at every position, by the public form, byte by byte: refused at its first wrong
 * byte and not later (K002), taken if it completes (K003), unfinished if it does not (K004). */
static void check_bytewise(const row *it)
{
    const uint8_t *bytes = (const uint8_t *)it->bytes;
    hws_utf8 utf8 = {0};
    for (size_t at = 0; at < it->size; at++) {
        const utf8_oracle want = utf8_oracle_read(bytes, at + 1);
        const bool fine = hws_utf8_feed(&utf8, bytes + at, 1) == HWS_OK;
        if (fine != (want.fault == at + 1)) fail_msg("%s: byte %zu", it->id, at);
        const bool may_end = hws_utf8_finish(&utf8) == HWS_OK;
        if (may_end != (fine && !want.ends_inside)) fail_msg("%s: end at %zu", it->id, at);
    }
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) check_bytewise(&WRONG[i]);
    for (size_t i = 0; i < COUNT_OF(CUT); i++) check_bytewise(&CUT[i]);
    for (size_t i = 0; i < COUNT_OF(RIGHT); i++) check_bytewise(&RIGHT[i]);
}

static void test_fails_fast(void **state)
{
    (void)state;
    hws_utf8 utf8 = {0};
    assert_int_equal(hws_utf8_feed(&utf8, (const uint8_t *)"\xf4", 1), HWS_OK);
    assert_int_equal(hws_utf8_feed(&utf8, (const uint8_t *)"\x90", 1), HWS_ERR_UTF8);
    utf8 = (hws_utf8){0};
    assert_int_equal(hws_utf8_feed(&utf8, (const uint8_t *)"\xed", 1), HWS_OK);
    assert_int_equal(hws_utf8_feed(&utf8, (const uint8_t *)"\xa0", 1), HWS_ERR_UTF8);
}

static void test_failure_is_final(void **state)
{
    (void)state;
    static uint8_t fine[200];
    memset(fine, 'a', sizeof fine);
    hws_utf8 utf8 = {0};
    assert_int_equal(hws_utf8_feed(&utf8, (const uint8_t *)"a\xff", 2), HWS_ERR_UTF8);
    for (int byte = 0; byte < 256; byte++)
        assert_int_equal(hws_utf8_feed(&utf8, &(uint8_t){(uint8_t)byte}, 1), HWS_ERR_UTF8);
    for (size_t size = 0; size < sizeof fine; size++) {
        const hws_span piece = {fine, size};
        assert_int_equal(hws_utf8_check(hws_kernels_best(), &utf8, piece), HWS_ERR_UTF8);
    }
    assert_int_equal(hws_utf8_feed(&utf8, NULL, 0), HWS_ERR_UTF8);
    assert_int_equal(hws_utf8_finish(&utf8), HWS_ERR_UTF8);
}

static void test_nothing(void **state)
{
    (void)state;
    hws_utf8 utf8 = {0};
    assert_int_equal(hws_utf8_feed(&utf8, NULL, 0), HWS_OK);
    assert_int_equal(hws_utf8_check(hws_kernels_best(), &utf8, (hws_span){NULL, 0}), HWS_OK);
    assert_int_equal(hws_utf8_finish(&utf8), HWS_OK);
    assert_true(sizeof utf8 <= 4);

    assert_int_equal(hws_utf8_feed(&utf8, (const uint8_t *)"\xe4", 1), HWS_OK);
    assert_int_equal(hws_utf8_feed(&utf8, NULL, 0), HWS_OK);
    assert_int_equal(hws_utf8_finish(&utf8), HWS_ERR_UTF8);
    assert_int_equal(hws_utf8_feed(&utf8, (const uint8_t *)"\xb8\xad", 2), HWS_OK);
    assert_int_equal(hws_utf8_finish(&utf8), HWS_OK);
}

/* Numbers that look random and are the same in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Characters of all sizes, as many as fit into `size` bytes; the rest is ASCII. */
static void write_text(uint8_t *bytes, size_t size, uint32_t seed)
{
    static const char *const CHARACTERS[] = {"a",
                                             "bcdefghijklmnopq",
                                             "\xc3\xa9",
                                             "\xdf\xbf",
                                             "\xe4\xb8\xad",
                                             "\xed\x9f\xbf",
                                             "\xef\xbf\xbf",
                                             "\xf0\x9f\x98\x80",
                                             "\xf4\x8f\xbf\xbf"};
    memset(bytes, ' ', size);
    for (size_t at = 0; at < size;) {
        const char *character = CHARACTERS[next_random(&seed) % COUNT_OF(CHARACTERS)];
        const size_t length = strlen(character);
        if (length <= size - at) memcpy(bytes + at, character, length);
        at += length;
    }
}

/* K012: a kernel may stop early, but what it lets pass is valid and whole, and in valid text it
 * lets everything pass but the character that the end cuts. */
static void check_kernel(const hws_kernels *kernels, const uint8_t *bytes, size_t size)
{
    const utf8_oracle want = utf8_oracle_read(bytes, size);
    const size_t prefix = kernels->utf8(bytes, size);
    bool right = prefix <= want.fault && utf8_oracle_valid(bytes, prefix);
    if (want.fault == size)
        right = right && size - prefix < 4 && (prefix == size) != want.ends_inside;
    if (!right) fail_msg("%s: %zu of %zu", kernels->name, prefix, size);
}

static void test_every_size_and_alignment(void **state)
{
    (void)state;
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    enum { GUARD = 64 };
    _Alignas(64) uint8_t arena[64 + SIZE_EACH + GUARD];
    for (size_t size = 0; size <= SIZE_EACH; size++) {
        for (size_t align = 0; align < 64; align++) {
            uint8_t *bytes = arena + align;
            uint32_t seed = (uint32_t)(size * 64 + align + 1);
            write_text(bytes, size, seed);
            memset(bytes + size, align % 2 ? 'a' : 0x80, GUARD); /* must not be looked at */
            for (size_t k = 0; k < count; k++) {
                check_kernel(list[k], bytes, size);
                check_cut(list[k], bytes, size, size, "whole");
                check_cut(list[k], bytes, size, align % (size + 1), "in two");
                check_masked_cut(list[k], bytes, size, size, "masked");
                check_masked_cut(list[k], bytes, size, align % (size + 1), "masked, in two");
            }
            if (size == 0) continue;
            bytes[next_random(&seed) % size] = (uint8_t)next_random(&seed);
            for (size_t k = 0; k < count; k++) {
                check_kernel(list[k], bytes, size);
                check_cut(list[k], bytes, size, size, "damaged");
                check_masked_cut(list[k], bytes, size, size, "damaged, masked");
            }
        }
    }
}

/* Each of these, or what of it fits, stands at each position in turn. */
static void check_ascii_around(const hws_kernels *kernels, uint8_t *bytes, size_t size)
{
    static const char *const ENDS[] = {"\xc3\xa9", "\xf0\x9f\x98\x80", "\x80", "\xe4\xb8"};
    memset(bytes, 'a', size);
    assert_int_equal(kernels->utf8(bytes, size), size);
    for (size_t at = 0; at < size; at++) {
        for (size_t e = 0; e < COUNT_OF(ENDS); e++) {
            const size_t length = strlen(ENDS[e]) < size - at ? strlen(ENDS[e]) : size - at;
            memcpy(bytes + at, ENDS[e], length);
            check_kernel(kernels, bytes, size);
            memset(bytes + at, 'a', length);
        }
    }
}

/* ASCII has a way of its own, in large blocks: what ends it may stand anywhere in them, and be a
 * character or a fault. */
static void test_ascii_up_to_something(void **state)
{
    (void)state;
    static const size_t SIZES[] = {63,  64,  65,  79,  80,  127, 128, 129, 160, 192, 255,
                                   256, 257, 319, 383, 385, 512, 513, 576, 640, 769};
    static const size_t ALIGNS[] = {0, 1, 31, 32, 58, 63};
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    static _Alignas(64) uint8_t arena[64 + 769 + 64];
    memset(arena, 0xFF, sizeof arena); /* what is behind must not be looked at */
    for (size_t s = COUNT_OF(SIZES); s > 0; s--)
        for (size_t a = COUNT_OF(ALIGNS); a > 0; a--)
            for (size_t k = 0; k < count; k++)
                check_ascii_around(list[k], arena + ALIGNS[a - 1], SIZES[s - 1]);
}

/* K001: each byte in turn replaced by each value, across all borders of vectors. */
static void test_every_byte_at_every_position(void **state)
{
    (void)state;
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    for (uint32_t seed = 1; seed <= 3; seed++) {
        uint8_t bytes[211];
        write_text(bytes, sizeof bytes, seed);
        for (size_t at = 0; at < sizeof bytes; at++) {
            const uint8_t kept = bytes[at];
            for (int value = 0; value < 256; value++) {
                bytes[at] = (uint8_t)value;
                for (size_t k = 0; k < count; k++) {
                    check_kernel(list[k], bytes, sizeof bytes);
                    check_cut(list[k], bytes, sizeof bytes, at, "one byte");
                    check_masked_cut(list[k], bytes, sizeof bytes, at, "one byte, masked");
                }
            }
            bytes[at] = kept;
        }
    }
}

/* Payloads of several blocks: characters lie across their borders, and so do faults. */
static void test_borders_of_blocks(void **state)
{
    (void)state;
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    static uint8_t bytes[SIZE_MAX_TESTED];
    static const size_t NEAR[] = {HWS_UTF8_BLOCK, 2 * HWS_UTF8_BLOCK};
    for (size_t k = 0; k < count; k++) {
        for (size_t before = 0; before < 4; before++) {
            memset(bytes, 'a', sizeof bytes);
            for (size_t at = before; at + 4 <= sizeof bytes; at += 4)
                memcpy(bytes + at, "\xf0\x9f\x98\x80", 4);
            check_masked_cut(list[k], bytes, sizeof bytes, 0, "blocks");
            check_masked_cut(list[k], bytes, sizeof bytes, HWS_UTF8_BLOCK + 1, "blocks, in two");
            for (size_t n = 0; n < COUNT_OF(NEAR); n++) {
                for (size_t at = NEAR[n] - 3; at < NEAR[n] + 3; at++) {
                    const uint8_t kept = bytes[at];
                    bytes[at] = 0xff;
                    check_masked_cut(list[k], bytes, sizeof bytes, 0, "a fault between blocks");
                    bytes[at] = kept;
                }
            }
        }
    }
}

/* The tables against the clause: a pair is faulty if and only if no text has it.  As second bytes
 * all leads are alike, those that are none (C0, F5) too: the next pair judges them. */
static void test_pairs(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        const uint8_t first = (uint8_t)(pair >> 8);
        const uint8_t second = (uint8_t)pair;
        const unsigned classes = HWS_PAIR_FIRST_HIGH[first >> 4] & HWS_PAIR_FIRST_LOW[first & 15] &
                                 HWS_PAIR_SECOND_HIGH[second >> 4];
        const bool follows = first >> 6 == 2 && second >> 6 == 2;
        const uint8_t alike = second < 0xC0 ? second : 0xC2;
        const uint8_t own[] = {first, alike};
        const uint8_t behind[] = {0xC2, first, alike};
        const uint8_t further_behind[] = {0xF1, first, alike};
        const bool possible = first >> 6 != 2 ? utf8_oracle_read(own, 2).fault == 2
                              : follows       ? utf8_oracle_read(further_behind, 3).fault == 3
                                              : utf8_oracle_read(behind, 3).fault == 3;
        const unsigned want = follows ? HWS_PAIR_FOLLOWS : 0;
        if (possible != (classes == want)) fail_msg("%02x %02x: %02x", first, second, classes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_fails_fast),
        cmocka_unit_test(test_failure_is_final),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_every_size_and_alignment),
        cmocka_unit_test(test_ascii_up_to_something),
        cmocka_unit_test(test_every_byte_at_every_position),
        cmocka_unit_test(test_borders_of_blocks),
        cmocka_unit_test(test_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
