/* SPDX-License-Identifier: MIT */
/* What hawser connect tells a person at a terminal:
 *
 *     * connected to wss://example.com/chat (TLSv1.3)
 *     > what was sent
 *     < what came
 *       its second line
 *
 * A line of ours never begins with two spaces, and one of a peer never with anything else behind
 * its first: what a peer sends cannot pass for a state, or for what was sent. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cmd/connect_report.h"
#include "cmd/hexdump.h"
#include "cmd/visible.h"

enum {
    TEXT_SHOWN_MAX = 65536, /* bytes of one message: a terminal is no place for more */
    BINARY_SHOWN_MAX = 4096,
};

typedef enum paint { STATE, FAILURE, SENT, RECEIVED, ESCAPE, PLAIN } paint;

static const char *const paint_codes[] = {
    [STATE] = "\x1b[2m",     [FAILURE] = "\x1b[31m", [SENT] = "\x1b[32m",
    [RECEIVED] = "\x1b[36m", [ESCAPE] = "\x1b[35m",  [PLAIN] = "\x1b[0m",
};

static const char INDENT[] = "  ";

static const char *code(const connect_report *report, paint with)
{
    return report->has_colors ? paint_codes[with] : "";
}

static void write_visible(const connect_report *report, const char *text, size_t size)
{
    const visible_style style = {
        .line_begin = INDENT,
        .escape_begin = code(report, ESCAPE),
        .escape_end = code(report, PLAIN),
    };
    visible_write(report->out, text, size, &style);
}

static void write_time(const connect_report *report)
{
    if (!report->has_times) return;
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    char text[16];
    strftime(text, sizeof text, "%H:%M:%S", &local);
    fprintf(report->out, "%s%s.%03ld%s ", code(report, STATE), text, now.tv_nsec / 1000000,
            code(report, PLAIN));
}

/* The time and a mark: what the line is about. */
static void begin(const connect_report *report, paint with, const char *mark)
{
    write_time(report);
    fprintf(report->out, "%s%s%s ", code(report, with), mark, code(report, PLAIN));
}

/* A line of ours; `text` is not: it may be a peer's. */
static void state(const connect_report *report, paint with, const char *words, const char *text)
{
    begin(report, with, "*");
    fprintf(report->out, "%s%s%s", code(report, with), words, code(report, PLAIN));
    if (text[0] != '\0') {
        const visible_style style = {0};
        visible_write(report->out, text, strlen(text), &style);
    }
    fputc('\n', report->out);
}

static void write_rest(const connect_report *report, size_t rest)
{
    if (rest > 0)
        fprintf(report->out, "%s%s... and %zu bytes more%s\n", INDENT, code(report, STATE), rest,
                code(report, PLAIN));
}

/* Not within a character. */
static size_t shown_text_size(const char *text, size_t size)
{
    if (size <= TEXT_SHOWN_MAX) return size;
    size_t shown = TEXT_SHOWN_MAX;
    while (shown > TEXT_SHOWN_MAX - 4 && ((uint8_t)text[shown] & 0xC0) == 0x80) shown--;
    return shown;
}

static void write_text(const connect_report *report, const char *text, size_t size)
{
    const size_t shown = shown_text_size(text, size);
    write_visible(report, text, shown);
    fputc('\n', report->out);
    write_rest(report, size - shown);
}

static void write_bytes(const connect_report *report, const uint8_t *bytes, size_t size)
{
    const size_t shown = size <= BINARY_SHOWN_MAX ? size : BINARY_SHOWN_MAX;
    fprintf(report->out, "%zu byte%s\n", size, size == 1 ? "" : "s");
    hexdump_write(report->out, bytes, shown, INDENT);
    write_rest(report, size - shown);
}

static void tell_attempt(const connect_report *report, const hws_attempt *attempt)
{
    state(report, STATE, attempt->number > 1 ? "connecting again to " : "connecting to ",
          attempt->url);
}

static void tell_tls(const connect_report *report, const hws_tls_info *tls)
{
    if (tls->chain_count > 0) state(report, STATE, "certificate of ", tls->chain[0].subject);
    if (!tls->trusted) state(report, FAILURE, "it is not trusted: ", tls->distrust);
}

/* What a person can follow: which name is looked up, which address is tried, who it is. */
static void tell_step(const connect_report *report, const hws_step *step)
{
    switch (step->type) {
    case HWS_STEP_CONNECT:
        state(report, STATE, "trying ", step->text);
        break;
    case HWS_STEP_PROXY:
        state(report, step->status == HWS_OK ? STATE : FAILURE, "proxy: ", step->text);
        break;
    case HWS_STEP_TLS:
        if (step->tls) tell_tls(report, step->tls);
        break;
    case HWS_STEP_RESOLVE:
    case HWS_STEP_RESOLVED:
    case HWS_STEP_CONNECTED:
    case HWS_STEP_REQUEST:
    case HWS_STEP_RESPONSE:
        break;
    }
}

static void tell_open(const connect_report *report, hws_websocket ws)
{
    const char *protocol = hws_websocket_protocol(ws);
    const char *extensions = hws_websocket_extensions(ws); /* the name; --json tells the rest */
    const int name_size = (int)strcspn(extensions, ";");
    char words[96];
    snprintf(words, sizeof words, "connected%s%s%s%.*s%s",
             report->tls_version[0] != '\0' ? ", " : "", report->tls_version,
             name_size > 0 ? ", " : "", name_size, extensions,
             protocol[0] != '\0' ? ", protocol " : "");
    state(report, STATE, words, protocol);
}

static void write_message(const connect_report *report, const hws_message *message)
{
    if (message->type == HWS_TEXT)
        write_text(report, (const char *)message->data, message->size);
    else
        write_bytes(report, message->data, message->size);
}

static void tell_message(const connect_report *report, const hws_message *message)
{
    begin(report, RECEIVED, "<");
    write_message(report, message);
}

static void write_sent(const connect_report *report, const connect_command *command)
{
    switch (command->type) {
    case CONNECT_SEND:
        begin(report, SENT, ">");
        write_text(report, command->text, command->size);
        break;
    case CONNECT_BINARY:
        begin(report, SENT, ">");
        write_bytes(report, (const uint8_t *)command->text, command->size);
        break;
    case CONNECT_PING:
        state(report, STATE, command->size > 0 ? "ping " : "ping", command->text);
        break;
    case CONNECT_CLOSE:
    case CONNECT_QUIT:
        state(report, STATE, "closing", "");
        break;
    case CONNECT_HELP:
        connect_command_help(report->out, INDENT);
        break;
    case CONNECT_WRONG:
        state(report, FAILURE, command->text, "");
        break;
    }
}

static void tell_sent(const connect_report *report, const connect_command *command,
                      hws_status status)
{
    write_sent(report, command);
    if (status >= HWS_OK) return;
    if (status == HWS_ERR_NOT_OPEN)
        state(report, FAILURE, "not sent: there is no connection", "");
    else
        state(report, FAILURE, "not sent: ", hws_status_text(status));
}

static void tell_drop(const connect_report *report, const hws_message *message)
{
    state(report, FAILURE, "never sent:", "");
    begin(report, FAILURE, ">");
    write_message(report, message);
}

static void tell_pong(const connect_report *report, hws_text payload, uint64_t round_trip_us)
{
    if (round_trip_us == UINT64_MAX) return; /* for a ping that was sent by itself */
    begin(report, STATE, "*");
    fprintf(report->out, "pong %s", payload.size > 0 ? "\"" : "");
    const visible_style style = {0};
    visible_write(report->out, payload.data, payload.size, &style);
    fprintf(report->out, "%safter %" PRIu64 ".%03" PRIu64 " ms\n", payload.size > 0 ? "\" " : "",
            round_trip_us / 1000, round_trip_us % 1000);
}

static void tell_retry(const connect_report *report, const hws_close *close, uint32_t delay_ms)
{
    char words[64];
    snprintf(words, sizeof words, "trying again in %" PRIu32 ".%" PRIu32 " s: ", delay_ms / 1000,
             delay_ms % 1000 / 100);
    state(report, FAILURE, words, close->cause);
}

static void tell_close(const connect_report *report, const hws_close *close)
{
    if (close->status == HWS_OK)
        state(report, STATE, "", close->cause);
    else
        state(report, FAILURE, "failed: ", close->cause);
}

void connect_words(const connect_report *report, const connect_event *event)
{
    switch (event->type) {
    case CONNECT_EVENT_ATTEMPT:
        tell_attempt(report, event->attempt);
        break;
    case CONNECT_EVENT_STEP:
        tell_step(report, event->step);
        break;
    case CONNECT_EVENT_OPEN:
        tell_open(report, event->ws);
        break;
    case CONNECT_EVENT_MESSAGE:
        tell_message(report, event->message);
        break;
    case CONNECT_EVENT_SENT:
        tell_sent(report, event->command, event->status);
        break;
    case CONNECT_EVENT_DROP:
        tell_drop(report, event->message);
        break;
    case CONNECT_EVENT_PONG:
        tell_pong(report, event->payload, event->round_trip_us);
        break;
    case CONNECT_EVENT_RETRY:
        tell_retry(report, event->close, event->delay_ms);
        break;
    case CONNECT_EVENT_CLOSE:
        tell_close(report, event->close);
        break;
    }
}
