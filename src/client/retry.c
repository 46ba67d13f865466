/* SPDX-License-Identifier: MIT */
#include "client/retry.h"

#include "base/text.h"
#include "http/date.h"

enum { RETRY_AFTER_MAX_S = 3600 }; /* row E005 */

static uint32_t clamp_s(int64_t seconds)
{
    if (seconds < 1) return 1;
    return seconds < RETRY_AFTER_MAX_S ? (uint32_t)seconds : RETRY_AFTER_MAX_S;
}

/* Digits alone, as many as it likes, and maybe a minus before them. */
static bool is_number(hws_text text)
{
    const size_t first = text.size > 1 && text.data[0] == '-';
    for (size_t i = first; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9') return false;
    return text.size > 0;
}

uint32_t hws_retry_after(hws_text value, int64_t now_s)
{
    uint64_t seconds;
    int64_t moment_s;
    if (hws_text_parse_number(value, RETRY_AFTER_MAX_S, &seconds)) return clamp_s((int64_t)seconds);
    if (is_number(value)) return value.data[0] == '-' ? 1 : RETRY_AFTER_MAX_S;
    if (hws_http_date_read(value, now_s, &moment_s)) return clamp_s(moment_s - now_s);
    return 0;
}

/* 408, 425 and 429 ask to come again; 401 and 403 may be cured by a fresh token. */
static bool is_final_http(int status, bool renews)
{
    if (status == 408 || status == 425 || status == 429) return false;
    if (status == 401 || status == 403) return !renews;
    return status < 500 || status == 501 || status == 505;
}

/* 1000 and the protocol's own complaints would be the same again.  Of the private codes those that
 * Centrifuge calls terminal are (row U007). */
static bool is_final_code(int code)
{
    switch (code) {
    case HWS_CLOSE_NORMAL:
    case HWS_CLOSE_PROTOCOL_ERROR:
    case HWS_CLOSE_UNSUPPORTED_DATA:
    case HWS_CLOSE_INVALID_DATA:
    case HWS_CLOSE_POLICY:
    case HWS_CLOSE_TOO_BIG:
    case HWS_CLOSE_EXTENSION_MISSING:
        return true;
    default:
        return (code >= 3500 && code < 4000) || code >= 4500;
    }
}

/* Who answered something else than HTTP, a proxy or TLS will do so again. */
static bool is_final_status(hws_status status)
{
    switch ((int)status) {
    case HWS_ERR_HTTP_SYNTAX:
    case HWS_ERR_HTTP_VERSION:
    case HWS_ERR_HTTP_HEAD_TOO_BIG:
    case HWS_ERR_HTTP_DUPLICATE:
    case HWS_ERR_PROXY_PROTOCOL:
    case HWS_ERR_TLS_NOT_TLS:
    case HWS_ERR_HANDSHAKE_STATUS: /* with a 101: one of HTTP/1.0 */
    case HWS_ERR_HANDSHAKE_UPGRADE:
    case HWS_ERR_HANDSHAKE_CONNECTION:
    case HWS_ERR_HANDSHAKE_ACCEPT:
    case HWS_ERR_HANDSHAKE_PROTOCOL:
    case HWS_ERR_HANDSHAKE_EXTENSION:
    case HWS_ERR_INVALID_ARGUMENT:
    case HWS_ERR_REDIRECT:
    case HWS_ERR_PROXY_AUTHENTICATION:
    case HWS_ERR_SHUTTING_DOWN:
    case HWS_ERR_TLS_FILE:
        return true;
    default:
        return status <= HWS_ERR_URL_SCHEME && status >= HWS_ERR_URL_TOO_LONG;
    }
}

bool hws_retry_is_final(const hws_retry_options *options, const hws_close *close)
{
    if (close->http_status != 0 && close->http_status != 101)
        return is_final_http(close->http_status, options->renews);
    /* Ours says 1008, but a network that went away in the middle of a message looks the same. */
    if (close->status == HWS_ERR_MESSAGE_TIMEOUT) return false;
    return is_final_status(close->status) || is_final_code(close->code);
}

/* delay, twice that, four times that, … */
static uint64_t ceiling_ms(const hws_retry_options *options, uint32_t wait_count)
{
    const uint32_t doublings = wait_count < 32 ? wait_count : 32;
    const uint64_t ceiling = (uint64_t)options->delay_ms << doublings;
    return ceiling < options->delay_max_ms ? ceiling : options->delay_max_ms;
}

/* From `floor` to `floor` + `range`, both among them. */
static uint32_t spread_ms(uint64_t floor, uint64_t range, uint32_t random)
{
    const uint64_t delay = floor + (random * (range + 1) >> 32);
    return delay < UINT32_MAX ? (uint32_t)delay : UINT32_MAX;
}

bool hws_retry_next(hws_retry *retry, const hws_retry_options *options, const hws_close *close,
                    uint64_t open_ms, uint32_t retry_after_s, uint32_t random, uint32_t *delay_ms)
{
    /* "Try again later" is a failure, however long it took to say so (row U008). */
    const bool is_later = close->code == HWS_CLOSE_TRY_AGAIN_LATER;
    const bool has_lasted = open_ms > 0 && open_ms >= options->stable_ms && !is_later;
    if (has_lasted) *retry = (hws_retry){0};
    if (hws_retry_is_final(options, close)) return false;
    if (options->count_max > 0 && retry->failure_count >= options->count_max) return false;

    const uint64_t ceiling = ceiling_ms(options, retry->wait_count++);
    if (!has_lasted) retry->failure_count++;
    if (retry_after_s > 0)
        *delay_ms = spread_ms((uint64_t)retry_after_s * 1000, ceiling, random);
    else if (is_later)
        *delay_ms = spread_ms(ceiling - ceiling / 2, ceiling / 2, random);
    else
        *delay_ms = spread_ms(0, ceiling, random);
    return true;
}
