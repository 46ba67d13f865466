/* SPDX-License-Identifier: MIT */
/* RFC 8259, from left to right and without recursion, into values of jansson.
 *
 * Not jansson's own parser: in the midst of a string it does not look whether it got memory, and
 * then writes behind its buffers (record 0040). */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "channel/json.h"
#include "hawser/utf8.h"

typedef struct reader {
    const char *at;
    const char *end;
    json_t *root;
    json_t *open[HWS_JSON_DEPTH_MAX]; /* borrowed of the root */
    size_t depth;
    char *scratch;   /* what had to be written anew: a key, and behind it a string or a number */
    size_t key_size; /* of the key that waits for its value, with its zero byte; 0: none does */
} reader;

/* Beside a number: its zero byte, and a decimal point as it is written here. */
enum { SCRATCH_EXTRA = 1 + MB_LEN_MAX };

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

static bool next_is_word(reader *it, const char *word)
{
    const size_t size = strlen(word);
    if ((size_t)(it->end - it->at) < size || memcmp(it->at, word, size) != 0) return false;
    it->at += size;
    return true;
}

static void skip_space(reader *it)
{
    while (it->at < it->end && memchr(" \t\r\n", *it->at, 4)) it->at++;
}

/* Strings (§7). */

static int digit_value(char byte)
{
    if (is_digit(byte)) return byte - '0';
    const char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static hws_status read_unit(reader *it, uint32_t *unit)
{
    uint32_t read = 0;
    if (it->end - it->at < 4) return HWS_ERR_INVALID_ARGUMENT;
    for (int i = 0; i < 4; i++) {
        const int value = digit_value(*it->at++);
        if (value < 0) return HWS_ERR_INVALID_ARGUMENT;
        read = read << 4 | (uint32_t)value;
    }
    *unit = read;
    return HWS_OK;
}

/* A character, or both halves of one.  A zero byte would end texts that are handed on. */
static hws_status read_point(reader *it, uint32_t *point)
{
    uint32_t first;
    uint32_t second;
    HWS_TRY(read_unit(it, &first));
    if (first == 0 || (first >= 0xDC00 && first <= 0xDFFF)) return HWS_ERR_INVALID_ARGUMENT;
    *point = first;
    if (first < 0xD800 || first > 0xDFFF) return HWS_OK;
    if (!next_is_word(it, "\\u")) return HWS_ERR_INVALID_ARGUMENT;
    HWS_TRY(read_unit(it, &second));
    if (second < 0xDC00 || second > 0xDFFF) return HWS_ERR_INVALID_ARGUMENT;
    *point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    return HWS_OK;
}

/* RFC 3629 §3; never longer than what it was written as. */
static char *put_point(char *to, uint32_t point)
{
    if (point < 0x80) {
        *to++ = (char)point;
        return to;
    }
    const int rest = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint32_t LEAD[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(LEAD[rest] | point >> (6 * rest));
    for (int i = rest - 1; i >= 0; i--) *to++ = (char)(0x80 | (point >> (6 * i) & 0x3F));
    return to;
}

static hws_status read_escape(reader *it, char **to)
{
    static const char NAMES[] = "\"\\/bfnrt";
    static const char MEANT[] = "\"\\/\b\f\n\r\t";
    uint32_t point;
    if (next_is(it, 'u')) {
        HWS_TRY(read_point(it, &point));
        *to = put_point(*to, point);
        return HWS_OK;
    }
    const char *name = it->at < it->end ? memchr(NAMES, *it->at, sizeof NAMES - 1) : NULL;
    if (!name) return HWS_ERR_INVALID_ARGUMENT;
    it->at++;
    *(*to)++ = MEANT[name - NAMES];
    return HWS_OK;
}

static hws_text take_plain(reader *it)
{
    const char *begin = it->at;
    while (it->at < it->end && (unsigned char)*it->at >= 0x20 && *it->at != '"' && *it->at != '\\')
        it->at++;
    return (hws_text){begin, (size_t)(it->at - begin)};
}

/* Its quote has been read.  The text lies in the input, or, if it has escapes, at `to`. */
static hws_status read_string(reader *it, char *to, hws_text *text)
{
    *text = take_plain(it);
    if (next_is(it, '"')) return HWS_OK;
    char *const begin = to;
    hws_text plain = *text;
    for (;;) {
        memcpy(to, plain.data, plain.size);
        to += plain.size;
        if (next_is(it, '"')) break;
        if (!next_is(it, '\\')) return HWS_ERR_INVALID_ARGUMENT; /* the end, a control character */
        HWS_TRY(read_escape(it, &to));
        plain = take_plain(it);
    }
    *text = (hws_text){begin, (size_t)(to - begin)};
    return HWS_OK;
}

/* Numbers (§6): whole ones of 64 bits, others that are finite. */

static bool take_digits(reader *it)
{
    const char *begin = it->at;
    while (it->at < it->end && is_digit(*it->at)) it->at++;
    return it->at > begin;
}

static bool take_number(reader *it, bool *is_real)
{
    (void)next_is(it, '-');
    if (!next_is(it, '0') && !take_digits(it)) return false;
    *is_real = false;
    if (next_is(it, '.')) {
        *is_real = true;
        if (!take_digits(it)) return false;
    }
    if (next_is(it, 'e') || next_is(it, 'E')) {
        *is_real = true;
        if (!next_is(it, '+')) (void)next_is(it, '-');
        return take_digits(it);
    }
    return true;
}

/* strtod reads the point of the locale that the program has set. */
static void write_number(char *to, hws_text number)
{
    const char *point = memchr(number.data, '.', number.size);
    const size_t before = point ? (size_t)(point - number.data) : number.size;
    memcpy(to, number.data, before);
    to += before;
    if (point) {
        const char *local = localeconv()->decimal_point;
        const size_t size = strnlen(local, MB_LEN_MAX);
        memcpy(to, local, size);
        to += size;
        memcpy(to, point + 1, number.size - before - 1);
        to += number.size - before - 1;
    }
    *to = '\0';
}

static hws_status read_number(reader *it, json_t **value)
{
    bool is_real;
    const char *begin = it->at;
    char *text = it->scratch + it->key_size;
    if (!take_number(it, &is_real)) return HWS_ERR_INVALID_ARGUMENT;
    write_number(text, (hws_text){begin, (size_t)(it->at - begin)});
    errno = 0;
    if (is_real) {
        const double real = strtod(text, NULL);
        if (!isfinite(real)) return HWS_ERR_INVALID_ARGUMENT;
        *value = json_real(real);
    } else {
        const long long whole = strtoll(text, NULL, 10);
        if (errno == ERANGE) return HWS_ERR_INVALID_ARGUMENT;
        *value = json_integer(whole);
    }
    return HWS_OK;
}

/* Values (§3). */

/* Gives the value to whom it belongs, with the key that waits for it. */
static hws_status place(reader *it, json_t *value)
{
    if (!value) return HWS_ERR_NO_MEMORY;
    if (it->depth == 0) {
        it->root = value;
        return HWS_OK;
    }
    json_t *inner = it->open[it->depth - 1];
    const int failed = it->key_size > 0 ? json_object_set_new_nocheck(inner, it->scratch, value)
                                        : json_array_append_new(inner, value);
    it->key_size = 0;
    return failed ? HWS_ERR_NO_MEMORY : HWS_OK;
}

static hws_status read_scalar(reader *it)
{
    json_t *value = NULL;
    hws_text text;
    if (next_is(it, '"')) {
        HWS_TRY(read_string(it, it->scratch + it->key_size, &text));
        value = json_stringn_nocheck(text.data, text.size);
    } else if (next_is_word(it, "true")) {
        value = json_true();
    } else if (next_is_word(it, "false")) {
        value = json_false();
    } else if (next_is_word(it, "null")) {
        value = json_null();
    } else {
        HWS_TRY(read_number(it, &value));
    }
    return place(it, value);
}

/* A key stands once in its object: readers differ in which of two they take (§4). */
static hws_status read_key(reader *it)
{
    hws_text key;
    skip_space(it);
    if (!next_is(it, '"')) return HWS_ERR_INVALID_ARGUMENT;
    HWS_TRY(read_string(it, it->scratch, &key));
    if (key.data != it->scratch) memcpy(it->scratch, key.data, key.size);
    it->scratch[key.size] = '\0';
    it->key_size = key.size + 1;
    if (json_object_get(it->open[it->depth - 1], it->scratch)) return HWS_ERR_INVALID_ARGUMENT;
    skip_space(it);
    return next_is(it, ':') ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
}

static bool is_in_object(const reader *it)
{
    return json_is_object(it->open[it->depth - 1]);
}

static bool next_is_end(reader *it)
{
    skip_space(it);
    return next_is(it, is_in_object(it) ? '}' : ']');
}

static hws_status read_next_key(reader *it)
{
    return is_in_object(it) ? read_key(it) : HWS_OK;
}

static hws_status enter(reader *it, json_t *made)
{
    HWS_TRY(place(it, made));
    it->open[it->depth++] = made;
    return HWS_OK;
}

/* One value, or the beginning of one: `is_open` says that its first member is next. */
static hws_status read_value(reader *it, bool *is_open)
{
    *is_open = false;
    skip_space(it);
    const bool is_object = it->at < it->end && *it->at == '{';
    if (!is_object && (it->at == it->end || *it->at != '[')) return read_scalar(it);
    if (it->depth == HWS_JSON_DEPTH_MAX) return HWS_ERR_INVALID_ARGUMENT;
    it->at++;
    HWS_TRY(enter(it, is_object ? json_object() : json_array()));
    if (next_is_end(it)) {
        it->depth--;
        return HWS_OK;
    }
    *is_open = true;
    return read_next_key(it);
}

/* What ends behind a value, and whether another one comes. */
static hws_status read_on(reader *it, bool *is_next)
{
    *is_next = false;
    while (it->depth > 0 && next_is_end(it)) it->depth--;
    if (it->depth > 0) {
        if (!next_is(it, ',')) return HWS_ERR_INVALID_ARGUMENT;
        *is_next = true;
        return read_next_key(it);
    }
    skip_space(it);
    return it->at == it->end ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
}

static hws_status read_whole(reader *it)
{
    bool is_next = true;
    while (is_next) {
        HWS_TRY(read_value(it, &is_next));
        if (!is_next) HWS_TRY(read_on(it, &is_next));
    }
    return HWS_OK;
}

static bool is_utf8(hws_text text)
{
    hws_utf8 utf8 = {0};
    return hws_utf8_feed(&utf8, (const uint8_t *)text.data, text.size) == HWS_OK &&
           hws_utf8_finish(&utf8) == HWS_OK;
}

hws_status hws_json_read(hws_text text, json_t **value)
{
    json_malloc_t new_block;
    json_free_t free_block;
    if (text.size == 0 || !is_utf8(text)) return HWS_ERR_INVALID_ARGUMENT;
    json_get_alloc_funcs(&new_block, &free_block); /* who wipes jansson's memory wipes this, too */
    reader it = {.at = text.data, .end = text.data + text.size};
    it.scratch = new_block(text.size + SCRATCH_EXTRA);
    if (!it.scratch) return HWS_ERR_NO_MEMORY;
    const hws_status status = read_whole(&it);
    free_block(it.scratch);
    if (status == HWS_OK)
        *value = it.root;
    else
        json_decref(it.root);
    return status;
}
