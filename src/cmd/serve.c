/* SPDX-License-Identifier: MIT */
/* hawser serve: a WebSocket server with pages, files, a chat and an echo. */
#include "cmd/serve.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/chat.h"
#include "cmd/echo.h"
#include "cmd/info.h"
#include "cmd/log.h"
#include "cmd/options.h"
#include "cmd/page.h"
#include "hawser/hawser.h"

static const char help_text[] =
    "hawser serve: a WebSocket server with pages, files, a chat and an echo\n"
    "\n"
    "Usage: hawser serve [OPTION]...\n"
    "\n"
    "Where\n"
    "  --listen URL             listen there; may be given more than once\n"
    "                           http://localhost:8080  this machine only (the default)\n"
    "                           http://*:8080          every address of this machine\n"
    "                           unix:/run/hawser.sock  a Unix socket\n"
    "                           port 0 takes a free one\n"
    "\n"
    "What\n"
    "  --files DIR              serve the files in DIR at /, in place of the start page\n"
    "  --echo PATH              send messages back at PATH (default /echo)\n"
    "  The chat is at /chat, its protocol (Centrifuge, JSON) at /connection/websocket.\n"
    "\n"
    "For whom\n"
    "  --origin ORIGIN          let pages from there connect, such as https://example.com, or *\n"
    "                           for all; may be given more than once (default: own pages only)\n"
    "  --host NAME              answer to that host name; may be given more than once (default:\n"
    "                           localhost when listening on it alone, otherwise any)\n"
    "\n"
    "Limits: sizes like 65536, 64K, 16M; durations like 500ms, 25s, 2m\n"
    "  --message-size-max SIZE  of a message to the echo (default 16M)\n"
    "  --send-queue-max SIZE    waiting for one slow reader (default 1M)\n"
    "  --ping-interval TIME     of silence before a ping; 0 for no pings (default 25s)\n"
    "\n"
    "Other\n"
    "  --log LEVEL              write to stderr what is as grave as error, warning, info or debug\n"
    "                           (default warning)\n"
    "  --help                   this text\n"
    "\n"
    "Examples\n"
    "  hawser serve\n"
    "  hawser serve --files public --listen http://*:8080 --origin https://example.com\n"
    "  hawser serve --echo /mirror --message-size-max 64M --log debug\n"
    "\n"
    "Ctrl-C ends it: every WebSocket is closed with 1001; a second one does not wait for that.\n"
    "Exit status: 0 after Ctrl-C or SIGTERM, 1 when it failed while it ran, 2 when it could not "
    "start.\n";

typedef struct settings {
    option_list listen;
    option_list origins;
    option_list hosts;
    const char *files;
    const char *echo_path;
    uint64_t message_size_max;
    uint64_t send_queue_max;
    uint64_t ping_interval_ms;
    int log_level;
    bool help;
} settings;

/* What turns; the objects are made one after the other. */
typedef struct service {
    settings settings;
    info info;
    hws_server_options options;
    hws_loop *loop;
    chat *chat;
    hws_server *server;
} service;

static bool echo_path_is_free(const char *command, const char *path)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "/-._~";
    static const char ours[] = "/hawser/";
    if (path[0] != '/' || path[strspn(path, letters)] != '\0') {
        options_complain(command, "--echo: '%s' is not a plain path; write it like /echo", path);
        return false;
    }
    if (page_find(path, strlen(path)) || strcmp(path, chat_route(NULL).path) == 0 ||
        strncmp(path, ours, sizeof ours - 1) == 0) {
        options_complain(command, "--echo: '%s' is taken; choose another path", path);
        return false;
    }
    return true;
}

static bool read_settings(int argc, char **argv, settings *it)
{
    const uint64_t size_max = UINT64_C(1) << 40;
    const option_rule rules[] = {
        {.name = "listen", .list = &it->listen},
        {.name = "files", .text = &it->files},
        {.name = "echo", .text = &it->echo_path},
        {.name = "origin", .list = &it->origins},
        {.name = "host", .list = &it->hosts},
        {.name = "message-size-max", .size = &it->message_size_max, .min = 1, .max = size_max},
        {.name = "send-queue-max", .size = &it->send_queue_max, .min = 1, .max = size_max},
        {.name = "ping-interval", .duration_ms = &it->ping_interval_ms, .max = UINT32_MAX - 1},
        {.name = "log", .log_level = &it->log_level},
        {.name = "help", .flag = &it->help},
    };
    return options_read(argc, argv, rules, sizeof rules / sizeof *rules) &&
           echo_path_is_free(argv[0], it->echo_path);
}

static void add_route(hws_server_options *options, size_t *count, hws_route route)
{
    assert(*count < HWS_ROUTE_MAX);
    options->route[(*count)++] = route;
}

static const char *text_or_default(const option_list *list)
{
    return list->text[0] != '\0' ? list->text : NULL;
}

static void fill_options(service *it)
{
    settings *from = &it->settings;
    hws_server_options *options = &it->options;
    *options = (hws_server_options){
        .listen = text_or_default(&from->listen),
        .files = from->files,
        .origins = text_or_default(&from->origins),
        .hosts = text_or_default(&from->hosts),
        .send_queue_max = (size_t)from->send_queue_max,
        .ping_interval_ms = from->ping_interval_ms ? (uint32_t)from->ping_interval_ms : UINT32_MAX,
        .on_log = log_write,
        .log_user = &from->log_level,
    };
    it->info = (info){.echo_path = from->echo_path, .channels_path = chat_route(NULL).path};
    size_t count = 0;
    add_route(options, &count, echo_route(from->echo_path, from->message_size_max));
    add_route(options, &count, chat_route(it->chat));
    add_route(options, &count, info_route(&it->info));
    for (size_t i = 0; i < page_count; i++) {
        const char *path = page_table[i].path;
        const bool gives_way = from->files && strcmp(path, "/") == 0;
        if (!gives_way) add_route(options, &count, page_route(path));
    }
}

/* A URL of the server is "http://host:port" or "unix:/path". */
static void greet(const service *it)
{
    static const char http[] = "http";
    printf("hawser %s\n", hws_version());
    const char *url;
    for (size_t i = 0; (url = hws_server_url(it->server, i)); i++) {
        if (strncmp(url, http, sizeof http - 1) != 0) {
            printf("  socket     %s\n", url);
            continue;
        }
        const char *rest = url + sizeof http - 1; /* "://host:port", or "s://host:port" */
        if (it->settings.files) {
            printf("  files      %s/ (%s)\n", url, it->settings.files);
        } else {
            printf("  page       %s/\n", url);
        }
        printf("  chat       %s/chat\n", url);
        printf("  echo       ws%s%s\n", rest, it->settings.echo_path);
        printf("  channels   ws%s%s\n", rest, chat_route(NULL).path);
    }
    puts("Ctrl-C ends it.");
    fflush(stdout);
}

static hws_loop *loop_of_signals; /* set before the handler is */

static void on_signal(int number)
{
    (void)number;
    hws_loop_stop(loop_of_signals);
}

static void watch_signals(hws_loop *loop)
{
    loop_of_signals = loop;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* who reads our greeting may go before us */
}

/* The loop goes: a late signal must not reach for it. */
static void forget_signals(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

static void on_closed(void *user)
{
    hws_loop_stop(user);
}

/* Turns until a signal; then closes, and turns until that is done or another signal comes. */
static int turn(const service *it)
{
    hws_status status = hws_loop_run(it->loop);
    if (status == HWS_OK) {
        chat_end(it->chat);
        hws_server_close(it->server, HWS_CLOSE_GOING_AWAY, on_closed, it->loop);
        status = hws_loop_run(it->loop);
    }
    if (status == HWS_OK) return 0;
    options_complain("serve", "%s", hws_status_text(status));
    return 1;
}

static void explain_failure(const service *it, hws_status status, const char *explain)
{
    if (status == HWS_ERR_NOT_FOUND && it->settings.files) {
        options_complain("serve", "--files: there is no folder %s; make it, or name another",
                         it->settings.files);
    } else {
        options_complain("serve", "%s", explain[0] != '\0' ? explain : hws_status_text(status));
    }
}

static int begin(service *it)
{
    char explain[256] = "";
    hws_status status = hws_loop_new(NULL, &it->loop);
    if (status == HWS_OK && !(it->chat = chat_new(it->loop))) status = HWS_ERR_NO_MEMORY;
    if (status == HWS_OK) {
        fill_options(it);
        status = hws_server_new(it->loop, &it->options, explain, sizeof explain, &it->server);
    }
    if (status != HWS_OK) {
        explain_failure(it, status, explain);
        return EXIT_MISUSE;
    }
    chat_begin(it->chat, it->server);
    watch_signals(it->loop);
    greet(it);
    return turn(it);
}

static void end(service *it)
{
    forget_signals();
    if (it->chat) chat_end(it->chat);
    hws_server_free(it->server);
    chat_free(it->chat);
    hws_loop_free(it->loop);
}

int serve_run(int argc, char **argv)
{
    service it = {
        .settings =
            {
                .echo_path = "/echo",
                .message_size_max = 16 << 20,
                .send_queue_max = 1 << 20,
                .ping_interval_ms = 25000,
                .log_level = HWS_LOG_WARNING,
            },
    };
    if (!read_settings(argc, argv, &it.settings)) return EXIT_MISUSE;
    if (it.settings.help) {
        fputs(help_text, stdout);
        return 0;
    }
    const int result = begin(&it);
    end(&it);
    return result;
}
