/* SPDX-License-Identifier: MIT */
#include "cmd/channels.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "cmd/demo.h"
#include "cmd/keys.h"

const char channels_path[] = "/connection/websocket";

const char channels_help[] =
    "\n"
    "Channels\n"
    "  --token-key FILE         let in who shows a token (JWT) of that key: a secret of 32 bytes "
    "or\n"
    "                           more (HS256), or a public key in PEM (RS256, ES256); ID=FILE is "
    "for\n"
    "                           tokens with that kid; may be given more than once.  Without keys\n"
    "                           channels are for development, and for this machine alone\n"
    "  --token-audience TEXT    that tokens must be for (aud)\n"
    "  --token-issuer TEXT      that they must be from (iss)\n"
    "  --token-without-exp      tokens may be for ever\n"
    "  --anonymous              let in who has no token, too, from anywhere\n"
    "  --api-key FILE           answer back ends who show what stands there, at /api/\n"
    "  FILE of --config says in `namespaces` what may be done in channels: see hawser-serve(1).\n";

bool channels_are_local(const serve_options *options)
{
    return options->token_keys.count == 0 && !options->anonymous;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Who misses it gets the game with the next move, or when he asks. */
static void publish_game(void *user, const char *channel, hws_text json)
{
    hws_hub *const *hub = user;
    (void)hws_hub_publish(*hub, channel, json, NULL, NULL);
}

static void play(gomoku_hall *games, hws_rpc *rpc)
{
    json_t *answer = NULL;
    const hws_text text = hws_rpc_data(rpc);
    json_t *data = text.data ? json_loadb(text.data, text.size, JSON_DECODE_ANY, NULL) : NULL;
    const gomoku_verdict verdict =
        gomoku_hall_call(games, hws_rpc_method(rpc), data, now_ms(), &answer);
    char *game = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    if (verdict != GOMOKU_FINE)
        (void)hws_rpc_fail(rpc, (int)verdict, gomoku_verdict_text(verdict));
    else if (game)
        (void)hws_rpc_answer(rpc, (hws_text){game, strlen(game)});
    free(game);
    json_decref(answer);
    json_decref(data);
}

static bool begins_with(hws_text text, const char *with)
{
    const size_t size = strlen(with);
    return text.size >= size && memcmp(text.data, with, size) == 0;
}

/* Every client can try itself out on "echo"; the game is for demonstration. */
static void on_rpc(hws_rpc *rpc, void *user)
{
    static const char echo[] = "echo";
    gomoku_hall *games = user;
    const hws_text method = hws_rpc_method(rpc);
    const hws_text data = hws_rpc_data(rpc);
    if (method.size == sizeof echo - 1 && begins_with(method, echo))
        (void)hws_rpc_answer(rpc, data.data ? data : (hws_text){"null", 4});
    else if (games->publish && begins_with(method, "gomoku."))
        play(games, rpc);
}

static hws_status open_with(const serve_options *from, const keys *token_keys,
                            const key_file *api_key, gomoku_hall *games, char *explain,
                            size_t explain_size, hws_hub **hub)
{
    const bool is_demo = !from->namespace_map && from->token_keys.count == 0;
    if (is_demo) *games = (gomoku_hall){.publish = publish_game, .user = hub};
    gomoku_hall_init(games);
    const hws_hub_options options = {
        .namespaces = is_demo ? demo_namespaces : from->namespaces.list,
        .namespace_count = is_demo ? demo_namespace_count : from->namespaces.count,
        .on_rpc = on_rpc,
        .user = games,
        .token_keys = token_keys->list,
        .token_key_count = token_keys->count,
        .token_audience = from->token_audience,
        .token_issuer = from->token_issuer,
        .token_without_exp = from->token_without_exp,
        .allow_anonymous = from->anonymous,
        .api_key = {api_key->text, api_key->size},
    };
    return hws_hub_new(&options, explain, explain_size, hub);
}

hws_status channels_open(const serve_options *options, gomoku_hall *games, char *explain,
                         size_t explain_size, hws_hub **hub)
{
    keys token_keys = {.count = 0};
    key_file api_key = {.text = NULL};
    hws_status status = HWS_ERR_NOT_FOUND;
    if (keys_read("serve", &options->token_keys, &token_keys) &&
        (!options->api_key || key_file_read("serve", "api-key", options->api_key, &api_key)))
        status = open_with(options, &token_keys, &api_key, games, explain, explain_size, hub);
    keys_wipe(&token_keys);
    key_file_wipe(&api_key);
    return status;
}
