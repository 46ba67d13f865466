/* SPDX-License-Identifier: MIT */
#include "net/proxy_header.h"

#include "base/text.h"
#include "lib/vectors.h"

/* From a place of its own, so that reading past its end is noticed. */
static hws_status feed(hws_proxy_header *header, hws_text bytes, bool *done, size_t *left)
{
    uint8_t *piece = malloc(bytes.size);
    assert_non_null(piece);
    memcpy(piece, bytes.data, bytes.size);
    hws_span input = {piece, bytes.size};
    const hws_status status = hws_proxy_header_parse(header, &input, done);
    if (status == HWS_OK && !*done) assert_int_equal(input.size, 0);
    if (status == HWS_OK) *left += input.size;
    free(piece);
    return status;
}

static void tell_source(story *told, const hws_proxy_header *header)
{
    char name[HWS_ADDRESS_NAME_MAX];
    char host[HWS_ADDRESS_TEXT_MAX];
    if (!header->has_source) {
        story_add_string(told, "own");
        return;
    }
    hws_address_text(&header->source, host);
    snprintf(name, sizeof name, "%s port %u", host, hws_address_port(&header->source));
    story_add_string(told, name);
}

static void tell_header(story *told, hws_text bytes, size_t first, size_t step, const vector *it)
{
    hws_proxy_header header = {0};
    hws_status status = HWS_OK;
    bool done = false;
    size_t left = 0;
    (void)it;
    for (size_t at = 0, size = first; at < bytes.size && status == HWS_OK;
         at += size, size = step) {
        if (size > bytes.size - at) size = bytes.size - at;
        if (size == 0) continue;
        status = feed(&header, (hws_text){bytes.data + at, size}, &done, &left);
    }
    if (status != HWS_OK) {
        hws_span none = {NULL, 0};
        story_add_string(told, status_name(status));
        assert_int_equal(hws_proxy_header_parse(&header, &none, &done), status);
        assert_false(done);
        return;
    }
    if (!done) {
        assert_false(header.has_source && header.left == 0);
        story_add_string(told, "more");
        return;
    }
    tell_source(told, &header);
    if (left > 0) story_add_string(told, "+");
    if (left > 0) story_add_number(told, left);
}

static void check(const vector *it)
{
    vector_expect_story(it, tell_header);
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/proxy_header.txt", check);
}

/* Of what follows the addresses nothing is kept: a header of 64 KiB costs no more than one of 28
 * bytes. */
static void test_it_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(hws_proxy_header) <= 256);
}

/* Every value of the two bytes that say what follows: those in the list, and LOCAL. */
static void test_every_command_and_family(void **state)
{
    (void)state;
    static const uint8_t SIGNATURE[] = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    for (unsigned command = 0; command < 256; command++) {
        for (unsigned family = 0; family < 256; family++) {
            uint8_t bytes[16 + 216] = {0};
            memcpy(bytes, SIGNATURE, sizeof SIGNATURE);
            bytes[12] = (uint8_t)command;
            bytes[13] = (uint8_t)family;
            bytes[15] = 216;
            hws_proxy_header header = {0};
            hws_span input = {bytes, sizeof bytes};
            bool done = false;
            const bool is_listed =
                family == 0 || ((family & 15) - 1 <= 1 && (family >> 4) - 1 <= 2);
            const bool is_good = command == 0x20 || (command == 0x21 && is_listed);
            const hws_status want = is_good ? HWS_OK : HWS_ERR_PROXY_HEADER;
            assert_int_equal(hws_proxy_header_parse(&header, &input, &done), want);
            assert_int_equal(done, is_good);
            const bool has_source = command == 0x21 && is_listed && family != 0 && family < 0x30;
            if (is_good) assert_int_equal(header.has_source, has_source);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_it_is_small),
        cmocka_unit_test(test_every_command_and_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
