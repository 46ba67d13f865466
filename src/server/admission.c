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

hws_status hws_admission_open(hws_server *server, hws_loop *loop, const hws_limits *given)
{
    hws_hash_key key;
    HWS_TRY(hws_loop_random(loop, &key, sizeof key));
    const hws_addresses_rules rules = hws_limit_addresses(&server->options, given);
    return hws_addresses_new(server->memory, &key, &rules, &server->addresses);
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
    hws_reasons_add(&worker->metric.refused, why);
    hws_stream_count(stream, worker->turned_away);
    const bool is_answered =
        !is_secure && count < TURN_AWAY_MAX && write_answer(worker->loop, stream, why) == HWS_OK;
    hws_stream_close(stream, is_answered ? TURN_AWAY_LINGER_MS : 0);
}

static hws_status ask(const hws_worker *worker, int fd, hws_tally **tally)
{
    hws_address peer;
    if (hws_shed_is_over(worker->server)) return HWS_ERR_MEMORY_SHED;
    hws_address_of_peer(fd, &peer);
    return hws_addresses_enter(worker->server->addresses, &peer, hws_loop_now_ms(worker->loop),
                               tally);
}

hws_stream *hws_admission_ask(hws_worker *worker, int fd, bool is_secure)
{
    hws_stream *stream;
    if (hws_stream_tcp_new(worker->loop, fd, worker->server->options.send_timeout_ms, &stream) !=
        HWS_OK) {
        hws_reasons_add(&worker->metric.refused, HWS_ERR_NO_MEMORY);
        hws_server_log(worker->server, HWS_LOG_WARNING, "no memory for a new connection");
        return NULL;
    }
    hws_tally *tally;
    const hws_status status = ask(worker, hws_stream_fd(stream), &tally);
    if (status != HWS_OK) {
        turn_away(worker, stream, status, is_secure);
        return NULL;
    }
    stream->tally = tally; /* which counts it already */
    if (is_secure && hws_stream_tls_new(stream, worker->server->tls, NULL, 0, &stream) != HWS_OK) {
        hws_reasons_add(&worker->metric.refused, HWS_ERR_NO_MEMORY);
        hws_server_log(worker->server, HWS_LOG_WARNING,
                       "no memory for the TLS of a new connection");
        return NULL;
    }
    return stream;
}
