/* SPDX-License-Identifier: MIT */
/* What hawser connect was asked to do. */
#include "cmd/connect_options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cmd/quantity.h"

const char connect_options_help[] =
    "hawser connect: a WebSocket client for people and for scripts\n"
    "\n"
    "Usage: hawser connect [OPTION]... URL\n"
    "\n"
    "URL is like wss://example.com/chat or ws://localhost:8080/echo.  Without a scheme it is ws "
    "for\n"
    "localhost, 127.0.0.1 and [::1], and wss for all others.\n"
    "\n"
    "At a terminal, each line that you type is sent; /help lists the commands.  In a pipe, each "
    "line\n"
    "of the standard input is sent as a text, and each message that comes is written to the "
    "standard\n"
    "output, a text with a newline behind it, a binary message as it is.\n"
    "\n"
    "In a pipe\n"
    "  -1, --one                leave after the first message that comes\n"
    "  -n, --count COUNT        leave after so many\n"
    "  --wait TIME              when the input has ended, wait so long for messages, or forever\n"
    "                           (default: for what is answered at once; with -1 or -n: forever)\n"
    "  --binary                 send the whole input as one binary message\n"
    "  --json                   write a JSON object a line for all that happens\n"
    "\n"
    "Request\n"
    "  --protocol NAME          offer a subprotocol; may be given more than once\n"
    "  --header LINE            add a field like 'Name: value'; may be given more than once\n"
    "  --origin ORIGIN          say which page asks, such as https://example.com\n"
    "  --cookie TEXT            cookies, like 'a=b; c=d'\n"
    "  --bearer TOKEN           a token (Authorization: Bearer)\n"
    "  --bearer-file FILE       the same, out of a file: arguments can be seen by others\n"
    "  --user TEXT              a name and a password, like name:password (Authorization: Basic)\n"
    "  --user-file FILE         the same, out of a file\n"
    "  --no-deflate             offer no compression (permessage-deflate)\n"
    "  --redirects COUNT        follow so many redirects (default 0)\n"
    "\n"
    "Way\n"
    "  --authorities FILE       trust the certificate authorities in FILE, not those of the "
    "system\n"
    "  --certificate FILE       show this certificate\n"
    "  --key FILE               its key, if that is not in the same file\n"
    "  --insecure               trust any certificate: for trying things out\n"
    "  --proxy URL              http://, https://, socks5:// or socks5h://host:port, or none\n"
    "                           (default: as http_proxy, https_proxy, all_proxy and no_proxy say)\n"
    "  --unix PATH              connect to this Unix socket\n"
    "  --reconnect              try again when the connection is lost or cannot be made\n"
    "\n"
    "Limits: sizes like 65536, 64K, 16M; durations like 500ms, 25s, 2m\n"
    "  --timeout TIME           for connecting, the handshake, the end, each (default 10s)\n"
    "  --ping-interval TIME     of silence before a ping; 0 for no pings (default 20s)\n"
    "  --message-size-max SIZE  of a message that comes (default 16M)\n"
    "\n"
    "Look\n"
    "  --times                  tell the time of everything\n"
    "  --no-color               without colours; so does NO_COLOR in the environment\n"
    "  --no-history             neither read nor write the history of typed lines\n"
    "  --help                   this text\n"
    "\n"
    "Examples\n"
    "  hawser connect ws://localhost:8080/echo\n"
    "  echo hi | hawser connect -1 wss://example.com/echo\n"
    "  hawser connect --wait forever --json wss://example.com/news </dev/null | jq .text\n"
    "\n"
    "Exit status: 0 when it ended in order (closed from this side, or by the peer with 1000 or no\n"
    "code, or all answers have come), 1 when it did not, 2 when it could not begin.\n";

typedef struct host {
    const char *name;
    size_t size;
} host;

const char *connect_options_scheme(const char *text)
{
    static const host here[] = {{"localhost", 9}, {"127.0.0.1", 9}, {"[::1]", 5}};
    if (strstr(text, "://")) return "";
    const size_t host_size = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":/?");
    for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
        if (here[i].size == host_size && strncasecmp(here[i].name, text, host_size) == 0)
            return "ws://";
    }
    return "wss://";
}

static bool complete_url(const char *command, connect_options *it)
{
    const char *url = it->argument;
    if (!url && it->unix_path) url = "ws://localhost/";
    if (!url) {
        options_complain(command, "where to? write a URL like wss://example.com/chat");
        return false;
    }
    const int size = snprintf(it->url, sizeof it->url, "%s%s", connect_options_scheme(url), url);
    if (size >= 0 && (size_t)size < sizeof it->url) return true;
    options_complain(command, "that URL is too long");
    return false;
}

/* Splits "Name: value" within a copy; `*room` is where the next one goes. */
static bool split_header(const char *command, const char *line, char **room, const char *end,
                         hws_header *header)
{
    const size_t size = strlen(line);
    const size_t name_size = strcspn(line, ":");
    if (name_size == 0 || name_size == size) {
        options_complain(command, "--header: '%s' has no name; write it like 'Name: value'", line);
        return false;
    }
    if (size >= (size_t)(end - *room)) {
        options_complain(command, "--header: that is too much");
        return false;
    }
    char *name = *room;
    memcpy(name, line, size + 1);
    name[name_size] = '\0';
    char *value = name + name_size + 1;
    value += strspn(value, " \t");
    *header = (hws_header){.name = name, .value = value};
    *room += size + 1;
    return true;
}

static bool read_headers(const char *command, connect_options *it)
{
    char *room = it->header_text;
    const char *end = it->header_text + sizeof it->header_text;
    for (size_t i = 0; i < it->header_lines.count; i++) {
        if (!split_header(command, it->header_lines.text[i], &room, end, &it->headers[i]))
            return false;
    }
    return true;
}

static bool read_secrets(const char *command, connect_options *it)
{
    const int count = !!it->bearer + !!it->bearer_file + !!it->user + !!it->user_file;
    if (count > 1) {
        options_complain(command, "choose one of --bearer, --bearer-file, --user and --user-file");
        return false;
    }
    if (it->bearer_file) {
        it->bearer = it->secret;
        return secret_file_read(command, "bearer-file", it->bearer_file, it->secret);
    }
    if (it->user_file) {
        it->user = it->secret;
        if (!secret_file_read(command, "user-file", it->user_file, it->secret)) return false;
    }
    if (!it->user || strchr(it->user, ':')) return true;
    options_complain(command, "--user takes a name and a password; write them like name:password");
    return false;
}

static bool read_wait(const char *command, connect_options *it)
{
    it->wait_ms = it->answer_count_max > 0 ? UINT64_MAX : 0;
    if (!it->wait) return true;
    if (strcmp(it->wait, "forever") == 0) {
        it->wait_ms = UINT64_MAX;
        return true;
    }
    if (quantity_duration(it->wait, &it->wait_ms)) return true;
    options_complain(command, "--wait: '%s' is not a duration; write it like 500ms, 25s or forever",
                     it->wait);
    return false;
}

static bool check_pairs(const char *command, const connect_options *it)
{
    if (!it->key || it->certificate) return true;
    options_complain(command, "--key belongs to a --certificate, which is missing");
    return false;
}

static bool read_arguments(int argc, char **argv, connect_options *it)
{
    const uint64_t size_max = UINT64_C(1) << 31;
    const option_rule rules[] = {
        {.name = "URL", .argument = &it->argument},
        {.name = "one", .letter = '1', .flag = &it->one},
        {.name = "count",
         .letter = 'n',
         .count = &it->answer_count_max,
         .min = 1,
         .max = UINT64_MAX},
        {.name = "wait", .text = &it->wait},
        {.name = "binary", .flag = &it->binary},
        {.name = "json", .flag = &it->json},
        {.name = "protocol", .texts = &it->protocols},
        {.name = "header", .texts = &it->header_lines},
        {.name = "origin", .text = &it->origin},
        {.name = "cookie", .text = &it->cookie},
        {.name = "bearer", .text = &it->bearer},
        {.name = "bearer-file", .text = &it->bearer_file},
        {.name = "user", .text = &it->user},
        {.name = "user-file", .text = &it->user_file},
        {.name = "no-deflate", .flag = &it->no_deflate},
        {.name = "redirects", .count = &it->redirect_count_max, .max = HWS_REDIRECT_MAX},
        {.name = "authorities", .text = &it->authorities},
        {.name = "certificate", .text = &it->certificate},
        {.name = "key", .text = &it->key},
        {.name = "insecure", .flag = &it->insecure},
        {.name = "proxy", .text = &it->proxy},
        {.name = "unix", .text = &it->unix_path},
        {.name = "reconnect", .flag = &it->reconnect},
        {.name = "timeout", .duration_ms = &it->timeout_ms, .min = 1, .max = UINT32_MAX - 1},
        {.name = "ping-interval", .duration_ms = &it->ping_interval_ms, .max = UINT32_MAX - 1},
        {.name = "message-size-max", .size = &it->message_size_max, .min = 1, .max = size_max},
        {.name = "times", .flag = &it->times},
        {.name = "no-color", .flag = &it->no_color},
        {.name = "no-history", .flag = &it->no_history},
        {.name = "help", .flag = &it->help},
    };
    return options_read(argc, argv, rules, sizeof rules / sizeof *rules);
}

bool connect_options_complete(const char *command, connect_options *it)
{
    return complete_url(command, it) && read_headers(command, it) && read_secrets(command, it) &&
           check_pairs(command, it);
}

bool connect_options_read(int argc, char **argv, connect_options *it)
{
    *it = (connect_options){
        .timeout_ms = 10000,
        .ping_interval_ms = 20000,
        .message_size_max = 16 << 20,
        .deflate = connect_options_deflate,
    };
    if (!read_arguments(argc, argv, it)) return false;
    if (it->help) return true;
    if (it->one) it->answer_count_max = 1;
    return connect_options_complete(argv[0], it) && read_wait(argv[0], it);
}

const hws_deflate_options connect_options_deflate = {
    .enabled = true,
    .send_takeover = true,
    .receive_takeover = true,
};

hws_client_options connect_options_client(const connect_options *it)
{
    return (hws_client_options){
        .url = it->url,
        .protocols = it->protocols.count > 0 ? it->protocols.text : NULL,
        .origin = it->origin,
        .headers = it->header_lines.count > 0 ? it->headers : NULL,
        .header_count = it->header_lines.count,
        .cookies = it->cookie,
        .user_password = it->user,
        .bearer = it->bearer,
        .redirect_count_max = (uint32_t)it->redirect_count_max,
        .unix_path = it->unix_path,
        .proxy = it->proxy,
        .tls =
            {
                .pair = {{.certificate = it->certificate, .key = it->key}},
                .authorities = it->authorities,
                .insecure = it->insecure,
            },
        .deflate = it->no_deflate ? (hws_deflate_options){0} : it->deflate,
        .reconnect = it->reconnect,
        .message_size_max = it->message_size_max,
        .connect_timeout_ms = (uint32_t)it->timeout_ms,
        .handshake_timeout_ms = (uint32_t)it->timeout_ms,
        .close_timeout_ms = (uint32_t)it->timeout_ms,
        .ping_interval_ms = it->ping_interval_ms ? (uint32_t)it->ping_interval_ms : UINT32_MAX,
    };
}
