/* SPDX-License-Identifier: MIT */
/* A naive reader of RFC 8259 takes the same texts, and jansson's parser reads the same values; what
 * is read, written and read again is the same value; whatever allocation fails is told. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "channel/json.h"
#include "channel/writer.h"
#include "lib/failing_memory.h"

enum { TEXT_MAX = 4096, FAILURE_MAX = 32 };

/* The grammar as it reads; recursive, which is why depth comes first. */
typedef struct reader {
    const char *at;
    const char *end;
    size_t depth;
} reader;

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool next_is(reader *it, char byte)
{
    if (it->at == it->end || *it->at != byte) return false;
    it->at++;
    return true;
}

static void skip_space(reader *it)
{
    while (it->at < it->end && memchr(" \t\r\n", *it->at, 4)) it->at++;
}

static bool take_word(reader *it, const char *word)
{
    const size_t size = strlen(word);
    if ((size_t)(it->end - it->at) < size || memcmp(it->at, word, size) != 0) return false;
    it->at += size;
    return true;
}

static bool take_digits(reader *it)
{
    const char *begin = it->at;
    while (it->at < it->end && is_digit(*it->at)) it->at++;
    return it->at > begin;
}

/* Beyond the grammar: whole numbers of 64 bits, others that are no infinity. */
static bool take_number(reader *it)
{
    char text[TEXT_MAX + 1];
    const char *begin = it->at;
    bool is_real = false;
    (void)next_is(it, '-');
    if (!next_is(it, '0') && !take_digits(it)) return false;
    if (it->at < it->end && is_digit(*it->at)) return false;
    if (next_is(it, '.')) {
        is_real = true;
        if (!take_digits(it)) return false;
    }
    if (next_is(it, 'e') || next_is(it, 'E')) {
        is_real = true;
        if (!next_is(it, '+')) (void)next_is(it, '-');
        if (!take_digits(it)) return false;
    }
    memcpy(text, begin, (size_t)(it->at - begin));
    text[it->at - begin] = '\0';
    if (is_real) return isfinite(strtod(text, NULL));
    errno = 0;
    (void)strtoll(text, NULL, 10);
    return errno == 0;
}

static bool take_four_digits(reader *it, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, it->at++) {
        const char *digits = "0123456789abcdef";
        if (it->at == it->end || *it->at == '\0') return false;
        const char *digit = strchr(digits, *it->at | 0x20);
        if (!digit) return false;
        if (is_digit(*digit) && *digit != *it->at) return false; /* 0x10 to 0x19 */
        *unit = *unit * 16 + (uint32_t)(digit - digits);
    }
    return true;
}

/* A character, or both halves of one; zero is no character here. */
static bool take_unicode(reader *it)
{
    uint32_t unit;
    if (!take_four_digits(it, &unit) || unit == 0) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    return unit < 0xDC00 && take_word(it, "\\u") && take_four_digits(it, &unit) && unit >= 0xDC00 &&
           unit <= 0xDFFF;
}

static bool take_escape(reader *it)
{
    if (next_is(it, 'u')) return take_unicode(it);
    if (it->at == it->end || !memchr("\"\\/bfnrt", *it->at, 8)) return false;
    it->at++;
    return true;
}

/* RFC 3629 §4, by the smallest number of each length. */
static bool take_utf8(reader *it)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char first = (unsigned char)*it->at++;
    const int size = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size == 1) return first >= 0x20;
    if (size == 0 || first > 0xF7 || it->end - it->at < size - 1) return false;
    uint32_t point = first & (0xFFU >> (size + 1));
    for (int i = 1; i < size; i++) {
        const unsigned char byte = (unsigned char)*it->at++;
        if ((byte & 0xC0) != 0x80) return false;
        point = point << 6 | (byte & 0x3FU);
    }
    return point >= LEAST[size] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
}

static bool take_string(reader *it)
{
    if (!next_is(it, '"')) return false;
    while (!next_is(it, '"')) {
        if (it->at == it->end) return false;
        if (next_is(it, '\\') ? !take_escape(it) : !take_utf8(it)) return false;
    }
    return true;
}

static bool take_value(reader *it);

static bool take_member(reader *it)
{
    skip_space(it);
    if (!take_string(it)) return false;
    skip_space(it);
    return next_is(it, ':') && take_value(it);
}

static bool take_list(reader *it, char end, bool (*take_one)(reader *it))
{
    if (++it->depth > HWS_JSON_DEPTH_MAX) return false;
    skip_space(it);
    if (!next_is(it, end)) {
        do
            if (!take_one(it)) return false;
        while (next_is(it, ','));
        if (!next_is(it, end)) return false;
    }
    it->depth--;
    return true;
}

static bool take_any(reader *it)
{
    if (next_is(it, '[')) return take_list(it, ']', take_value);
    if (next_is(it, '{')) return take_list(it, '}', take_member);
    if (it->at < it->end && *it->at == '"') return take_string(it);
    if (take_word(it, "true") || take_word(it, "false") || take_word(it, "null")) return true;
    return take_number(it);
}

static bool take_value(reader *it)
{
    skip_space(it);
    if (!take_any(it)) return false;
    skip_space(it);
    return true;
}

static bool is_json(hws_text text)
{
    reader it = {.at = text.data, .end = text.data + text.size};
    return take_value(&it) && it.at == it.end;
}

/* The naive reader does not see keys that are there twice; jansson's own parser does. */
static void expect_same_judgement(hws_text text, hws_status status, const json_t *value)
{
    json_t *other =
        json_loadb(text.data, text.size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (status == HWS_OK) {
        if (!is_json(text) || !other || !json_equal(value, other)) abort();
    } else if (is_json(text) && other) {
        abort();
    }
    json_decref(other);
}

/* Whichever allocation fails, that is what is said, and nothing stays. */
static void expect_failures(hws_text text)
{
    json_t *value = NULL;
    const long before = heap.blocks;
    for (size_t i = 0; i < FAILURE_MAX; i++) {
        heap_fail(i);
        const hws_status status = hws_json_read(text, &value);
        const bool has_failed = heap.failed;
        heap_fail(SIZE_MAX);
        if (!has_failed) {
            if (status != HWS_OK) abort();
            json_decref(value);
            return;
        }
        if (status != HWS_ERR_NO_MEMORY || heap.blocks != before) abort();
    }
}

static void expect_round_trip(const json_t *value)
{
    json_t *again = NULL;
    hws_writer writer = hws_writer_on(&heap.hook);
    hws_write_json(&writer, value);
    if (hws_json_read(hws_writer_text(&writer), &again) != HWS_OK) abort();
    if (!json_equal(value, again)) abort();
    json_decref(again);
    hws_writer_release(&writer);
}

/* Our own way to write strings is one that is read, too. */
static void expect_string(const json_t *value)
{
    json_t *again = NULL;
    const hws_text text = hws_json_text(value);
    if (!text.data) return;
    hws_writer writer = hws_writer_on(&heap.hook);
    hws_write_string(&writer, text);
    if (hws_json_read(hws_writer_text(&writer), &again) != HWS_OK) abort();
    if (!json_equal(value, again)) abort();
    json_decref(again);
    hws_writer_release(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *value = NULL;
    if (size < 1 || size > TEXT_MAX) return 0;
    heap_begin();
    char *copy = malloc(size); /* a byte read too far is noticed */
    assert(copy);
    memcpy(copy, data, size);
    const hws_text text = {copy, size};
    const hws_status status = hws_json_read(text, &value);
    if (status != HWS_OK && status != HWS_ERR_INVALID_ARGUMENT) abort();
    expect_same_judgement(text, status, value);
    if (status == HWS_OK) {
        expect_failures(text);
        expect_round_trip(value);
        expect_string(value);
        json_decref(value);
    }
    assert(heap.blocks == 0);
    free(copy);
    return 0;
}
