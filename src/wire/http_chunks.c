/* SPDX-License-Identifier: MIT */
/* Chunks, one byte after the other, and their data in runs.
 *
 *     SIZE ──▶ [; NAME [= VALUE | QUOTED]]... ──▶ SIZE_LF ──▶ DATA ──▶ DATA_CR ──▶ DATA_LF ──▶ SIZE
 *                                                    │ size 0
 *                                                    ▼
 *               TRAILER ──▶ TRAILER_NAME ──▶ TRAILER_VALUE ──▶ TRAILER_LF ──▶ TRAILER
 *                  └──▶ END_LF ──▶ DONE
 */
#include "wire/http_chunks.h"

#include <assert.h>

#include "base/span.h"
#include "base/text.h"
#include "base/try.h"

enum {
    SIZE,
    NAME_START,
    NAME,
    VALUE_START,
    VALUE,
    QUOTED,
    ESCAPED,
    QUOTED_END,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    DONE,
};

static bool is_token(uint8_t byte)
{
    return hws_character_is_token((char)byte);
}

/* What may stand in a field value, and in quotes unless it ends them. */
static bool is_text(uint8_t byte)
{
    return (byte >= ' ' && byte != 0x7F) || byte == '\t';
}

static hws_status go(hws_http_chunks *chunks, bool is_good, uint8_t state)
{
    if (!is_good) return HWS_ERR_HTTP_SYNTAX;
    chunks->state = state;
    return HWS_OK;
}

/* §7.1: hex digits and nothing else: no sign, no 0x, no space. */
static hws_status read_digit(hws_http_chunks *chunks, uint8_t byte)
{
    uint8_t value = 0;
    if (byte >= '0' && byte <= '9') {
        value = (uint8_t)(byte - '0');
    } else if (byte >= 'a' && byte <= 'f') {
        value = (uint8_t)(byte - 'a' + 10);
    } else if (byte >= 'A' && byte <= 'F') {
        value = (uint8_t)(byte - 'A' + 10);
    } else {
        return HWS_ERR_HTTP_SYNTAX;
    }
    if (chunks->digits == HWS_HTTP_CHUNK_DIGITS_MAX) return HWS_ERR_HTTP_SYNTAX;
    chunks->digits++;
    chunks->left = chunks->left << 4 | value;
    return chunks->left > INT64_MAX ? HWS_ERR_HTTP_SYNTAX : HWS_OK;
}

/* Behind a size, a name or a value: another extension, or the end of the line. */
static hws_status end_part(hws_http_chunks *chunks, uint8_t byte)
{
    return go(chunks, byte == ';' || byte == '\r', byte == ';' ? NAME_START : SIZE_LF);
}

static hws_status read_size(hws_http_chunks *chunks, uint8_t byte)
{
    if (chunks->digits > 0 && (byte == ';' || byte == '\r')) return end_part(chunks, byte);
    return read_digit(chunks, byte);
}

/* §7.1.1, without the white space that nobody may send.  Answers for every byte of a line behind
 * the first semicolon. */
static hws_status read_extension(hws_http_chunks *chunks, uint8_t byte)
{
    if (chunks->extra == HWS_HTTP_CHUNK_EXTENSION_MAX) return HWS_ERR_HTTP_SYNTAX;
    chunks->extra++;
    switch (chunks->state) {
    case NAME_START:
        return go(chunks, is_token(byte), NAME);
    case NAME:
        if (is_token(byte)) return HWS_OK;
        return byte == '=' ? go(chunks, true, VALUE_START) : end_part(chunks, byte);
    case VALUE_START:
        return go(chunks, byte == '"' || is_token(byte), byte == '"' ? QUOTED : VALUE);
    case VALUE:
        return is_token(byte) ? HWS_OK : end_part(chunks, byte);
    case QUOTED:
        if (byte == '"') return go(chunks, true, QUOTED_END);
        return go(chunks, is_text(byte), byte == '\\' ? ESCAPED : QUOTED);
    case ESCAPED:
        return go(chunks, is_text(byte), QUOTED);
    default:
        assert(chunks->state == QUOTED_END);
        return end_part(chunks, byte);
    }
}

/* A size is read into zero. */
static hws_status end_data(hws_http_chunks *chunks, uint8_t byte)
{
    assert(chunks->left == 0);
    chunks->digits = 0;
    return go(chunks, byte == '\n', SIZE);
}

static hws_status end_size(hws_http_chunks *chunks, uint8_t byte)
{
    if (chunks->left == 0) chunks->extra = 0;
    return go(chunks, byte == '\n', chunks->left > 0 ? DATA : TRAILER);
}

/* §7.1.2: field lines, which nobody here asked for. */
static hws_status read_trailers(hws_http_chunks *chunks, uint8_t byte)
{
    if (chunks->extra == HWS_HTTP_CHUNK_TRAILERS_MAX) return HWS_ERR_HTTP_HEAD_TOO_BIG;
    chunks->extra++;
    switch (chunks->state) {
    case TRAILER:
        return go(chunks, byte == '\r' || is_token(byte), byte == '\r' ? END_LF : TRAILER_NAME);
    case TRAILER_NAME:
        return go(chunks, byte == ':' || is_token(byte),
                  byte == ':' ? TRAILER_VALUE : TRAILER_NAME);
    case TRAILER_VALUE:
        return go(chunks, byte == '\r' || is_text(byte), byte == '\r' ? TRAILER_LF : TRAILER_VALUE);
    case TRAILER_LF:
        return go(chunks, byte == '\n', TRAILER);
    default:
        assert(chunks->state == END_LF);
        return go(chunks, byte == '\n', DONE);
    }
}

static hws_status read_byte(hws_http_chunks *chunks, uint8_t byte)
{
    if (chunks->state == SIZE) return read_size(chunks, byte);
    if (chunks->state < SIZE_LF) return read_extension(chunks, byte);
    if (chunks->state == SIZE_LF) return end_size(chunks, byte);
    if (chunks->state == DATA_CR) return go(chunks, byte == '\r', DATA_LF);
    if (chunks->state == DATA_LF) return end_data(chunks, byte);
    return read_trailers(chunks, byte);
}

static hws_span take_data(hws_http_chunks *chunks, hws_span *input)
{
    const hws_span data =
        hws_span_take(input, chunks->left < input->size ? (size_t)chunks->left : input->size);
    chunks->left -= data.size;
    if (chunks->left == 0) chunks->state = DATA_CR;
    return data;
}

hws_status hws_http_chunks_parse(hws_http_chunks *chunks, hws_span *input, hws_span *data,
                                 bool *done)
{
    HWS_TRY(chunks->failure);
    while (input->size > 0 && chunks->state != DATA && chunks->state != DONE) {
        chunks->failure = read_byte(chunks, *hws_span_take(input, 1).data);
        HWS_TRY(chunks->failure);
    }
    *data = chunks->state == DATA ? take_data(chunks, input) : (hws_span){NULL, 0};
    *done = chunks->state == DONE;
    return HWS_OK;
}
