/* SPDX-License-Identifier: MIT */
/* Vectors: FIPS 180-4's examples, RFC 3174 §7.3, RFC 6455 §1.3; the rest from sha1sum. */
#include "base/sha1.h"

#include "base/base64.h"
#include "lib/cmocka.h"

static void check(const void *bytes, size_t size, const char *want)
{
    uint8_t digest[HWS_SHA1_SIZE];
    hws_sha1(bytes, size, digest);
    char hex[2 * HWS_SHA1_SIZE + 1] = {0};
    for (size_t i = 0; i < 2 * sizeof digest; i++)
        hex[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
    assert_string_equal(hex, want);
}

static void check_text(const char *text, const char *want)
{
    check(text, strlen(text), want);
}

static void test_examples(void **state)
{
    (void)state;
    check(NULL, 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    check_text("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    check_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
               "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    check_text("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
               "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
               "a49b2446a02c645bf419f995b67091253a04a259");
}

static void test_million(void **state)
{
    (void)state;
    static char bytes[1000000];
    memset(bytes, 'a', sizeof bytes);
    check(bytes, sizeof bytes, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");

    for (size_t i = 0; i < 640; i++) bytes[i] = (char)('0' + i % 8); /* RFC 3174, TEST4 */
    check(bytes, 640, "dea356a2cddd90c7a7ecedc5ebb563934f460452");
}

/* Around the end of a block, where the length still fits or needs another. */
static void test_padding(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        const char *want;
    } CASES[] = {
        {1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
        {54, "b05d71c64979cb95fa74a33cdb31a40d258ae02e"},
        {55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
        {56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"},
        {57, "f08f24908d682555111be7ff6f004e78283d989a"},
        {63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"},
        {64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
        {65, "11655326c708d70319be2610e8a57d9a5b959d3b"},
        {118, "d0572de8e494e0b7b8e50302003fc4ae0596ef4d"},
        {119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"},
        {120, "f34c1488385346a55709ba056ddd08280dd4c6d6"},
        {127, "89d95fa32ed44a7c610b7ee38517ddf57e0bb975"},
        {128, "ad5b3fdbcb526778c2839d2f151ea753995e26a0"},
    };
    char bytes[128];
    memset(bytes, 'a', sizeof bytes);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) check(bytes, CASES[i].size, CASES[i].want);
}

static void check_accept(const char *key_and_guid, const char *want)
{
    uint8_t digest[HWS_SHA1_SIZE];
    hws_sha1(key_and_guid, strlen(key_and_guid), digest);
    char accept[32] = {0};
    assert_int_equal(hws_base64_encode(digest, sizeof digest, accept), 28);
    assert_string_equal(accept, want);
}

/* What the handshake makes of a key. */
static void test_accept(void **state)
{
    (void)state;
    check_accept("dGhlIHNhbXBsZSBub25jZQ=="
                 "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
                 "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    check_accept("x3JJHMbDL1EzLkh9GBhXDw=="
                 "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
                 "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_million),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_accept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
