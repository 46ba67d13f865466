/* SPDX-License-Identifier: MIT */
#include "http/location.h"

#include <stdbool.h>
#include <string.h>

#include "base/try.h"

/* Of a path (RFC 3986 §3.3), but for the separator of segments. */
static bool is_plain(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') ||
           (character != '\0' && strchr("/-._~!$&'()*+,;=:@", character));
}

static void put(hws_buffer *location, char character)
{
    location->data[location->size++] = (uint8_t)character;
}

static void put_escaped(hws_buffer *location, char character)
{
    static const char HEX[] = "0123456789ABCDEF";
    put(location, '%');
    put(location, HEX[(uint8_t)character >> 4]);
    put(location, HEX[(uint8_t)character & 0xF]);
}

hws_status hws_location_write(hws_buffer *location, const hws_memory *memory, hws_text path,
                              hws_text query)
{
    if (path.size == 0 || path.data[0] != '/') return HWS_ERR_INVALID_ARGUMENT;
    if (path.size > 1 && path.data[1] == '/') return HWS_ERR_INVALID_ARGUMENT;
    const size_t size = path.size * 3 + query.size + sizeof "/?";
    HWS_TRY(hws_buffer_reserve(location, memory, size, SIZE_MAX));

    for (size_t i = 0; i < path.size; i++)
        if (is_plain(path.data[i]))
            put(location, path.data[i]);
        else
            put_escaped(location, path.data[i]);
    put(location, '/');
    if (query.data) put(location, '?');
    for (size_t i = 0; query.data && i < query.size; i++) put(location, query.data[i]);
    put(location, '\0');
    return HWS_OK;
}
