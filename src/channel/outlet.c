/* SPDX-License-Identifier: MIT */
#include "channel/outlet.h"

#include "channel/writer.h"
#include "websocket/session.h"

static const char PUSH[] = "{\"push\":";

/* {"push":X} is X to who can only be pushed to; anything else is as it is. */
static hws_text without_push(hws_text line)
{
    const size_t size = sizeof PUSH - 1;
    if (line.size <= size + 1 || memcmp(line.data, PUSH, size) != 0) return line;
    return (hws_text){line.data + size, line.size - size - 1};
}

static void write_line(hws_writer *to, hws_text line, hws_format format)
{
    const bool is_event = format == HWS_FORMAT_SSE || format == HWS_FORMAT_ONE_WAY_SSE;
    if (is_event) HWS_WRITE(to, "data: ");
    hws_write(to, hws_format_is_one_way(format) ? without_push(line) : line);
    HWS_WRITE(to, "\n");
    if (is_event) HWS_WRITE(to, "\n");
}

static void write_lines(hws_writer *to, hws_text text, hws_format format)
{
    while (text.size > 0) {
        const char *end = memchr(text.data, '\n', text.size);
        const size_t size = end ? (size_t)(end - text.data) : text.size;
        write_line(to, (hws_text){text.data, size}, format);
        const size_t taken = size + (end ? 1 : 0);
        text = (hws_text){text.data + taken, text.size - taken};
    }
}

static hws_blob *make_frame(const hws_memory *memory, hws_text text)
{
    return hws_endpoint_frame(
        memory,
        &(hws_message){.type = HWS_TEXT, .data = (const uint8_t *)text.data, .size = text.size});
}

static hws_blob *make_bytes(const hws_memory *memory, hws_text text)
{
    hws_blob *made = hws_blob_new(memory, text.size);
    if (made) memcpy(made->data, text.data, text.size);
    return made;
}

static hws_blob *make(const hws_bulletin *it, hws_format format)
{
    if (!it->text.data) return NULL;
    if (format == HWS_FORMAT_WEBSOCKET) return make_frame(it->memory, it->text);
    hws_blob *made = NULL;
    hws_writer lines = hws_writer_on(it->memory);
    write_lines(&lines, it->text, format);
    hws_text all = hws_writer_text(&lines);
    if (all.data && hws_format_is_websocket(format)) {
        all.size--; /* a message ends by itself */
        made = make_frame(it->memory, all);
    } else if (all.data) {
        made = make_bytes(it->memory, all);
    }
    hws_writer_release(&lines);
    return made;
}

hws_blob *hws_bulletin_in(hws_bulletin *bulletin, hws_format format)
{
    if (!bulletin->of[format]) bulletin->of[format] = make(bulletin, format);
    return bulletin->of[format];
}

void hws_bulletin_release(hws_bulletin *bulletin)
{
    for (size_t i = 0; i < HWS_FORMAT_COUNT; i++) hws_blob_unref(bulletin->of[i]);
}

hws_status hws_outlet_share(const hws_outlet *outlet, hws_blob *blob)
{
    if (outlet->feed) return hws_feed_share(outlet->feed, blob);
    hws_session *session = hws_slots_find(outlet->ws);
    return session ? hws_session_share(session, blob, NULL) : HWS_ERR_NOT_OPEN;
}

/* Where there is no Close frame, a push says as much. */
static void tell_close(const hws_outlet *outlet, const hws_memory *memory, int code,
                       const char *reason)
{
    hws_writer push = hws_writer_on(memory);
    HWS_WRITE(&push, "{\"push\":{\"disconnect\":{\"code\":");
    hws_write_number(&push, (uint64_t)code);
    HWS_WRITE(&push, ",\"reason\":");
    hws_write_string(&push, hws_text_of(reason));
    HWS_WRITE(&push, "}}}");
    hws_bulletin bulletin = hws_bulletin_of(memory, hws_writer_text(&push));
    hws_blob *blob = hws_bulletin_in(&bulletin, outlet->format);
    if (blob) (void)!hws_feed_share(outlet->feed, blob);
    hws_bulletin_release(&bulletin);
    hws_writer_release(&push);
}

void hws_outlet_close(hws_outlet *outlet, const hws_memory *memory, int code, const char *reason)
{
    if (hws_format_is_websocket(outlet->format)) {
        (void)hws_websocket_close(outlet->ws, code, reason);
    } else if (outlet->feed) {
        tell_close(outlet, memory, code, reason);
        hws_feed_end(outlet->feed);
    }
}
