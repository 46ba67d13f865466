/* SPDX-License-Identifier: MIT */
/* Opens a WebSocket with the library's client, talks a little, closes it, and takes everything
 * down. */
#include "cmd/doctor_probe.h"

#include <string.h>
#include <time.h>

enum {
    PONG_MS = 5000,  /* for the pong */
    LISTEN_MS = 300, /* for who closes after a look at our token, say */
    ECHO_MS = 1000,  /* for our message to come back */
};

static const char ping[] = "hawser doctor";
static const char question[] = "hawser doctor asks: does this come back?";

/* JSON as applications send it, so that how well it compresses says something. */
static const char sample[] =
    "{\"from\":\"hawser doctor\",\"asks\":\"does this come back, compressed?\",\"quotes\":["
    "{\"symbol\":\"ACME\",\"bid\":182.41,\"ask\":182.44,\"volume\":120400,\"open\":true},"
    "{\"symbol\":\"HULL\",\"bid\":17.03,\"ask\":17.05,\"volume\":98310,\"open\":true},"
    "{\"symbol\":\"KEEL\",\"bid\":644.9,\"ask\":645.35,\"volume\":7205,\"open\":false},"
    "{\"symbol\":\"MAST\",\"bid\":3.118,\"ask\":3.121,\"volume\":1530000,\"open\":true},"
    "{\"symbol\":\"SAIL\",\"bid\":71.77,\"ask\":71.8,\"volume\":45012,\"open\":true},"
    "{\"symbol\":\"TIDE\",\"bid\":226.5,\"ask\":226.72,\"volume\":30998,\"open\":false}],"
    "\"people\":[{\"id\":4711,\"name\":\"Ada\",\"room\":\"harbour\"},"
    "{\"id\":4712,\"name\":\"Ben\",\"room\":\"mole\"},"
    "{\"id\":4713,\"name\":\"Cleo\",\"room\":\"harbour\"}]}";

typedef enum phase { OPENING, PINGING, LISTENING, ASKING, SAMPLING, CLOSING } phase;

typedef struct probe {
    doctor_report *report;
    const doctor_probe_options *options;
    hws_loop *loop;
    hws_timer *timer;
    hws_websocket ws;
    phase phase;
    uint64_t phase_us; /* when it began */
} probe;

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* It may be closed any time: what is known of it is kept. */
static void remember(probe *it)
{
    hws_deflate_info info = {0};
    if (hws_websocket_deflate(it->ws, &info) == HWS_OK) it->report->talk.deflate = info;
}

static void close_it(probe *it)
{
    remember(it);
    it->report->talk.is_closed_by_us = true;
    it->phase = CLOSING;
    it->phase_us = now_us();
    hws_timer_stop(it->timer);
    (void)hws_websocket_close(it->ws, HWS_CLOSE_NORMAL,
                              NULL); /* or it has closed: on_close tells */
}

static void enter(probe *it, phase next, uint64_t timeout_ms)
{
    it->phase = next;
    it->phase_us = now_us();
    if (hws_timer_start(it->timer, timeout_ms, 0) != HWS_OK) close_it(it);
}

static void send(const probe *it, const char *text, size_t size, hws_compress compress)
{
    (void)hws_websocket_send(it->ws, &(hws_message){.type = HWS_TEXT,
                                                    .data = (const uint8_t *)text,
                                                    .size = size,
                                                    .compress = compress});
}

static void ask(probe *it)
{
    if (it->options->no_message) {
        close_it(it);
        return;
    }
    it->report->talk.echo = DOCTOR_ECHO_NONE;
    send(it, question, sizeof question - 1, HWS_COMPRESS_NEVER);
    enter(it, ASKING, ECHO_MS);
}

static void ask_compressed(probe *it)
{
    it->report->talk.sample = DOCTOR_ECHO_NONE;
    send(it, sample, sizeof sample - 1, HWS_COMPRESS_ALWAYS);
    remember(it);
    enter(it, SAMPLING, ECHO_MS);
}

static void on_late(void *user)
{
    probe *it = user;
    if (it->phase == LISTENING) {
        ask(it);
    } else {
        close_it(it);
    }
}

static void on_open(hws_websocket ws, void *user)
{
    probe *it = user;
    it->ws = ws;
    doctor_report_open(it->report, hws_websocket_protocol(ws), hws_websocket_extensions(ws));
    remember(it);
    if (it->options->is_brief) {
        close_it(it);
        return;
    }
    it->report->talk.is_pinged = hws_websocket_ping(ws, ping, sizeof ping - 1) >= HWS_OK;
    enter(it, PINGING, it->report->timeout_ms < PONG_MS ? it->report->timeout_ms : PONG_MS);
}

static void on_pong(hws_websocket ws, const void *payload, size_t size, void *user)
{
    (void)ws;
    probe *it = user;
    if (it->phase != PINGING || size != sizeof ping - 1 || memcmp(payload, ping, size) != 0) return;
    it->report->talk.is_ponged = true;
    it->report->talk.pong_us = now_us() - it->phase_us;
    enter(it, LISTENING, LISTEN_MS);
}

static bool is_text(const hws_message *message, const char *text, size_t size)
{
    return message->size == size && memcmp(message->data, text, size) == 0;
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    probe *it = user;
    doctor_talk *talk = &it->report->talk;
    remember(it);
    if (it->phase == ASKING) {
        talk->echo = DOCTOR_ECHO_OTHER;
        if (!is_text(message, question, sizeof question - 1)) return;
        talk->echo = DOCTOR_ECHO_SAME;
        talk->echo_us = now_us() - it->phase_us;
        if (talk->deflate.agreed)
            ask_compressed(it);
        else
            close_it(it);
    } else if (it->phase == SAMPLING) {
        talk->sample = DOCTOR_ECHO_OTHER;
        if (!is_text(message, sample, sizeof sample - 1)) return;
        talk->sample = DOCTOR_ECHO_SAME;
        talk->sample_us = now_us() - it->phase_us;
        close_it(it);
    } else {
        talk->message_count++;
    }
}

static void on_step(hws_websocket ws, const hws_step *step, void *user)
{
    (void)ws;
    const probe *it = user;
    doctor_report_add_step(it->report, step);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    probe *it = user;
    doctor_report_end(it->report, close, it->phase == OPENING ? 0 : now_us() - it->phase_us);
    hws_loop_stop(it->loop);
}

static hws_status run(probe *it)
{
    hws_client_options client = it->options->client;
    client.on_open = on_open;
    client.on_pong = on_pong;
    client.on_message = on_message;
    client.on_step = on_step;
    client.on_close = on_close;
    client.user = it;
    client.protocol_optional = true;      /* that is for us to judge */
    client.ping_interval_ms = UINT32_MAX; /* ours is the one that is measured */
    hws_status status = hws_timer_new(it->loop, on_late, it, &it->timer);
    if (status == HWS_OK) status = hws_websocket_open(it->loop, &client, &it->ws);
    if (status == HWS_OK) status = hws_loop_run(it->loop);
    hws_timer_free(it->timer);
    return status;
}

hws_status doctor_probe(doctor_report *report, const doctor_probe_options *options)
{
    probe it = {.report = report, .options = options};
    hws_status status = hws_loop_new(NULL, &it.loop);
    if (status == HWS_OK) status = run(&it);
    hws_loop_free(it.loop);
    return status;
}
