/* SPDX-License-Identifier: MIT */
#include "cmd/channels.h"

#include <string.h>

#include "cmd/demo.h"
#include "cmd/keys.h"
#include "cmd/secrets.h"

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
    "  --demo                   have what the server's own pages need, for who is let in; without "
    "keys\n"
    "                           and `namespaces` it is there anyway\n"
    "  --api-key FILE           answer back ends who show what stands there, at /api/\n"
    "  --admin-token FILE       show a page for operators to who knows what stands there\n"
    "  --admin-listen URL       where that page is, at /admin, and nothing else (default\n"
    "                           http://localhost:8081); https takes the certificates of --listen\n"
    "  FILE of --config says in `namespaces` what may be done in channels: see hawser-serve(1).\n";

bool channels_are_local(const serve_options *options)
{
    return options->token_keys.count == 0 && !options->anonymous &&
           !options->hooks.urls[HWS_QUESTION_CONNECT];
}

/* Every client can try itself out on "echo". */
static void on_rpc(hws_rpc *rpc, void *user)
{
    static const char echo[] = "echo";
    const hws_text method = hws_rpc_method(rpc);
    const hws_text data = hws_rpc_data(rpc);
    if (method.size == sizeof echo - 1 && memcmp(method.data, echo, method.size) == 0)
        (void)hws_rpc_answer(rpc, data.data ? data : (hws_text){"null", 4});
    else
        demo_call(user, rpc);
}

bool channels_are_demo(const serve_options *options)
{
    return options->demo || (!options->namespace_map && options->token_keys.count == 0 &&
                             !hooks_are_wanted(&options->hooks));
}

static hws_status open_with(const serve_options *from, const keys *token_keys,
                            const key_file *api_key, const hws_webhooks *webhooks, demo *shown,
                            char *explain, size_t explain_size, hws_hub **hub)
{
    const bool is_demo = channels_are_demo(from);
    demo_init(shown, is_demo, hub);
    const hws_hub_options options = {
        .namespaces = is_demo ? demo_namespaces : from->namespaces.list,
        .namespace_count = is_demo ? demo_namespace_count : from->namespaces.count,
        .on_rpc = on_rpc,
        .user = shown,
        .token_keys = token_keys->list,
        .token_key_count = token_keys->count,
        .token_audience = from->token_audience,
        .token_issuer = from->token_issuer,
        .token_without_exp = from->token_without_exp,
        .allow_anonymous = from->anonymous,
        .api_key = {api_key->text, api_key->size},
        .decider = webhooks ? hws_webhooks_decider(webhooks) : NULL,
        .memory = &secrets_memory,
    };
    return hws_hub_new(&options, explain, explain_size, hub);
}

hws_status channels_open(const serve_options *options, const hws_webhooks *webhooks, demo *shown,
                         char *explain, size_t explain_size, hws_hub **hub)
{
    keys token_keys = {.count = 0};
    key_file api_key = {.text = NULL};
    hws_status status = HWS_ERR_NOT_FOUND;
    if (keys_read("serve", &options->token_keys, &token_keys) &&
        (!options->api_key || key_file_read("serve", "api-key", options->api_key, &api_key)))
        status =
            open_with(options, &token_keys, &api_key, webhooks, shown, explain, explain_size, hub);
    keys_wipe(&token_keys);
    key_file_wipe(&api_key);
    return status;
}
