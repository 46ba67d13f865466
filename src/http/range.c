/* SPDX-License-Identifier: MIT */
#include "http/range.h"

#include <string.h>

#include "base/text.h"

/* Digits alone; what is over the largest number counts as the largest. */
static bool read_position(hws_text text, uint64_t *position)
{
    if (text.size == 0) return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9') return false;
    if (!hws_text_parse_number(text, UINT64_MAX, position)) *position = UINT64_MAX;
    return true;
}

/* "bytes=", then one "first-last", of which either side may be left out. */
static bool split(hws_text field, hws_text *first, hws_text *last)
{
    static const char UNIT[] = "bytes=";
    const size_t unit_size = sizeof UNIT - 1;
    if (field.size < unit_size) return false;
    if (!hws_text_equal_ignoring_case((hws_text){field.data, unit_size}, hws_text_of(UNIT)))
        return false;
    const hws_text spec = hws_text_trim((hws_text){field.data + unit_size, field.size - unit_size});
    const char *dash = spec.size > 0 ? memchr(spec.data, '-', spec.size) : NULL;
    if (!dash) return false;
    *first = (hws_text){spec.data, (size_t)(dash - spec.data)};
    *last = (hws_text){dash + 1, spec.size - first->size - 1};
    return true;
}

/* "-n": the last n bytes. */
static hws_range_kind parse_suffix(hws_text last, uint64_t file_size, hws_range *range)
{
    uint64_t size;
    if (!read_position(last, &size)) return HWS_RANGE_WHOLE;
    if (size == 0) return HWS_RANGE_UNSATISFIABLE;
    if (size >= file_size) return HWS_RANGE_WHOLE;
    *range = (hws_range){file_size - size, size};
    return HWS_RANGE_PART;
}

hws_range_kind hws_range_parse(hws_text field, uint64_t file_size, hws_range *range)
{
    *range = (hws_range){0, file_size};
    hws_text first_text;
    hws_text last_text;
    if (!split(field, &first_text, &last_text)) return HWS_RANGE_WHOLE;
    if (first_text.size == 0) return parse_suffix(last_text, file_size, range);

    uint64_t first;
    uint64_t last = UINT64_MAX;
    if (!read_position(first_text, &first)) return HWS_RANGE_WHOLE;
    if (last_text.size > 0 && !read_position(last_text, &last)) return HWS_RANGE_WHOLE;
    if (last < first) return HWS_RANGE_WHOLE;
    if (first >= file_size) return HWS_RANGE_UNSATISFIABLE;
    if (last >= file_size) last = file_size - 1;
    *range = (hws_range){first, last - first + 1};
    return HWS_RANGE_PART;
}
