/* SPDX-License-Identifier: MIT */
/* Questions about text on the wire: ASCII, borrowed, not terminated. */
#ifndef HAWSER_BASE_TEXT_H
#define HAWSER_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "hawser/export.h"
#include "hawser/span.h"

/* Borrows a C string; NULL gives the absent text.  Costs nothing for a literal. */
static inline hws_text hws_text_of(const char *string)
{
    return (hws_text){string, string ? strlen(string) : 0};
}

/* Byte for byte.  Absent and empty are equal. */
bool hws_text_equal(hws_text a, hws_text b);

/* What the next one asks of texts of one size. */
bool hws_text_same_ignoring_case(hws_text a, hws_text b);

/* A to Z equal a to z, whatever the locale; every other byte equals itself alone. */
static inline bool hws_text_equal_ignoring_case(hws_text a, hws_text b)
{
    return a.size == b.size && hws_text_same_ignoring_case(a, b);
}

/* Without the spaces and tabs at both ends (OWS, RFC 9110 §5.6.3). */
hws_text hws_text_trim(hws_text text);

/* Takes the next word off the front of a list with spaces between; `rest` may be NULL for none.
 * Returns: false when there is none left. */
bool hws_text_next_word(const char **rest, hws_text *word);

/* No byte over 0x7F. */
bool hws_text_is_ascii(hws_text text);

/* tchar (RFC 9110 §5.6.2). */
static inline bool hws_character_is_token(char character)
{
/* One bit for each of the 128 characters of ASCII, in the order of the clause. */
#define BIT(member) (UINT64_C(1) << ((member) % 64))
    static const uint64_t MEMBERS[2] = {
        BIT('!') | BIT('#') | BIT('$') | BIT('%') | BIT('&') | BIT('\'') | BIT('*') | BIT('+') |
            BIT('-') | BIT('.') | BIT('0') * 0x3FF,
        BIT('^') | BIT('_') | BIT('`') | BIT('|') | BIT('~') | BIT('A') * 0x3FFFFFF |
            BIT('a') * 0x3FFFFFF,
    };
    const uint8_t code = (uint8_t)character;
    return code < 128 && (MEMBERS[code / 64] & BIT(code)) != 0;
#undef BIT
}

/* One or more of them. */
bool hws_text_is_token(hws_text text);

/* Reads a decimal number: digits alone, at least one, leading zeros let pass.
 *
 * Returns: false if `text` is anything else or the number is over `max`; `number` is then as it
 *          was.  No count of digits overflows. */
HWS_MUST_CHECK bool hws_text_parse_number(hws_text text, uint64_t max, uint64_t *number);

#endif /* HAWSER_BASE_TEXT_H */
