/* SPDX-License-Identifier: MIT */
#include "net/credentials.h"

#include <stdbool.h>

static int hex_value(char character)
{
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

static int unescape(hws_text text)
{
    if (text.size < 3) return -1;
    const int high = hex_value(text.data[1]);
    const int low = hex_value(text.data[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

int hws_credentials_take(hws_text *text)
{
    const unsigned char first = (unsigned char)text->data[0];
    const bool is_escaped = first == '%';
    if (!is_escaped && (first <= ' ' || first > '~')) return -1;

    const int byte = is_escaped ? unescape(*text) : first;
    if (byte < ' ' || byte == 0x7F) return -1;
    text->data += is_escaped ? 3 : 1;
    text->size -= is_escaped ? 3 : 1;
    return byte;
}
