/* SPDX-License-Identifier: MIT */
/* What is asked of a head that is done. */
#include "base/text.h"
#include "wire/http_head.h"
#include "wire/http_list.h"
#include "wire/http_target.h"

/* Of a head whose target was found good when it was read. */
static hws_http_target target_of(const hws_http_head *head)
{
    hws_http_target target = {0};
    const hws_status status =
        hws_http_target_parse(hws_http_head_method(head), hws_http_head_target(head), &target);
    assert(status == HWS_OK);
    (void)status;
    return target;
}

hws_text hws_http_head_method(const hws_http_head *head)
{
    return hws_http_head_text(head, 0, head->start_size[0]);
}

hws_text hws_http_head_target(const hws_http_head *head)
{
    return hws_http_head_text(head, head->start_size[0], head->start_size[1]);
}

hws_text hws_http_head_authority(const hws_http_head *head)
{
    const hws_http_target target = target_of(head);
    return target.is_absolute ? target.authority : hws_http_head_field(head, "Host");
}

hws_text hws_http_head_query(const hws_http_head *head)
{
    return target_of(head).query;
}

hws_status hws_http_head_path(const hws_http_head *head, char *path, size_t path_max,
                              size_t *path_size)
{
    return hws_http_path_normalise(target_of(head).path, path, path_max, path_size);
}

hws_text hws_http_head_reason(const hws_http_head *head)
{
    return hws_http_head_text(head, 0, head->start_size[1]);
}

/* Where the record behind that of `field` begins; of the first one, when there is none yet. */
static size_t next_record(const hws_http_head *head, const hws_http_field *field)
{
    if (!field->value.data) return (size_t)head->start_size[0] + head->start_size[1];
    return (size_t)(field->value.data + field->value.size - hws_http_head_text(head, 0, 0).data);
}

static hws_http_field field_at(const hws_http_head *head, size_t record)
{
    const size_t name = record + HWS_HTTP_RECORD_HEAD_SIZE;
    const size_t name_size = hws_http_head_load_size(head, record);
    const size_t value_size = hws_http_head_load_size(head, record + sizeof(uint16_t));
    return (hws_http_field){
        .name = hws_http_head_text(head, name, name_size),
        .value = hws_http_head_text(head, name + name_size, value_size),
    };
}

bool hws_http_head_next(const hws_http_head *head, hws_http_field *field)
{
    const size_t record = next_record(head, field);
    if (record == head->block_size) return false;
    *field = field_at(head, record);
    return true;
}

bool hws_http_head_next_named(const hws_http_head *head, const char *name, hws_http_field *field)
{
    const hws_text wanted = hws_text_of(name);
    size_t record = next_record(head, field);
    while (record < head->block_size) {
        const size_t name_size = hws_http_head_load_size(head, record);
        if (name_size == wanted.size) {
            *field = field_at(head, record);
            if (hws_text_equal_ignoring_case(field->name, wanted)) return true;
        }
        record += HWS_HTTP_RECORD_HEAD_SIZE + name_size +
                  hws_http_head_load_size(head, record + sizeof(uint16_t));
    }
    return false;
}

hws_text hws_http_head_field(const hws_http_head *head, const char *name)
{
    hws_http_field field = {0};
    return hws_http_head_next_named(head, name, &field) ? field.value : (hws_text){0};
}

size_t hws_http_head_count(const hws_http_head *head, const char *name)
{
    hws_http_field field = {0};
    size_t count = 0;
    while (hws_http_head_next_named(head, name, &field)) count++;
    return count;
}

bool hws_http_head_has_token(const hws_http_head *head, const char *name, const char *token)
{
    const hws_text wanted = hws_text_of(token);
    hws_http_field field = {0};
    while (hws_http_head_next_named(head, name, &field)) {
        hws_text rest = field.value;
        hws_text element;
        while (hws_http_list_next(&rest, &element))
            if (hws_text_equal_ignoring_case(element, wanted)) return true;
    }
    return false;
}
