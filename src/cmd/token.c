/* SPDX-License-Identifier: MIT */
#include "cmd/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "cmd/keys.h"
#include "cmd/serve_options.h"
#include "cmd/token_sign.h"

enum { SECRET_SIZE_MIN = 32, SECRET_SIZE_MAX = 1024 };

static const char help[] =
    "hawser token: a token that lets a client into the channels of a server\n"
    "\n"
    "Usage: hawser token [OPTION]...\n"
    "\n"
    "With which key: one of them is needed\n"
    "  --token-key FILE         a secret, as the server's --token-key has it (HS256); ID=FILE "
    "names\n"
    "                           it in the token (kid)\n"
    "  --config FILE            the file of the server: its first secret, audience and issuer\n"
    "\n"
    "For whom and what\n"
    "  --user NAME              who it is (sub; default: nobody in particular)\n"
    "  --info JSON              what others see of him, such as '{\"name\":\"Anna\"}'\n"
    "  --channel CHANNEL        subscribe to it alone: a token for that; else for the connection\n"
    "  --subscribe CHANNEL      be subscribed to it from the start (channels); may be given more "
    "than\n"
    "                           once\n"
    "  --expires TIME           for how long (default 1h); 0 is for ever, for a server with\n"
    "                           --token-without-exp\n"
    "  --token-audience TEXT    whom it is for (aud)\n"
    "  --token-issuer TEXT      who it is from (iss)\n"
    "  --help                   this text\n"
    "\n"
    "Examples\n"
    "  hawser token --token-key secret.key --user anna\n"
    "  hawser token --config hawser.yaml --user anna --info '{\"name\":\"Anna\"}' --expires 10m\n"
    "  hawser token --token-key secret.key --user anna --channel news\n"
    "\n"
    "It is for trying things out, and for scripts: a back end makes tokens with a library of its "
    "own.\n"
    "The pages of a server take one behind their address: http://localhost:8080/chat#token=...\n"
    "Exit status: 0, or 2 when none could be made.\n";

typedef struct token_options {
    const char *key;
    const char *config_file;
    const char *user;
    const char *info;
    const char *channel;
    option_texts subscribe;
    const char *audience;
    const char *issuer;
    uint64_t expires_ms;
    bool help;
} token_options;

/* What it is made with: keys are read into `keys`, of which `secret` is one. */
typedef struct workshop {
    const char *command;
    token_options options;
    serve_options *server; /* NULL: no --config */
    keys keys;
    const hws_token_key *secret;
} workshop;

static bool read_options(int argc, char **argv, token_options *it)
{
    const option_rule rules[] = {
        {.name = "token-key", .text = &it->key},
        {.name = "config", .text = &it->config_file},
        {.name = "user", .text = &it->user},
        {.name = "info", .text = &it->info},
        {.name = "channel", .text = &it->channel},
        {.name = "subscribe", .texts = &it->subscribe},
        {.name = "token-audience", .text = &it->audience},
        {.name = "token-issuer", .text = &it->issuer},
        {.name = "expires", .duration_ms = &it->expires_ms, .max = UINT32_MAX * UINT64_C(1000)},
        {.name = "help", .flag = &it->help},
    };
    if (!options_read(argc, argv, rules, sizeof rules / sizeof *rules)) return false;
    if (it->help) return true;
    if (it->key && it->config_file)
        options_complain(argv[0], "--token-key or --config, not both");
    else if (!it->key && !it->config_file)
        options_complain(argv[0],
                         "which key? --token-key FILE, or --config with the server's file");
    else if (it->channel && it->subscribe.count > 0)
        options_complain(argv[0], "--channel is for a subscription, --subscribe for a connection");
    else
        return true;
    return false;
}

/* The server's file says which keys it has, and who tokens must be for and from. */
static bool read_config(workshop *it)
{
    char *arguments[] = {(char *)(uintptr_t)it->command, (char *)(uintptr_t) "--config",
                         (char *)(uintptr_t)it->options.config_file, NULL};
    it->server = serve_options_read(3, arguments);
    if (!it->server) return false;
    if (!it->options.audience) it->options.audience = it->server->token_audience;
    if (!it->options.issuer) it->options.issuer = it->server->token_issuer;
    return true;
}

static bool is_secret(const hws_token_key *key)
{
    static const char pem[] = "-----BEGIN";
    return key->text.size < sizeof pem - 1 || memcmp(key->text.data, pem, sizeof pem - 1) != 0;
}

static bool find_secret(workshop *it)
{
    const option_texts one = {.text = {it->options.key}, .count = 1};
    if (!keys_read(it->command, it->server ? &it->server->token_keys : &one, &it->keys))
        return false;
    for (size_t i = 0; !it->secret && i < it->keys.count; i++)
        if (is_secret(&it->keys.list[i])) it->secret = &it->keys.list[i];
    if (it->keys.count == 0)
        options_complain(it->command, "%s has no token-key: its server wants no tokens",
                         it->options.config_file);
    else if (!it->secret)
        options_complain(it->command,
                         "a public key only checks tokens; whoever has the private one "
                         "makes them");
    else if (it->secret->text.size < SECRET_SIZE_MIN || it->secret->text.size > SECRET_SIZE_MAX)
        options_complain(it->command, "a secret has 32 to 1024 bytes: openssl rand -hex 32 > FILE");
    else
        return true;
    return false;
}

static char *dump(json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

/* NULL: no memory. */
static json_t *channels_of(const option_texts *from)
{
    json_t *list = json_array();
    for (size_t i = 0; i < from->count; i++)
        if (json_array_append_new(list, json_string(from->text[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* `info` is taken over.  Members that are NULL are left out (jansson's "*"). */
static char *make_claims(const token_options *from, json_t *info)
{
    const time_t now = time(NULL);
    json_t *exp =
        from->expires_ms > 0
            ? json_integer((json_int_t)now + (json_int_t)((from->expires_ms + 999) / 1000))
            : NULL;
    json_t *channels = from->subscribe.count > 0 ? channels_of(&from->subscribe) : NULL;
    if ((from->expires_ms > 0 && !exp) || (from->subscribe.count > 0 && !channels)) {
        json_decref(exp);
        json_decref(channels);
        json_decref(info);
        return NULL;
    }
    return dump(json_pack("{s:s*, s:o*, s:I, s:s*, s:s*, s:s*, s:o*, s:o*}", "sub", from->user,
                          "exp", exp, "iat", (json_int_t)now, "aud", from->audience, "iss",
                          from->issuer, "channel", from->channel, "channels", channels, "info",
                          info));
}

static int print_signed(const workshop *it, json_t *info)
{
    char *claims = make_claims(&it->options, info);
    char *header =
        dump(json_pack("{s:s, s:s, s:s*}", "alg", "HS256", "typ", "JWT", "kid", it->secret->id));
    char *token = claims && header
                      ? token_sign((hws_text){header, strlen(header)},
                                   (hws_text){claims, strlen(claims)}, it->secret->text)
                      : NULL;
    if (token)
        puts(token);
    else
        options_complain(it->command, "out of memory, or a text that is no UTF-8");
    free(token);
    free(header);
    free(claims);
    return token ? 0 : EXIT_MISUSE;
}

static int make(workshop *it)
{
    json_t *info = NULL;
    if ((it->options.config_file && !read_config(it)) || !find_secret(it)) return EXIT_MISUSE;
    if (it->options.info) {
        info = json_loads(it->options.info, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        if (!info) {
            options_complain(it->command,
                             "--info: '%.60s' is no JSON; write it like "
                             "'{\"name\":\"Anna\"}'",
                             it->options.info);
            return EXIT_MISUSE;
        }
    }
    return print_signed(it, info);
}

int token_run(int argc, char **argv)
{
    workshop it = {.command = argv[0], .options = {.expires_ms = UINT64_C(3600) * 1000}};
    if (!read_options(argc, argv, &it.options)) return EXIT_MISUSE;
    if (it.options.help) {
        fputs(help, stdout);
        return 0;
    }
    const int result = make(&it);
    keys_wipe(&it.keys);
    serve_options_free(it.server);
    return result;
}
