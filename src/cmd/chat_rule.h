/* SPDX-License-Identifier: MIT */
/* What the chat takes from its clients: names, channels and nesting.  Pure. */
#ifndef HAWSER_CMD_CHAT_RULE_H
#define HAWSER_CMD_CHAT_RULE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CHAT_FRAME_SIZE_MAX = 65536, /* bytes of one message */
    CHAT_COMMAND_COUNT_MAX = 64, /* of one message */
    CHAT_DEPTH_MAX = 32,         /* of arrays and objects in each other */
    CHAT_CHANNEL_SIZE_MAX = 255, /* bytes */
    CHAT_NAME_LENGTH_MAX = 32,   /* code points */
};

/* 1 to CHAT_CHANNEL_SIZE_MAX bytes of UTF-8, without spaces and control characters.  Compared byte
 * by byte and never normalised: what looks the same may be another channel. */
bool chat_channel_is_valid(const char *channel);

/* 1 to CHAT_NAME_LENGTH_MAX code points of UTF-8, not only spaces, without control characters. */
bool chat_name_is_valid(const char *name);

/* Whether a JSON text nests at most CHAT_DEPTH_MAX deep; asked before a parser that recurses. */
bool chat_is_shallow(const char *json, size_t size);

#endif /* HAWSER_CMD_CHAT_RULE_H */
