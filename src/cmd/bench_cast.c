/* SPDX-License-Identifier: MIT */
/* The first connection of the first worker sends; the others listen.
 *
 * Without a rate the next message goes out when all listeners have the one before it (or that of
 * --in-flight messages ago).  How many have arrived in all is the sum of what the workers show;
 * what has not come after five seconds is given up. */
#include "cmd/bench_cast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench_load.h"

static const uint64_t PATIENCE_NS = 5 * (uint64_t)BENCH_NS_PER_S;

static bool is_sender(const bench_connection *it)
{
    return it->worker->index == 0 && it == it->worker->connection;
}

static size_t listener_count(const bench_worker *it)
{
    const size_t open = bench_load_open_count(it->load);
    return open > 0 && it->connection[0].is_open ? open - 1 : open;
}

/* The command that publishes, around what is to be published. */
static hws_status make_publication(bench_load *it)
{
    static const char head[] = "{\"id\":3,\"publish\":{\"channel\":\"";
    static const char middle[] = "\",\"data\":{\"at\":\"";
    static const char behind[] = "\",\"pad\":\"";
    static const char tail[] = "\"}}}";
    const bench_options *options = it->options;
    const size_t channel_size = strlen(options->channel);
    const size_t pad_size = (size_t)options->size - BENCH_CHAT_SIZE_MIN;
    it->stamp_at = sizeof head - 1 + channel_size + sizeof middle - 1;
    const size_t pad_at = it->stamp_at + BENCH_STAMP_SIZE + sizeof behind - 1;
    it->payload_size = pad_at + pad_size + sizeof tail - 1;
    it->payload = malloc(it->payload_size + 1);
    if (!it->payload) return HWS_ERR_NO_MEMORY;
    snprintf((char *)it->payload, it->payload_size + 1, "%s%s%s%*s%s", head, options->channel,
             middle, BENCH_STAMP_SIZE, "", behind);
    bench_content_fill(options->content, it->payload + pad_at, pad_size);
    memcpy(it->payload + pad_at + pad_size, tail, sizeof tail - 1);
    return HWS_OK;
}

/* Two commands in one message: it comes in, and subscribes. */
static hws_status make_greeting(bench_load *it)
{
    static const char format[] = "{\"id\":1,\"connect\":{%s%s%s}}\n"
                                 "{\"id\":2,\"subscribe\":{\"channel\":\"%s\"}}";
    static const char before[] = "\"token\":\"";
    const bench_options *options = it->options;
    const char *token = options->token.text;
    const size_t size =
        sizeof format + sizeof before + strlen(options->channel) + (token ? strlen(token) : 0);
    it->greeting = malloc(size);
    if (!it->greeting) return HWS_ERR_NO_MEMORY;
    snprintf(it->greeting, size, format, token ? before : "", token ? token : "", token ? "\"" : "",
             options->channel);
    return HWS_OK;
}

hws_status bench_cast_payload(bench_load *it)
{
    if (it->options->mode == BENCH_CHAT) {
        const hws_status status = make_greeting(it);
        return status == HWS_OK ? make_publication(it) : status;
    }
    it->payload_size = (size_t)it->options->size;
    it->payload = malloc(it->payload_size);
    if (!it->payload) return HWS_ERR_NO_MEMORY;
    bench_content_fill(it->options->content, it->payload + BENCH_STAMP_SIZE,
                       it->payload_size - BENCH_STAMP_SIZE);
    return HWS_OK;
}

static bool cast(bench_worker *it, uint64_t stamp_ns, uint64_t now_ns)
{
    const bench_load *load = it->load;
    bench_stamp_write(load->payload + load->stamp_at, stamp_ns);
    const hws_status status = hws_websocket_send(
        it->connection[0].ws, &(hws_message){
                                  .type = load->options->connect.binary ? HWS_BINARY : HWS_TEXT,
                                  .data = load->payload,
                                  .size = load->payload_size,
                              });
    if (status < HWS_OK) {
        if (status != HWS_ERR_QUEUE_FULL && status != HWS_ERR_NOT_OPEN)
            bench_errors_add(&it->errors, hws_status_text(status));
        return false;
    }
    it->connection[0].sent_count++;
    it->expected_count += listener_count(it);
    it->cast_ns = now_ns;
    return true;
}

static uint64_t arrived_count(const bench_worker *it)
{
    const uint64_t others = bench_load_message_count(it->load) - atomic_load(&it->shown_messages);
    return others + it->message_count;
}

static bool may_cast(bench_worker *it, uint64_t now_ns)
{
    const uint64_t arrived = arrived_count(it);
    const uint64_t missing = it->expected_count > arrived ? it->expected_count - arrived : 0;
    const uint64_t in_flight = it->load->options->in_flight;
    if (missing <= (in_flight - 1) * listener_count(it)) return true;
    if (now_ns - it->cast_ns < PATIENCE_NS) return false;
    bench_errors_add(&it->errors, "a message that did not come to all within five seconds");
    it->expected_count = arrived;
    return true;
}

static void on_turn(bench_worker *it, uint64_t now_ns)
{
    const uint64_t rate = it->load->options->rate;
    if (it->index != 0 || !it->connection[0].is_open) return;
    if (rate == 0) {
        while (may_cast(it, now_ns) && cast(it, bench_now_ns(), now_ns)) continue;
        return;
    }
    const bench_pace pace = {.start_ns = it->pace.start_ns, .rate = rate, .worker_count = 1};
    while (bench_pace_due_ns(&pace, it->due_count) <= now_ns) {
        if (!cast(it, bench_pace_due_ns(&pace, it->due_count), now_ns)) return;
        it->due_count++;
    }
}

static uint64_t next_ns(const bench_worker *it)
{
    const uint64_t rate = it->load->options->rate;
    if (it->index != 0) return UINT64_MAX;
    const bench_pace pace = {.start_ns = it->pace.start_ns, .rate = rate, .worker_count = 1};
    if (rate > 0) return bench_pace_due_ns(&pace, it->due_count);
    /* What comes to other threads does not wake this one. */
    return it->load->worker_count > 1 ? bench_now_ns() + BENCH_NS_PER_MS / 10 : UINT64_MAX;
}

static void take(bench_connection *it, uint64_t stamp_ns, size_t size, uint64_t now_ns)
{
    if (is_sender(it)) return; /* what comes before this worker has seen the start counts, too */
    bench_worker_count(it->worker, now_ns, now_ns > stamp_ns ? now_ns - stamp_ns : 0, size);
}

static void on_message(bench_connection *it, const hws_message *message, uint64_t now_ns)
{
    uint64_t stamp_ns;
    if (bench_stamp_read(message->data, message->size, &stamp_ns))
        take(it, stamp_ns, message->size, now_ns);
    else if (it->worker->has_started)
        bench_errors_add(&it->worker->errors, "a message that is none of ours");
}

const bench_task bench_listen = {
    .on_message = on_message,
    .on_turn = on_turn,
    .next_ns = next_ns,
};

static void say(bench_connection *it, const char *text)
{
    const hws_status status = hws_websocket_send_text(it->ws, text);
    if (status < HWS_OK && status != HWS_ERR_NOT_OPEN)
        bench_errors_add(&it->worker->errors, hws_status_text(status));
}

static void on_chat_open(bench_connection *it)
{
    say(it, it->worker->load->greeting);
}

static bool has(const hws_message *message, const char *text)
{
    return memmem(message->data, message->size, text, strlen(text)) != NULL;
}

/* The protocol's ping is an empty object, and so is its pong. */
static bool is_ping(const hws_message *message)
{
    return message->size >= 2 && message->size <= 3 && memcmp(message->data, "{}", 2) == 0;
}

static void on_reply(bench_connection *it, const hws_message *message)
{
    if (has(message, "\"error\":")) {
        bench_errors_add(&it->worker->errors, "a command that the server refused");
        bench_connection_settle(it);
    }
    if (has(message, "\"id\":2") && has(message, "\"subscribe\":")) bench_connection_settle(it);
}

static void on_chat_message(bench_connection *it, const hws_message *message, uint64_t now_ns)
{
    const uint8_t *bytes = message->data;
    size_t size = message->size;
    uint64_t stamp_ns;
    bool is_publication = false;
    if (is_ping(message)) {
        say(it, "{}");
        return;
    }
    while (bench_stamp_next(&bytes, &size, &stamp_ns)) {
        take(it, stamp_ns, is_publication ? 0 : message->size, now_ns);
        is_publication = true;
    }
    if (!is_publication) on_reply(it, message);
}

const bench_task bench_chat = {
    .on_open = on_chat_open,
    .on_message = on_chat_message,
    .on_turn = on_turn,
    .next_ns = next_ns,
};
