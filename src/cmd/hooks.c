/* SPDX-License-Identifier: MIT */
#include "cmd/hooks.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE_MAX = 128 }; /* bytes of the name of a header, terminated */

const char hooks_help[] =
    "\n"
    "Webhooks: a back end decides, asked by a POST of JSON in the shape of Centrifugo's proxy\n"
    "  --hook-connect URL       who a client without a token is, and whether it may come in\n"
    "  --hook-refresh URL       whether it may stay, when what that said has expired\n"
    "  --hook-subscribe URL     who may subscribe, in namespaces with subscribe: hook\n"
    "  --hook-publish URL       what may be published, in namespaces with publish: hook\n"
    "  --hook-rpc URL           what the answer of a procedure is\n"
    "  --hook-timeout TIME      for an answer; without one nothing is let pass (default 1s)\n"
    "  --hook-header TEXT       send \"NAME: VALUE\" along, such as a secret; may be given more "
    "than\n"
    "                           once; a file of --config shows it to fewer than a command line\n"
    "  --hook-forward NAME      pass that header of the client on, such as Cookie; may be given "
    "more\n"
    "                           than once\n"
    "  --hook-authorities FILE  trust these (PEM) in place of the system's, with https\n"
    "  --hook-connections NUMBER\n"
    "                           at once to a back end, of each thread (default 64)\n"
    "  --hook-waiting NUMBER    questions that wait for one of those; over that error 111 "
    "(default\n"
    "                           1024)\n"
    "  --hook-failures NUMBER   in a row without an answer, after which a back end is not asked "
    "for\n"
    "                           a while, and questions fail at once (default 10)\n"
    "  --hook-pause TIME        that while (default 5s)\n";

void hooks_rules(hooks *it, option_rule rules[HOOKS_RULE_COUNT])
{
    const option_rule all[HOOKS_RULE_COUNT] = {
        {.name = "hook-connect", .text = &it->urls[HWS_QUESTION_CONNECT]},
        {.name = "hook-refresh", .text = &it->urls[HWS_QUESTION_REFRESH]},
        {.name = "hook-subscribe", .text = &it->urls[HWS_QUESTION_SUBSCRIBE]},
        {.name = "hook-publish", .text = &it->urls[HWS_QUESTION_PUBLISH]},
        {.name = "hook-rpc", .text = &it->urls[HWS_QUESTION_RPC]},
        {.name = "hook-timeout", .duration_ms = &it->timeout_ms, .min = 1, .max = 60000},
        {.name = "hook-header", .texts = &it->headers},
        {.name = "hook-forward", .texts = &it->forward},
        {.name = "hook-authorities", .text = &it->authorities},
        {.name = "hook-connections", .count = &it->connection_count_max, .min = 1, .max = 10000},
        {.name = "hook-waiting", .count = &it->waiting_count_max, .min = 1, .max = 1000000},
        {.name = "hook-failures", .count = &it->failure_count_max, .min = 1, .max = 1000000},
        {.name = "hook-pause", .duration_ms = &it->pause_ms, .min = 1, .max = 3600000},
    };
    memcpy(rules, all, sizeof all);
}

bool hooks_are_wanted(const hooks *it)
{
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++)
        if (it->urls[i]) return true;
    return false;
}

typedef struct header_list {
    hws_header list[OPTION_TEXT_COUNT_MAX];
    char names[OPTION_TEXT_COUNT_MAX][NAME_SIZE_MAX];
} header_list;

/* "NAME: VALUE"; whether both are what they should be, the webhooks will say. */
static bool split(const char *text, hws_header *header, char name[NAME_SIZE_MAX])
{
    const size_t size = strcspn(text, ":");
    if (text[size] != ':' || size >= NAME_SIZE_MAX) return false;
    memcpy(name, text, size);
    name[size] = '\0';
    const char *value = text + size + 1;
    *header = (hws_header){.name = name, .value = value + strspn(value, " \t")};
    return true;
}

static bool read_headers(const option_texts *from, header_list *to, char *explain,
                         size_t explain_size)
{
    for (size_t i = 0; i < from->count; i++) {
        if (split(from->text[i], &to->list[i], to->names[i])) continue;
        snprintf(explain, explain_size, "--hook-header: it is \"NAME: VALUE\"");
        return false;
    }
    return true;
}

hws_status hooks_open(hooks *it, log_sink *log, char *explain, size_t explain_size,
                      hws_webhooks **webhooks)
{
    header_list headers;
    *webhooks = NULL;
    if (!hooks_are_wanted(it)) return HWS_OK;
    if (!read_headers(&it->headers, &headers, explain, explain_size))
        return HWS_ERR_INVALID_ARGUMENT;
    it->tls.authorities = it->authorities;
    hws_webhook_options options = {
        .timeout_ms = (uint32_t)it->timeout_ms,
        .connection_count_max = (uint32_t)it->connection_count_max,
        .waiting_count_max = (uint32_t)it->waiting_count_max,
        .failure_count_max = (uint32_t)it->failure_count_max,
        .pause_ms = (uint32_t)it->pause_ms,
        .headers = headers.list,
        .header_count = it->headers.count,
        .forward = it->forward.count > 0 ? it->forward.text : NULL,
        .tls = &it->tls,
        .on_log = log_write,
        .log_user = log,
    };
    memcpy(options.urls, it->urls, sizeof options.urls);
    return hws_webhooks_new(&options, explain, explain_size, webhooks);
}
