/* SPDX-License-Identifier: MIT */
/* The same bytes, cut differently, are the same head and the same body.
 *
 * Byte 0 picks request or response and the limits, byte 1 the size of the pieces; the rest is the
 * stream. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hawser/http_head.h"
#include "wire/http_chunks.h"

typedef struct story {
    uint64_t hash; /* of everything that was answered */
    hws_status status;
    size_t taken; /* bytes of the stream */
    bool done;
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

static void mix(story *told, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) told->hash = (told->hash ^ bytes[i]) * 0x100000001b3;
    told->hash = (told->hash ^ size) * 0x100000001b3;
}

static void mix_text(story *told, hws_text text)
{
    mix(told, text.data, text.size);
}

/* What a request's target says; a normalised path has nothing left to normalise. */
static void mix_target(story *told, const hws_http_head *head)
{
    char path[1 << 16];
    size_t size = 0;
    const size_t room = hws_http_head_target(head).size;
    mix_text(told, hws_http_head_authority(head));
    mix_text(told, hws_http_head_query(head));
    if (hws_http_head_path(head, path, room, &size) != HWS_OK) return;
    assert(size > 0 && size <= room);
    for (size_t i = 1; i < size; i++) assert(path[i] != '/' || path[i - 1] != '/');
    for (size_t i = 0; i + 1 < size; i++) {
        if (path[i] != '/' || path[i + 1] != '.') continue;
        const size_t left = size - i - 2;
        const char *after = path + i + 2;
        assert(left > 0 && after[0] != '/');
        assert(after[0] != '.' || (left > 1 && after[1] != '/'));
    }
    mix(told, path, size);
}

static void mix_head(story *told, const hws_http_head *head)
{
    hws_http_field field = {0};
    size_t count = 0;
    while (hws_http_head_next(head, &field)) {
        mix_text(told, field.name);
        mix_text(told, field.value);
        count++;
    }
    assert(count == head->field_count);
    mix_text(told, hws_http_head_reason(head));
    if (head->kind == HWS_HTTP_REQUEST) mix_target(told, head);

    hws_http_body body = HWS_HTTP_BODY_NONE;
    uint64_t size = 0;
    const hws_status status = hws_http_head_body(head, &body, &size);
    mix(told, &status, sizeof status);
    mix(told, &body, sizeof body);
    mix(told, &size, sizeof size);
    hws_http_head_has_token(head, "Connection", "close");
}

static story parse(const uint8_t *data, size_t size, uint8_t choice, size_t cut)
{
    const hws_http_limits limits =
        choice & 2 ? (hws_http_limits){64, 200, 4} : (hws_http_limits){0};
    story told = {.hash = 0xcbf29ce484222325};
    hws_http_head head;
    hws_http_head_init(&head, choice & 1 ? HWS_HTTP_RESPONSE : HWS_HTTP_REQUEST, &limits, &MEMORY);
    for (size_t at = 0; at < size && !told.done && told.status == HWS_OK; at += cut) {
        const size_t piece_size = cut < size - at ? cut : size - at;
        uint8_t *piece = malloc(piece_size);
        assert(piece);
        memcpy(piece, data + at, piece_size);
        hws_span input = {piece, piece_size};
        told.status = hws_http_head_parse(&head, &input, &told.done);
        if (told.status == HWS_OK) told.taken += piece_size - input.size;
        assert(told.status != HWS_OK || told.done || input.size == 0);
        free(piece);
    }
    if (told.status != HWS_OK) told.taken = 0; /* how far depends on the cut */
    if (told.done) mix_head(&told, &head);
    hws_http_head_release(&head);
    return told;
}

static story unchunk(const uint8_t *data, size_t size, size_t cut)
{
    story told = {.hash = 0xcbf29ce484222325};
    hws_http_chunks chunks = {0};
    for (size_t at = 0; at < size && !told.done; at += cut) {
        const size_t piece_size = cut < size - at ? cut : size - at;
        uint8_t piece[256];
        memcpy(piece, data + at, piece_size < sizeof piece ? piece_size : sizeof piece);
        hws_span input = {piece, piece_size};
        hws_span run = {NULL, 0};
        do {
            told.status = hws_http_chunks_parse(&chunks, &input, &run, &told.done);
            if (told.status != HWS_OK) {
                told.taken = 0;
                return told;
            }
            for (size_t i = 0; i < run.size; i++)
                told.hash = (told.hash ^ run.data[i]) * 0x100000001b3;
        } while (run.size > 0);
        told.taken += piece_size - input.size;
    }
    return told;
}

static void expect_same(story a, story b)
{
    if (a.hash != b.hash || a.status != b.status || a.taken != b.taken || a.done != b.done) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) return 0;
    const size_t cut = (size_t)data[1] % 32 + 1;
    const story whole = parse(data + 2, size - 2, data[0], size);
    expect_same(whole, parse(data + 2, size - 2, data[0], cut));
    expect_same(unchunk(data + 2 + whole.taken, size - 2 - whole.taken, 256),
                unchunk(data + 2 + whole.taken, size - 2 - whole.taken, cut));
    return 0;
}
