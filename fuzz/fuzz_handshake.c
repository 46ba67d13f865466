/* SPDX-License-Identifier: MIT */
/* Client against server.
 *
 * Byte 0 picks the game.  Either the rest makes a question (a nonce, then a URL, subprotocols,
 * extensions, an origin and a header, a line each), and whatever a client may ask, a server
 * understands, and what it answers, that client accepts, and no other.  Or the rest is an answer
 * that a client is given, or a request that a server is given. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "hawser/handshake.h"

enum { TEXT_MAX = 1 << 15 };

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

static const hws_memory MEMORY = {.resize = resize};

static hws_status parse(hws_http_head *head, hws_http_kind kind, char *text, size_t size,
                        bool *done)
{
    hws_span input = {(uint8_t *)text, size};
    hws_http_head_init(head, kind, NULL, &MEMORY);
    *done = false;
    return hws_http_head_parse(head, &input, done);
}

static hws_text take_line(hws_text *rest)
{
    const char *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    const size_t size = end ? (size_t)(end - rest->data) : rest->size;
    const hws_text line = {rest->data, size};
    rest->data += size + (end != NULL);
    rest->size -= size + (end != NULL);
    return line.size > 0 ? line : (hws_text){NULL, 0};
}

static void verify(const hws_handshake_question *question, char *answer, size_t size, hws_text want)
{
    hws_http_head head;
    bool done;
    hws_text protocol = {NULL, 0};
    if (parse(&head, HWS_HTTP_RESPONSE, answer, size, &done) != HWS_OK || !done) abort();
    if (hws_handshake_verify(question, &head, &protocol) != HWS_OK) abort();
    if (!hws_text_equal(protocol, want) || !protocol.data != !want.data) abort();

    hws_handshake_question other = *question;
    other.nonce[0] ^= 1;
    if (hws_handshake_verify(&other, &head, &protocol) != HWS_ERR_HANDSHAKE_ACCEPT) abort();
    hws_http_head_release(&head);
}

static void answer(const hws_handshake_question *question, const hws_http_head *request)
{
    static char text[TEXT_MAX];
    size_t size = 0;
    const hws_handshake_reply reply = {
        .protocol = hws_handshake_choose(request, question->protocols),
        .headers = question->headers,
        .header_count = question->header_count,
    };
    if (question->protocols && question->protocols[0] && !reply.protocol.data) abort();
    if (hws_handshake_accept(request, &reply, text, sizeof text, &size) != HWS_OK) abort();
    verify(question, text, size, reply.protocol);
}

static void ask(const hws_handshake_question *question)
{
    static char text[TEXT_MAX];
    size_t size = 0;
    if (hws_handshake_ask(question, text, sizeof text - 1, &size) != HWS_OK) return;
    hws_http_head head;
    bool done;
    const hws_status status = parse(&head, HWS_HTTP_REQUEST, text, size, &done);
    /* What a client may ask is right; only its length, and escapes of zero, are a server's to
     * refuse. */
    if (status == HWS_ERR_HTTP_URI_TOO_LONG || status == HWS_ERR_HTTP_HEAD_TOO_BIG) {
        assert(size > 8192);
    } else if (status != HWS_OK) {
        text[size] = 0;
        assert(status == HWS_ERR_HTTP_SYNTAX && strstr(text, "%00"));
    } else {
        if (!done || hws_handshake_check(&head) != HWS_OK) abort();
        answer(question, &head);
    }
    hws_http_head_release(&head);
}

static void play(hws_text rest)
{
    hws_handshake_question question = {0};
    if (rest.size < sizeof question.nonce) return;
    memcpy(question.nonce, rest.data, sizeof question.nonce);
    rest.data += sizeof question.nonce;
    rest.size -= sizeof question.nonce;

    hws_url url;
    if (hws_url_parse(take_line(&rest), &url) != HWS_OK) return;
    static char names[2][256];
    const char *protocols[3] = {NULL};
    for (int i = 0; i < 2; i++) {
        const hws_text name = take_line(&rest);
        if (!name.data || name.size >= sizeof names[i]) break;
        memcpy(names[i], name.data, name.size);
        names[i][name.size] = 0;
        protocols[i] = names[i];
    }
    question.url = &url;
    question.protocols = protocols;
    question.extensions = take_line(&rest);
    question.origin = take_line(&rest);
    const hws_http_field header = {take_line(&rest), take_line(&rest)};
    question.headers = &header;
    question.header_count = header.name.data != NULL;
    ask(&question);
}

/* Whatever it says, it is judged; and a request that is right is answered. */
static void judge(char *text, size_t size, hws_http_kind kind)
{
    hws_http_head head;
    bool done;
    if (parse(&head, kind, text, size, &done) == HWS_OK && done) {
        const char *protocols[] = {"chat", NULL};
        const hws_handshake_question question = {.protocols = protocols};
        hws_text protocol;
        char reply[512];
        if (kind == HWS_HTTP_RESPONSE) {
            if (hws_handshake_verify(&question, &head, &protocol) == HWS_OK)
                assert(head.status == 101);
        } else if (hws_handshake_check(&head) == HWS_OK) {
            assert(hws_handshake_is_asked(&head));
            if (hws_handshake_accept(&head, &(hws_handshake_reply){0}, reply, sizeof reply,
                                     &size) != HWS_OK)
                abort();
        }
    }
    hws_http_head_release(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > TEXT_MAX / 4) return 0;
    char *copy = malloc(size);
    assert(copy);
    memcpy(copy, data + 1, size - 1);
    if (data[0] % 3 == 0) play((hws_text){copy, size - 1});
    if (data[0] % 3 == 1) judge(copy, size - 1, HWS_HTTP_REQUEST);
    if (data[0] % 3 == 2) judge(copy, size - 1, HWS_HTTP_RESPONSE);
    free(copy);
    return 0;
}
