/* SPDX-License-Identifier: MIT */
#include "server/admission.h"

#include <stdio.h>

#include "base/try.h"
#include "net/stream_tls.h"
#include "server/addresses.h"
#include "server/limit.h"
#include "server/shed.h"

enum {
    TURN_AWAY_LINGER_MS = 1000,
    TURN_AWAY_MAX = 16, /* at once; the others are closed without an answer */
    RETRY_AFTER_MAX_S = 5,
};

static hws_status open_proxies(hws_server *server, char *explain, size_t size)
{
    hws_text wrong;
    const hws_status status =
        hws_networks_parse(server->options.proxy_protocol, &server->proxies, &wrong);
    if (status == HWS_OK) return HWS_OK;
    if (!explain) return HWS_ERR_INVALID_ARGUMENT;
    if (status == HWS_ERR_LIMIT)
        snprintf(explain, size, "proxy_protocol: more than %d addresses", HWS_NETWORKS_MAX);
    else
        snprintf(explain, size,
                 "proxy_protocol: '%.*s' is neither an address nor a network; write them like "
                 "192.0.2.1, 10.0.0.0/8 (no bit set behind the prefix), 2001:db8::/32 or unix",
                 wrong.size < 64 ? (int)wrong.size : 64, wrong.data);
    return HWS_ERR_INVALID_ARGUMENT;
}

static hws_status open_addresses(hws_server *server, hws_loop *loop, const hws_limits *given)
{
    hws_hash_key key;
    HWS_TRY(hws_loop_random(loop, &key, sizeof key));
    const hws_addresses_rules rules = hws_limit_addresses(&server->options, given);
    return hws_addresses_new(server->memory, &key, &rules, &server->addresses);
}

hws_status hws_admission_open(hws_server *server, hws_loop *loop, const hws_limits *given,
                              char *explain, size_t size)
{
    HWS_TRY(open_proxies(server, explain, size));
    const hws_status status = open_addresses(server, loop, given);
    if (status != HWS_OK && explain)
        snprintf(explain, size, "cannot start: %s", hws_status_text(status));
    return status;
}

/* Those who are sent away together shall not come back together. */
static unsigned retry_after_s(hws_loop *loop)
{
    uint8_t random;
    if (hws_loop_random(loop, &random, 1) < HWS_OK) random = (uint8_t)hws_loop_now_ms(loop);
    return 1 + random % RETRY_AFTER_MAX_S;
}

static hws_status write_answer(hws_loop *loop, hws_stream *stream, hws_status why)
{
    char answer[160];
    const int status = hws_status_http(why);
    const int size = snprintf(answer, sizeof answer,
                              "HTTP/1.1 %d %s\r\nRetry-After: %u\r\nContent-Length: 0\r\n"
                              "Connection: close\r\n\r\n",
                              status, status == 429 ? "Too Many Requests" : "Service Unavailable",
                              retry_after_s(loop));
    return hws_queue_append(&stream->queue, answer, (size_t)size);
}

/* With the answer that costs nothing but itself, and its descriptor for a moment.  A TLS handshake
 * for it would cost more than that. */
static void turn_away(hws_worker *worker, hws_stream *stream, hws_status why, bool is_secure)
{
    const uint32_t count = hws_tally_count(worker->turned_away);
    if (stream->tally) hws_tally_remove(stream->tally);
    hws_reasons_add(&worker->metric.refused, why);
    hws_stream_count(stream, worker->turned_away);
    const bool is_answered =
        !is_secure && count < TURN_AWAY_MAX && write_answer(worker->loop, stream, why) == HWS_OK;
    hws_stream_close(stream, is_answered ? TURN_AWAY_LINGER_MS : 0);
}

/* A proxy that cannot be asked for its address any more has gone. */
static hws_status ask(const hws_worker *worker, hws_stream *stream, bool *is_proxied)
{
    hws_server *server = worker->server;
    hws_address peer;
    if (hws_shed_is_over(server)) return HWS_ERR_MEMORY_SHED;
    hws_stream_peer(stream, &peer);
    *is_proxied = hws_networks_have(&server->proxies, &peer);
    return hws_addresses_enter(server->addresses, *is_proxied ? NULL : &peer,
                               hws_loop_now_ms(worker->loop), &stream->tally);
}

static void lack_memory(hws_worker *worker, const char *text)
{
    hws_reasons_add(&worker->metric.refused, HWS_ERR_NO_MEMORY);
    hws_server_log(worker->server, HWS_LOG_WARNING, "%s", text);
}

static hws_stream *encrypt(hws_worker *worker, hws_stream *stream)
{
    if (hws_stream_tls_new(stream, worker->server->tls, NULL, 0, &stream) == HWS_OK) return stream;
    lack_memory(worker, "no memory for the TLS of a new connection");
    return NULL;
}

hws_stream *hws_admission_ask(hws_worker *worker, int fd, bool is_secure, bool *is_proxied)
{
    hws_stream *stream;
    if (hws_stream_tcp_new(worker->loop, fd, worker->server->options.send_timeout_ms, &stream) !=
        HWS_OK) {
        lack_memory(worker, "no memory for a new connection");
        return NULL;
    }
    const hws_status status = ask(worker, stream, is_proxied);
    if (status != HWS_OK) {
        turn_away(worker, stream, status, is_secure);
        return NULL;
    }
    return is_secure && !*is_proxied ? encrypt(worker, stream) : stream;
}

/* From now on whoever asks for the stream's peer hears `peer`. */
static bool introduce(hws_worker *worker, hws_stream *stream, const hws_address *peer)
{
    return hws_tally_new_for(worker->memory, stream->tally, peer, &stream->tally) == HWS_OK;
}

hws_stream *hws_admission_settle(hws_worker *worker, hws_stream *stream, bool is_secure,
                                 const hws_address *peer)
{
    hws_address own;
    hws_stream_peer(stream, &own);
    const hws_status status = hws_addresses_settle(worker->server->addresses, peer ? peer : &own,
                                                   hws_loop_now_ms(worker->loop), &stream->tally);
    if (status != HWS_OK) {
        turn_away(worker, stream, status, is_secure);
        return NULL;
    }
    if (peer && !introduce(worker, stream, peer)) {
        lack_memory(worker, "no memory for a new connection");
        hws_stream_close(stream, 0);
        return NULL;
    }
    return is_secure ? encrypt(worker, stream) : stream;
}
