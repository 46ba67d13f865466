/* SPDX-License-Identifier: MIT */
/* The public call that sets the options of topics: a rule in every thread, each its own copy. */
#include "base/text.h"
#include "base/try.h"
#include "server/worker.h"
#include "websocket/remote.h"

static hws_status check(const char *topic, const hws_topic_options *options)
{
    const size_t size = topic ? strnlen(topic, HWS_TOPIC_SIZE_MAX + 1) : 0;
    if (size == 0 || size > HWS_TOPIC_SIZE_MAX) return HWS_ERR_INVALID_ARGUMENT;
    if ((unsigned)options->overflow > HWS_OVERFLOW_KEEP_LATEST) return HWS_ERR_INVALID_ARGUMENT;
    if (options->is_pattern && !hws_pattern_is_valid((hws_text){topic, size}))
        return HWS_ERR_INVALID_ARGUMENT;
    return HWS_OK;
}

static bool is_kept(const hws_topic_name *topic, void *user)
{
    const hws_worker *worker = user;
    return hws_rules_find(&worker->rules, topic)->retain;
}

static hws_status set(hws_worker *worker, hws_text name, const hws_topic_options *options)
{
    HWS_TRY(hws_rules_set(&worker->rules, name, options));
    if (!options->retain) hws_retained_review(&worker->retained, is_kept, worker);
    return HWS_OK;
}

static void on_arrival(const hws_remote *remote)
{
    hws_worker *worker = remote->target;
    hws_topic_options options;
    memcpy(&options, remote->bytes.data, sizeof options);
    if (set(worker, remote->name, &options) != HWS_OK)
        hws_server_log(worker->server, HWS_LOG_ERROR,
                       "no memory for the options of a topic: one thread does without them");
    hws_interest_arrived(&worker->topics.interest);
}

static void free_one(hws_remote *remote)
{
    hws_worker *worker = remote->target;
    hws_interest_arrived(&worker->topics.interest);
    hws_remote_free(remote);
}

/* What is published before they arrive follows them: it may be to be retained. */
static hws_status make_one(hws_worker *worker, hws_text name, hws_topic_options *options,
                           hws_remote **first)
{
    const hws_remote call = {
        .call = on_arrival,
        .target = worker,
        .name = name,
        .bytes = {(uint8_t *)options, sizeof *options},
    };
    hws_remote *remote;
    HWS_TRY(hws_remote_new(worker->slots, &call, &remote));
    hws_interest_expect(&worker->topics.interest);
    remote->next = *first;
    *first = remote;
    return HWS_OK;
}

/* For every thread but the one that is `here`. */
static hws_status make_all(const hws_server *server, hws_text name,
                           const hws_topic_options *options, hws_worker **here, hws_remote **first)
{
    hws_topic_options copy = *options;
    for (uint32_t i = 0; i < server->worker_count; i++) {
        hws_worker *worker = server->workers[i];
        if (hws_loop_is_current(worker->loop))
            *here = worker;
        else
            HWS_TRY(make_one(worker, name, &copy, first));
    }
    return HWS_OK;
}

static void finish_all(hws_remote *first, bool are_sent)
{
    for (hws_remote *remote = first, *next; remote; remote = next) {
        next = remote->next;
        if (are_sent)
            (void)!hws_remote_send(remote); /* fails only while the server is being freed */
        else
            free_one(remote);
    }
}

hws_status hws_server_set_topic(hws_server *server, const char *topic,
                                const hws_topic_options *options)
{
    static const hws_topic_options none;
    const hws_topic_options *chosen = options ? options : &none;
    HWS_TRY(check(topic, chosen));
    hws_worker *here = NULL;
    hws_remote *first = NULL;
    hws_status status = make_all(server, hws_text_of(topic), chosen, &here, &first);
    if (status == HWS_OK && here) status = set(here, hws_text_of(topic), chosen);
    finish_all(first, status == HWS_OK);
    return status;
}
