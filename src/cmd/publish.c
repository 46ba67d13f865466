/* SPDX-License-Identifier: MIT */
#include "cmd/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd/http_call.h"
#include "cmd/keys.h"
#include "cmd/options.h"

static const char help[] =
    "hawser publish: sends something to a channel of a server\n"
    "\n"
    "Usage: hawser publish [OPTION]... CHANNEL JSON\n"
    "\n"
    "  --api-key FILE           show what stands there, as the server's --api-key has it\n"
    "  --url URL                of the server (default http://localhost:8080); https is for curl\n"
    "  --unix PATH              connect to that socket instead\n"
    "  --idempotency-key TEXT   publish once, even if this is called again within five minutes\n"
    "  --help                   this text\n"
    "\n"
    "Examples\n"
    "  hawser publish --api-key api.key news '{\"text\":\"ahoy\"}'\n"
    "  hawser publish --api-key api.key --url http://10.0.0.7 'chat:dialog#ada' '\"ahoy\"'\n"
    "\n"
    "It writes the server's answer.  Exit status: 0 published, 1 refused or not reached, 2 "
    "misuse.\n";

typedef struct publish_options {
    const char *channel;
    const char *data;
    const char *api_key;
    const char *url;
    const char *unix_path;
    const char *idempotency_key;
    bool help;
} publish_options;

static bool read_options(int argc, char **argv, publish_options *it)
{
    const option_rule rules[] = {
        {.name = "CHANNEL", .argument = &it->channel},
        {.name = "JSON", .argument = &it->data},
        {.name = "api-key", .text = &it->api_key},
        {.name = "url", .text = &it->url},
        {.name = "unix", .text = &it->unix_path},
        {.name = "idempotency-key", .text = &it->idempotency_key},
        {.name = "help", .flag = &it->help},
    };
    if (!options_read(argc, argv, rules, sizeof rules / sizeof *rules)) return false;
    if (it->help) return true;
    if (it->data && it->api_key) return true;
    options_complain(argv[0], "%s",
                     it->data ? "--api-key is missing: the file that the server has as its own"
                              : "which channel, and which JSON?");
    return false;
}

static bool read_url(const char *command, const char *text, hws_url *url)
{
    const hws_status status = hws_url_parse((hws_text){text, strlen(text)}, url);
    const bool is_http = status == HWS_OK && url->scheme == HWS_SCHEME_HTTP;
    if (is_http && url->path.size == 1 && !url->query.data) {
        static const char path[] = "/api/publish";
        url->path = (hws_text){path, sizeof path - 1};
        return true;
    }
    options_complain(command, "--url: %.200s: %s", text,
                     status != HWS_OK ? hws_status_text(status)
                                      : "http:// and a host are wanted, without a path");
    return false;
}

/* NULL: it is no JSON, or there is no memory. */
static char *make_body(const publish_options *it)
{
    json_t *data = json_loads(it->data, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    json_t *body = data ? json_pack("{s:s, s:o, s:s*}", "channel", it->channel, "data", data,
                                    "idempotency_key", it->idempotency_key)
                        : NULL;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    return text;
}

static int publish(const char *command, const publish_options *it, const char *api_key)
{
    static http_call call; /* larger than a stack should bear */
    call = (http_call){.command = command, .unix_path = it->unix_path, .api_key = api_key};
    if (!read_url(command, it->url, &call.url)) return EXIT_MISUSE;
    char *body = make_body(it);
    if (!body) {
        options_complain(command, "'%.60s' is no JSON; a text is written like '\"ahoy\"'",
                         it->data);
        return EXIT_MISUSE;
    }
    call.body = (hws_text){body, strlen(body)};
    const bool is_made = http_call_make(&call);
    free(body);
    if (!is_made) return 1;
    puts(call.content);
    return call.status == 200 && strncmp(call.content, "{\"result\"", 9) == 0 ? 0 : 1;
}

int publish_run(int argc, char **argv)
{
    publish_options options = {.url = "http://localhost:8080"};
    key_file api_key = {.text = NULL};
    if (!read_options(argc, argv, &options)) return EXIT_MISUSE;
    if (options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (!key_file_read(argv[0], "api-key", options.api_key, &api_key)) return EXIT_MISUSE;
    const bool is_one_line = api_key.text[strcspn(api_key.text, "\r\n")] == '\0';
    if (!is_one_line) options_complain(argv[0], "--api-key: the key has more than one line");
    const int result = is_one_line ? publish(argv[0], &options, api_key.text) : EXIT_MISUSE;
    key_file_wipe(&api_key);
    return result;
}
