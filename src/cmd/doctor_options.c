/* SPDX-License-Identifier: MIT */
/* What hawser doctor was asked to look at. */
#include "cmd/doctor_options.h"

#include <string.h>

#include "cmd/doctor_mask.h"

const char doctor_options_help[] =
    "hawser doctor: finds out why a WebSocket does not open, or does not work\n"
    "\n"
    "Usage: hawser doctor [OPTION]... URL\n"
    "\n"
    "URL is like wss://example.com/chat or ws://localhost:8080/echo.  Without a scheme it is ws\n"
    "for localhost, 127.0.0.1 and [::1], and wss for all others.\n"
    "\n"
    "It looks the name up, connects to every address, checks TLS and the certificates, opens the\n"
    "WebSocket, sends a ping and a message, closes, and says what is wrong and what to do.  Where\n"
    "that can tell causes apart, it tries up to three more times with one thing changed.\n"
    "\n"
    "Request\n"
    "  --origin ORIGIN          say which page asks, such as https://example.com\n"
    "  --protocol NAME          offer a subprotocol; may be given more than once\n"
    "  --header LINE            add a field like 'Name: value'; may be given more than once\n"
    "  --cookie TEXT            cookies, like 'a=b; c=d'\n"
    "  --bearer TOKEN           a token (Authorization: Bearer)\n"
    "  --bearer-file FILE       the same, out of a file: arguments can be seen by others\n"
    "  --user TEXT              a name and a password, like name:password (Authorization: Basic)\n"
    "  --user-file FILE         the same, out of a file\n"
    "  --no-deflate             offer no compression (permessage-deflate)\n"
    "  --no-message             send no message; else one is sent, to see whether it comes back\n"
    "\n"
    "Way\n"
    "  --authorities FILE       trust the certificate authorities in FILE, not those of the "
    "system\n"
    "  --certificate FILE       show this certificate\n"
    "  --key FILE               its key, if that is not in the same file\n"
    "  --insecure               trust any certificate, and say what is wrong with it\n"
    "  --proxy URL              http://, https://, socks5:// or socks5h://host:port, or none\n"
    "                           (default: as http_proxy, https_proxy, all_proxy and no_proxy say)\n"
    "  --unix PATH              connect to this Unix socket\n"
    "  --timeout TIME           for connecting, and again for the handshake (default 10s)\n"
    "\n"
    "Look\n"
    "  --json                   write one JSON object, for programs\n"
    "  --verbose                write the request and the answer, too; what identifies you is "
    "hidden\n"
    "  --no-color               without colours; so does NO_COLOR in the environment\n"
    "  --help                   this text\n"
    "\n"
    "Examples\n"
    "  hawser doctor wss://example.com/chat\n"
    "  hawser doctor --origin https://example.com --verbose wss://example.com/chat\n"
    "  hawser doctor --json ws://localhost:8080/echo | jq -r '.faults[].name'\n"
    "\n"
    "Exit status: 0 when it is healthy, 1 when a fault was found, 2 when it could not begin.\n";

static bool read_arguments(int argc, char **argv, doctor_options *options)
{
    connect_options *it = &options->connect;
    const option_rule rules[] = {
        {.name = "URL", .argument = &it->argument},
        {.name = "origin", .text = &it->origin},
        {.name = "protocol", .texts = &it->protocols},
        {.name = "header", .texts = &it->header_lines},
        {.name = "cookie", .text = &it->cookie},
        {.name = "bearer", .text = &it->bearer},
        {.name = "bearer-file", .text = &it->bearer_file},
        {.name = "user", .text = &it->user},
        {.name = "user-file", .text = &it->user_file},
        {.name = "no-deflate", .flag = &it->no_deflate},
        {.name = "no-message", .flag = &options->no_message},
        {.name = "authorities", .text = &it->authorities},
        {.name = "certificate", .text = &it->certificate},
        {.name = "key", .text = &it->key},
        {.name = "insecure", .flag = &it->insecure},
        {.name = "proxy", .text = &it->proxy},
        {.name = "unix", .text = &it->unix_path},
        {.name = "timeout", .duration_ms = &it->timeout_ms, .min = 1, .max = UINT32_MAX - 1},
        {.name = "json", .flag = &it->json},
        {.name = "verbose", .flag = &options->verbose},
        {.name = "no-color", .flag = &it->no_color},
        {.name = "help", .flag = &it->help},
    };
    return options_read(argc, argv, rules, sizeof rules / sizeof *rules);
}

bool doctor_options_read(int argc, char **argv, doctor_options *it)
{
    *it = (doctor_options){.connect = {.timeout_ms = 10000, .deflate = connect_options_deflate}};
    if (!read_arguments(argc, argv, it)) return false;
    return it->connect.help || connect_options_complete(argv[0], &it->connect);
}

/* Whether there is something to hide in it is what tells that it is meant to identify somebody. */
static bool is_secret(const char *text, void (*mask)(const char *, size_t, char *, size_t))
{
    char masked[DOCTOR_HEAD_SIZE];
    const size_t size = strlen(text);
    mask(text, size, masked, sizeof masked);
    return strcmp(text, masked) != 0;
}

static bool has_credentials(const connect_options *it)
{
    if (it->bearer || it->user || it->cookie) return true;
    for (size_t i = 0; i < it->header_lines.count; i++)
        if (is_secret(it->header_lines.text[i], doctor_mask_line)) return true;
    return is_secret(it->url, doctor_mask_text);
}

doctor_question doctor_options_question(const doctor_options *options)
{
    const connect_options *it = &options->connect;
    return (doctor_question){
        .url = it->url,
        .origin = it->origin,
        .protocols = it->protocols.count > 0 ? it->protocols.text : NULL,
        .proxy = it->proxy,
        .unix_path = it->unix_path,
        .has_credentials = has_credentials(it),
        .has_certificate = it->certificate != NULL,
        .has_authorities = it->authorities != NULL,
        .is_insecure = it->insecure,
        .offers_deflate = !it->no_deflate,
    };
}
