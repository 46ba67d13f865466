/* SPDX-License-Identifier: MIT */
/* The columns of the status table, each as a function. */
#include "hawser/status.h"

const char *hws_status_text(hws_status status)
{
    switch (status) {
#define HWS_STATUS_TEXT(name, value, close_code, http_status, text)                                \
    case HWS_##name:                                                                               \
        return text;
        HWS_STATUS_MAP(HWS_STATUS_TEXT)
#undef HWS_STATUS_TEXT
    }
    return "unknown status";
}

int hws_status_close_code(hws_status status)
{
    switch (status) {
#define HWS_STATUS_CLOSE(name, value, close_code, http_status, text)                               \
    case HWS_##name:                                                                               \
        return close_code;
        HWS_STATUS_MAP(HWS_STATUS_CLOSE)
#undef HWS_STATUS_CLOSE
    }
    return 1011;
}

int hws_status_http(hws_status status)
{
    switch (status) {
#define HWS_STATUS_HTTP(name, value, close_code, http_status, text)                                \
    case HWS_##name:                                                                               \
        return http_status;
        HWS_STATUS_MAP(HWS_STATUS_HTTP)
#undef HWS_STATUS_HTTP
    }
    return 500;
}
