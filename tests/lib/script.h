/* SPDX-License-Identifier: MIT */
/* Reads the vector files: one word, quoted string or number after the other from a line. */
#ifndef HAWSER_TESTS_SCRIPT_H
#define HAWSER_TESTS_SCRIPT_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/cmocka.h"

typedef struct script_bytes {
    uint8_t data[70000];
    size_t size;
} script_bytes;

static inline void script_skip_spaces(const char **at)
{
    while (**at == ' ') (*at)++;
}

/* Takes `word` off the front if it stands there. */
static inline bool script_take(const char **at, const char *word)
{
    script_skip_spaces(at);
    const size_t size = strlen(word);
    if (strncmp(*at, word, size) != 0 || ((*at)[size] != ' ' && (*at)[size] != 0)) return false;
    *at += size;
    script_skip_spaces(at);
    return true;
}

static inline bool script_at_end(const char **at)
{
    script_skip_spaces(at);
    return **at == 0;
}

static inline unsigned long script_number(const char **at)
{
    char *end;
    const unsigned long number = strtoul(*at, &end, 10);
    assert_ptr_not_equal(end, *at);
    *at = end;
    script_skip_spaces(at);
    return number;
}

static inline uint8_t script_hex_byte(const char *digits)
{
    const char pair[3] = {digits[0], digits[1], 0};
    assert_true(isxdigit((unsigned char)pair[0]) && isxdigit((unsigned char)pair[1]));
    return (uint8_t)strtoul(pair, NULL, 16);
}

static inline void script_hex(const char **at, script_bytes *bytes)
{
    for (script_skip_spaces(at); **at; *at += 2) {
        script_skip_spaces(at);
        bytes->data[bytes->size++] = script_hex_byte(*at);
    }
}

/* "text with \xHH" and, behind it, *COUNT. */
static inline void script_string(const char **at, script_bytes *bytes)
{
    const size_t start = bytes->size;
    script_skip_spaces(at);
    assert_int_equal(**at, '"');
    for ((*at)++; **at != '"'; (*at)++) {
        assert_true(**at != 0 && bytes->size < sizeof bytes->data);
        if (**at != '\\') {
            bytes->data[bytes->size++] = (uint8_t) * *at;
        } else if ((*at)[1] == 'x') {
            bytes->data[bytes->size++] = script_hex_byte(*at + 2);
            *at += 3;
        } else {
            (*at)++;
            bytes->data[bytes->size++] = (uint8_t)(**at == 'r'   ? '\r'
                                                   : **at == 'n' ? '\n'
                                                   : **at == 't' ? '\t'
                                                                 : **at);
        }
    }
    (*at)++;
    const size_t size = bytes->size - start;
    if (**at == '*') {
        (*at)++;
        for (unsigned long left = script_number(at); left > 1; left--) {
            assert_true(bytes->size + size <= sizeof bytes->data);
            memcpy(bytes->data + bytes->size, bytes->data + start, size);
            bytes->size += size;
        }
    }
    script_skip_spaces(at);
}

#endif /* HAWSER_TESTS_SCRIPT_H */
