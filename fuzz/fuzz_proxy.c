/* SPDX-License-Identifier: MIT */
/* The same answer, cut differently, is the same talk: the same bytes go out, as many are taken, and
 * it ends alike.
 *
 * Byte 0 picks the proxy and whom to reach, byte 1 the size of the pieces; the rest is what the
 * proxy answers. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/proxy.h"

typedef struct story {
    hws_status status;
    size_t taken; /* bytes of the answer */
    bool done;
    hws_buffer output;
    char text[sizeof((hws_proxy_talk *)0)->text];
} story;

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

static const hws_memory MEMORY = {.resize = resize};

static const char *const PROXIES[] = {"http://a",        "http://us%20er:p@a", "socks5://a",
                                      "socks5h://[::1]", "socks5h://u:p@a",    "socks5://u@a"};
static const char *const HOSTS[] = {"example.com", "192.0.2.1", "2001:db8::1"};
enum { PROXY_COUNT = sizeof PROXIES / sizeof *PROXIES, HOST_COUNT = 3 };

/* A piece from a place of its own, so that reading past its end is noticed. */
static void feed(story *told, hws_proxy_talk *talk, const uint8_t *data, size_t size)
{
    uint8_t *piece = malloc(size);
    assert(piece);
    memcpy(piece, data, size);
    hws_span input = {piece, size};
    told->status = hws_proxy_talk_receive(talk, &input, &told->output, &told->done);
    if (told->status == HWS_OK) told->taken += size - input.size;
    assert(told->status != HWS_OK || told->done || input.size == 0);
    free(piece);
}

static story converse(uint8_t choice, const uint8_t *data, size_t size, size_t cut)
{
    story told = {0};
    hws_proxy proxy;
    hws_proxy_talk talk;
    const hws_text url = hws_text_of(PROXIES[choice % PROXY_COUNT]);
    const hws_text host = hws_text_of(HOSTS[choice / PROXY_COUNT % HOST_COUNT]);
    if (hws_proxy_parse(url, &proxy) != HWS_OK) abort();
    if (hws_proxy_talk_init(&talk, &proxy, host, 443, &MEMORY, &told.output) != HWS_OK) abort();

    for (size_t at = 0; at < size && told.status == HWS_OK && !told.done; at += cut)
        feed(&told, &talk, data + at, cut < size - at ? cut : size - at);
    if (told.status != HWS_OK) told.taken = 0; /* how far depends on the cut */
    assert((told.status == HWS_OK) == (talk.text[0] == 0));
    assert(!memchr(talk.text, '\n', sizeof talk.text) && memchr(talk.text, 0, sizeof talk.text));
    memcpy(told.text, talk.text, sizeof told.text);
    hws_proxy_talk_release(&talk);
    return told;
}

static void expect_same(story a, story b)
{
    if (a.status != b.status || a.taken != b.taken || a.done != b.done) abort();
    if (a.output.size != b.output.size) abort();
    if (memcmp(a.output.data, b.output.data, a.output.size) != 0) abort();
    if (strcmp(a.text, b.text) != 0) abort();
    hws_buffer_release(&a.output, &MEMORY);
    hws_buffer_release(&b.output, &MEMORY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) return 0;
    const size_t cut = (size_t)data[1] % 32 + 1;
    expect_same(converse(data[0], data + 2, size - 2, size),
                converse(data[0], data + 2, size - 2, cut));
    return 0;
}
