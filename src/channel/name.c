/* SPDX-License-Identifier: MIT */
#include "channel/name.h"

#include <string.h>

#include "base/text.h"
#include "hawser/channel.h"

enum { NAME_LENGTH_MAX = 32 }; /* characters */

/* C0, DEL, and C1, which UTF-8 writes as C2 80 to C2 9F. */
static bool has_control(hws_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte == 0x7F) return true;
        if (byte != 0xC2 || i + 1 == text.size) continue;
        const unsigned char next = (unsigned char)text.data[i + 1];
        if (next >= 0x80 && next <= 0x9F) return true;
    }
    return false;
}

bool hws_channel_is_valid(hws_text channel)
{
    return channel.size >= 1 && channel.size <= HWS_CHANNEL_SIZE_MAX &&
           !memchr(channel.data, ' ', channel.size) && !has_control(channel);
}

hws_text hws_channel_namespace(hws_text channel)
{
    const char *colon = memchr(channel.data, ':', channel.size);
    if (!colon) return (hws_text){0};
    return (hws_text){channel.data, (size_t)(colon - channel.data)};
}

bool hws_channel_is_personal(hws_text channel)
{
    return memchr(channel.data, '#', channel.size) != NULL;
}

bool hws_channel_is_of_user(hws_text channel, hws_text user)
{
    const char *boundary = memrchr(channel.data, '#', channel.size);
    if (!boundary || user.size == 0) return false;
    const char *end = channel.data + channel.size;
    for (const char *at = boundary + 1;; at++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        if (hws_text_equal((hws_text){at, (size_t)(stop - at)}, user)) return true;
        if (!comma) return false;
        at = comma;
    }
}

bool hws_name_is_valid(hws_text name)
{
    size_t length = 0;
    bool is_blank = true;
    for (size_t i = 0; i < name.size; i++) {
        length += ((unsigned char)name.data[i] & 0xC0) != 0x80;
        if (name.data[i] != ' ') is_blank = false;
    }
    return !is_blank && length <= NAME_LENGTH_MAX && !has_control(name);
}
