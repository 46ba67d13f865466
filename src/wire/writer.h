/* SPDX-License-Identifier: MIT */
/* Text that is put together in somebody else's memory.
 *
 * What does not fit is counted, not written: the pieces need no checks of their own, the end needs
 * one (hws_writer_finish). */
#ifndef HAWSER_WIRE_WRITER_H
#define HAWSER_WIRE_WRITER_H

#include "base/text.h"
#include "hawser/status.h"

typedef struct hws_writer {
    char *data;
    size_t size_max; /* bytes that `data` has room for */
    size_t size;     /* bytes that were asked for */
} hws_writer;

static inline void hws_writer_add(hws_writer *writer, hws_text text)
{
    const bool fits =
        writer->size <= writer->size_max && text.size <= writer->size_max - writer->size;
    if (fits && text.data) memcpy(writer->data + writer->size, text.data, text.size);
    writer->size += text.size;
}

static inline void hws_writer_add_string(hws_writer *writer, const char *string)
{
    hws_writer_add(writer, hws_text_of(string));
}

static inline void hws_writer_add_number(hws_writer *writer, uint64_t number)
{
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    hws_writer_add(writer, (hws_text){digits + first, sizeof digits - first});
}

/* Errors: HWS_ERR_LIMIT when it did not all fit; `size` is then as it was. */
static inline hws_status hws_writer_finish(const hws_writer *writer, size_t *size)
{
    if (writer->size > writer->size_max) return HWS_ERR_LIMIT;
    *size = writer->size;
    return HWS_OK;
}

#endif /* HAWSER_WIRE_WRITER_H */
