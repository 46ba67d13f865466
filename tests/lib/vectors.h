/* SPDX-License-Identifier: MIT */
/* Reads tests/vectors/<name>.txt; the format is told in tests/vectors/README.md.
 *
 * A file that is wrong ends the test: a vector that is skipped is worse than none. */
#ifndef HAWSER_TESTS_VECTORS_H
#define HAWSER_TESTS_VECTORS_H

#include <stdio.h>
#include <stdlib.h>

#include "hawser/span.h"
#include "hawser/status.h"
#include "lib/cmocka.h"

enum { VECTOR_KEY_MAX = 16, VECTOR_BYTES_MAX = 1 << 18 };

typedef struct vector_value {
    char key[24];
    size_t start; /* in `bytes` */
    size_t size;
} vector_value;

typedef struct vector {
    const char *file;
    size_t line; /* of its title */
    size_t count;
    vector_value values[VECTOR_KEY_MAX];
    size_t size;
    char bytes[VECTOR_BYTES_MAX];
} vector;

/* The value of `key`, unescaped; absent when the vector has none. */
static inline hws_text vector_get(const vector *it, const char *key)
{
    for (size_t i = 0; i < it->count; i++)
        if (strcmp(it->values[i].key, key) == 0)
            return (hws_text){it->bytes + it->values[i].start, it->values[i].size};
    return (hws_text){NULL, 0};
}

/* For messages: "tests/vectors/http_head.txt:12: C017 two Host lines". */
static inline const char *vector_name(const vector *it)
{
    static char name[256];
    const hws_text row = vector_get(it, "row");
    const hws_text title = vector_get(it, "title");
    snprintf(name, sizeof name, "%s:%zu: %.*s %.*s", it->file, it->line, (int)row.size,
             row.size ? row.data : "", (int)title.size, title.size ? title.data : "");
    return name;
}

#define VECTOR_FAIL(it, ...)                                                                       \
    do {                                                                                           \
        print_error("%s\n", vector_name(it));                                                      \
        print_error(__VA_ARGS__);                                                                  \
        fail();                                                                                    \
    } while (0)

/* Compares what came out with the value of `key`, if the vector has one. */
static inline void vector_expect(const vector *it, const char *key, const char *got, size_t size)
{
    const hws_text want = vector_get(it, key);
    const bool same = want.size == size && (size == 0 || memcmp(want.data, got, size) == 0);
    if (!want.data || same) return;
    VECTOR_FAIL(it, "%s\n got: %.*s\nwant: %.*s\n", key, (int)size, got, (int)want.size, want.data);
}

static inline void vector_add_byte(vector *it, char byte)
{
    if (it->size == VECTOR_BYTES_MAX) VECTOR_FAIL(it, "over %d bytes\n", VECTOR_BYTES_MAX);
    it->bytes[it->size++] = byte;
    it->values[it->count - 1].size++;
}

static inline const char *vector_unescape(vector *it, const char *at, const char *end);

/* \{300:text} is the text 300 times. */
static inline const char *vector_repeat(vector *it, const char *at, const char *end)
{
    char *text;
    const unsigned long times = strtoul(at, &text, 10);
    const char *close = memchr(at, '}', (size_t)(end - at));
    if (text == at || *text != ':' || !close) VECTOR_FAIL(it, "not a repetition: %s\n", at);
    for (unsigned long i = 0; i < times; i++)
        for (const char *from = text + 1; from < close;) from = vector_unescape(it, from, close);
    return close + 1;
}

/* Adds what stands at `at`, one byte or an escape.  Returns what stands behind it. */
static inline const char *vector_unescape(vector *it, const char *at, const char *end)
{
    if (*at != '\\') {
        vector_add_byte(it, *at);
        return at + 1;
    }
    if (end - at >= 2) switch (at[1]) {
        case 'r':
            vector_add_byte(it, '\r');
            return at + 2;
        case 'n':
            vector_add_byte(it, '\n');
            return at + 2;
        case 't':
            vector_add_byte(it, '\t');
            return at + 2;
        case '\\':
            vector_add_byte(it, '\\');
            return at + 2;
        case '{':
            return vector_repeat(it, at + 2, end);
        case 'x':
            if (end - at >= 4) {
                const char digits[3] = {at[2], at[3], 0};
                vector_add_byte(it, (char)strtoul(digits, NULL, 16));
                return at + 4;
            }
            break;
        default:
            break;
        }
    VECTOR_FAIL(it, "unknown escape: %.*s\n", (int)(end - at), at);
    return end;
}

static inline void vector_add_line(vector *it, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    if (!colon || (size_t)(colon - line) >= sizeof it->values[0].key)
        VECTOR_FAIL(it, "no key: %.*s\n", (int)size, line);
    const size_t key_size = (size_t)(colon - line);

    /* A key that goes on in the next line adds to its value. */
    const bool goes_on = it->count > 0 && strlen(it->values[it->count - 1].key) == key_size &&
                         memcmp(it->values[it->count - 1].key, line, key_size) == 0;
    if (!goes_on) {
        if (it->count == VECTOR_KEY_MAX) VECTOR_FAIL(it, "too many keys\n");
        it->values[it->count] = (vector_value){.start = it->size};
        memcpy(it->values[it->count].key, line, key_size);
        it->count++;
    }
    const char *at = colon + 1;
    if (at < line + size && *at == ' ') at++;
    while (at < line + size) at = vector_unescape(it, at, line + size);
}

/* Calls `check` for each vector of the file.  Returns their number. */
static inline size_t vectors_run(const char *path, void (*check)(const vector *it))
{
    static vector it;
    static char line[1 << 16];
    size_t number = 0;
    size_t ran = 0;
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s: cannot be opened", path);

    it = (vector){.file = path};
    for (bool more = true; more;) {
        more = fgets(line, sizeof line, file) != NULL;
        number++;
        const size_t size = more ? strcspn(line, "\n") : 0;
        if (size > 0 && line[0] == '#') continue;
        if (size > 0) {
            if (it.count == 0) it.line = number;
            vector_add_line(&it, line, size);
        } else if (it.count > 0) {
            check(&it);
            ran++;
            it = (vector){.file = path};
        }
    }
    fclose(file);
    if (ran == 0) fail_msg("%s: no vectors", path);
    return ran;
}

/* "ERR_HTTP_SYNTAX" for HWS_ERR_HTTP_SYNTAX. */
static inline const char *status_name(hws_status status)
{
    switch (status) {
#define STATUS_NAME(name, value, close_code, http_status, text)                                    \
    case HWS_##name:                                                                               \
        return #name;
        HWS_STATUS_MAP(STATUS_NAME)
#undef STATUS_NAME
    }
    return "?";
}

/* What a parser said, as one text to compare. */
typedef struct story {
    char text[1 << 15];
    size_t size;
} story;

static inline void story_add(story *told, const char *text, size_t size)
{
    if (size > sizeof told->text - told->size)
        fail_msg("a story over %zu bytes", sizeof told->text);
    if (size > 0) memcpy(told->text + told->size, text, size);
    told->size += size;
}

static inline void story_add_string(story *told, const char *string)
{
    story_add(told, string, strlen(string));
}

static inline void story_add_number(story *told, unsigned long long number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", number);
    story_add_string(told, digits);
}

/* Tells the story of `bytes`, cut before `first` and from then on every `step` bytes. */
typedef void story_teller(story *told, hws_text bytes, size_t first, size_t step, const vector *it);

/* Whole, byte by byte, and cut at every position (of long inputs: at every 61st, and at all of the
 * last 100) the bytes of `input` must tell what `want` says. */
static inline void vector_expect_story(const vector *it, story_teller *tell)
{
    enum { LONG = 2048, STRIDE = 61, LAST = 100 };
    static story told;
    const hws_text input = vector_get(it, "input");
    const size_t size = input.size;
    if (!vector_get(it, "want").data) VECTOR_FAIL(it, "nothing is wanted\n");

    told.size = 0;
    tell(&told, input, size, size + 1, it);
    vector_expect(it, "want", told.text, told.size);
    told.size = 0;
    tell(&told, input, 1, 1, it);
    vector_expect(it, "want", told.text, told.size);
    for (size_t cut = 1; cut < size; cut++) {
        if (size > LONG && cut % STRIDE != 0 && size - cut > LAST) continue;
        told.size = 0;
        tell(&told, input, cut, size, it);
        vector_expect(it, "want", told.text, told.size);
    }
}

#endif /* HAWSER_TESTS_VECTORS_H */
