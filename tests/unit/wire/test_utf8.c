/* SPDX-License-Identifier: MIT */
/* Section K of the bad inputs: every class of ill-formed text, at every place of a long text, cut
 * everywhere, by every kernel. */
#include "wire/utf8.h"

#include "lib/cmocka.h"
#include "lib/naive_utf8.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

typedef struct sample {
    const char *row;
    const uint8_t *bytes;
    size_t size;
    size_t
        wrong_at; /* the first byte that cannot be; SIZE_MAX: well-formed; size: ends too early */
} sample;

static const sample SAMPLES[] = {
    {"ascii", BYTES("hello"), SIZE_MAX},
    {"two, three, four bytes", BYTES("\xC2\x80\xDF\xBF\xE1\x80\x80\xF1\x80\x80\x80"), SIZE_MAX},
    {"the kosme of the Autobahn", BYTES("\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"), SIZE_MAX},
    {"K004 ends within two", BYTES("a\xC3"), 2},
    {"K004 ends within three", BYTES("a\xE4\xB8"), 3},
    {"K004 ends within four", BYTES("\xF0\x9F\x98"), 3},
    {"K005 C0 80", BYTES("\xC0\x80"), 0},
    {"K005 C1 BF", BYTES("\xC1\xBF"), 0},
    {"K005 E0 80 80", BYTES("\xE0\x80\x80"), 1},
    {"K005 E0 9F BF", BYTES("\xE0\x9F\xBF"), 1},
    {"E0 A0 80", BYTES("\xE0\xA0\x80"), SIZE_MAX},
    {"K005 F0 80 80 80", BYTES("\xF0\x80\x80\x80"), 1},
    {"K005 F0 8F BF BF", BYTES("\xF0\x8F\xBF\xBF"), 1},
    {"F0 90 80 80", BYTES("\xF0\x90\x80\x80"), SIZE_MAX},
    {"ED 9F BF", BYTES("\xED\x9F\xBF"), SIZE_MAX},
    {"K006 ED A0 80", BYTES("\xED\xA0\x80"), 1},
    {"K006 ED BF BF", BYTES("\xED\xBF\xBF"), 1},
    {"K006 a pair", BYTES("\xED\xA0\xBD\xED\xB8\x80"), 1},
    {"EE 80 80", BYTES("\xEE\x80\x80"), SIZE_MAX},
    {"F4 8F BF BF", BYTES("\xF4\x8F\xBF\xBF"), SIZE_MAX},
    {"K007 F4 90 80 80", BYTES("\xF4\x90\x80\x80"), 1},
    {"K007 F5", BYTES("\xF5\x80\x80\x80"), 0},
    {"K007 FF", BYTES("\xFF"), 0},
    {"K008 five bytes", BYTES("\xF8\x88\x80\x80\x80"), 0},
    {"K008 six bytes", BYTES("\xFC\x84\x80\x80\x80\x80"), 0},
    {"K009 non-characters", BYTES("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xB7\x90\xF0\x9F\xBF\xBE"),
     SIZE_MAX},
    {"K009 byte order mark and zero", BYTES("\xEF\xBB\xBF\0x"), SIZE_MAX},
    {"K010 80 alone", BYTES("\x80"), 0},
    {"K010 BF alone", BYTES("a\xBF"), 1},
    {"a continuation too many", BYTES("\xC3\xA4\x80"), 2},
    {"a lead within two", BYTES("\xC3\xC3"), 1},
    {"ascii within three", BYTES("\xE4\xB8 "), 2},
    {"a lead within four", BYTES("\xF0\x9F\x98\xF0"), 3},
};

/* The number of bytes that were taken before the first wrong one, fed in pieces. */
static size_t accepted(const hws_kernels *kernels, const uint8_t *bytes, size_t size, size_t piece)
{
    hws_utf8 utf8 = {0};
    for (size_t at = 0; at < size; at += piece) {
        const size_t now = piece < size - at ? piece : size - at;
        if (hws_utf8_feed_with(kernels, &utf8, bytes + at, now) != HWS_OK) {
            /* It must have been this piece's fault: the pieces before were accepted. */
            return at;
        }
    }
    return hws_utf8_finish(&utf8) == HWS_OK ? SIZE_MAX : size;
}

static void test_fails_at_the_first_wrong_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SAMPLES); i++) {
        const sample *it = &SAMPLES[i];
        const size_t got = accepted(&hws_kernels_scalar, it->bytes, it->size, 1);
        if (got != it->wrong_at) fail_msg("%s: byte %zu", it->row, got);
    }
}

/* A sample in the middle of text that fills several vectors, at every distance from their edges. */
static void check_embedded(const hws_kernels *kernels, const sample *it, const char *fill)
{
    uint8_t text[160 + 16];
    const size_t fill_size = strlen(fill);
    for (size_t before = 0; before <= 100; before += fill_size) {
        for (size_t at = 0; at < before; at += fill_size) memcpy(text + at, fill, fill_size);
        memcpy(text + before, it->bytes, it->size);
        size_t size = before + it->size;
        if (it->wrong_at != it->size) /* a text that ends too early must end there */
            for (; size + fill_size <= 160; size += fill_size) memcpy(text + size, fill, fill_size);

        const bool well = it->wrong_at == SIZE_MAX;
        assert_true(naive_utf8(text, size) == well);
        static const size_t PIECES[] = {1, 7, 31, 32, 33, 63, 64, 65, 1000};
        for (size_t p = 0; p < COUNT_OF(PIECES); p++)
            if ((accepted(kernels, text, size, PIECES[p]) == SIZE_MAX) != well)
                fail_msg("%s: %s after %zu bytes, in pieces of %zu", kernels->name, it->row, before,
                         PIECES[p]);
    }
}

static void test_every_kernel_at_every_place(void **state)
{
    (void)state;
    const hws_kernels *all[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(all);
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < COUNT_OF(SAMPLES); i++) {
            check_embedded(all[k], &SAMPLES[i], "a");
            check_embedded(all[k], &SAMPLES[i], "\xC3\xA4");
            check_embedded(all[k], &SAMPLES[i], "\xE4\xB8\xAD");
            check_embedded(all[k], &SAMPLES[i], "\xF0\x9F\x98\x80");
        }
    }
}

/* K012: random texts, mostly right with one byte changed, at all alignments and lengths. */
static void test_kernels_agree(void **state)
{
    (void)state;
    static const char *const CHARACTERS[] = {"a", "\xC3\xA4", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80"};
    const hws_kernels *all[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(all);
    uint32_t random = 1;
    for (size_t round = 0; round < 60000; round++) {
        _Alignas(64) uint8_t buffer[64 + 257 + 4];
        uint8_t *text = buffer + round % 64;
        const size_t size_max = round % 258;
        size_t size = 0;
        for (;;) {
            random = random * 1664525 + 1013904223;
            const char *character = CHARACTERS[random >> 30];
            if (size + strlen(character) > size_max) break;
            memcpy(text + size, character, strlen(character));
            size += strlen(character);
        }
        random = random * 1664525 + 1013904223;
        if (size > 0 && round % 3 > 0) text[random % size] = (uint8_t)(random >> 24);

        const bool want = naive_utf8(text, size);
        for (size_t k = 0; k < count; k++)
            if ((accepted(all[k], text, size, 1000) == SIZE_MAX) != want)
                fail_msg("%s, round %zu", all[k]->name, round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fails_at_the_first_wrong_byte),
        cmocka_unit_test(test_every_kernel_at_every_place),
        cmocka_unit_test(test_kernels_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
