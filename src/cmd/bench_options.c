/* SPDX-License-Identifier: MIT */
/* What hawser bench was asked to do. */
#include "cmd/bench_options.h"

#include <string.h>

#include "cmd/bench_cast.h"

const char bench_options_help[] =
    "hawser bench: puts a WebSocket server under load, and tells how it fares\n"
    "\n"
    "Usage: hawser bench [OPTION]... URL\n"
    "\n"
    "URL is like wss://example.com/chat or ws://localhost:8080/echo.  Without a scheme it is ws\n"
    "for localhost, 127.0.0.1 and [::1], and wss for all others.\n"
    "\n"
    "Load only what is yours.\n"
    "\n"
    "Load\n"
    "  --mode MODE              what the connections do (default echo):\n"
    "                           echo     each sends, and waits for its messages to come back\n"
    "                           listen   one sends, and all the others wait for what it sent\n"
    "                           chat     the same through --channel of a server that speaks the\n"
    "                                    Centrifuge protocol in JSON (/connection/websocket)\n"
    "                           connect  a storm: each opens, closes and opens again\n"
    "                           idle     they are opened, and held\n"
    "  -c, --connections COUNT  how many (default 100)\n"
    "  -f, --in-flight COUNT    messages on the way at once on each of them, with listen and chat\n"
    "                           in all (default 1, with --rate 256)\n"
    "  -r, --rate COUNT         messages a second, over all; latencies then count from when a\n"
    "                           message was due, not from when it could be sent\n"
    "                           (default: the next when one has come back)\n"
    "  -d, --duration TIME      of measuring (default 10s)\n"
    "  --warm-up TIME           of load before that (default 1s)\n"
    "  --ramp COUNT             open so many connections a second (default: as they come)\n"
    "  -t, --threads COUNT      that make the load (default 1)\n"
    "\n"
    "Messages\n"
    "  -s, --size SIZE          of each (default 125)\n"
    "  --content NAME           ascii, chinese, json or random (default ascii)\n"
    "  --message TEXT           send this instead\n"
    "  --binary                 send binary messages; else texts\n"
    "  --any-answer             whatever comes is the answer; else it must be what was sent\n"
    "  --deflate                offer compression (permessage-deflate) without takeover, and "
    "compress\n"
    "                           what is sent; else neither\n"
    "  --channel NAME           of the chat (default bench)\n"
    "  --token TOKEN            for the chat, where its server wants one\n"
    "  --token-file FILE        the same, out of a file\n"
    "\n"
    "Faults, besides the load\n"
    "  --slow COUNT             connections that send and hardly read\n"
    "  --half-open COUNT        connections that never finish their handshake\n"
    "\n"
    "Request\n"
    "  --protocol NAME          offer a subprotocol; may be given more than once\n"
    "  --header LINE            add a field like 'Name: value'; may be given more than once\n"
    "  --origin ORIGIN          say which page asks, such as https://example.com\n"
    "  --cookie TEXT            cookies, like 'a=b; c=d'\n"
    "  --bearer TOKEN           a token (Authorization: Bearer)\n"
    "  --bearer-file FILE       the same, out of a file: arguments can be seen by others\n"
    "\n"
    "Way\n"
    "  --authorities FILE       trust the certificate authorities in FILE, not those of the "
    "system\n"
    "  --insecure               trust any certificate\n"
    "  --proxy URL              http://, https://, socks5:// or socks5h://host:port, or none\n"
    "                           (default: as http_proxy, https_proxy, all_proxy and no_proxy say)\n"
    "  --unix PATH              connect to this Unix socket\n"
    "  --timeout TIME           for connecting, and again for the handshake (default 10s)\n"
    "\n"
    "Report\n"
    "  --pid PID                the server, if it is on this machine: tell what it uses\n"
    "  --json                   write one JSON object, for programs\n"
    "  --html FILE              write a page with plots, too\n"
    "  --quiet                  nothing while it runs\n"
    "  --help                   this text\n"
    "\n"
    "Sizes are like 65536, 64K or 16M; times like 500ms, 25s or 2m.\n"
    "\n"
    "Examples\n"
    "  hawser bench ws://localhost:8080/echo\n"
    "  hawser bench -c 1000 -r 20000 --html report.html ws://localhost:8080/echo\n"
    "  hawser bench --mode chat -c 10000 -r 5 ws://localhost:8080/connection/websocket\n"
    "  hawser bench --mode connect --pid $(pidof server) wss://localhost:8443/echo --insecure\n"
    "\n"
    "Ctrl-C ends it early; what was measured is told all the same.  Exit status: 0 when all went\n"
    "well, 1 when there were errors, 2 when it could not begin.\n";

static bool read_arguments(int argc, char **argv, bench_options *options)
{
    connect_options *it = &options->connect;
    const uint64_t hours_24_ms = UINT64_C(24) * 3600 * 1000;
    const uint64_t rate_max = 100000000;
    const option_rule rules[] = {
        {.name = "URL", .argument = &it->argument},
        {.name = "mode", .text = &options->mode_name},
        {.name = "connections",
         .letter = 'c',
         .count = &options->connection_count,
         .min = 1,
         .max = BENCH_CONNECTION_MAX},
        {.name = "in-flight", .letter = 'f', .count = &options->in_flight, .min = 1, .max = 65536},
        {.name = "rate", .letter = 'r', .count = &options->rate, .min = 1, .max = rate_max},
        {.name = "duration",
         .letter = 'd',
         .duration_ms = &options->duration_ms,
         .min = 1,
         .max = hours_24_ms},
        {.name = "warm-up", .duration_ms = &options->warm_up_ms, .max = hours_24_ms},
        {.name = "ramp", .count = &options->ramp, .min = 1, .max = rate_max},
        {.name = "threads",
         .letter = 't',
         .count = &options->thread_count,
         .min = 1,
         .max = BENCH_THREAD_MAX},
        {.name = "size", .letter = 's', .size = &options->size, .max = BENCH_SIZE_MAX},
        {.name = "content", .text = &options->content_name},
        {.name = "message", .text = &options->message},
        {.name = "binary", .flag = &it->binary},
        {.name = "any-answer", .flag = &options->any_answer},
        {.name = "deflate", .flag = &it->deflate.enabled},
        {.name = "channel", .text = &options->channel},
        {.name = "token", .text = &options->token.given},
        {.name = "token-file", .text = &options->token.file},
        {.name = "slow", .count = &options->slow_count, .max = BENCH_CONNECTION_MAX},
        {.name = "half-open", .count = &options->half_open_count, .max = BENCH_CONNECTION_MAX},
        {.name = "protocol", .texts = &it->protocols},
        {.name = "header", .texts = &it->header_lines},
        {.name = "origin", .text = &it->origin},
        {.name = "cookie", .text = &it->cookie},
        {.name = "bearer", .text = &it->bearer},
        {.name = "bearer-file", .text = &it->bearer_file},
        {.name = "authorities", .text = &it->authorities},
        {.name = "insecure", .flag = &it->insecure},
        {.name = "proxy", .text = &it->proxy},
        {.name = "unix", .text = &it->unix_path},
        {.name = "timeout", .duration_ms = &it->timeout_ms, .min = 1, .max = UINT32_MAX - 1},
        {.name = "pid", .count = &options->pid, .min = 1, .max = INT32_MAX},
        {.name = "json", .flag = &options->json},
        {.name = "html", .text = &options->html},
        {.name = "quiet", .flag = &options->quiet},
        {.name = "help", .flag = &it->help},
    };
    return options_read(argc, argv, rules, sizeof rules / sizeof *rules);
}

static bool read_mode(const char *command, bench_options *it)
{
    static const char *const names[] = {
        [BENCH_ECHO] = "echo",       [BENCH_LISTEN] = "listen", [BENCH_CHAT] = "chat",
        [BENCH_CONNECT] = "connect", [BENCH_IDLE] = "idle",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], it->mode_name) != 0) continue;
        it->mode = (bench_mode)i;
        return true;
    }
    options_complain(command, "--mode: '%s' is none; it is echo, listen, chat, connect or idle",
                     it->mode_name);
    return false;
}

static bool is_cast(const bench_options *it)
{
    return it->mode == BENCH_LISTEN || it->mode == BENCH_CHAT;
}

static bool check_content(const char *command, bench_options *it)
{
    if (!bench_content_named(it->content_name, &it->content)) {
        options_complain(command, "--content: '%s' is none; it is ascii, chinese, json or random",
                         it->content_name);
        return false;
    }
    if (it->message && it->mode != BENCH_ECHO) {
        options_complain(command, "--message is for --mode echo: others send the time of sending");
        return false;
    }
    const int size_min = it->mode == BENCH_CHAT ? BENCH_CHAT_SIZE_MIN : BENCH_STAMP_SIZE;
    if (is_cast(it) && it->size < (uint64_t)size_min) {
        options_complain(command, "--size is at least %d with --mode %s: the time is in it",
                         size_min, it->mode_name);
        return false;
    }
    if (it->mode == BENCH_CHAT && (it->connect.binary || it->content == BENCH_CONTENT_JSON)) {
        options_complain(command, "--mode chat sends texts within JSON: not with --binary or "
                                  "--content json");
        return false;
    }
    return true;
}

/* What is said to channels goes into JSON as it is. */
static bool check_chat(const char *command, bench_options *it)
{
    if (it->mode != BENCH_CHAT && (it->token.given || it->token.file)) {
        options_complain(command, "--token is for --mode chat; for a request there is --bearer");
        return false;
    }
    if (it->channel[strspn(it->channel, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789-_:.")] != '\0') {
        options_complain(command, "--channel: '%s' has more than letters, digits and -_:.",
                         it->channel);
        return false;
    }
    return access_token_read(command, &it->token);
}

static bool check_counts(const char *command, const bench_options *it)
{
    if (is_cast(it) && it->connection_count < 2) {
        options_complain(command,
                         "--connections is at least 2 with --mode %s: one sends, and who "
                         "would listen?",
                         it->mode_name);
        return false;
    }
    if (it->thread_count > it->connection_count) {
        options_complain(command, "--threads is at most the number of --connections");
        return false;
    }
    if (it->rate > 0 && (it->mode == BENCH_CONNECT || it->mode == BENCH_IDLE)) {
        options_complain(command, "--rate is of messages; with --mode %s there are none",
                         it->mode_name);
        return false;
    }
    if (it->slow_count > 0 && it->mode == BENCH_CONNECT) {
        options_complain(command, "--slow: with --mode connect there is nothing to read");
        return false;
    }
    if (it->half_open_count > 0 && (it->connect.unix_path || it->connect.proxy)) {
        options_complain(command, "--half-open goes straight to the server: not with --proxy or "
                                  "--unix");
        return false;
    }
    return true;
}

bool bench_options_read(int argc, char **argv, bench_options *it)
{
    *it = (bench_options){
        .connect = {.timeout_ms = 10000,
                    .message_size_max = UINT64_C(2) * BENCH_SIZE_MAX,
                    .deflate = {.size_min = 1}},
        .mode_name = "echo",
        .connection_count = 100,
        .thread_count = 1,
        .duration_ms = 10000,
        .warm_up_ms = 1000,
        .size = 125,
        .content_name = "ascii",
        .channel = "bench",
    };
    if (!read_arguments(argc, argv, it)) return false;
    if (it->connect.help) return true;
    if (it->message) it->size = strlen(it->message);
    if (it->in_flight == 0) it->in_flight = it->rate > 0 ? BENCH_WINDOW_DEFAULT : 1;
    return read_mode(argv[0], it) && check_content(argv[0], it) && check_chat(argv[0], it) &&
           check_counts(argv[0], it) && connect_options_complete(argv[0], &it->connect);
}
