/* SPDX-License-Identifier: MIT */
/* What the chat takes from its clients: names, channels and nesting.  Pure. */
#include "cmd/chat_rule.h"

#include <string.h>

/* C0, DEL, and C1, which UTF-8 writes as C2 80 to C2 9F. */
static bool is_control(const char *at)
{
    const unsigned char byte = (unsigned char)at[0];
    const unsigned char next = byte ? (unsigned char)at[1] : 0;
    return byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next >= 0x80 && next <= 0x9F);
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if (is_control(text)) return true;
    }
    return false;
}

bool chat_channel_is_valid(const char *channel)
{
    const size_t size = strlen(channel);
    return size >= 1 && size <= CHAT_CHANNEL_SIZE_MAX && !strchr(channel, ' ') &&
           !has_control(channel);
}

static size_t count_code_points(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        const bool continues = ((unsigned char)*text & 0xC0) == 0x80;
        if (!continues) count++;
    }
    return count;
}

bool chat_name_is_valid(const char *name)
{
    if (name[strspn(name, " ")] == '\0') return false;
    return count_code_points(name) <= CHAT_NAME_LENGTH_MAX && !has_control(name);
}

bool chat_is_shallow(const char *json, size_t size)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        const char byte = json[i];
        if (in_string) {
            if (byte == '\\') i++;
            if (byte == '"') in_string = false;
        } else if (byte == '"') {
            in_string = true;
        } else if (byte == '[' || byte == '{') {
            if (++depth > CHAT_DEPTH_MAX) return false;
        } else if ((byte == ']' || byte == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}
