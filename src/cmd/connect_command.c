/* SPDX-License-Identifier: MIT */
/* What a person types into hawser connect: a text to send, or a command behind a slash. */
#include "cmd/connect_command.h"

#include <stdbool.h>
#include <string.h>

#include "cmd/hexdump.h"
#include "cmd/quantity.h"
#include "hawser/endpoint.h"
#include "hawser/frame.h"

typedef struct word {
    const char *name;
    connect_command_type type;
    const char *arguments;
    const char *purpose;
} word;

static const word words[] = {
    {"/send", CONNECT_SEND, " TEXT", "send TEXT, which may begin with a slash"},
    {"/binary", CONNECT_BINARY, " HEX", "send bytes, written like 00 ff or 00ff"},
    {"/ping", CONNECT_PING, " [TEXT]", "send a ping, and tell how long its answer took"},
    {"/close", CONNECT_CLOSE, " [CODE [REASON]]", "close, with 1000 if no code is given"},
    {"/help", CONNECT_HELP, "", "this"},
    {"/quit", CONNECT_QUIT, "", "close with 1000, and leave (also Ctrl-D and Ctrl-C)"},
};

enum { WORD_COUNT = sizeof words / sizeof *words };

static connect_command wrong(const char *text)
{
    return (connect_command){.type = CONNECT_WRONG, .text = text, .size = strlen(text)};
}

static connect_command read_binary(char *text)
{
    connect_command it = {.type = CONNECT_BINARY, .text = text};
    uint8_t *bytes = (uint8_t *)text; /* fewer than the digits: they never overtake them */
    if (!hexdump_read(text, bytes, &it.size))
        return wrong("/binary takes hexadecimal digits, two for each byte, like /binary 00 ff");
    return it;
}

static connect_command read_ping(const char *text)
{
    connect_command it = {.type = CONNECT_PING, .text = text, .size = strlen(text)};
    return it.size <= HWS_FRAME_CONTROL_MAX ? it : wrong("/ping takes at most 125 bytes");
}

static bool is_sendable(uint64_t code)
{
    if (code >= 1000 && code <= 1014) return code < 1004 || code > 1006; /* RFC 6455 §7.4 */
    return code >= 3000 && code <= 4999;
}

/* "CODE REASON": the code ends at the first space. */
static connect_command read_close(char *text)
{
    connect_command it = {.type = CONNECT_CLOSE, .code = CONNECT_CODE_DEFAULT, .text = ""};
    if (*text == '\0') return it;
    const size_t code_size = strcspn(text, " ");
    char *reason = text + code_size;
    if (*reason != '\0') *reason++ = '\0';
    uint64_t code;
    if (!quantity_count(text, &code) || !is_sendable(code))
        return wrong("/close takes a code from 1000 to 1003, 1007 to 1014 or 3000 to 4999");
    it.size = strlen(reason);
    if (it.size > HWS_CLOSE_REASON_MAX) return wrong("/close takes a reason of at most 123 bytes");
    it.code = (int)code;
    it.text = reason;
    return it;
}

static connect_command read_arguments(const word *found, char *text)
{
    switch (found->type) {
    case CONNECT_BINARY:
        return read_binary(text);
    case CONNECT_PING:
        return read_ping(text);
    case CONNECT_CLOSE:
        return read_close(text);
    case CONNECT_SEND:
    case CONNECT_HELP:
    case CONNECT_QUIT:
    case CONNECT_WRONG:
        break;
    }
    return (connect_command){.type = found->type, .text = text, .size = strlen(text)};
}

connect_command connect_command_read(char *line)
{
    if (line[0] != '/')
        return (connect_command){.type = CONNECT_SEND, .text = line, .size = strlen(line)};
    const size_t name_size = strcspn(line, " ");
    for (size_t i = 0; i < WORD_COUNT; i++) {
        const char *name = words[i].name;
        if (strlen(name) != name_size || memcmp(name, line, name_size) != 0) continue;
        char *text = line + name_size;
        return read_arguments(&words[i], *text == ' ' ? text + 1 : text);
    }
    return wrong("no such command; /help lists them, and /send sends a text that begins with /");
}

void connect_command_help(FILE *file, const char *line_begin)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        const word *it = &words[i];
        const int pad = 24 - (int)strlen(it->name) - (int)strlen(it->arguments);
        fprintf(file, "%s%s%s%*s%s\n", line_begin, it->name, it->arguments, pad, "", it->purpose);
    }
}
