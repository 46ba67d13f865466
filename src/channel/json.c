/* SPDX-License-Identifier: MIT */
#include "channel/json.h"

#include <openssl/crypto.h>
#include <string.h>

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
