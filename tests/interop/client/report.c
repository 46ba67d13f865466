/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

enum { SHOWN_MAX = 100, SHOWN_SIZE = 4 * SHOWN_MAX + 1 };

static const char *shown(char text[SHOWN_SIZE], const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t written = 0;
    for (size_t i = 0; i < size && i < SHOWN_MAX; i++) {
        const bool is_plain = bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '\\';
        written += (size_t)snprintf(text + written, SHOWN_SIZE - written,
                                    is_plain ? "%c" : "\\x%02x", (unsigned)bytes[i]);
    }
    text[written] = 0;
    return text;
}

/* As zlib.crc32 of Python has it. */
static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320U : 0);
    }
    return ~crc;
}

const char *status_name(hws_status status)
{
    switch (status) {
#define STATUS_NAME(name, value, close_code, http_status, text)                                    \
    case HWS_##name:                                                                               \
        return #name;
        HWS_STATUS_MAP(STATUS_NAME)
#undef STATUS_NAME
    }
    return "?";
}

void report_open(int number, const char *protocol)
{
    printf("%d open %s\n", number, protocol[0] ? protocol : "-");
}

void report_message(int number, const hws_message *message)
{
    char text[SHOWN_SIZE];
    printf("%d message %s %zu %08" PRIx32 " %s\n", number,
           message->type == HWS_TEXT ? "text" : "binary", message->size,
           crc32_of(message->data, message->size), shown(text, message->data, message->size));
}

void report_pong(int number, const void *payload, size_t size)
{
    char text[SHOWN_SIZE];
    printf("%d pong %s\n", number, shown(text, payload, size));
}

void report_step(int number, const hws_step *step)
{
    static const char *const TYPES[] = {"resolve", "resolved", "connect", "connected",
                                        "proxy",   "tls",      "request", "response"};
    flockfile(stdout); /* one line */
    printf("%d step %s %s", number, TYPES[step->type], status_name(step->status));
    if (step->tls)
        printf(" %s %s %s", step->tls->version, step->tls->resumed ? "resumed" : "full",
               step->tls->trusted ? "trusted" : step->tls->distrust);
    printf(" %s\n", step->text);
    funlockfile(stdout);
}

void report_retry(int number, const hws_close *close, uint32_t delay_ms)
{
    printf("%d retry %" PRIu32 " %d %s %d %s\n", number, delay_ms, close->code,
           status_name(close->status), close->http_status, close->cause);
}

void report_drop(int number, const hws_message *message)
{
    char text[SHOWN_SIZE];
    printf("%d drop %zu %s\n", number, message->size, shown(text, message->data, message->size));
}

void report_error(int number, hws_status status, const char *text)
{
    printf("%d error %s %s\n", number, status_name(status), text);
}

void report_close(int number, const hws_close *close)
{
    char reason[SHOWN_SIZE];
    printf("%d close %d %s %d %s [%s] %s\n", number, close->code, status_name(close->status),
           close->http_status, close->was_clean ? "clean" : "lost",
           shown(reason, close->reason.data, close->reason.size), close->cause);
}
