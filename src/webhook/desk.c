/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "base/try.h"
#include "webhook/webhooks.h"

enum { IDLE_MS = 30000 };

struct hws_webhook_desk {
    hws_resident resident;
    hws_webhooks *hooks; /* a reference */
    hws_loop *loop;
    hws_tls_context *tls;
    hws_caller *callers[HWS_QUESTION_KIND_COUNT];
};

static void end(hws_resident *resident)
{
    hws_webhook_desk *desk = (hws_webhook_desk *)resident;
    hws_webhooks *hooks = desk->hooks;
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++) hws_caller_free(desk->callers[i]);
    hws_tls_context_unref(desk->tls);
    hws_memory_free(hws_loop_memory(desk->loop), desk, sizeof *desk);
    hws_webhooks_unref(hooks);
}

static hws_status open_tls(hws_webhook_desk *desk)
{
    static const hws_tls_options plain;
    const hws_tls_options *options = desk->hooks->options.tls;
    char explain[256];
    if (desk->tls) return HWS_OK;
    return hws_tls_context_new(desk->loop, HWS_TLS_CLIENT, options ? options : &plain, NULL, NULL,
                               explain, sizeof explain, &desk->tls);
}

static hws_status open_caller(hws_webhook_desk *desk, size_t kind)
{
    const hws_webhook_options *options = &desk->hooks->options;
    const hws_webhook *it = &desk->hooks->of[kind];
    if (it->is_secure) HWS_TRY(open_tls(desk));
    const hws_caller_options of_caller = {
        .host = it->host,
        .port = it->port,
        .tls = it->is_secure ? desk->tls : NULL,
        .link_count_max = options->connection_count_max,
        .waiting_count_max = options->waiting_count_max,
        .idle_ms = IDLE_MS,
        .answer_size_max = options->answer_size_max,
    };
    return hws_caller_new(desk->loop, &of_caller, &desk->callers[kind]);
}

static hws_status open_callers(hws_webhook_desk *desk)
{
    const hws_webhooks *hooks = desk->hooks;
    for (size_t i = 0; i < HWS_QUESTION_KIND_COUNT; i++)
        if ((hooks->decider.asks & HWS_ASKS(i)) && hooks->of[i].caller == i)
            HWS_TRY(open_caller(desk, i));
    return HWS_OK;
}

hws_status hws_webhook_desk_of(hws_webhooks *hooks, hws_loop *loop, hws_webhook_desk **desk)
{
    *desk = (hws_webhook_desk *)hws_loop_resident(loop, hooks);
    if (*desk) return HWS_OK;
    hws_webhook_desk *made = hws_memory_new_zeroed(hws_loop_memory(loop), sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->resident = (hws_resident){.kind = hooks, .end = end};
    made->loop = loop;
    made->hooks = hooks;
    atomic_fetch_add(&hooks->reference_count, 1);
    const hws_status status = open_callers(made);
    if (status != HWS_OK) {
        end(&made->resident);
        return status;
    }
    hws_loop_settle(loop, &made->resident);
    *desk = made;
    return HWS_OK;
}

hws_caller *hws_webhook_desk_caller(const hws_webhook_desk *desk, hws_question_kind kind)
{
    return desk->callers[desk->hooks->of[kind].caller];
}
