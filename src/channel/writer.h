/* SPDX-License-Identifier: MIT */
/* JSON as text, put together from pieces that are JSON already: what is published is encoded once
 * and goes into pushes, replies and histories as it is.
 *
 * A writer that lacked memory once stays so: only the end looks. */
#ifndef HAWSER_CHANNEL_WRITER_H
#define HAWSER_CHANNEL_WRITER_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/text.h"

typedef struct hws_writer {
    const hws_memory *memory;
    hws_buffer buffer;
    bool has_failed;
} hws_writer;

static inline hws_writer hws_writer_on(const hws_memory *memory)
{
    return (hws_writer){.memory = memory};
}

/* What was written; absent when there was no memory. */
static inline hws_text hws_writer_text(const hws_writer *writer)
{
    if (writer->has_failed) return (hws_text){0};
    return (hws_text){(const char *)writer->buffer.data, writer->buffer.size};
}

static inline void hws_writer_release(hws_writer *writer)
{
    hws_buffer_release(&writer->buffer, writer->memory);
}

/* As it is: JSON, or a part of it. */
void hws_write(hws_writer *writer, hws_text text);
#define HWS_WRITE(writer, literal) hws_write(writer, (hws_text){literal, sizeof(literal) - 1})

void hws_write_number(hws_writer *writer, uint64_t number);

/* A string with its quotes; `text` is UTF-8. */
void hws_write_string(hws_writer *writer, hws_text text);

/* Any value, in its shortest form. */
void hws_write_json(hws_writer *writer, const json_t *value);

#endif /* HAWSER_CHANNEL_WRITER_H */
