/* SPDX-License-Identifier: MIT */
/* The same answer to an opening handshake, cut differently, is the same answer: as many bytes are
 * taken, and it says the same.
 *
 * Byte 0 is the size of the pieces, the rest is what the server sends. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/answer.h"
#include "websocket/cause.h"

typedef struct story {
    hws_status status;
    bool done;
    size_t taken;
    char words[HWS_CAUSE_SIZE_MAX];
    hws_answer answer;
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

/* A piece from a place of its own, so that reading past its end is noticed. */
static void feed(story *told, const uint8_t *data, size_t size)
{
    uint8_t *piece = malloc(size);
    assert(piece);
    memcpy(piece, data, size);
    hws_span input = {piece, size};
    told->status = hws_answer_receive(&told->answer, &input, &told->done);
    if (told->status == HWS_OK) told->taken += size - input.size;
    assert(told->status != HWS_OK || told->done || input.size == 0);
    free(piece);
}

static void listen_to(story *told, const uint8_t *data, size_t size, size_t cut)
{
    memset(told, 0, sizeof *told);
    hws_answer_init(&told->answer, &MEMORY);
    for (size_t at = 0; at < size && told->status == HWS_OK && !told->done; at += cut)
        feed(told, data + at, cut < size - at ? cut : size - at);

    const hws_answer *answer = &told->answer;
    assert(!told->done || answer->has_head);
    assert(hws_answer_bytes(answer).size <= answer->head_size + HWS_CLIENT_BODY_MAX ||
           !answer->has_head);
    if (answer->has_head) hws_answer_describe(answer, told->words);
    assert(memchr(told->words, 0, sizeof told->words) && !strchr(told->words, '\n'));
    /* How far depends on the cut where something broke. */
    if (told->status != HWS_OK || answer->chunks.failure != HWS_OK) told->taken = 0;
}

static void expect_same(const story *a, const story *b)
{
    const hws_text bytes = hws_answer_bytes(&a->answer);
    const hws_text other_bytes = hws_answer_bytes(&b->answer);
    if (a->status != b->status || a->done != b->done || a->taken != b->taken) abort();
    if (a->answer.interim_count != b->answer.interim_count) abort();
    if (a->answer.has_head != b->answer.has_head || strcmp(a->words, b->words) != 0) abort();
    if (a->answer.head_size != b->answer.head_size) abort();
    if (a->status != HWS_OK) return;
    if (bytes.size != other_bytes.size) abort();
    if (bytes.size > 0 && memcmp(bytes.data, other_bytes.data, bytes.size) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static story whole;
    static story pieces;
    if (size < 2) return 0;
    listen_to(&whole, data + 1, size - 1, size);
    listen_to(&pieces, data + 1, size - 1, (size_t)data[0] % 32 + 1);
    expect_same(&whole, &pieces);
    hws_answer_release(&whole.answer);
    hws_answer_release(&pieces.answer);
    return 0;
}
