/* SPDX-License-Identifier: MIT */
/* Frame headers: every pair of first bytes against a table, every form of length both ways. */
#include "hawser/frame.h"

#include "lib/cmocka.h"

/* What RFC 6455 §5.2 and §5.5 say of two bytes, in the order in which a reader meets them. */
static hws_status judge(uint8_t first, uint8_t second, const hws_frame_rules *rules)
{
    static const bool KNOWN[16] = {
        [0] = true, [1] = true, [2] = true, [8] = true, [9] = true, [10] = true};
    const uint8_t rsv = (first >> 4) & 7;
    const uint8_t opcode = first & 15;
    if (rsv & ~rules->rsv_allowed) return HWS_ERR_FRAME_RSV;
    if (!KNOWN[opcode]) return HWS_ERR_FRAME_OPCODE;
    if (opcode >= 8 && first < 0x80) return HWS_ERR_FRAME_CONTROL;
    if (opcode >= 8 && rsv) return HWS_ERR_FRAME_RSV;
    if ((second >= 0x80) != rules->from_client) return HWS_ERR_FRAME_MASK;
    if (opcode >= 8 && (second & 0x7f) > 125) return HWS_ERR_FRAME_CONTROL;
    return HWS_OK;
}

/* G021: all 65536, for both roles, with RSV1 free and claimed. */
static void test_every_two_bytes(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        const hws_frame_rules rules = {.rsv_allowed = kind & 1 ? 4 : 0, .from_client = kind & 2};
        for (unsigned pair = 0; pair < 65536; pair++) {
            /* Lengths that are right for both long forms follow. */
            const uint8_t length = pair & 0x7f;
            uint8_t bytes[HWS_FRAME_HEADER_MAX] = {(uint8_t)(pair >> 8), (uint8_t)pair};
            if (length == 126) bytes[2] = 1;
            if (length == 127) bytes[5] = 1;
            hws_frame_header header;
            size_t size;
            const hws_status got =
                hws_frame_header_read(bytes, sizeof bytes, &rules, &header, &size);
            const hws_status want = judge(bytes[0], bytes[1], &rules);
            if (got != want) fail_msg("%04x, kind %u: %d, not %d", pair, kind, got, want);
            if (want != HWS_OK) continue;
            assert_int_equal(size, (length == 126   ? 4
                                    : length == 127 ? 10
                                                    : 2) +
                                       (rules.from_client ? 4 : 0));
            assert_int_equal(header.fin, bytes[0] >> 7);
            assert_int_equal(header.opcode, bytes[0] & 15);
            assert_int_equal(header.rsv, bytes[0] >> 4 & 7);
        }
    }
}

static void check_length(uint64_t payload_size, size_t header_size)
{
    for (int masked = 0; masked < 2; masked++) {
        const hws_frame_rules rules = {.from_client = masked};
        const hws_frame_header wrote = {.payload_size = payload_size,
                                        .mask_key = {0, 0, 0, 0},
                                        .opcode = HWS_OPCODE_BINARY,
                                        .fin = true,
                                        .masked = masked};
        uint8_t bytes[HWS_FRAME_HEADER_MAX];
        const size_t size = hws_frame_header_write(&wrote, bytes);
        assert_int_equal(size, header_size + (masked ? 4 : 0));

        hws_frame_header read;
        size_t taken;
        for (size_t have = 0; have < size; have++) {
            assert_int_equal(hws_frame_header_read(bytes, have, &rules, &read, &taken), HWS_OK);
            assert_int_equal(taken, 0);
        }
        assert_int_equal(hws_frame_header_read(bytes, size, &rules, &read, &taken), HWS_OK);
        assert_int_equal(taken, size);
        assert_true(read.payload_size == payload_size);
        assert_memory_equal(read.mask_key, wrote.mask_key, 4);
    }
}

static void test_lengths_both_ways(void **state)
{
    (void)state;
    check_length(0, 2);
    check_length(125, 2);
    check_length(126, 4);
    check_length(65535, 4);
    check_length(65536, 10);
    check_length(INT64_MAX, 10);
}

static hws_status read_length(const uint8_t *bytes, size_t size)
{
    const hws_frame_rules rules = {.from_client = false};
    hws_frame_header header;
    size_t taken;
    return hws_frame_header_read(bytes, size, &rules, &header, &taken);
}

/* G008, G009, G010: only the shortest form, and not the top bit. */
static void test_lengths_that_are_refused(void **state)
{
    (void)state;
    for (unsigned length = 0; length < 65536; length++) {
        const uint8_t bytes[] = {0x82, 126, (uint8_t)(length >> 8), (uint8_t)length};
        assert_int_equal(read_length(bytes, sizeof bytes),
                         length < 126 ? HWS_ERR_FRAME_LENGTH : HWS_OK);
        const uint8_t longer[] = {0x82,           127, 0, 0, 0, 0, 0, 0, (uint8_t)(length >> 8),
                                  (uint8_t)length};
        assert_int_equal(read_length(longer, sizeof longer), HWS_ERR_FRAME_LENGTH);
    }
    const uint8_t least[] = {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0};
    assert_int_equal(read_length(least, sizeof least), HWS_OK);
    const uint8_t top[] = {0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(read_length(top, sizeof top), HWS_ERR_FRAME_LENGTH);
}

/* What is wrong already is refused before the rest has come. */
static void test_refuses_early(void **state)
{
    (void)state;
    assert_int_equal(read_length((const uint8_t[]){0x83}, 1), HWS_ERR_FRAME_OPCODE);
    assert_int_equal(read_length((const uint8_t[]){0x09}, 1), HWS_ERR_FRAME_CONTROL);
    assert_int_equal(read_length((const uint8_t[]){0x81, 0x80}, 2), HWS_ERR_FRAME_MASK);
    assert_int_equal(read_length((const uint8_t[]){0x88, 126}, 2), HWS_ERR_FRAME_CONTROL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_two_bytes),
        cmocka_unit_test(test_lengths_both_ways),
        cmocka_unit_test(test_lengths_that_are_refused),
        cmocka_unit_test(test_refuses_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
