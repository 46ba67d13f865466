/* SPDX-License-Identifier: MIT */
/* What is to be done with a user's connections: all threads of all nodes are told
 * (channel/order). */
#include "channel/api.h"
#include "channel/json.h"
#include "channel/name.h"

enum {
    REASON_SIZE_MAX = 123, /* bytes (RFC 6455 §5.5) */
    CODE_MIN = 3000,
    CODE_MAX = 4999,
};

static void write_member(hws_writer *to, const char *name, hws_text value)
{
    HWS_WRITE(to, ",");
    hws_write_string(to, hws_text_of(name));
    HWS_WRITE(to, ":");
    hws_write_string(to, value);
}

/* {"order":…,"user":… and what the caller adds; nobody is only meant by the id of a client. */
static bool begin(hws_api_call *call, const char *name, hws_writer *order)
{
    hws_text user = {0};
    hws_text client = {0};
    call->error = HWS_ERROR_BAD_REQUEST;
    if (!hws_json_get_text(call->parameters, "user", &user) ||
        !hws_json_get_text(call->parameters, "client", &client) ||
        (user.size == 0 && client.size == 0))
        return false;
    HWS_WRITE(order, "{\"order\":");
    hws_write_string(order, hws_text_of(name));
    write_member(order, "user", (hws_text){user.data ? user.data : "", user.size});
    if (client.size > 0) write_member(order, "client", client);
    return true;
}

static void give(hws_api_call *call, hws_writer *order)
{
    HWS_WRITE(order, "}");
    const hws_text text = hws_writer_text(order);
    const hws_status status =
        text.data ? call->hub->engine->calls->tell(call->hub->engine, text) : HWS_ERR_NO_MEMORY;
    call->error = hws_error_of(status);
    HWS_WRITE(&call->result, "{}");
}

static bool add_channel(hws_api_call *call, hws_writer *order, bool is_needed)
{
    hws_text channel = {0};
    const bool is_named = hws_json_get_text(call->parameters, "channel", &channel);
    call->error = HWS_ERROR_BAD_REQUEST;
    if (!is_named || (channel.size == 0 && is_needed)) return false;
    if (channel.size == 0) return true;
    if (!hws_channel_is_valid(channel)) return false;
    call->error = HWS_ERROR_UNKNOWN_CHANNEL;
    if (!hws_policies_find(&call->hub->policies, channel)) return false;
    write_member(order, "channel", channel);
    return true;
}

static void order_in_channel(hws_api_call *call, const char *name, bool is_needed)
{
    hws_writer order = hws_writer_on(call->hub->memory);
    if (begin(call, name, &order) && add_channel(call, &order, is_needed)) give(call, &order);
    hws_writer_release(&order);
}

void hws_api_subscribe(hws_api_call *call)
{
    order_in_channel(call, "subscribe", true);
}

/* Without a channel: from all. */
void hws_api_unsubscribe(hws_api_call *call)
{
    order_in_channel(call, "unsubscribe", false);
}

static bool add_code(hws_api_call *call, hws_writer *order)
{
    const json_t *how = json_object_get(call->parameters, "disconnect");
    uint64_t code = 0;
    hws_text reason = {0};
    call->error = HWS_ERROR_BAD_REQUEST;
    if (!how) return true;
    if (!json_is_object(how) || !hws_json_get_number(how, "code", &code) || code < CODE_MIN ||
        code > CODE_MAX || !hws_json_get_text(how, "reason", &reason) ||
        reason.size > REASON_SIZE_MAX)
        return false;
    HWS_WRITE(order, ",\"code\":");
    hws_write_number(order, code);
    if (reason.data) write_member(order, "reason", reason);
    return true;
}

void hws_api_disconnect(hws_api_call *call)
{
    hws_writer order = hws_writer_on(call->hub->memory);
    if (begin(call, "disconnect", &order) && add_code(call, &order)) give(call, &order);
    hws_writer_release(&order);
}

void hws_api_refresh(hws_api_call *call)
{
    uint64_t expire_at = 0;
    bool expired = false;
    hws_writer order = hws_writer_on(call->hub->memory);
    if (begin(call, "refresh", &order) &&
        hws_json_get_number(call->parameters, "expire_at", &expire_at) &&
        hws_json_get_flag(call->parameters, "expired", &expired)) {
        HWS_WRITE(&order, ",\"expire_at\":");
        hws_write_number(&order, expire_at);
        if (expired) HWS_WRITE(&order, ",\"expired\":true");
        give(call, &order);
    }
    hws_writer_release(&order);
}
