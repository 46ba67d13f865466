/* SPDX-License-Identifier: MIT */
#include "websocket/cause.h"

#include <stdio.h>
#include <string.h>

#include "hawser/utf8.h"
#include "wire/writer.h"

/* RFC 6455 §7.4.1 and the IANA registry. */
static const struct {
    int code;
    const char *name;
} CODES[] = {
    {HWS_CLOSE_NORMAL, "normal closure"},
    {HWS_CLOSE_GOING_AWAY, "going away"},
    {HWS_CLOSE_PROTOCOL_ERROR, "protocol error"},
    {HWS_CLOSE_UNSUPPORTED_DATA, "unsupported data"},
    {HWS_CLOSE_NO_CODE, "no code"},
    {HWS_CLOSE_ABNORMAL, "abnormal closure"},
    {HWS_CLOSE_INVALID_DATA, "invalid data"},
    {HWS_CLOSE_POLICY, "policy violation"},
    {HWS_CLOSE_TOO_BIG, "message too big"},
    {HWS_CLOSE_EXTENSION_MISSING, "extension missing"},
    {HWS_CLOSE_INTERNAL_ERROR, "internal error"},
    {HWS_CLOSE_SERVICE_RESTART, "service restart"},
    {HWS_CLOSE_TRY_AGAIN_LATER, "try again later"},
    {HWS_CLOSE_BAD_GATEWAY, "bad gateway"},
    {HWS_CLOSE_TLS, "TLS failed"},
};

const char *hws_cause_code_name(int code)
{
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (CODES[i].code == code) return CODES[i].name;
    return "";
}

/* How much of `text` is UTF-8, up to its last whole character. */
static size_t whole_size(hws_text text)
{
    hws_utf8 utf8 = {0};
    size_t whole = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (hws_utf8_feed(&utf8, (const uint8_t *)text.data + i, 1) != HWS_OK) break;
        if (hws_utf8_finish(&utf8) == HWS_OK) whole = i + 1;
    }
    return whole;
}

/* ASCII's controls, and those of ISO 6429 that UTF-8 writes in two bytes. */
static bool is_control(hws_text text, size_t at)
{
    const unsigned char byte = (unsigned char)text.data[at];
    if (byte < 0x80) return byte < 0x20 || byte == 0x7F;
    const unsigned char before = at > 0 ? (unsigned char)text.data[at - 1] : 0;
    const unsigned char after = at + 1 < text.size ? (unsigned char)text.data[at + 1] : 0;
    return (byte == 0xC2 && after < 0xA0) || (before == 0xC2 && byte < 0xA0);
}

void hws_cause_quote(char words[HWS_CAUSE_SIZE_MAX], hws_text text, size_t text_max)
{
    enum { MARKS = 8 }; /* the quotation marks, the dots and the zero */
    size_t size = strlen(words);
    const size_t room = HWS_CAUSE_SIZE_MAX - size;
    if (room <= MARKS) return;
    if (text_max > room - MARKS) text_max = room - MARKS;
    const bool is_cut = text.size > text_max;
    if (is_cut) text.size = text_max;
    const size_t whole = whole_size(text);
    /* What was cut in the middle of a character ends before it. */
    if (is_cut && text.size - whole < 4) text.size = whole;

    words[size++] = '"';
    for (size_t i = 0; i < text.size; i++) {
        const bool is_foreign = i >= whole && (unsigned char)text.data[i] >= 0x80;
        char shown = text.data[i];
        if (is_foreign || is_control(text, i)) shown = '?';
        words[size++] = shown;
    }
    snprintf(words + size, HWS_CAUSE_SIZE_MAX - size, is_cut ? "\"..." : "\"");
}

static void add_code(hws_writer *writer, int code)
{
    const char *name = hws_cause_code_name(code);
    hws_writer_add_string(writer, " with ");
    hws_writer_add_number(writer, (uint64_t)code);
    if (!*name) return;
    hws_writer_add_string(writer, " (");
    hws_writer_add_string(writer, name);
    hws_writer_add_string(writer, ")");
}

/* How almost every session ends, so without printf, which took a twentieth of a connection's
 * instructions. */
static void describe_peer(const hws_close *close, char *words)
{
    hws_writer writer = {.data = words, .size_max = HWS_CAUSE_SIZE_MAX - 1};
    hws_writer_add_string(&writer, close->cause);
    if (close->code == HWS_CLOSE_NO_CODE)
        hws_writer_add_string(&writer, " without a code");
    else
        add_code(&writer, close->code);
    if (close->reason.size > 0) hws_writer_add_string(&writer, ": ");
    size_t size = 0;
    if (hws_writer_finish(&writer, &size) != HWS_OK) size = 0; /* no cause of ours is that long */
    words[size] = '\0';
    if (close->reason.size > 0) hws_cause_quote(words, close->reason, HWS_CLOSE_REASON_MAX);
}

static void describe_wait(const hws_close *close, uint32_t waited_ms, char *words)
{
    if (waited_ms % 1000 == 0)
        snprintf(words, HWS_CAUSE_SIZE_MAX, "%s for %u s", close->cause, waited_ms / 1000);
    else
        snprintf(words, HWS_CAUSE_SIZE_MAX, "%s for %u ms", close->cause, waited_ms);
}

void hws_cause_describe(const hws_close *close, const hws_endpoint_options *options,
                        char words[HWS_CAUSE_SIZE_MAX])
{
    if (close->status == HWS_OK && close->was_clean)
        describe_peer(close, words);
    else if (close->status == HWS_ERR_PONG_TIMEOUT)
        describe_wait(close, options->pong_timeout_ms, words);
    else if (close->status == HWS_ERR_CLOSE_TIMEOUT)
        describe_wait(close, options->close_timeout_ms, words);
    else
        snprintf(words, HWS_CAUSE_SIZE_MAX, "%s", close->cause);
}
