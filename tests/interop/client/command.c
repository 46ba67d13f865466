/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t size)
{
    void *block = malloc(size + 1);
    if (!block) abort();
    return block;
}

char *command_expand(const char *text, uint32_t number)
{
    const size_t size = strlen(text);
    char *expanded = allocate(size * 5 + 10); /* a number of ten digits for each two bytes */
    char *end = expanded;
    while (*text) {
        const bool is_place = strncmp(text, "{}", 2) == 0;
        if (is_place)
            end += snprintf(end, 11, "%u", number);
        else
            *end++ = *text;
        text += is_place ? 2 : 1;
    }
    *end = 0;
    return expanded;
}

static hws_status send_text(hws_websocket ws, uint32_t number, hws_message_part part,
                            const char *text)
{
    char *expanded = command_expand(text, number);
    const size_t size = strlen(expanded);
    uint8_t *bytes = allocate(size);
    memcpy(bytes, expanded, size);
    const hws_status status = hws_websocket_send(
        ws, &(hws_message){.type = HWS_TEXT, .part = part, .data = bytes, .size = size});
    free(bytes);
    free(expanded);
    return status;
}

static hws_status send_pattern(hws_websocket ws, hws_message_type type, const char *text)
{
    const size_t size = strtoul(text, NULL, 10);
    uint8_t *bytes = allocate(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(type == HWS_TEXT ? 'a' + i % 26 : i * 7 % 256);
    const hws_status status =
        hws_websocket_send(ws, &(hws_message){.type = type, .data = bytes, .size = size});
    free(bytes);
    return status;
}

static hws_status close_it(hws_websocket ws, const char *text)
{
    char *reason;
    const int code = (int)strtol(text, &reason, 10);
    return hws_websocket_close(ws, code, *reason == ' ' ? reason + 1 : NULL);
}

hws_status command_obey(hws_websocket ws, uint32_t number, const char *line)
{
    const size_t size = strcspn(line, " ");
    const char *rest = line[size] ? line + size + 1 : "";
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)size, line);

    if (strcmp(name, "text") == 0) return send_text(ws, number, HWS_WHOLE, rest);
    if (strcmp(name, "first") == 0) return send_text(ws, number, HWS_FIRST, rest);
    if (strcmp(name, "middle") == 0) return send_text(ws, number, HWS_MIDDLE, rest);
    if (strcmp(name, "last") == 0) return send_text(ws, number, HWS_LAST, rest);
    if (strcmp(name, "binary") == 0) return send_pattern(ws, HWS_BINARY, rest);
    if (strcmp(name, "letters") == 0) return send_pattern(ws, HWS_TEXT, rest);
    if (strcmp(name, "ping") == 0) return hws_websocket_ping(ws, rest, strlen(rest));
    if (strcmp(name, "close") == 0) return close_it(ws, rest);
    if (strcmp(name, "abort") == 0) return hws_websocket_abort(ws);
    if (strcmp(name, "reconnect") == 0) return hws_websocket_reconnect(ws);
    return HWS_ERR_INVALID_ARGUMENT;
}
