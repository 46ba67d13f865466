/* SPDX-License-Identifier: MIT */
/* From a host's name to a connection: the lookup, and the race of its addresses. */
#include <stdio.h>

#include "base/text.h"
#include "net/dialer_state.h"

static void look_up(hws_dial *dial, hws_text host, uint16_t port, hws_lookup_told *on_told);

static bool is_literal(hws_text host)
{
    hws_address address;
    return hws_address_literal(host, 0, &address);
}

/* What goes before the name of who is looked up, or connected to. */
static const char *role_of(const hws_dial *dial, hws_text host)
{
    return hws_dial_has_proxy(dial) && host.data == dial->target.proxy->host.data ? "the proxy "
                                                                                  : "";
}

/* For "%.*s": what is longer is no name, and not worth a longer line. */
static int shown(hws_text host)
{
    return host.size < HWS_QUERY_HOST_MAX ? (int)host.size : HWS_QUERY_HOST_MAX;
}

/* Racing. */

/* "connecting to the proxy example.com: 192.0.2.1 port 3128: connection refused"; a host that is an
 * address, or a path, stands in `why` already. */
static void write_failure(const hws_dial *dial, const char *why, char text[HWS_DIAL_TEXT_SIZE])
{
    const hws_text host = dial->target.unix_path ? (hws_text){0} : hws_dial_host(dial);
    const bool is_name = host.size > 0 && !is_literal(host);
    snprintf(text, HWS_DIAL_TEXT_SIZE, "connecting to %s%.*s%s%.*s", role_of(dial, host),
             is_name ? shown(host) : 0, is_name ? host.data : "", is_name ? ": " : "",
             HWS_DIAL_EXPLAINED_SIZE, why);
}

/* For want of memory, or of the system's help, whatever the address. */
static void fail_ourselves(hws_dial *dial, hws_status status)
{
    const bool is_unix = dial->target.unix_path != NULL;
    const hws_text host = is_unix ? hws_text_of(dial->target.unix_path) : hws_dial_host(dial);
    char text[HWS_DIAL_TEXT_SIZE];
    snprintf(text, sizeof text, "connecting to %s%.*s: %s", role_of(dial, host), shown(host),
             host.data, hws_status_text(status));
    hws_dial_fail(dial, status, text);
}

static void on_try(void *owner, const hws_address *address)
{
    char name[HWS_ADDRESS_NAME_MAX];
    hws_address_name(address, name);
    const bool goes_on = hws_dial_tell(owner, HWS_STEP_CONNECT, HWS_OK, name);
    (void)goes_on; /* the race knows, too */
}

static void on_tried(void *owner, const hws_address *address, hws_status status, const char *why)
{
    char name[HWS_ADDRESS_NAME_MAX];
    char text[HWS_ADDRESS_NAME_MAX + 128];
    hws_address_name(address, name);
    snprintf(text, sizeof text, "%s%s%s", name, why[0] ? ": " : "", why);
    const bool goes_on = hws_dial_tell(owner, HWS_STEP_CONNECTED, status, text);
    (void)goes_on;
}

static void on_won(void *owner, int fd)
{
    hws_dial *dial = owner;
    hws_stream *stream;
    dial->race = NULL;
    if (dial->lookup) hws_lookup_cancel(dial->lookup);
    dial->lookup = NULL;
    const hws_status status =
        hws_stream_tcp_new(dial->loop, fd, dial->target.send_timeout_ms, &stream);
    if (status < HWS_OK)
        fail_ourselves(dial, status);
    else
        hws_dial_go_through(dial, stream);
}

static void on_lost(void *owner, hws_status status)
{
    hws_dial *dial = owner;
    char why[HWS_DIAL_EXPLAINED_SIZE];
    char text[HWS_DIAL_TEXT_SIZE];
    hws_race_explain(dial->race, "", why, sizeof why); /* all have ended */
    dial->race = NULL;
    write_failure(dial, why, text);
    hws_dial_fail(dial, status, text);
}

static void race(hws_dial *dial, const hws_address *addresses, size_t count, bool more)
{
    static const hws_race_owner CALLS = {on_try, on_tried, on_won, on_lost};
    dial->stage = HWS_DIAL_RACING;
    const hws_status status =
        hws_race_new(dial->loop, addresses, count, more, &CALLS, dial, &dial->race);
    if (status < HWS_OK) fail_ourselves(dial, status);
}

/* Looking up. */

static void write_addresses(const hws_lookup_answer *answer, char text[HWS_DIAL_TEXT_SIZE])
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < answer->count && used < HWS_DIAL_TEXT_SIZE; i++) {
        char address[HWS_ADDRESS_TEXT_MAX];
        hws_address_text(&answer->addresses[i], address);
        used += (size_t)snprintf(text + used, HWS_DIAL_TEXT_SIZE - used, "%s%s", i > 0 ? " " : "",
                                 address);
    }
}

/* Returns: whether the dial goes on, with addresses. */
static bool tell_resolved(hws_dial *dial, const hws_lookup_answer *answer)
{
    const hws_text host = dial->resolving;
    char text[HWS_DIAL_TEXT_SIZE];
    if (!answer->more) dial->lookup = NULL;
    if (answer->status < HWS_OK) {
        snprintf(text, sizeof text, "%s%s", role_of(dial, host), answer->text);
        hws_dial_fail_step(dial, HWS_STEP_RESOLVED, answer->status, text);
        return false;
    }
    if (answer->count == 0 || is_literal(host)) return true; /* nothing was looked up, or found */
    write_addresses(answer, text);
    return hws_dial_tell(dial, HWS_STEP_RESOLVED, HWS_OK, text);
}

static void on_host(void *user, const hws_lookup_answer *answer)
{
    hws_dial *dial = user;
    if (!tell_resolved(dial, answer)) return;
    if (dial->race)
        hws_race_add(dial->race, answer->addresses, answer->count);
    else
        race(dial, answer->addresses, answer->count, answer->more);
}

/* What a proxy is told can be one address only, and of a proxy one does not know whether it has
 * IPv6: an IPv4 address comes first. */
static void choose_tunnel_address(hws_dial *dial, const hws_lookup_answer *answer, bool *is_v4)
{
    *is_v4 = false;
    for (size_t i = 0; i < answer->count && !*is_v4; i++) {
        *is_v4 = answer->addresses[i].any.sa_family == AF_INET;
        if (*is_v4 || !dial->tunnel_address[0])
            hws_address_text(&answer->addresses[i], dial->tunnel_address);
    }
}

static void on_target(void *user, const hws_lookup_answer *answer)
{
    hws_dial *dial = user;
    bool is_v4;
    if (!tell_resolved(dial, answer)) return;
    choose_tunnel_address(dial, answer, &is_v4);
    if (answer->more && !is_v4) return; /* it may come yet */
    if (dial->lookup) hws_lookup_cancel(dial->lookup);
    dial->lookup = NULL;
    dial->tunnel_host = hws_text_of(dial->tunnel_address);
    look_up(dial, hws_dial_host(dial), hws_dial_port(dial), on_host);
}

static const char *words_of(hws_status status)
{
    if (status == HWS_ERR_NAME) return "not a host name";
    if (status == HWS_ERR_SYSTEM) return "the system has no thread to look it up with";
    return hws_status_text(status);
}

static void look_up(hws_dial *dial, hws_text host, uint16_t port, hws_lookup_told *on_told)
{
    char text[HWS_DIAL_TEXT_SIZE];
    snprintf(text, sizeof text, "%.*s", shown(host), host.data);
    dial->stage = HWS_DIAL_RESOLVING;
    dial->resolving = host;
    if (!is_literal(host) && !hws_dial_tell(dial, HWS_STEP_RESOLVE, HWS_OK, text)) return;
    const hws_status status = hws_lookup_new(dial->loop, host, port, on_told, dial, &dial->lookup);
    if (status == HWS_OK) return;
    snprintf(text, sizeof text, "%s%.*s: %s", role_of(dial, host), shown(host), host.data,
             words_of(status));
    hws_dial_fail_step(dial, HWS_STEP_RESOLVED, status, text);
}

static void reach_unix(hws_dial *dial)
{
    const hws_text path = hws_text_of(dial->target.unix_path);
    hws_address address;
    char text[HWS_DIAL_TEXT_SIZE];
    if (hws_address_local(path, &address) == HWS_OK) {
        race(dial, &address, 1, false);
        return;
    }
    snprintf(text, sizeof text,
             "connecting to %.*s: not a path that a socket can have (1 to %zu "
             "bytes)",
             shown(path), path.data, sizeof address.local.sun_path - 1);
    hws_dial_fail(dial, HWS_ERR_ADDRESS, text);
}

void hws_dial_reach(hws_dial *dial)
{
    const hws_text target = hws_text_of(dial->target.host);
    const bool tells_address =
        hws_dial_has_proxy(dial) && dial->target.proxy->kind == HWS_PROXY_SOCKS5;
    if (dial->target.unix_path)
        reach_unix(dial);
    else if (tells_address && !is_literal(target))
        look_up(dial, target, dial->target.port, on_target);
    else
        look_up(dial, hws_dial_host(dial), hws_dial_port(dial), on_host);
}

/* Out of time. */

static void fail_resolving_late(hws_dial *dial, const char *within)
{
    char text[HWS_DIAL_TEXT_SIZE];
    snprintf(text, sizeof text, "%s%.*s: no answer from the name servers within %s",
             role_of(dial, dial->resolving), shown(dial->resolving), dial->resolving.data, within);
    hws_dial_fail_step(dial, HWS_STEP_RESOLVED, HWS_ERR_NAME_TEMPORARY, text);
}

static void fail_racing_late(hws_dial *dial, const char *within)
{
    char pending[64];
    char why[HWS_DIAL_EXPLAINED_SIZE];
    char text[HWS_DIAL_TEXT_SIZE];
    snprintf(pending, sizeof pending, "no answer within %s", within);
    hws_race_expire(dial->race, pending);
    if (dial->over) return;
    hws_race_explain(dial->race, pending, why, sizeof why);
    write_failure(dial, why, text);
    hws_dial_fail(dial, HWS_ERR_CONNECT_TIMEOUT, text);
}

void hws_dial_fail_reaching_late(hws_dial *dial, const char *within)
{
    if (dial->stage == HWS_DIAL_RACING)
        fail_racing_late(dial, within);
    else
        fail_resolving_late(dial, within);
}
