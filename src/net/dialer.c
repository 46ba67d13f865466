/* SPDX-License-Identifier: MIT */
/* The life of a dial: how it begins, what it tells, when its time is up, how it ends.  The stages
 * are in dialer_reach.c and dialer_through.c. */
#include <stdio.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "net/dialer_state.h"

enum { TIMEOUT_MS = 10000 };

static void *owner_at(void *member, size_t offset)
{
    return (char *)member - offset;
}

bool hws_dial_has_proxy(const hws_dial *dial)
{
    return dial->target.proxy && dial->target.proxy->kind != HWS_PROXY_NONE;
}

hws_text hws_dial_host(const hws_dial *dial)
{
    return hws_dial_has_proxy(dial) ? dial->target.proxy->host : hws_text_of(dial->target.host);
}

uint16_t hws_dial_port(const hws_dial *dial)
{
    return hws_dial_has_proxy(dial) ? dial->target.proxy->port : dial->target.port;
}

/* Telling. */

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool tell(hws_dial *dial, hws_step_type type, hws_status status, const char *text,
                 const hws_tls_info *info)
{
    if (!dial->calls->on_step) return true;
    dial->calls->on_step(dial->owner, &(hws_step){
                                          .type = type,
                                          .status = status,
                                          .at_us = clock_us() - dial->begun_us,
                                          .text = text,
                                          .tls = info,
                                      });
    return !dial->over;
}

bool hws_dial_tell(hws_dial *dial, hws_step_type type, hws_status status, const char *text)
{
    return tell(dial, type, status, text, NULL);
}

bool hws_dial_tell_tls(hws_dial *dial, hws_status status, const char *text)
{
    hws_tls_info info;
    hws_tls_info_store *store = NULL;
    if (!dial->calls->on_step) return true;
    const bool is_known = hws_stream_tls_info(dial->stream, &info, &store) == HWS_OK;
    const bool goes_on = tell(dial, HWS_STEP_TLS, status, text, is_known ? &info : NULL);
    hws_tls_info_store_free(store);
    return goes_on;
}

/* Ending. */

static void on_free(hws_deferred *deferred)
{
    hws_dial *dial = owner_at(deferred, offsetof(hws_dial, free));
    hws_memory_free(hws_loop_memory(dial->loop), dial, sizeof *dial);
}

void hws_dial_cancel(hws_dial *dial)
{
    dial->over = true;
    hws_alarm_unset(&dial->deadline, dial->loop);
    hws_loop_undefer(dial->loop, &dial->begin);
    if (dial->lookup) hws_lookup_cancel(dial->lookup);
    if (dial->race) hws_race_cancel(dial->race);
    if (dial->tunnel) hws_tunnel_cancel(dial->tunnel);
    if (dial->stream) hws_stream_close(dial->stream, 0);
    hws_loop_defer(dial->loop, &dial->free);
}

void hws_dial_succeed(hws_dial *dial, hws_stream *stream)
{
    hws_dial_cancel(dial); /* which does not hold the stream any more */
    dial->calls->on_connected(dial->owner, stream);
}

void hws_dial_fail(hws_dial *dial, hws_status status, const char *text)
{
    hws_dial_cancel(dial);
    dial->calls->on_failed(dial->owner, status, text);
}

void hws_dial_fail_step(hws_dial *dial, hws_step_type type, hws_status status, const char *text)
{
    if (hws_dial_tell(dial, type, status, text)) hws_dial_fail(dial, status, text);
}

/* Out of time. */

static void on_deadline(hws_alarm *deadline, hws_loop *loop)
{
    (void)loop;
    hws_dial *dial = owner_at(deadline, offsetof(hws_dial, deadline));
    const bool is_last = dial->stage == HWS_DIAL_TLS;
    const uint32_t ms = is_last ? dial->target.tls_timeout_ms : dial->target.connect_timeout_ms;
    const bool is_whole = ms % 1000 == 0;
    char within[24];
    snprintf(within, sizeof within, is_whole ? "%u s" : "%u ms",
             (unsigned)(is_whole ? ms / 1000 : ms));
    if (dial->stage == HWS_DIAL_RESOLVING || dial->stage == HWS_DIAL_RACING)
        hws_dial_fail_reaching_late(dial, within);
    else
        hws_dial_fail_going_late(dial, within);
}

/* Beginning. */

static void on_begin(hws_deferred *begin)
{
    hws_dial_reach(owner_at(begin, offsetof(hws_dial, begin)));
}

static void copy_target(hws_dial *dial, const hws_dial_target *target)
{
    dial->target = *target;
    if (target->connect_timeout_ms == 0) dial->target.connect_timeout_ms = TIMEOUT_MS;
    if (target->tls_timeout_ms == 0) dial->target.tls_timeout_ms = TIMEOUT_MS;
    dial->tunnel_host = hws_text_of(target->host);
    /* What does not fit is not looked up either. */
    if (!hws_dial_has_proxy(dial) || target->proxy->host.size >= sizeof dial->proxy_host) return;
    memcpy(dial->proxy_host, target->proxy->host.data, target->proxy->host.size);
}

hws_status hws_dial_new(hws_loop *loop, const hws_dial_target *target, const hws_dial_owner *calls,
                        void *owner, hws_dial **out)
{
    hws_dial *dial = hws_memory_new_zeroed(hws_loop_memory(loop), sizeof *dial);
    if (!dial) return HWS_ERR_NO_MEMORY;
    dial->loop = loop;
    dial->calls = calls;
    dial->owner = owner;
    dial->begun_us = clock_us();
    dial->deadline.on_ring = on_deadline;
    dial->begin.call = on_begin;
    dial->free.call = on_free;
    copy_target(dial, target);
    /* Not the turn's time: reading the system's authorities may have taken most of the turn. */
    const uint64_t until_ms = hws_clock_ms() + dial->target.connect_timeout_ms;
    const hws_status status = hws_alarm_set(&dial->deadline, loop, until_ms);
    if (status < HWS_OK) {
        hws_memory_free(hws_loop_memory(loop), dial, sizeof *dial);
        return status;
    }
    hws_loop_defer(loop, &dial->begin);
    *out = dial;
    return HWS_OK;
}
