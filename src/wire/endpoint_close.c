/* SPDX-License-Identifier: MIT */
/* The closing handshake (RFC 6455 §7):
 *
 *     OPEN ──close()──▶ CLOSING ──the peer's Close──▶ CLOSED, clean
 *      │                   └─────── deadline, end ──▶ CLOSED, not clean
 *      ├──the peer's Close, answered────────────────▶ CLOSED, clean
 *      └──failure, told to the peer if it has a code▶ CLOSED, not clean
 */
#include <string.h>

#include "base/try.h"
#include "wire/close.h"
#include "wire/endpoint.h"

static hws_status write_close(hws_endpoint *endpoint, int code, hws_text reason)
{
    uint8_t body[2 + HWS_CLOSE_REASON_MAX];
    const size_t size = hws_close_write(code, reason, body);
    HWS_TRY(hws_endpoint_write(endpoint, HWS_OPCODE_CLOSE, true, body, size));
    endpoint->close_sent = true;
    endpoint->close_code = (uint16_t)code;
    return HWS_OK;
}

hws_status hws_endpoint_close(hws_endpoint *endpoint, uint64_t now_ms, int code, hws_text reason)
{
    if (endpoint->close_sent || endpoint->ended) return HWS_ERR_NOT_OPEN;
    HWS_TRY(hws_close_check(code, reason));
    HWS_TRY(write_close(endpoint, code, reason));
    endpoint->since_ms = now_ms;
    return HWS_OK;
}

/* The code that on_close shows when the peer gave none. */
static int own_code(const hws_endpoint *endpoint)
{
    if (!endpoint->close_sent) return HWS_CLOSE_ABNORMAL;
    return endpoint->close_code ? endpoint->close_code : HWS_CLOSE_NO_CODE;
}

static void end(hws_endpoint *endpoint, const hws_close *close, hws_event *event)
{
    endpoint->ended = true;
    if (endpoint->incoming) endpoint->incoming->in_frame = false;
    *event = (hws_event){.type = HWS_EVENT_CLOSE, .close = *close};
    if (!close->cause) event->close.cause = hws_status_text(close->status);
}

hws_status hws_endpoint_take_close(hws_endpoint *endpoint, hws_span body, hws_event *event)
{
    int code;
    hws_text reason;
    HWS_TRY(hws_close_read(body, &code, &reason));
    const bool is_answer = endpoint->close_sent;
    /* §5.5.1: the answer echoes the code, and as is the custom the reason, too. */
    if (!is_answer) HWS_TRY(write_close(endpoint, code == HWS_CLOSE_NO_CODE ? 0 : code, reason));
    end(endpoint,
        &(hws_close){.code = code,
                     .was_clean = true,
                     .reason = reason,
                     .cause = is_answer ? "closed by this side" : "closed by the peer"},
        event);
    return HWS_OK;
}

void hws_endpoint_fail(hws_endpoint *endpoint, hws_status why, hws_event *event)
{
    const int code = hws_status_close_code(why);
    const char *words = hws_status_text(why);
    hws_text reason = {0};
    if (!endpoint->close_sent && hws_close_code_is_valid(code)) {
        reason = (hws_text){words, strlen(words)};
        if (write_close(endpoint, code, reason) != HWS_OK) reason = (hws_text){0};
    }
    end(endpoint, &(hws_close){.code = own_code(endpoint), .status = why, .reason = reason}, event);
}

void hws_endpoint_end(hws_endpoint *endpoint, hws_status why, hws_event *event)
{
    if (endpoint->ended)
        *event = (hws_event){.type = HWS_EVENT_NEED_INPUT};
    else
        end(endpoint, &(hws_close){.code = own_code(endpoint), .status = why}, event);
}
