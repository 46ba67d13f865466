/* SPDX-License-Identifier: MIT */
/* hawser demo-devices: pumps that do not exist, for the page /devices.
 *
 *     devices:here       each is a member, so that others see it come and go
 *     devices:state      what each measures
 *     devices:pump-07    commands to one, and its acknowledgements
 *
 * Each has a WebSocket of its own.  One that is told to die ends it without a word. */
#include "cmd/demo_devices.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/demo_device.h"
#include "cmd/demo_link.h"
#include "cmd/demo_run.h"
#include "cmd/options.h"

enum { DEVICE_COUNT_MAX = 99, DEATH_MS = 8000, COMMAND_ID_SIZE_MAX = 40 };

static const char help[] =
    "hawser demo-devices: pumps that do not exist, for the page /devices\n"
    "\n"
    "Usage: hawser demo-devices [OPTION]... [URL]\n"
    "\n"
    "URL is where channels are (default ws://localhost:8080/connection/websocket).  Each pump has "
    "a\n"
    "WebSocket of its own, tells what it measures, and obeys commands.\n"
    "\n"
    "  -n, --count COUNT        so many of them, 1 to 99 (default 20)\n"
    "  --interval TIME          each tells so often, such as 500ms (the default)\n"
    "  --seed NUMBER            that their chance begins with (default 1)\n"
    "  --token TOKEN            be let in with it (hawser token makes one), where a server wants "
    "one\n"
    "  --token-file FILE        the same, out of a file, which each new connection reads again\n"
    "  --help                   this text\n"
    "\n"
    "Ctrl-C ends it.  They come back when the connection is lost.\n"
    "Exit status: 0 when it ended in order, 1 when the server refused, 2 when it could not "
    "begin.\n";

typedef struct pump {
    struct devices *all;
    demo_device device;
    demo_link link;
    bool is_doomed;      /* dies when its acknowledgement has left */
    uint64_t returns_ms; /* when it comes back from the dead; 0: it is alive */
} pump;

typedef struct devices {
    const char *url;
    uint64_t count;
    uint64_t interval_ms;
    uint64_t seed;
    access_token token;
    bool help;

    hws_loop *loop;
    hws_timer *timer;
    size_t next; /* whose turn it is to tell */
    bool has_failed;
    bool is_ending;
    pump pump[DEVICE_COUNT_MAX];
} devices;

/* Commands. */

/* An id that can be quoted as it is. */
static bool id_is_plain(const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    const size_t size = strspn(id, letters);
    return size > 0 && size < COMMAND_ID_SIZE_MAX && id[size] == '\0';
}

static bool obey(pump *it, const char *command, int64_t value)
{
    if (strcmp(command, "die") != 0) return demo_device_obey(&it->device, command, value);
    it->is_doomed = true;
    return true;
}

static void on_publication(demo_link *link, const char *channel, const json_t *data)
{
    pump *it = link->user;
    const char *command = json_string_value(json_object_get(data, "command"));
    const char *id = json_string_value(json_object_get(data, "id"));
    if (!command || !id || !id_is_plain(id) || strcmp(channel, link->channel[1]) != 0) return;
    const bool is_done = obey(it, command, json_integer_value(json_object_get(data, "value")));
    char text[DEMO_DATA_SIZE_MAX];
    snprintf(text, sizeof text, "{\"ack\":\"%s\",\"done\":%s}", id, is_done ? "true" : "false");
    demo_link_publish(link, channel, text);
    demo_link_flush(link);
}

/* Life and death. */

static void on_end(demo_link *link)
{
    const pump *it = link->user;
    if (it->returns_ms > 0) return; /* it comes back */
    if (link->has_failed) it->all->has_failed = true;
    if (!it->all->is_ending) hws_loop_stop(it->all->loop);
}

static void look_after_life(pump *it, uint64_t now_ms)
{
    if (it->is_doomed && demo_link_waiting(&it->link) == 0) {
        it->is_doomed = false;
        it->returns_ms = now_ms + DEATH_MS;
        demo_link_die(&it->link);
    } else if (it->returns_ms > 0 && now_ms >= it->returns_ms) {
        it->returns_ms = 0;
        if (demo_link_open(&it->link, it->all->loop) != HWS_OK) on_end(&it->link);
    }
}

static void tell(pump *it)
{
    char state[DEMO_STATE_SIZE_MAX];
    demo_device_step(&it->device);
    demo_device_write(&it->device, state);
    demo_link_publish(&it->link, "devices:state", state);
    demo_link_flush(&it->link);
}

/* One after the other: what they tell is spread over the interval. */
static void on_tick(void *user)
{
    devices *it = user;
    pump *next = &it->pump[it->next];
    it->next = (it->next + 1) % it->count;
    look_after_life(next, hws_loop_now_ms(it->loop));
    if (next->link.is_ready) tell(next);
}

/* All of it. */

static bool read_options(int argc, char **argv, devices *it)
{
    const option_rule rules[] = {
        {.name = "URL", .argument = &it->url},
        {.name = "count", .letter = 'n', .count = &it->count, .min = 1, .max = DEVICE_COUNT_MAX},
        {.name = "interval", .duration_ms = &it->interval_ms, .min = 100, .max = 60000},
        {.name = "seed", .count = &it->seed, .max = UINT32_MAX},
        {.name = "token", .text = &it->token.given},
        {.name = "token-file", .text = &it->token.file},
        {.name = "help", .flag = &it->help},
    };
    return options_read(argc, argv, rules, sizeof rules / sizeof *rules) &&
           (it->help || access_token_read(argv[0], &it->token));
}

static hws_status open_pump(devices *all, uint32_t number)
{
    pump *it = &all->pump[number - 1];
    it->all = all;
    demo_device_init(&it->device, number, all->seed * DEVICE_COUNT_MAX);
    demo_link *link = &it->link;
    link->command = "demo-devices";
    link->url = all->url;
    link->token = &all->token;
    link->on_publication = on_publication;
    link->on_end = on_end;
    link->user = it;
    snprintf(link->name, sizeof link->name, "pump-%02" PRIu32, number);
    snprintf(link->channel[0], sizeof link->channel[0], "devices:here");
    snprintf(link->channel[1], sizeof link->channel[1], "devices:pump-%02" PRIu32, number);
    return demo_link_open(link, all->loop);
}

static hws_status begin(devices *it)
{
    const uint64_t tick_ms = it->interval_ms / it->count > 0 ? it->interval_ms / it->count : 1;
    hws_status status = hws_loop_new(NULL, &it->loop);
    if (status == HWS_OK) status = hws_timer_new(it->loop, on_tick, it, &it->timer);
    if (status == HWS_OK) status = hws_timer_start(it->timer, tick_ms, tick_ms);
    for (uint32_t number = 1; number <= it->count && status == HWS_OK; number++)
        status = open_pump(it, number);
    return status;
}

static void end(devices *it)
{
    it->is_ending = true;
    for (size_t i = 0; i < it->count; i++) it->pump[i].link.is_dying = true;
    hws_timer_free(it->timer);
    hws_loop_free(it->loop);
}

int demo_devices_run(int argc, char **argv)
{
    static devices it; /* larger than a stack should bear */
    it = (devices){.url = demo_url, .count = 20, .interval_ms = 500, .seed = 1};
    if (!read_options(argc, argv, &it)) return EXIT_MISUSE;
    if (it.help) {
        fputs(help, stdout);
        return 0;
    }
    hws_status status = begin(&it);
    const bool has_begun = status == HWS_OK;
    if (has_begun) status = demo_run(it.loop);
    if (status != HWS_OK) options_complain(argv[0], "%s", hws_status_text(status));
    const bool has_failed = status != HWS_OK || it.has_failed;
    end(&it);
    if (!has_begun) return EXIT_MISUSE;
    return has_failed ? 1 : 0;
}
