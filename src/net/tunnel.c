/* SPDX-License-Identifier: MIT */
#include "net/tunnel.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/try.h"

enum {
    NAMED_MAX = 253, /* bytes of a host in a text */
    TEXT_SIZE = HWS_TUNNEL_NAME_MAX + 256,
};

struct hws_tunnel {
    hws_stream *stream;
    const hws_tunnel_owner *calls;
    void *owner;
    const hws_proxy *proxy;
    hws_proxy_talk talk;
    hws_buffer output;
};

void hws_tunnel_name_proxy(const hws_proxy *proxy, char *name, size_t size)
{
    const hws_text host = proxy->host;
    const int shown = host.size < NAMED_MAX ? (int)host.size : NAMED_MAX;
    const bool bracketed = shown > 0 && memchr(host.data, ':', (size_t)shown);
    snprintf(name, size, bracketed ? "the proxy [%.*s] port %u" : "the proxy %.*s port %u", shown,
             host.data, (unsigned)proxy->port);
}

/* All but the stream. */
static void tunnel_free(hws_tunnel *tunnel)
{
    const hws_memory *memory = hws_loop_memory(hws_stream_loop(tunnel->stream));
    hws_proxy_talk_release(&tunnel->talk);
    hws_buffer_release(&tunnel->output, memory);
    hws_memory_free(memory, tunnel, sizeof *tunnel);
}

static void fail(hws_tunnel *tunnel, hws_status status, const char *why)
{
    static const char SUBJECT[] = "the proxy ";
    const hws_tunnel_owner *calls = tunnel->calls;
    void *owner = tunnel->owner;
    char name[HWS_TUNNEL_NAME_MAX];
    char text[TEXT_SIZE];
    hws_tunnel_name_proxy(tunnel->proxy, name, sizeof name);
    /* What says already that the proxy did it is told which one. */
    if (strncmp(why, SUBJECT, sizeof SUBJECT - 1) == 0)
        snprintf(text, sizeof text, "%s %s", name, why + sizeof SUBJECT - 1);
    else
        snprintf(text, sizeof text, "%s: %s", name, why);
    hws_tunnel_cancel(tunnel);
    calls->on_failed(owner, status, text);
}

/* Into the stream's queue. */
static hws_status send_output(hws_tunnel *tunnel)
{
    hws_buffer *output = &tunnel->output;
    if (output->size == 0) return HWS_OK;
    HWS_TRY(hws_queue_append(&tunnel->stream->queue, output->data, output->size));
    output->size = 0;
    hws_stream_flush(tunnel->stream);
    return HWS_OK;
}

static void open(hws_tunnel *tunnel)
{
    const hws_tunnel_owner *calls = tunnel->calls;
    void *owner = tunnel->owner;
    hws_stream *stream = tunnel->stream;
    hws_stream_receive(stream, false);
    tunnel_free(tunnel);
    calls->on_open(owner, stream);
}

static void on_receive(void *user, hws_span bytes)
{
    hws_tunnel *tunnel = user;
    bool done = false;
    hws_status status = hws_proxy_talk_receive(&tunnel->talk, &bytes, &tunnel->output, &done);
    if (status == HWS_OK) status = send_output(tunnel);
    if (status < HWS_OK) {
        const char *said = tunnel->talk.text;
        fail(tunnel, status, said[0] ? said : hws_status_text(status));
    } else if (done && bytes.size > 0) {
        /* E026: whoever is behind the proxy, TLS or WebSocket, waits to be spoken to. */
        fail(tunnel, HWS_ERR_PROXY_PROTOCOL, "the proxy sent more than its answer");
    } else if (done) {
        open(tunnel);
    }
}

static void on_end(void *user, hws_status why)
{
    hws_tunnel *tunnel = user;
    char text[TEXT_SIZE] = "";
    hws_stream_explain(tunnel->stream, text, sizeof text);
    if (why == HWS_OK)
        fail(tunnel, HWS_ERR_PROXY, "the proxy closed the connection without opening the way");
    else
        fail(tunnel, why, text[0] ? text : hws_status_text(why));
}

static void on_sent(void *user)
{
    (void)user;
}

static const hws_stream_owner stream_calls = {
    .on_receive = on_receive,
    .on_end = on_end,
    .on_sent = on_sent,
};

static hws_status begin(hws_tunnel *tunnel, hws_text host, uint16_t port)
{
    const hws_memory *memory = hws_loop_memory(hws_stream_loop(tunnel->stream));
    HWS_TRY(hws_proxy_talk_init(&tunnel->talk, tunnel->proxy, host, port, memory, &tunnel->output));
    return send_output(tunnel);
}

hws_status hws_tunnel_new(hws_stream *stream, const hws_proxy *proxy, hws_text host, uint16_t port,
                          const hws_tunnel_owner *calls, void *owner, hws_tunnel **out)
{
    hws_tunnel *tunnel =
        hws_memory_new_zeroed(hws_loop_memory(hws_stream_loop(stream)), sizeof *tunnel);
    if (!tunnel) {
        hws_stream_close(stream, 0);
        return HWS_ERR_NO_MEMORY;
    }
    tunnel->stream = stream;
    tunnel->calls = calls;
    tunnel->owner = owner;
    tunnel->proxy = proxy;
    hws_stream_own(stream, &stream_calls, tunnel);
    const hws_status status = begin(tunnel, host, port);
    if (status < HWS_OK) {
        hws_tunnel_cancel(tunnel);
        return status;
    }
    hws_stream_receive(stream, true);
    *out = tunnel;
    return HWS_OK;
}

void hws_tunnel_cancel(hws_tunnel *tunnel)
{
    hws_stream *stream = tunnel->stream;
    tunnel_free(tunnel);
    hws_stream_close(stream, 0);
}
