/* SPDX-License-Identifier: MIT */
/* The same bytes, cut differently, get the same answers.
 *
 * Byte 0 is the size of the pieces, the rest is what the peer sends.  The application echoes; the
 * path's first letter may say otherwise: "h" holds the request until the next turn, "t" takes the
 * stream and remembers what comes after, "n" does not answer. */
#include "http/h1.h"
#include "lib/fake_stream.h"
#include "loop/state.h"

enum { INPUT_MAX = 8192 };

typedef struct story {
    uint64_t hash; /* of requests, and of what came after an upgrade */
    uint64_t answer;
    uint32_t request_count;
    bool closed;
    bool taken;
} story;

static hws_loop *loop;
static fake_stream peer;
static story *told;
static hws_h1 *held;
static hws_stream *taken;
static bool is_closed; /* the h1 is gone */

static void mix(uint64_t *hash, const void *bytes, size_t size)
{
    const uint8_t *each = bytes;
    for (size_t i = 0; i < size; i++) *hash = (*hash ^ each[i]) * 0x100000001b3;
}

static void on_taken_receive(void *owner, hws_span bytes)
{
    (void)owner;
    mix(&told->hash, bytes.data, bytes.size);
}

static void on_taken_end(void *owner, hws_status why)
{
    (void)owner;
    (void)why;
}

static void on_taken_sent(void *owner)
{
    (void)owner;
}

static void take(hws_h1 *h1)
{
    static const hws_stream_owner CALLS = {
        .on_receive = on_taken_receive, .on_end = on_taken_end, .on_sent = on_taken_sent};
    hws_span early;
    taken = hws_h1_take_stream(h1, &early);
    hws_stream_own(taken, &CALLS, NULL);
    told->taken = true;
    is_closed = true;
    mix(&told->hash, early.data, early.size);
}

static void echo(hws_request *request)
{
    const hws_text path = hws_request_path(request);
    const hws_response response = {.body = path.data, .body_size = path.size};
    const hws_status status = hws_request_respond(request, &response);
    assert(status == HWS_OK);
}

static void on_request(void *owner, hws_request *request)
{
    (void)owner;
    const hws_text path = hws_request_path(request);
    const hws_text body = hws_request_body(request);
    assert(path.size > 0 && path.size <= hws_request_target(request).size);
    told->request_count++;
    mix(&told->hash, path.data, path.size);
    mix(&told->hash, body.data, body.size);

    const char letter = path.size > 1 ? path.data[1] : '\0';
    if (letter == 'h') {
        held = hws_request_h1(request);
        hws_h1_hold(held);
    } else if (letter == 't') {
        take(hws_request_h1(request));
    } else if (letter != 'n') {
        echo(request);
    }
}

static void on_close(void *owner, hws_h1 *h1)
{
    (void)owner;
    (void)h1;
    is_closed = true;
    held = NULL;
}

static void run_deferred(void)
{
    hws_deferred *deferred;
    while ((deferred = loop->deferred.first)) {
        hws_loop_undefer(loop, deferred);
        deferred->call(deferred);
    }
}

static void settle(void)
{
    do {
        hws_h1 *h1 = held;
        held = NULL;
        if (h1) echo(hws_h1_request(h1));
        run_deferred();
    } while (fake_stream_take(&peer, SIZE_MAX) > 0 || held);
    run_deferred();
}

/* Without what differs from run to run: Date, and the seconds of Retry-After. */
static uint64_t hash_answers(void)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t at = 0; at < peer.output_size;) {
        const uint8_t *line = peer.output + at;
        const uint8_t *end = memchr(line, '\n', peer.output_size - at);
        const size_t size = end ? (size_t)(end - line) + 1 : peer.output_size - at;
        const bool varies = (size > 6 && memcmp(line, "Date: ", 6) == 0) ||
                            (size > 13 && memcmp(line, "Retry-After: ", 13) == 0);
        if (!varies) mix(&hash, line, size);
        at += size;
    }
    return hash;
}

static story play(const uint8_t *data, size_t size, size_t cut)
{
    static const hws_h1_owner CALLS = {on_request, on_close, NULL};
    const hws_h1_options options = {.body_size_max = 100, .request_count_max = 20};
    story it = {.hash = 0xcbf29ce484222325};
    hws_h1 *h1;
    told = &it;
    held = NULL;
    taken = NULL;
    is_closed = false;
    fake_stream_init(&peer, loop);
    const hws_status status = hws_h1_new(loop, &peer.stream, &options, &CALLS, NULL, &h1);
    assert(status == HWS_OK);

    for (size_t at = 0; at < size; at += cut) {
        fake_stream_give(&peer, data + at, cut < size - at ? cut : size - at);
        settle();
        if (peer.closed) break;
        assert(peer.receiving);
    }
    it.closed = peer.closed;
    it.answer = hash_answers();
    if (!is_closed) hws_h1_close(h1);
    if (taken) hws_stream_close(taken, 0);
    settle();
    assert(peer.closed && hws_alarms_next_ms(loop) == UINT64_MAX);
    return it;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > INPUT_MAX) return 0;
    if (!loop) {
        const hws_status status = hws_loop_new(NULL, &loop);
        assert(status == HWS_OK);
        loop->in_turn = true;
        loop->now_ms = 1;
    }
    const story whole = play(data + 1, size - 1, size - 1);
    const story pieces = play(data + 1, size - 1, (size_t)data[0] % 32 + 1);
    if (whole.hash != pieces.hash || whole.answer != pieces.answer) abort();
    if (whole.request_count != pieces.request_count) abort();
    if (whole.closed != pieces.closed || whole.taken != pieces.taken) abort();
    return 0;
}
