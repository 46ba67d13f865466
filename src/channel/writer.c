/* SPDX-License-Identifier: MIT */
#include "channel/writer.h"

#include <inttypes.h>
#include <stdio.h>

void hws_write(hws_writer *writer, hws_text text)
{
    if (writer->has_failed) return;
    const hws_status status =
        hws_buffer_append(&writer->buffer, writer->memory, text.data, text.size, SIZE_MAX);
    if (status != HWS_OK) writer->has_failed = true;
}

void hws_write_number(hws_writer *writer, uint64_t number)
{
    char text[24];
    const int size = snprintf(text, sizeof text, "%" PRIu64, number);
    hws_write(writer, (hws_text){text, (size_t)size});
}

static void write_escaped(hws_writer *writer, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char text[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 0xF]};
    hws_write(writer, (hws_text){text, sizeof text});
}

void hws_write_string(hws_writer *writer, hws_text text)
{
    HWS_WRITE(writer, "\"");
    size_t begin = 0;
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char byte = (unsigned char)text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        hws_write(writer, (hws_text){text.data + begin, i - begin});
        write_escaped(writer, byte);
        begin = i + 1;
    }
    hws_write(writer, (hws_text){text.data + begin, text.size - begin});
    HWS_WRITE(writer, "\"");
}

static int append(const char *bytes, size_t size, void *user)
{
    hws_writer *writer = user;
    hws_write(writer, (hws_text){bytes, size});
    return writer->has_failed ? -1 : 0;
}

void hws_write_json(hws_writer *writer, const json_t *value)
{
    if (json_dump_callback(value, append, writer, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        writer->has_failed = true;
}
