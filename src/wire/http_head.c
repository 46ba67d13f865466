/* SPDX-License-Identifier: MIT */
/* From bytes to a head, run after run, wherever they were cut (RFC 9112).
 *
 *     request   EMPTY_LINE ──▶ METHOD ──▶ TARGET ──▶ VERSION ─┐
 *     response                VERSION ──▶ STATUS ──▶ REASON ──┴──▶ START_LF ──▶ FIELD
 *
 *     FIELD ──▶ NAME ──▶ WHITE_SPACE ──▶ VALUE ──▶ FIELD_LF ──▶ FIELD
 *       └─────▶ HEAD_LF ──▶ DONE
 */
#include "wire/http_head.h"

#include <assert.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/span.h"
#include "base/text.h"
#include "base/try.h"
#include "wire/http_run.h"
#include "wire/http_target.h"

enum {
    EMPTY_LINE, /* the start of the first line, or of an empty one before it */
    EMPTY_LINE_LF,
    METHOD,
    TARGET,
    VERSION,
    STATUS,
    REASON,
    START_LF,
    FIELD, /* the start of a line behind the first */
    NAME,
    WHITE_SPACE,
    VALUE,
    FIELD_LF,
    HEAD_LF,
    DONE,
};

enum { FIRST_BLOCK_SIZE = 1024 }; /* bytes; what most heads fit in */

/* The fields that may stand once (RFC 9110 §5.3); a request's, then a response's. */
#define NAME_OF(literal) {(literal), sizeof(literal) - 1}
static const hws_text SINGLETONS[2][8] = {
    {NAME_OF("Host"), NAME_OF("Origin"), NAME_OF("Content-Length"), NAME_OF("Content-Type"),
     NAME_OF("Authorization"), NAME_OF("Sec-WebSocket-Key"), NAME_OF("Sec-WebSocket-Version")},
    {NAME_OF("Content-Length"), NAME_OF("Content-Type"), NAME_OF("Sec-WebSocket-Accept")},
};
#undef NAME_OF
enum { SEEN_HOST = 1 }; /* the bit of the first of them */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Room for `extra` bytes more. */
static hws_status grow(hws_http_head *head, size_t extra)
{
    hws_buffer block = {head->block, head->block_size, head->block_capacity};
    const size_t size_max = (size_t)head->head_size_max + head->field_count_max;
    const size_t first = size_max < FIRST_BLOCK_SIZE ? size_max : FIRST_BLOCK_SIZE;
    if (!block.data) HWS_TRY(hws_buffer_reserve(&block, head->memory, first, size_max));
    const hws_status status = hws_buffer_reserve(&block, head->memory, extra, size_max);
    assert(status != HWS_ERR_LIMIT); /* lines and fields are counted before */
    head->block = block.data;
    head->block_capacity = (uint32_t)block.capacity;
    return status;
}

static hws_status reserve(hws_http_head *head, size_t extra)
{
    return extra <= head->block_capacity - head->block_size ? HWS_OK : grow(head, extra);
}

/* Takes `size` bytes off the front of `input`, and keeps them. */
static hws_status keep(hws_http_head *head, hws_span *input, size_t size)
{
    if (size == 0) return HWS_OK;
    HWS_TRY(reserve(head, size));
    memcpy(head->block + head->block_size, hws_span_take(input, size).data, size);
    head->block_size += (uint32_t)size;
    return HWS_OK;
}

static hws_status expect(hws_http_head *head, hws_span *input, char byte, uint8_t state)
{
    if (*hws_span_take(input, 1).data != (uint8_t)byte) return HWS_ERR_HTTP_SYNTAX;
    head->state = state;
    head->step = 0;
    return HWS_OK;
}

/* RFC 9112 §2.2: a client that ends a body with an empty line too many is forgiven. */
static hws_status read_empty_line(hws_http_head *head, hws_span *input)
{
    if (*input->data != '\r') {
        head->state = METHOD;
        return HWS_OK;
    }
    if (head->step == HWS_HTTP_EMPTY_LINE_MAX) return HWS_ERR_HTTP_SYNTAX;
    hws_span_take(input, 1);
    head->state = EMPTY_LINE_LF;
    return HWS_OK;
}

static hws_status read_empty_line_lf(hws_http_head *head, hws_span *input)
{
    if (*hws_span_take(input, 1).data != '\n') return HWS_ERR_HTTP_SYNTAX;
    head->step++;
    head->state = EMPTY_LINE;
    return HWS_OK;
}

static hws_status read_method(hws_http_head *head, hws_span *input)
{
    HWS_TRY(keep(head, input, hws_http_run_token(*input)));
    if (head->block_size > HWS_HTTP_METHOD_SIZE_MAX) return HWS_ERR_HTTP_METHOD;
    if (input->size == 0) return HWS_OK;
    if (head->block_size == 0) return HWS_ERR_HTTP_SYNTAX;
    head->start_size[0] = (uint16_t)head->block_size;
    return expect(head, input, ' ', TARGET);
}

static hws_status read_target(hws_http_head *head, hws_span *input)
{
    HWS_TRY(keep(head, input, hws_http_run_target(*input)));
    if (input->size == 0) return HWS_OK;
    head->start_size[1] = (uint16_t)(head->block_size - head->start_size[0]);
    HWS_TRY(expect(head, input, ' ', VERSION));

    hws_http_target parts;
    return hws_http_target_parse(hws_http_head_method(head), hws_http_head_target(head), &parts);
}

static const char VERSION_SHAPE[] = "HTTP/0.0";
enum { VERSION_SIZE = sizeof VERSION_SHAPE - 1 };

/* RFC 9112 §2.3: "HTTP/", a digit, a dot, a digit.  The first digit waits for the second in the
 * place of the minor version. */
static hws_status read_version_byte(hws_http_head *head, uint8_t byte)
{
    const uint8_t shape = (uint8_t)VERSION_SHAPE[head->step++];
    if (shape != '0') return byte == shape ? HWS_OK : HWS_ERR_HTTP_SYNTAX;
    if (!is_digit(byte)) return HWS_ERR_HTTP_SYNTAX;

    const uint8_t major = head->version_minor;
    head->version_minor = (uint8_t)(byte - '0');
    if (head->step < VERSION_SIZE) return HWS_OK;
    if (major == 0) return HWS_ERR_HTTP_SYNTAX;
    return major == 1 && head->version_minor <= 1 ? HWS_OK : HWS_ERR_HTTP_VERSION;
}

static hws_status read_version(hws_http_head *head, hws_span *input)
{
    while (input->size > 0 && head->step < VERSION_SIZE)
        HWS_TRY(read_version_byte(head, *hws_span_take(input, 1).data));
    if (input->size == 0) return HWS_OK;
    return head->kind == HWS_HTTP_REQUEST ? expect(head, input, '\r', START_LF)
                                          : expect(head, input, ' ', STATUS);
}

/* RFC 9112 §4: three digits and a space. */
static hws_status read_status(hws_http_head *head, hws_span *input)
{
    if (head->step == 3)
        return head->status < 100 ? HWS_ERR_HTTP_SYNTAX : expect(head, input, ' ', REASON);

    const uint8_t byte = *hws_span_take(input, 1).data;
    if (!is_digit(byte)) return HWS_ERR_HTTP_SYNTAX;
    head->status = (uint16_t)(head->status * 10 + (byte - '0'));
    head->step++;
    return HWS_OK;
}

static hws_status read_reason(hws_http_head *head, hws_span *input)
{
    HWS_TRY(keep(head, input, hws_http_run_value(*input)));
    if (input->size == 0) return HWS_OK;
    head->start_size[1] = (uint16_t)head->block_size;
    return expect(head, input, '\r', START_LF);
}

/* White space at the start of a line would continue the line before (§5.2): no token begins with
 * it, and it is refused like anything else that is no name. */
static hws_status read_field(hws_http_head *head, hws_span *input)
{
    if (*input->data == '\r') return expect(head, input, '\r', HEAD_LF);
    if (!hws_character_is_token((char)*input->data)) return HWS_ERR_HTTP_SYNTAX;
    if (head->field_count == head->field_count_max) return HWS_ERR_HTTP_HEAD_TOO_BIG;

    HWS_TRY(reserve(head, HWS_HTTP_RECORD_HEAD_SIZE));
    head->record = head->block_size;
    head->block_size += HWS_HTTP_RECORD_HEAD_SIZE; /* written when they are known */
    head->state = NAME;
    return HWS_OK;
}

/* §5.1: nothing stands between the name and the colon. */
static hws_status read_name(hws_http_head *head, hws_span *input)
{
    HWS_TRY(keep(head, input, hws_http_run_token(*input)));
    if (input->size == 0) return HWS_OK;
    hws_http_head_store_size(head, head->record,
                             head->block_size - head->record - HWS_HTTP_RECORD_HEAD_SIZE);
    return expect(head, input, ':', WHITE_SPACE);
}

static void skip_white_space(hws_http_head *head, hws_span *input)
{
    while (input->size > 0 && (*input->data == ' ' || *input->data == '\t'))
        hws_span_take(input, 1);
    if (input->size > 0) head->state = VALUE;
}

static hws_status read_value(hws_http_head *head, hws_span *input)
{
    HWS_TRY(keep(head, input, hws_http_run_value(*input)));
    return input->size > 0 ? expect(head, input, '\r', FIELD_LF) : HWS_OK;
}

static hws_status check_singleton(hws_http_head *head, hws_text name)
{
    const hws_text *names = SINGLETONS[head->kind];
    for (int i = 0; names[i].data; i++) {
        if (!hws_text_equal_ignoring_case(name, names[i])) continue;
        if (head->seen & (1 << i)) return HWS_ERR_HTTP_DUPLICATE;
        head->seen |= (uint16_t)(1 << i);
    }
    return HWS_OK;
}

static hws_status finish_field(hws_http_head *head)
{
    const size_t name_size = hws_http_head_load_size(head, head->record);
    const hws_text name =
        hws_http_head_text(head, head->record + HWS_HTTP_RECORD_HEAD_SIZE, name_size);
    const size_t value = head->record + HWS_HTTP_RECORD_HEAD_SIZE + name_size;
    const size_t value_size =
        hws_text_trim(hws_http_head_text(head, value, head->block_size - value)).size;

    hws_http_head_store_size(head, head->record + sizeof(uint16_t), value_size);
    head->block_size = (uint32_t)(value + value_size);
    head->field_count++;
    return check_singleton(head, name);
}

static hws_status read_field_lf(hws_http_head *head, hws_span *input)
{
    HWS_TRY(expect(head, input, '\n', FIELD));
    return finish_field(head);
}

/* RFC 9112 §3.2: HTTP/1.1 names its host, validly; §3.2.2: an absolute target names the same. */
static hws_status check_host(const hws_http_head *head)
{
    if (!(head->seen & SEEN_HOST)) return head->version_minor == 0 ? HWS_OK : HWS_ERR_HTTP_HOST;
    hws_http_target target;
    HWS_TRY(hws_http_target_parse(hws_http_head_method(head), hws_http_head_target(head), &target));

    hws_origin host;
    hws_origin named;
    if (hws_origin_of_authority(target.is_secure, hws_http_head_field(head, "Host"), &host) !=
        HWS_OK)
        return HWS_ERR_HTTP_HOST;
    if (!target.is_absolute) return HWS_OK;
    if (hws_origin_of_authority(target.is_secure, target.authority, &named) != HWS_OK)
        return HWS_ERR_HTTP_HOST;
    return hws_origin_equal(&host, &named) ? HWS_OK : HWS_ERR_HTTP_HOST;
}

static hws_status read_head_lf(hws_http_head *head, hws_span *input)
{
    HWS_TRY(expect(head, input, '\n', DONE));
    return head->kind == HWS_HTTP_REQUEST ? check_host(head) : HWS_OK;
}

/* Looks at the front of `input`, which is not empty: takes something off it or changes the
 * state. */
static hws_status read_some(hws_http_head *head, hws_span *input)
{
    switch (head->state) {
    case EMPTY_LINE:
        return read_empty_line(head, input);
    case EMPTY_LINE_LF:
        return read_empty_line_lf(head, input);
    case METHOD:
        return read_method(head, input);
    case TARGET:
        return read_target(head, input);
    case VERSION:
        return read_version(head, input);
    case STATUS:
        return read_status(head, input);
    case REASON:
        return read_reason(head, input);
    case START_LF:
        return expect(head, input, '\n', FIELD);
    case FIELD:
        return read_field(head, input);
    case NAME:
        return read_name(head, input);
    case WHITE_SPACE:
        skip_white_space(head, input);
        return HWS_OK;
    case VALUE:
        return read_value(head, input);
    case FIELD_LF:
        return read_field_lf(head, input);
    case HEAD_LF:
        return read_head_lf(head, input);
    default:
        assert(false); /* not initialised */
    }
    return HWS_ERR_INVALID_ARGUMENT;
}

static bool is_between_lines(const hws_http_head *head)
{
    return head->state == FIELD || head->state == EMPTY_LINE || head->state == DONE;
}

static size_t room(const hws_http_head *head)
{
    const size_t line = (size_t)(head->line_size_max - head->line_size);
    const size_t all = (size_t)(head->head_size_max - head->head_size);
    return line < all ? line : all;
}

static hws_status too_big(const hws_http_head *head)
{
    return head->kind == HWS_HTTP_REQUEST && head->state <= START_LF ? HWS_ERR_HTTP_URI_TOO_LONG
                                                                     : HWS_ERR_HTTP_HEAD_TOO_BIG;
}

/* The rest of the line, as far as it is there and may reach. */
static hws_status read_line(hws_http_head *head, hws_span *input)
{
    const size_t left = room(head);
    if (left == 0) return too_big(head);
    hws_span piece = {input->data, input->size < left ? input->size : left};
    const size_t size = piece.size;
    do HWS_TRY(read_some(head, &piece));
    while (piece.size > 0 && !is_between_lines(head));
    const size_t taken = hws_span_take(input, size - piece.size).size;
    head->head_size = (uint16_t)(head->head_size + taken);
    head->line_size = (uint16_t)(is_between_lines(head) ? 0 : head->line_size + taken);
    return HWS_OK;
}

static hws_status parse(hws_http_head *head, hws_span *input)
{
    while (head->state != DONE && input->size > 0) HWS_TRY(read_line(head, input));
    return HWS_OK;
}

static uint16_t limit(uint32_t given, uint16_t otherwise)
{
    return given == 0 ? otherwise : given > UINT16_MAX ? UINT16_MAX : (uint16_t)given;
}

void hws_http_head_init(hws_http_head *head, hws_http_kind kind, const hws_http_limits *limits,
                        const hws_memory *memory)
{
    const hws_http_limits given = limits ? *limits : (hws_http_limits){0};
    *head = (hws_http_head){
        .kind = (uint8_t)kind,
        .line_size_max = limit(given.line_size_max, HWS_HTTP_LINE_SIZE_MAX),
        .head_size_max = limit(given.head_size_max, HWS_HTTP_HEAD_SIZE_MAX),
        .field_count_max = limit(given.field_count_max, HWS_HTTP_FIELD_COUNT_MAX),
        .memory = memory,
    };
    hws_http_head_reset(head);
}

hws_status hws_http_head_parse(hws_http_head *head, hws_span *input, bool *done)
{
    HWS_TRY(head->failure);
    head->failure = parse(head, input);
    HWS_TRY(head->failure);
    *done = head->state == DONE;
    return HWS_OK;
}

void hws_http_head_reset(hws_http_head *head)
{
    head->state = head->kind == HWS_HTTP_REQUEST ? EMPTY_LINE : VERSION;
    head->step = 0;
    head->status = 0;
    head->version_minor = 0;
    head->field_count = 0;
    head->line_size = 0;
    head->head_size = 0;
    head->start_size[0] = 0;
    head->start_size[1] = 0;
    head->seen = 0;
    head->block_size = 0;
    head->failure = HWS_OK;
}

void hws_http_head_release(hws_http_head *head)
{
    hws_memory_free(head->memory, head->block, head->block_capacity);
    head->block = NULL;
    head->block_capacity = 0;
    hws_http_head_reset(head);
}
