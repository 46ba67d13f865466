/* SPDX-License-Identifier: MIT */
#include "net/proxied.h"

#include "base/memory.h"
#include "loop/alarm.h"

struct hws_proxied {
    hws_alarm alarm; /* first; until which the header must be there */
    const hws_memory *memory;
    hws_stream *stream;
    const hws_proxied_owner *calls;
    void *owner;
    hws_proxy_header header;
};

static void release(hws_proxied *it)
{
    hws_alarm_unset(&it->alarm, hws_stream_loop(it->stream));
    hws_memory_free(it->memory, it, sizeof *it);
}

void hws_proxied_close(hws_proxied *it)
{
    hws_stream *stream = it->stream;
    release(it);
    hws_stream_close(stream, 0);
}

/* Whatever was said to who is no proxy would tell him that he has found one's place. */
static void end(hws_proxied *it, hws_status why)
{
    const hws_proxied_owner *calls = it->calls;
    void *owner = it->owner;
    hws_address peer;
    hws_stream_peer(it->stream, &peer);
    hws_proxied_close(it);
    calls->on_end(owner, &peer, why);
}

static void hand_over(hws_proxied *it, hws_span rest)
{
    const hws_proxied_owner *calls = it->calls;
    void *owner = it->owner;
    hws_stream *stream = it->stream;
    const hws_proxy_header header = it->header;
    release(it);
    calls->on_header(owner, stream, &header, rest);
}

static void on_receive(void *owner, hws_span bytes)
{
    hws_proxied *it = owner;
    bool done = false;
    const hws_status status = hws_proxy_header_parse(&it->header, &bytes, &done);
    if (status < HWS_OK)
        end(it, status);
    else if (done)
        hand_over(it, bytes);
}

static bool has_begun(const hws_proxied *it)
{
    return it->header.size > 0;
}

static void on_end(void *owner, hws_status why)
{
    hws_proxied *it = owner;
    if (!has_begun(it))
        why = HWS_OK;
    else if (why == HWS_OK)
        why = HWS_ERR_CONNECTION_LOST;
    end(it, why);
}

static void on_sent(void *owner)
{
    (void)owner; /* nothing is */
}

static const hws_stream_owner stream_calls = {
    .on_receive = on_receive,
    .on_end = on_end,
    .on_sent = on_sent,
};

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    hws_proxied *it = (hws_proxied *)alarm;
    (void)loop;
    end(it, has_begun(it) ? HWS_ERR_HANDSHAKE_TIMEOUT : HWS_OK);
}

static hws_status make(const hws_memory *memory, hws_stream *stream, uint64_t until_ms,
                       hws_proxied **out)
{
    hws_proxied *it = hws_memory_new(memory, sizeof *it);
    if (!it) return HWS_ERR_NO_MEMORY;
    *it = (hws_proxied){.alarm.on_ring = on_ring, .memory = memory, .stream = stream};
    const hws_status status = hws_alarm_set(&it->alarm, hws_stream_loop(stream), until_ms);
    if (status < HWS_OK) {
        hws_memory_free(memory, it, sizeof *it);
        return status;
    }
    *out = it;
    return HWS_OK;
}

hws_status hws_proxied_new(const hws_memory *memory, hws_stream *stream, uint64_t until_ms,
                           const hws_proxied_owner *calls, void *owner, hws_proxied **out)
{
    hws_proxied *it;
    const hws_status status = make(memory, stream, until_ms, &it);
    if (status < HWS_OK) {
        hws_stream_close(stream, 0);
        return status;
    }
    it->calls = calls;
    it->owner = owner;
    hws_stream_own(stream, &stream_calls, it);
    hws_stream_receive(stream, true);
    *out = it;
    return HWS_OK;
}
