/* SPDX-License-Identifier: MIT */
/* What hawser connect tells a script: a text with a newline behind it, a binary message as it is.
 * At a terminal (echo hi | hawser connect ...) nothing of the peer may steer it. */
#include <inttypes.h>

#include "cmd/connect_report.h"
#include "cmd/hexdump.h"
#include "cmd/options.h"
#include "cmd/visible.h"

static void write_for_eyes(const connect_report *report, const hws_message *message)
{
    static const visible_style style = {.line_begin = ""};
    if (message->type == HWS_BINARY) {
        hexdump_write(report->out, message->data, message->size, "");
    } else {
        visible_write(report->out, (const char *)message->data, message->size, &style);
        fputc('\n', report->out);
    }
}

static void tell_message(const connect_report *report, const hws_message *message)
{
    if (report->is_terminal) {
        write_for_eyes(report, message);
        return;
    }
    if (message->size > 0) fwrite(message->data, 1, message->size, report->out);
    if (message->type == HWS_TEXT) fputc('\n', report->out);
}

void connect_lines(const connect_report *report, const connect_event *event)
{
    if (event->type == CONNECT_EVENT_MESSAGE) tell_message(report, event->message);
    if (event->type == CONNECT_EVENT_RETRY)
        options_complain("connect", "%s; trying again in %" PRIu32 ".%" PRIu32 " s",
                         event->close->cause, event->delay_ms / 1000, event->delay_ms % 1000 / 100);
}
