/* SPDX-License-Identifier: MIT */
#include "channel/hub.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "base/memory.h"
#include "channel/engine_memory.h"
#include "channel/guest.h"
#include "channel/json.h"
#include "channel/name.h"
#include "channel/station.h"

enum { API_KEY_SIZE_MIN = 16 };

static void fill(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0) *value = otherwise;
}

static void complete(hws_hub_options *options)
{
    fill(&options->subscription_count_max, 128);
    fill(&options->channel_count_max, 1000000);
    fill(&options->ping_interval_ms, 25000);
    fill(&options->pong_timeout_ms, 8000);
    fill(&options->connect_timeout_ms, 10000);
    options->namespaces = NULL;
    options->token_keys = NULL;
    options->api_key = options->access_token = (hws_text){0};
    options->token_audience = options->token_issuer = NULL;
    options->decider = NULL;
}

static hws_status set_api_key(hws_hub *hub, hws_text key, char *explain, size_t explain_size)
{
    if (!key.data) return HWS_OK;
    if (key.size < API_KEY_SIZE_MIN || key.size > HWS_API_KEY_SIZE_MAX) {
        if (explain_size > 0) snprintf(explain, explain_size, "an API key has 16 to 255 bytes");
        return HWS_ERR_INVALID_ARGUMENT;
    }
    memcpy(hub->api_key, key.data, key.size);
    hub->api_key_size = key.size;
    return HWS_OK;
}

static hws_status set_decider(hws_hub *hub, const hws_decider *decider, char *explain,
                              size_t explain_size)
{
    if (!decider) return HWS_OK;
    size_t count = 0;
    while (decider->headers && count <= HWS_DECIDER_HEADER_MAX && decider->headers[count]) count++;
    const char *why = NULL;
    if (decider->asks >= HWS_ASKS(HWS_QUESTION_KIND_COUNT))
        why = "a decider asks what there is not";
    if (decider->asks != 0 && !decider->on_question) why = "a decider needs on_question";
    if (count > HWS_DECIDER_HEADER_MAX) why = "a decider names 32 headers at most";
    if (why && explain_size > 0) snprintf(explain, explain_size, "%s", why);
    if (why) return HWS_ERR_INVALID_ARGUMENT;
    hub->decider = *decider;
    return HWS_OK;
}

static hws_status set_access_token(hws_hub *hub, const hws_hub_options *options, char *explain,
                                   size_t explain_size)
{
    hws_status status = HWS_ERR_INVALID_ARGUMENT;
    const bool is_both = options->access_token.data && options->token_key_count > 0;
    if (!is_both) status = hws_login_init(&hub->login, hub->memory, options->access_token);
    if (status == HWS_ERR_INVALID_ARGUMENT && explain_size > 0)
        snprintf(explain, explain_size, "%s",
                 is_both ? "there are keys of tokens, or one access token"
                         : "an access token has 16 to 255 bytes");
    return status;
}

static hws_status open_hub(hws_hub *hub)
{
    uint64_t uid = 0;
    hws_status status = hws_random_fetch(&hub->key, sizeof hub->key);
    if (status == HWS_OK) status = hws_random_fetch(&uid, sizeof uid);
    snprintf(hub->uid, sizeof hub->uid, "%016llx", (unsigned long long)uid);
    hub->started_ms = hws_clock_ms();
    if (status == HWS_OK)
        status =
            hws_engine_memory_new(hub->memory, hub->options.channel_count_max, NULL, &hub->engine);
    if (status != HWS_OK) return status;
    status = hws_roster_init(&hub->roster, hub->memory, &hub->key);
    if (status != HWS_OK) return status;
    if (pthread_mutex_init(&hub->lock, NULL) == 0) return HWS_OK;
    hws_roster_release(&hub->roster);
    return HWS_ERR_SYSTEM;
}

static void free_hub(hws_hub *hub)
{
    if (hub->engine) hub->engine->calls->free(hub->engine);
    hws_tokens_release(&hub->tokens);
    hws_login_release(&hub->login);
    OPENSSL_cleanse(hub->api_key, sizeof hub->api_key);
    hws_memory_free(hub->memory, hub, sizeof *hub);
}

static bool is_connect_asked(const hws_hub *hub)
{
    return (hub->decider.asks & HWS_ASKS(HWS_QUESTION_CONNECT)) != 0;
}

hws_status hws_hub_new(const hws_hub_options *options, char *explain, size_t explain_size,
                       hws_hub **hub)
{
    if (explain && explain_size > 0) explain[0] = '\0';
    if (!options || (!options->namespaces && options->namespace_count > 0) ||
        (!options->token_keys && options->token_key_count > 0))
        return HWS_ERR_INVALID_ARGUMENT;
    const hws_memory *memory = options->memory ? options->memory : &hws_memory_malloc;
    hws_hub *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->memory = memory;
    made->options = *options;
    const size_t size = explain ? explain_size : 0;
    hws_status status = set_decider(made, options->decider, explain, size);
    /* What the namespaces leave open stays closed then. */
    const bool is_guarded =
        options->token_key_count > 0 || options->access_token.data || is_connect_asked(made);
    if (status == HWS_OK)
        status = hws_policies_init(&made->policies, options, is_guarded, explain, size);
    if (status == HWS_OK) status = hws_tokens_init(&made->tokens, options, explain, size);
    if (status == HWS_OK) status = set_api_key(made, options->api_key, explain, size);
    if (status == HWS_OK) status = set_access_token(made, options, explain, size);
    complete(&made->options);
    if (status == HWS_OK) status = open_hub(made);
    if (status != HWS_OK) {
        free_hub(made);
        return status;
    }
    *hub = made;
    return HWS_OK;
}

bool hws_hub_is_guarded(const hws_hub *hub)
{
    return hub->tokens.key_count > 0 || hub->login.is_set || is_connect_asked(hub);
}

bool hws_hub_welcomes(const hws_hub *hub, const char *address)
{
    if (hws_hub_is_guarded(hub) || hub->options.allow_anonymous) return true;
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
           strcmp(address, "unix") == 0;
}

static void on_upgrade(hws_websocket ws, hws_request *request, void *user)
{
    if (!hws_hub_welcomes(user, hws_request_address(request)))
        (void)hws_websocket_refuse(ws, 403, "channels without keys are for this machine alone\n",
                                   NULL, 0);
    else if (hws_guest_expect(user, ws, request) != HWS_OK)
        (void)hws_websocket_refuse(ws, 503, "out of memory\n", NULL, 0);
    else
        (void)hws_websocket_accept(ws, NULL, NULL, 0);
}

hws_route hws_hub_route(hws_hub *hub)
{
    return (hws_route){
        .path = "/connection/websocket",
        .on_upgrade = on_upgrade,
        .on_open = hws_guest_on_open,
        .on_message = hws_guest_on_message,
        .on_close = hws_guest_on_close,
        .user = hub,
        .message_size_max = HWS_GUEST_FRAME_MAX,
    };
}

/* Publishing. */

hws_status hws_hub_publish_json(hws_hub *hub, const hws_publication *publication,
                                const json_t *data, const json_t *tags, hws_engine_done *done,
                                void *user)
{
    const hws_policy *policy = hws_policies_find(&hub->policies, publication->channel);
    if (!hws_channel_is_valid(publication->channel)) return HWS_ERR_INVALID_ARGUMENT;
    if (!policy) return HWS_ERR_NOT_FOUND;
    hws_publication whole = *publication;
    hws_writer body = hws_writer_on(hub->memory);
    HWS_WRITE(&body, "{\"data\":");
    const size_t begin = body.buffer.size;
    hws_write_json(&body, data);
    const size_t size = body.buffer.size - begin;
    if (tags) {
        HWS_WRITE(&body, ",\"tags\":");
        hws_write_json(&body, tags);
    }
    whole.body = hws_writer_text(&body);
    hws_status status = HWS_OK;
    if (size > policy->max_message) status = HWS_ERR_MESSAGE_TOO_BIG;
    if (!whole.body.data) status = HWS_ERR_NO_MEMORY;
    if (status == HWS_OK) hub->engine->calls->publish(hub->engine, policy, &whole, done, user);
    hws_writer_release(&body);
    return status;
}

void hws_hub_published(hws_hub *hub, hws_text channel, const hws_engine_answer *answer)
{
    const hws_policy *policy = hws_policies_find(&hub->policies, channel);
    if (answer->status != HWS_OK || answer->is_repeated || !policy) return;
    hws_counter_add_shared(&hub->metric.namespaces[hws_hub_place(hub, policy)].published, 1);
}

typedef struct publishing {
    hws_hub *hub;
    hws_text channel;
    hws_status status;
    hws_position *position;
} publishing;

static void on_published(void *user, const hws_engine_answer *answer)
{
    publishing *it = user;
    it->status = answer->status;
    hws_hub_published(it->hub, it->channel, answer);
    if (answer->status == HWS_OK && it->position) *it->position = answer->position;
}

hws_status hws_hub_publish(hws_hub *hub, const char *channel, hws_text data,
                           const hws_hub_publish_options *options, hws_position *position)
{
    json_t *value = NULL;
    if (!channel) return HWS_ERR_INVALID_ARGUMENT;
    const hws_text name = {channel, strnlen(channel, HWS_CHANNEL_SIZE_MAX + 1)};
    hws_status status = hws_json_read(data, &value);
    if (status != HWS_OK) return status;
    const hws_publication publication = {
        .channel = name,
        .idempotency_key = hws_text_of(options ? options->idempotency_key : NULL),
        .skip_history = options && options->skip_history,
    };
    publishing it = {.hub = hub, .channel = name, .position = position};
    status = hws_hub_publish_json(hub, &publication, value, NULL, on_published, &it);
    json_decref(value);
    return status != HWS_OK ? status : it.status;
}

/* The rest. */

size_t hws_hub_client_count(const hws_hub *hub)
{
    return atomic_load(&hub->client_count);
}

void hws_hub_count(hws_hub *hub, hws_hub_metrics *metrics)
{
    *metrics = (hws_hub_metrics){
        .client_count = atomic_load(&hub->client_count),
        .user_count = hws_roster_count(&hub->roster),
        .namespace_count = hub->policies.count,
    };
    for (size_t i = 0; i < hub->policies.count; i++)
        memcpy(metrics->namespaces[i].name, hub->policies.list[i].name,
               sizeof metrics->namespaces[i].name);
    hws_hub_metric_sum(&hub->metric, metrics);
    pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < hub->station_count; i++)
        hws_hub_metric_sum(&hub->stations[i]->metric, metrics);
    pthread_mutex_unlock(&hub->lock);
    hws_hub_metric_settle(metrics);
}

void hws_hub_end(hws_hub *hub)
{
    atomic_store(&hub->is_ending, true);
}

void hws_hub_free(hws_hub *hub)
{
    if (!hub) return;
    for (size_t i = 0; i < hub->station_count; i++) hws_station_free(hub->stations[i]);
    pthread_mutex_destroy(&hub->lock);
    hws_roster_release(&hub->roster);
    free_hub(hub);
}
