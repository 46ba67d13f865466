/* SPDX-License-Identifier: MIT */
#include "http/condition.h"

#include <string.h>

#include "base/text.h"
#include "http/date.h"

/* Takes one element off a list of entity tags, quotes and all.  A comma may stand in the quotes;
 * what is no entity tag ends the list. */
static bool take_tag(hws_text *list, hws_text *tag, bool *is_weak)
{
    while (list->size > 0 && memchr(" \t,", list->data[0], 3))
        *list = (hws_text){list->data + 1, list->size - 1};
    *is_weak = list->size >= 2 && memcmp(list->data, "W/", 2) == 0;
    if (*is_weak) *list = (hws_text){list->data + 2, list->size - 2};
    if (list->size < 2 || list->data[0] != '"') return false;
    const char *end = memchr(list->data + 1, '"', list->size - 1);
    if (!end) return false;
    *tag = (hws_text){list->data, (size_t)(end - list->data) + 1};
    *list = (hws_text){end + 1, list->size - tag->size};
    return true;
}

static bool list_has_tag(hws_text list, const char *etag, bool weak_too)
{
    hws_text tag;
    bool is_weak;
    while (take_tag(&list, &tag, &is_weak))
        if ((weak_too || !is_weak) && hws_text_equal(tag, hws_text_of(etag))) return true;
    return false;
}

static bool field_has_tag(const hws_http_head *head, const char *name, const char *etag,
                          bool weak_too)
{
    hws_http_field field = {0};
    while (hws_http_head_next_named(head, name, &field)) {
        if (hws_text_equal(field.value, hws_text_of("*"))) return true;
        if (list_has_tag(field.value, etag, weak_too)) return true;
    }
    return false;
}

/* Whether the field is a date at all. */
static bool read_date(const hws_http_head *head, const char *name, int64_t now, int64_t *date)
{
    const hws_text field = hws_http_head_field(head, name);
    return field.data && hws_http_date_read(field, now, date);
}

/* §13.2.2 gives the order: the state that is expected, then the copy that is there. */
int hws_condition_status(const hws_http_head *head, const hws_validator *validator)
{
    int64_t date;
    if (hws_http_head_count(head, "If-Match") > 0) {
        if (!field_has_tag(head, "If-Match", validator->etag, false)) return 412;
    } else if (read_date(head, "If-Unmodified-Since", validator->now, &date)) {
        if (validator->modified > date) return 412;
    }
    if (hws_http_head_count(head, "If-None-Match") > 0) {
        if (field_has_tag(head, "If-None-Match", validator->etag, true)) return 304;
    } else if (read_date(head, "If-Modified-Since", validator->now, &date)) {
        if (validator->modified <= date) return 304;
    }
    return 200;
}

bool hws_condition_allows_range(const hws_http_head *head, const hws_validator *validator)
{
    const hws_text field = hws_http_head_field(head, "If-Range");
    if (!field.data) return true;
    if (hws_text_equal(field, hws_text_of(validator->etag))) return true;
    int64_t date;
    return hws_http_date_read(field, validator->now, &date) && date == validator->modified;
}
