/* SPDX-License-Identifier: MIT */
#include "channel/error.h"

const char *hws_error_text(hws_error error)
{
    switch (error) {
#define HWS_ERROR_CASE(name, code, text)                                                           \
    case HWS_ERROR_##name:                                                                         \
        return text;
        HWS_ERROR_MAP(HWS_ERROR_CASE)
#undef HWS_ERROR_CASE
    case HWS_ERROR_NONE:
        break;
    }
    return "no error";
}

hws_error hws_error_of(hws_status status)
{
    if (status >= HWS_OK) return HWS_ERROR_NONE;
    if (status == HWS_ERR_INVALID_ARGUMENT) return HWS_ERROR_BAD_REQUEST;
    if (status == HWS_ERR_NOT_FOUND) return HWS_ERROR_UNKNOWN_CHANNEL;
    if (status == HWS_ERR_LIMIT || status == HWS_ERR_MESSAGE_TOO_BIG)
        return HWS_ERROR_LIMIT_EXCEEDED;
    return HWS_ERROR_INTERNAL;
}

void hws_write_error(hws_writer *writer, hws_error error)
{
    HWS_WRITE(writer, "{\"code\":");
    hws_write_number(writer, (uint64_t)error);
    HWS_WRITE(writer, ",\"message\":");
    hws_write_string(writer, hws_text_of(hws_error_text(error)));
    if (error == HWS_ERROR_INTERNAL || error == HWS_ERROR_TOO_MANY_REQUESTS)
        HWS_WRITE(writer, ",\"temporary\":true");
    HWS_WRITE(writer, "}");
}
