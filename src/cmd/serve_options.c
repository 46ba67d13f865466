/* SPDX-License-Identifier: MIT */
#include "cmd/serve_options.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/backend.h"
#include "cmd/channels.h"
#include "cmd/options_file.h"
#include "cmd/page.h"
#include "cmd/threads.h"
#include "hawser/hawser.h"

const char serve_help[] =
    "hawser serve: a WebSocket server with pages, files, channels and an echo\n"
    "\n"
    "Usage: hawser serve [OPTION]...\n"
    "\n"
    "Where\n"
    "  --listen URL             listen there; may be given more than once\n"
    "                           http://localhost:8080  this machine only (the default)\n"
    "                           http://*:8080          every address of this machine\n"
    "                           https://*:8443         the same with TLS\n"
    "                           unix:/run/hawser.sock  a Unix socket\n"
    "                           port 0 takes a free one\n"
    "\n"
    "What\n"
    "  --files DIR              serve the files in DIR at /, in place of the start page\n"
    "  --echo PATH              send messages back at PATH (default /echo)\n"
    "  The start page leads to a chat and others that show what channels are for; those speak the\n"
    "  Centrifuge protocol (JSON), at /connection/websocket.\n"
    "\n"
    "For whom\n"
    "  --origin ORIGIN          let pages from there connect, such as https://example.com, or *\n"
    "                           for all; may be given more than once (default: own pages only)\n"
    "  --host NAME              answer to that host name; may be given more than once (default:\n"
    "                           localhost when listening on it alone, otherwise any)\n"
    "  --proxy-protocol NETWORK proxies there, such as 10.0.0.0/8, ::1 or unix, say in the PROXY\n"
    "                           protocol whom they speak for; may be given more than once\n"
    "\n"
    "With TLS (and then https://localhost:8443 is where it listens by default)\n"
    "  --certificate FILE       show that certificate (PEM, the chain behind it); may be given "
    "more\n"
    "                           than once, each with its key, for several names\n"
    "  --key FILE               its key (PEM; default: in the file of the certificate)\n"
    "  --self-signed            make a certificate for localhost, to try things out\n"
    "  --client-authorities FILE\n"
    "                           let in clients whose certificates these have signed (PEM)\n"
    "  --client-certificate WHETHER\n"
    "                           it is required (the default), or only asked for: asked\n"
    "  Files that change are read again, without a restart.\n"
    "\n"
    "Limits: sizes like 65536, 64K, 16M; durations like 500ms, 25s, 2m\n"
    "  --message-size-max SIZE  of a message to the echo (default 16M)\n"
    "  --send-queue-max SIZE    waiting for one slow reader (default 1M)\n"
    "  --ping-interval TIME     of silence before a ping; 0 for no pings (default 25s)\n"
    "\n"
    "Running it\n"
    "  --config FILE            take the options that are not given here from FILE (YAML): each is "
    "a\n"
    "                           key of its name, one that may be given more than once a list\n"
    "  --check                  only look whether options, FILE, certificates and addresses are "
    "good\n"
    "  --drain TIME             over which SIGTERM spreads the closing of WebSockets (default "
    "30s)\n"
    "  --metrics URL            answer to /metrics (OpenMetrics) and /healthz there, such as\n"
    "                           http://127.0.0.1:9090 (default: nowhere)\n"
    "  --threads COUNT          serve with so many threads (default all: one per processor)\n"
    "  --backend NAME           speak with the kernel through epoll (the default) or io_uring\n"
    "  --no-core-dumps          leave no core when it crashes: keys and tokens would be in it\n"
    "  --log FORM               write the log to stderr as text (the default), or as json: an\n"
    "                           object a line\n"
    "  --log-level LEVEL        what is as grave as error, warning, info or debug (default "
    "warning)\n"
    "  --help                   this text\n"
    "\n"
    "Examples\n"
    "  hawser serve\n"
    "  hawser serve --files public --listen http://*:8080 --origin https://example.com\n"
    "  hawser serve --self-signed\n"
    "  hawser serve --listen https://*:443 --certificate chain.pem --key key.pem\n"
    "  hawser serve --echo /mirror --message-size-max 64M --log-level debug\n"
    "\n"
    "Ctrl-C ends it: every WebSocket is closed with 1001; a second one does not wait for that.\n"
    "SIGTERM closes them with 1012, little by little; SIGHUP reads FILE and certificates again;\n"
    "SIGUSR2 starts the program anew, hands the sockets over to it, and then ends like SIGTERM.\n"
    "Exit status: 0 after Ctrl-C or SIGTERM, 1 when it failed while it ran, 2 when it could not "
    "start.\n";

static bool echo_path_is_free(const char *command, const char *path)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "/-._~";
    static const char ours[] = "/hawser/";
    static const char api[] = "/api/";
    if (path[0] != '/' || path[strspn(path, letters)] != '\0') {
        options_complain(command, "--echo: '%s' is not a plain path; write it like /echo", path);
        return false;
    }
    if (page_find(path, strlen(path)) || strcmp(path, channels_path) == 0 ||
        strncmp(path, ours, sizeof ours - 1) == 0 || strncmp(path, api, sizeof api - 1) == 0) {
        options_complain(command, "--echo: '%s' is taken; choose another path", path);
        return false;
    }
    return true;
}

static bool check_log_form(const char *command, const char *form)
{
    if (strcmp(form, "text") == 0 || strcmp(form, "json") == 0) return true;
    options_complain(command,
                     "--log: '%s' is neither text nor json; for how much there is "
                     "--log-level",
                     form);
    return false;
}

/* One table for the command line and for the file. */
static size_t make_rules(serve_options *it, option_rule rules[OPTION_COUNT_MAX])
{
    const uint64_t size_max = UINT64_C(1) << 40;
    const uint64_t number_max = UINT32_MAX - 1; /* the last one means no limit */
    const option_rule all[] = {
        {.name = "listen", .list = &it->listen},
        {.name = "files", .text = &it->files},
        {.name = "echo", .text = &it->echo_path},
        {.name = "origin", .list = &it->origins},
        {.name = "host", .list = &it->hosts},
        {.name = "proxy-protocol", .list = &it->proxy_protocol},
        {.name = "certificate", .texts = &it->secure.certificates},
        {.name = "key", .texts = &it->secure.keys},
        {.name = "self-signed", .flag = &it->secure.self_signed},
        {.name = "client-authorities", .text = &it->secure.client_authorities},
        {.name = "client-certificate", .text = &it->secure.client_certificate},
        {.name = "message-size-max", .size = &it->message_size_max, .min = 1, .max = size_max},
        {.name = "send-queue-max", .size = &it->send_queue_max, .min = 1, .max = size_max},
        {.name = "ping-interval", .duration_ms = &it->ping_interval_ms, .max = number_max},
        {.name = "connection-count-max",
         .count = &it->bounds.connection_count_max,
         .min = 1,
         .max = number_max},
        {.name = "connection-rate-max",
         .count = &it->bounds.connection_rate_max,
         .min = 1,
         .max = number_max},
        {.name = "address-count-max",
         .count = &it->bounds.address_count_max,
         .min = 1,
         .max = number_max},
        {.name = "address-rate-max",
         .count = &it->bounds.address_rate_max,
         .min = 1,
         .max = number_max},
        {.name = "message-rate-max",
         .count = &it->bounds.message_rate_max,
         .min = 1,
         .max = number_max},
        {.name = "byte-rate-max", .size = &it->bounds.byte_rate_max, .min = 1, .max = size_max},
        {.name = "memory-size-max", .size = &it->bounds.memory_size_max, .min = 1, .max = size_max},
        {.name = "broadcast-size-max",
         .size = &it->bounds.broadcast_size_max,
         .min = 1,
         .max = size_max},
        {.name = "handshake-timeout",
         .duration_ms = &it->bounds.handshake_timeout_ms,
         .min = 1,
         .max = number_max},
        {.name = "message-timeout",
         .duration_ms = &it->bounds.message_timeout_ms,
         .min = 1,
         .max = number_max},
        {.name = "pong-timeout",
         .duration_ms = &it->bounds.pong_timeout_ms,
         .min = 1,
         .max = number_max},
        {.name = "close-timeout",
         .duration_ms = &it->bounds.close_timeout_ms,
         .min = 1,
         .max = number_max},
        {.name = "send-timeout",
         .duration_ms = &it->bounds.send_timeout_ms,
         .min = 1,
         .max = number_max},
        {.name = "config", .text = &it->config_file, .by_hand = true},
        {.name = "check", .flag = &it->check, .by_hand = true},
        {.name = "drain", .duration_ms = &it->drain_ms, .max = UINT64_C(24) * 3600 * 1000},
        {.name = "metrics", .text = &it->metrics},
        {.name = "threads", .text = &it->threads},
        {.name = "backend", .text = &it->backend_name},
        {.name = "token-key", .texts = &it->token_keys},
        {.name = "token-audience", .text = &it->token_audience},
        {.name = "token-issuer", .text = &it->token_issuer},
        {.name = "token-without-exp", .flag = &it->token_without_exp},
        {.name = "anonymous", .flag = &it->anonymous},
        {.name = "demo", .flag = &it->demo},
        {.name = "api-key", .text = &it->api_key},
        {.name = "admin-token", .text = &it->admin_token},
        {.name = "admin-listen", .text = &it->admin_listen},
        {.name = "namespaces", .node = &it->namespace_map},
        {.name = "no-core-dumps", .flag = &it->no_core_dumps},
        {.name = "log", .text = &it->log_form},
        {.name = "log-level", .log_level = &it->log_level},
        {.name = "help", .flag = &it->help, .by_hand = true},
    };
    const size_t count = sizeof all / sizeof *all;
    _Static_assert(sizeof all / sizeof *all + COMPRESSION_RULE_COUNT + HOOKS_RULE_COUNT <=
                       OPTION_COUNT_MAX,
                   "the table is too small");
    memcpy(rules, all, sizeof all);
    compression_rules(&it->compression, rules + count);
    hooks_rules(&it->hooks, rules + count + COMPRESSION_RULE_COUNT);
    return count + COMPRESSION_RULE_COUNT + HOOKS_RULE_COUNT;
}

/* The pages' namespaces would be there twice, or their rules be others. */
static bool check_demo(const char *command, const serve_options *it)
{
    if (!it->demo || !it->namespace_map) return true;
    options_complain(command,
                     "--demo brings the namespaces of the pages; leave out those of FILE, or "
                     "leave out --demo");
    return false;
}

static bool check_admin(const char *command, const serve_options *it)
{
    if (!it->admin_listen || it->admin_token) return true;
    options_complain(command, "--admin-listen: without --admin-token nobody would be let in there");
    return false;
}

static bool read_file(const char *command, serve_options *it, const option_rule *rules,
                      size_t rule_count, const bool given[OPTION_COUNT_MAX])
{
    char explain[CONFIG_EXPLANATION_SIZE];
    if (!it->config_file) return true;
    it->config = config_read(it->config_file, explain);
    if (it->config) return options_file_apply(command, it->config, rules, rule_count, given);
    options_complain(command, "%s", explain);
    return false;
}

/* Defaults give way to a memory that is smaller. */
static void settle(uint64_t *size, uint64_t usual, uint64_t memory_size_max)
{
    if (*size > 0) return;
    *size = memory_size_max > 0 && memory_size_max < usual ? memory_size_max : usual;
}

static bool check(const char *command, serve_options *it)
{
    settle(&it->message_size_max, 16 << 20, it->bounds.memory_size_max);
    settle(&it->send_queue_max, 1 << 20, it->bounds.memory_size_max);
    return check_demo(command, it) && check_admin(command, it) &&
           check_log_form(command, it->log_form) && echo_path_is_free(command, it->echo_path) &&
           namespaces_read(command, it->config, it->namespace_map, &it->namespaces) &&
           secure_check(command, &it->secure, it->listen.text, it->admin_listen) &&
           threads_read(command, it->threads, &it->thread_count) &&
           backend_read(command, it->backend_name, &it->backend);
}

serve_options *serve_options_read(int argc, char **argv)
{
    option_rule rules[OPTION_COUNT_MAX];
    bool given[OPTION_COUNT_MAX];
    serve_options *made = calloc(1, sizeof *made);
    if (!made) {
        options_complain(argv[0], "out of memory");
        return NULL;
    }
    made->echo_path = "/echo";
    made->ping_interval_ms = 25000;
    made->drain_ms = 30000;
    made->threads = "all";
    made->log_level = HWS_LOG_WARNING;
    made->log_form = "text";
    const size_t count = make_rules(made, rules);
    if (options_read_given(argc, argv, rules, count, given) &&
        (made->help || (read_file(argv[0], made, rules, count, given) && check(argv[0], made))))
        return made;
    serve_options_free(made);
    return NULL;
}

void serve_options_free(serve_options *it)
{
    if (!it) return;
    config_free(it->config);
    free(it);
}

/* What a running server can do nothing about. */
static bool is_settled_at_start(const char *name)
{
    return strcmp(name, "log") != 0 && strcmp(name, "log-level") != 0 && strcmp(name, "drain") != 0;
}

size_t serve_options_compare(serve_options *old, serve_options *fresh,
                             const char *names[OPTION_COUNT_MAX])
{
    option_rule before[OPTION_COUNT_MAX];
    option_rule after[OPTION_COUNT_MAX];
    const size_t count = make_rules(old, before);
    make_rules(fresh, after);
    size_t changed = 0;
    for (size_t i = 0; i < count; i++)
        if (is_settled_at_start(before[i].name) && !options_equal(&before[i], &after[i]))
            names[changed++] = before[i].name;
    if (!config_equal(old->namespace_map, fresh->namespace_map)) names[changed++] = "namespaces";
    return changed;
}
