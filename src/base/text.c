/* SPDX-License-Identifier: MIT */
/* ASCII by hand: the C library's answers depend on the locale of the program around us. */
#include "base/text.h"

static char to_lower(char character)
{
    if (character < 'A' || character > 'Z') return character;
    return (char)(character - 'A' + 'a');
}

static bool is_optional_whitespace(char character)
{
    return character == ' ' || character == '\t';
}

bool hws_text_equal(hws_text a, hws_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool hws_text_same_ignoring_case(hws_text a, hws_text b)
{
    if (hws_text_equal(a, b)) return true; /* as most spell it */
    for (size_t i = 0; i < a.size; i++)
        if (to_lower(a.data[i]) != to_lower(b.data[i])) return false;
    return true;
}

bool hws_text_next_word(const char **rest, hws_text *word)
{
    if (!*rest) return false;
    *rest += strspn(*rest, " ");
    *word = (hws_text){*rest, strcspn(*rest, " ")};
    *rest += word->size;
    return word->size > 0;
}

bool hws_text_is_ascii(hws_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] > 0x7F) return false;
    return true;
}

hws_text hws_text_trim(hws_text text)
{
    while (text.size > 0 && is_optional_whitespace(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_optional_whitespace(text.data[text.size - 1])) text.size--;
    return text;
}

bool hws_text_is_token(hws_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!hws_character_is_token(text.data[i])) return false;
    return text.size > 0;
}

bool hws_text_parse_number(hws_text text, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
        const uint64_t digit = (uint64_t)(text.data[i] - '0');
        /* value * 10 + digit <= max, said without a product that could overflow. */
        if (digit > max || value > (max - digit) / 10) return false;
        value = value * 10 + digit;
    }
    if (text.size == 0) return false;
    *number = value;
    return true;
}
