/* SPDX-License-Identifier: MIT */
/* What is read as JSON, what is not, and what is said when there is no memory for it. */
#include "channel/json.h"

#include <string.h>

#include "lib/cmocka.h"
#include "lib/failing_memory.h"

static json_t *read_text(const char *text)
{
    json_t *value = NULL;
    assert_int_equal(hws_json_read((hws_text){text, strlen(text)}, &value), HWS_OK);
    return value;
}

static void expect_dump(const char *text, const char *expected)
{
    json_t *value = read_text(text);
    char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(dump, expected);
    free(dump);
    json_decref(value);
}

static void test_reads_values(void **state)
{
    (void)state;
    expect_dump("null", "null");
    expect_dump(" \t\r\n[ true , false , null ]\n", "[true,false,null]");
    expect_dump("[]", "[]");
    expect_dump("{ }", "{}");
    expect_dump("{\"a\":{\"b\":[{\"c\":1},[],{}]},\"d\":\"e\"}",
                "{\"a\":{\"b\":[{\"c\":1},[],{}]},\"d\":\"e\"}");
    expect_dump("{\"\":\"\"}", "{\"\":\"\"}");
    expect_dump("{\"\\u0061\\n\":{\"\\u0062\":\"\\t\"}}", "{\"a\\n\":{\"b\":\"\\t\"}}");
}

static void test_reads_numbers(void **state)
{
    (void)state;
    expect_dump("[0,-0,10,-10]", "[0,0,10,-10]");
    expect_dump("[9223372036854775807,-9223372036854775808]",
                "[9223372036854775807,-9223372036854775808]");
    expect_dump("[0.5,-1.25e2,1E+2,1e-1]", "[0.5,-125.0,100.0,0.10000000000000001]");
}

static void expect_text(const char *text, const char *expected)
{
    json_t *value = read_text(text);
    assert_string_equal(json_string_value(value), expected);
    assert_int_equal(json_string_length(value), strlen(expected));
    json_decref(value);
}

static void test_reads_strings(void **state)
{
    (void)state;
    expect_text("\"\"", "");
    expect_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
    expect_text("\"\\u007f\\u0080\\u07ff\\u0800\\uFFFF\"",
                "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
    expect_text("\"\\ud800\\udc00-\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80-\xf4\x8f\xbf\xbf");
    expect_text("\"\xc3\xa4 \\u00e4\"", "\xc3\xa4 \xc3\xa4");
}

static void test_refuses_what_is_no_json(void **state)
{
    static const char *const TEXTS[] = {
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "{",
        "}",
        "{1:2}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":1",
        "{,}",
        "[}",
        "{]",
        "[1}",
        "{\"a\":1]",
        "1 2",
        "[1]x",
        "\"",
        "\"a",
        "\"\\",
        "\"\\x\"",
        "\"\\u\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800\\ue000\"",
        "\"\\ud800\\ud800\"",
        "\"\\udc00\"",
        "\"\\udfff\"",
        "\"\n\"",
        "\"\x1f\"",
        "'a'",
        "01",
        "-",
        "-a",
        "+1",
        "1.",
        ".5",
        "1.e1",
        "1e",
        "1e+",
        "1x",
        "0x1",
        "1e999",
        "-1e999",
        "9223372036854775808",
        "-9223372036854775809",
        "NaN",
        "Infinity",
        "\"\xc3\"",
        "\"\xff\"",
        "\xef\xbb\xbf[]",
        "\"\xed\xa0\x80\"",
        "\"\xc0\x80\"",
        "\xa0[]",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\":1,\"\":2}",
        "[{\"a\":1,\"b\":[{}],\"a\":2}]",
        "[1]//",
        "\v[]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        json_t *value = NULL;
        const hws_text text = {TEXTS[i], strlen(TEXTS[i])};
        if (hws_json_read(text, &value) != HWS_ERR_INVALID_ARGUMENT)
            fail_msg("this was read: %s", TEXTS[i]);
        assert_null(value);
    }
    json_t *value = NULL;
    assert_int_equal(hws_json_read((hws_text){"[1\0]", 4}, &value), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_json_read((hws_text){"1\0", 2}, &value), HWS_ERR_INVALID_ARGUMENT);
}

static hws_status read_deep(size_t depth, bool is_object)
{
    char text[8 * (HWS_JSON_DEPTH_MAX + 2)];
    size_t size = 0;
    json_t *value = NULL;
    for (size_t i = 0; i < depth; i++) {
        const char *open = is_object ? "{\"a\":" : "[";
        memcpy(text + size, open, strlen(open));
        size += strlen(open);
    }
    text[size++] = '1';
    for (size_t i = 0; i < depth; i++) text[size++] = is_object ? '}' : ']';
    const hws_status status = hws_json_read((hws_text){text, size}, &value);
    json_decref(value);
    return status;
}

static void test_has_a_depth(void **state)
{
    (void)state;
    for (int is_object = 0; is_object < 2; is_object++) {
        assert_int_equal(read_deep(HWS_JSON_DEPTH_MAX, is_object), HWS_OK);
        assert_int_equal(read_deep(HWS_JSON_DEPTH_MAX + 1, is_object), HWS_ERR_INVALID_ARGUMENT);
    }
}

/* Tries each allocation of a text in its turn. */
static void expect_every_lack_told(const char *text)
{
    json_t *value = NULL;
    hws_status status = HWS_ERR_NO_MEMORY;
    const long before = heap.blocks;
    for (size_t i = 0; status != HWS_OK; i++) {
        heap_fail(i);
        status = hws_json_read((hws_text){text, strlen(text)}, &value);
        assert_int_equal(status, heap.failed ? HWS_ERR_NO_MEMORY : HWS_OK);
        if (status != HWS_OK) assert_int_equal(heap.blocks, before);
    }
    heap_fail(SIZE_MAX);
    json_decref(value);
    assert_int_equal(heap.blocks, before);
}

/* jansson's own parser drops the byte for which its buffer did not grow: of strings of these
 * lengths the quote at the end, and then it reads and writes on behind them. */
static void test_tells_every_lack_of_memory(void **state)
{
    (void)state;
    char text[140];
    for (size_t size = 1; size < 130; size++) {
        memset(text, 'a', sizeof text);
        text[0] = '"';
        text[size] = '"';
        text[size + 1] = '\0';
        expect_every_lack_told(text);
    }
    expect_every_lack_told("{\"a\\n\":[1,2.5,\"b\",{\"c\":{},\"d\":[[],true]}],\"e\":\"\\u00e4\"}");
    expect_every_lack_told("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]");
}

static int count_json(void **state)
{
    (void)state;
    heap_begin();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_values),  cmocka_unit_test(test_reads_numbers),
        cmocka_unit_test(test_reads_strings), cmocka_unit_test(test_refuses_what_is_no_json),
        cmocka_unit_test(test_has_a_depth),   cmocka_unit_test(test_tells_every_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, count_json, NULL);
}
