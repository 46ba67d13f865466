/* SPDX-License-Identifier: MIT */
/* What a server does for an opening handshake between the socket's two ends: reading the head, and
 * judging and answering it, beside copying its bytes. */
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "hawser/handshake.h"
#include "loop/loop.h"
#include "micro.h"

#define HANDSHAKE                                                                                  \
    "Upgrade: websocket\r\n"                                                                       \
    "Connection: Upgrade\r\n"                                                                      \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"                                              \
    "Sec-WebSocket-Version: 13\r\n"

/* As a browser asks, and as a device does. */
static const char BROWSER[] =
    "GET /chat?room=17 HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Pragma: no-cache\r\n"
    "Cache-Control: no-cache\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36\r\n"
    "Origin: https://www.example.com\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7\r\n"
    "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; seen=2026-11-30\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" HANDSHAKE "\r\n";
static const char DEVICE[] = "GET / HTTP/1.1\r\nHost: 192.0.2.7:9001\r\n" HANDSHAKE "\r\n";

enum { ANSWER_MAX = 512 };

typedef struct visitor {
    const char *text;
    size_t size;
    uint8_t copy[sizeof BROWSER];
    char answer[ANSWER_MAX];
    hws_http_head head;
} visitor;

static void copy(const void *with, void *on)
{
    (void)with;
    visitor *it = on;
    memcpy(it->copy, it->text, it->size);
}

static void read_head(const void *with, void *on)
{
    copy(with, on);
    visitor *it = on;
    hws_span input = {it->copy, it->size};
    bool done = false;
    hws_http_head_reset(&it->head);
    if (hws_http_head_parse(&it->head, &input, &done) != HWS_OK || !done) abort();
}

static void answer(const void *with, void *on)
{
    read_head(with, on);
    visitor *it = on;
    size_t size;
    if (hws_handshake_check(&it->head) != HWS_OK) abort();
    if (hws_handshake_accept(&it->head, &(hws_handshake_reply){0}, it->answer, ANSWER_MAX, &size) !=
        HWS_OK)
        abort();
}

static void run(const char *title, const char *text)
{
    static const way WAYS[] = {
        {"copy", copy, NULL},
        {"copy, read", read_head, NULL},
        {"copy, read, answer", answer, NULL},
    };
    visitor it = {.text = text, .size = strlen(text)};
    hws_http_head_init(&it.head, HWS_HTTP_REQUEST, NULL, &hws_memory_malloc);
    contest_print_names(WAYS, sizeof WAYS / sizeof *WAYS);
    contest_run(&(contest){.title = title,
                           .size = it.size,
                           .item_count = 1,
                           .on = &it,
                           .ways = WAYS,
                           .way_count = sizeof WAYS / sizeof *WAYS});
    hws_http_head_release(&it.head);
}

void micro_heads(void)
{
    run("a browser's head", BROWSER);
    run("a device's head", DEVICE);
}
