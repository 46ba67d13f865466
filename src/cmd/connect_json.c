/* SPDX-License-Identifier: MIT */
/* What hawser connect tells a program: a JSON object a line.
 *
 *     {"type":"open","url":"wss://example.com/","protocol":"","extensions":"",
 *      "tls":"TLSv1.3"}
 *     {"type":"message","text":"hello"}
 *     {"type":"message","base64":"AP8="}
 *     {"type":"pong","text":""}
 *     {"type":"retry","delayMs":1500,"code":1006,...}
 *     {"type":"close","code":1000,"reason":"","wasClean":true,"cause":"...","status":0,
 *      "httpStatus":0}
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "cmd/connect_report.h"

/* RFC 4648 §4, terminated; NULL without memory.  The caller frees it. */
static char *base64(const uint8_t *bytes, size_t size)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((size + 2) / 3 * 4 + 1);
    if (!text) return NULL;
    char *to = text;
    for (size_t at = 0; at < size; at += 3) {
        const size_t left = size - at;
        const uint32_t three = (uint32_t)bytes[at] << 16 |
                               (left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0) |
                               (left > 2 ? bytes[at + 2] : 0);
        char four[] = {letters[three >> 18], letters[three >> 12 & 63], letters[three >> 6 & 63],
                       letters[three & 63]};
        if (left < 2) four[2] = '=';
        if (left < 3) four[3] = '=';
        memcpy(to, four, sizeof four);
        to += sizeof four;
    }
    *to = '\0';
    return text;
}

/* {"text": ...} if the bytes can be told so, else {"base64": ...}. */
static json_t *describe_bytes(const char *bytes, size_t size, bool is_text)
{
    json_t *text = is_text ? json_stringn(bytes ? bytes : "", size) : NULL; /* NULL: no UTF-8 */
    if (text) return json_pack("{s:o}", "text", text);
    char *encoded = base64((const uint8_t *)(bytes ? bytes : ""), size);
    json_t *object = encoded ? json_pack("{s:s}", "base64", encoded) : NULL;
    free(encoded);
    return object;
}

static json_t *describe_close(const hws_close *close)
{
    return json_pack("{s:i, s:s%, s:b, s:s, s:i, s:i}", "code", close->code, "reason",
                     close->reason.data ? close->reason.data : "", close->reason.size, "wasClean",
                     close->was_clean, "cause", close->cause, "status", (int)close->status,
                     "httpStatus", close->http_status);
}

static json_t *describe_retry(const hws_close *close, uint32_t delay_ms)
{
    json_t *object = describe_close(close);
    json_object_set_new(object, "delayMs", json_integer(delay_ms));
    return object;
}

static json_t *describe_open(const connect_report *report, hws_websocket ws)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "url", hws_websocket_url(ws), "protocol",
                     hws_websocket_protocol(ws), "extensions", hws_websocket_extensions(ws), "tls",
                     report->tls_version);
}

static const char *name_of(connect_event_type type)
{
    switch (type) {
    case CONNECT_EVENT_OPEN:
        return "open";
    case CONNECT_EVENT_MESSAGE:
        return "message";
    case CONNECT_EVENT_PONG:
        return "pong";
    case CONNECT_EVENT_RETRY:
        return "retry";
    case CONNECT_EVENT_CLOSE:
        return "close";
    case CONNECT_EVENT_ATTEMPT:
    case CONNECT_EVENT_STEP:
    case CONNECT_EVENT_SENT:
    case CONNECT_EVENT_DROP:
        break;
    }
    return NULL;
}

static json_t *describe(const connect_report *report, const connect_event *event)
{
    switch (event->type) {
    case CONNECT_EVENT_OPEN:
        return describe_open(report, event->ws);
    case CONNECT_EVENT_MESSAGE:
        return describe_bytes((const char *)event->message->data, event->message->size,
                              event->message->type == HWS_TEXT);
    case CONNECT_EVENT_PONG:
        return describe_bytes(event->payload.data, event->payload.size, true);
    case CONNECT_EVENT_RETRY:
        return describe_retry(event->close, event->delay_ms);
    case CONNECT_EVENT_CLOSE:
        return describe_close(event->close);
    case CONNECT_EVENT_ATTEMPT:
    case CONNECT_EVENT_STEP:
    case CONNECT_EVENT_SENT:
    case CONNECT_EVENT_DROP:
        break;
    }
    return NULL;
}

/* RFC 3339, UTC. */
static json_t *time_now(void)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    return json_sprintf("%s.%03ldZ", stamp, now.tv_nsec / 1000000);
}

void connect_json(const connect_report *report, const connect_event *event)
{
    const char *name = name_of(event->type);
    if (!name) return;

    json_t *object = json_pack("{s:s}", "type", name);
    if (report->has_times) json_object_set_new(object, "time", time_now());
    json_t *rest = describe(report, event);
    const bool is_whole = object && rest && json_object_update(object, rest) == 0;
    /* A terminal gets ASCII: JSON leaves controls beyond it as they are. */
    const size_t flags = JSON_COMPACT | (report->is_terminal ? JSON_ENSURE_ASCII : 0);
    char *line = is_whole ? json_dumps(object, flags) : NULL;
    json_decref(rest);
    json_decref(object);
    fputs(line ? line : "{\"type\":\"error\",\"cause\":\"out of memory\"}", report->out);
    fputc('\n', report->out);
    free(line);
}
