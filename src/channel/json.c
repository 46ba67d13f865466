/* SPDX-License-Identifier: MIT */
#include "channel/json.h"

#include <openssl/crypto.h>
#include <string.h>

/* Before the parser, which would go as deep as it is led. */
static bool is_shallow(hws_text text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        const char byte = text.data[i];
        if (in_string) {
            if (byte == '\\') i++;
            if (byte == '"') in_string = false;
        } else if (byte == '"') {
            in_string = true;
        } else if (byte == '[' || byte == '{') {
            if (++depth > HWS_JSON_DEPTH_MAX) return false;
        } else if ((byte == ']' || byte == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

/* The parser names a reason for whatever is wrong with a text, and mostly none for memory. */
static bool lacks_memory(const json_error_t *error)
{
    const enum json_error_code code = json_error_code(error);
    return code == json_error_unknown || code == json_error_out_of_memory;
}

hws_status hws_json_read(hws_text text, json_t **value)
{
    /* A zero byte is the end to the parser, and nowhere JSON. */
    if (text.size == 0 || memchr(text.data, '\0', text.size) || !is_shallow(text))
        return HWS_ERR_INVALID_ARGUMENT;
    json_error_t error = {0}; /* the parser does not set its code without a reason */
    json_t *read =
        json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!read) return lacks_memory(&error) ? HWS_ERR_NO_MEMORY : HWS_ERR_INVALID_ARGUMENT;
    *value = read;
    return HWS_OK;
}

hws_text hws_json_text(const json_t *value)
{
    return (hws_text){json_string_value(value), json_string_length(value)};
}

bool hws_json_get_text(const json_t *object, const char *key, hws_text *text)
{
    const json_t *value = json_object_get(object, key);
    if (!value) return true;
    if (!json_is_string(value)) return false;
    *text = hws_json_text(value);
    return true;
}

bool hws_json_get_number(const json_t *object, const char *key, uint64_t *number)
{
    const json_t *value = json_object_get(object, key);
    if (!value) return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *number = (uint64_t)json_integer_value(value);
    return true;
}

bool hws_json_get_flag(const json_t *object, const char *key, bool *flag)
{
    const json_t *value = json_object_get(object, key);
    if (!value) return true;
    if (!json_is_boolean(value)) return false;
    *flag = json_is_true(value);
    return true;
}

void hws_json_wipe(const json_t *object, const char *key)
{
    const hws_text text = hws_json_text(json_object_get(object, key));
    if (text.size > 0) OPENSSL_cleanse((void *)(uintptr_t)text.data, text.size);
}
