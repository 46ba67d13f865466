/* SPDX-License-Identifier: MIT */
#include "channel/query.h"

static int digit_of(char character)
{
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

static bool decode(hws_text value, hws_writer *to)
{
    for (size_t i = 0; i < value.size; i++) {
        char byte = value.data[i];
        if (byte == '+') {
            byte = ' ';
        } else if (byte == '%') {
            const int high = value.size - i > 2 ? digit_of(value.data[i + 1]) : -1;
            const int low = high >= 0 ? digit_of(value.data[i + 2]) : -1;
            if (low < 0) return false;
            byte = (char)(high << 4 | low);
            i += 2;
        }
        hws_write(to, (hws_text){&byte, 1});
    }
    return !to->has_failed;
}

bool hws_query_read(hws_text query, const char *name, hws_writer *to)
{
    const hws_text wanted = hws_text_of(name);
    while (query.size > 0) {
        const char *end = memchr(query.data, '&', query.size);
        const hws_text pair = {query.data, end ? (size_t)(end - query.data) : query.size};
        const char *equals = memchr(pair.data, '=', pair.size);
        const hws_text key = {pair.data, equals ? (size_t)(equals - pair.data) : pair.size};
        if (hws_text_equal(key, wanted)) {
            const size_t skipped = key.size + (equals ? 1 : 0);
            return decode((hws_text){pair.data + skipped, pair.size - skipped}, to);
        }
        const size_t taken = pair.size + (end ? 1 : 0);
        query = (hws_text){query.data + taken, query.size - taken};
    }
    return true;
}
