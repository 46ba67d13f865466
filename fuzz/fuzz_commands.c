/* SPDX-License-Identifier: MIT */
/* What a client is answered is JSON, once for each command at most, and the same whether its
 * commands come together or one by one; what others get of them is JSON, too.
 *
 * Byte 0 is the number of the allocation that fails (255: none, and then there are two runs).  The
 * rest is messages of commands, with bytes 0xFF between them. */
#include "channel/guest.h"
#include "channel/station.h"
#include "lib/hub_stage.h"

enum { INPUT_MAX = 4096, NO_FAILURE = 255, BETWEEN = 0xFF };

typedef struct story {
    size_t command_count;
    size_t reply_count;
    uint64_t said;         /* a hash of the replies: of their ids, and of what kind they are */
    json_int_t disconnect; /* the code; 0: it was not */
} story;

static fake_stream peer;
static const hws_guest *listening;
static story told;
static bool is_asked; /* the first message has made the connection */

static void mix(uint64_t *hash, const void *bytes, size_t size)
{
    const uint8_t *each = bytes;
    for (size_t i = 0; i < size; i++) *hash = (*hash ^ each[i]) * 0x100000001b3;
}

/* The one that does not listen; NULL: it has gone. */
static hws_guest *our_guest(void)
{
    hws_guest *client = hub_stage_hub->stations[0]->clients;
    while (client && client == listening) client = client->next;
    return client;
}

static size_t count_lines(hws_text text)
{
    size_t count = text.size > 0 && text.data[text.size - 1] != '\n';
    for (size_t i = 0; i < text.size; i++) count += text.data[i] == '\n';
    return count;
}

static void say(hws_text message)
{
    char *copy = malloc(message.size + 1);
    assert(copy);
    if (message.size > 0) memcpy(copy, message.data, message.size);
    hws_guest *client = our_guest();
    told.command_count += count_lines(message);
    if (!is_asked)
        hub_stage_ask(&peer, "/connection/http_stream", (hws_text){copy, message.size});
    else if (client)
        hws_guest_take(client, (hws_text){copy, message.size});
    is_asked = true;
    free(copy);
    hub_stage_settle(&peer);
}

/* The first `stop` in what is left, or all of that. */
static hws_text cut(hws_text *left, int stop)
{
    const char *end = memchr(left->data, stop, left->size);
    const hws_text part = {left->data, end ? (size_t)(end - left->data) : left->size};
    const size_t taken = part.size + (end ? 1 : 0);
    *left = (hws_text){left->data + taken, left->size - taken};
    return part;
}

static void say_line_by_line(hws_text message)
{
    while (message.size > 0) say(cut(&message, '\n'));
}

/* A message of no lines, or of too many, is an end that single lines would not have. */
static bool may_be_taken_apart(hws_text messages)
{
    while (messages.size > 0) {
        const size_t count = count_lines(cut(&messages, BETWEEN));
        if (count == 0 || count > HWS_GUEST_COMMAND_MAX) return false;
    }
    return true;
}

static void hear_reply(const json_t *reply, const json_t *id)
{
    const char *key;
    json_t *value;
    const json_int_t number = json_integer_value(id);
    const json_int_t code =
        json_integer_value(json_object_get(json_object_get(reply, "error"), "code"));
    told.reply_count++;
    mix(&told.said, &number, sizeof number);
    mix(&told.said, &code, sizeof code);
    json_object_foreach((json_t *)(uintptr_t)reply, key, value) mix(&told.said, key, strlen(key));
    assert(json_object_size(reply) == 2);
}

static void hear_push(const json_t *push)
{
    const json_t *disconnect = json_object_get(push, "disconnect");
    if (disconnect) told.disconnect = json_integer_value(json_object_get(disconnect, "code"));
}

static void hear(const fake_stream *stream, bool is_ours)
{
    hws_text lines;
    json_t *line;
    if (hub_stage_answer(stream, &lines) != 200) return;
    while ((line = hub_stage_next(&lines))) {
        const json_t *id = json_object_get(line, "id");
        assert(id || json_object_get(line, "push") || json_object_size(line) == 0);
        if (is_ours && id) hear_reply(line, id);
        if (is_ours) hear_push(json_object_get(line, "push"));
        json_decref(line);
    }
}

static story play(hws_text messages, void (*say_one)(hws_text message), size_t fails)
{
    told = (story){.said = 0xcbf29ce484222325};
    is_asked = false;
    hub_stage_begin();
    listening = hub_stage_hub->stations[0]->clients;
    assert(listening && listening->subscription_count == 2);
    heap_fail(fails);
    do say_one(cut(&messages, BETWEEN));
    while (messages.size > 0);
    heap_fail(SIZE_MAX);
    hear(&peer, true);
    hear(&hub_stage_listener, false);
    assert(told.reply_count <= told.command_count);
    hub_stage_end(&peer);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > INPUT_MAX) return 0;
    const hws_text messages = {(const char *)data + 1, size - 1};
    if (data[0] != NO_FAILURE) {
        play(messages, say, data[0]);
        return 0;
    }
    const story together = play(messages, say, SIZE_MAX);
    if (!may_be_taken_apart(messages)) return 0;
    const story apart = play(messages, say_line_by_line, SIZE_MAX);
    if (together.said != apart.said || together.reply_count != apart.reply_count) abort();
    if (together.disconnect != apart.disconnect) abort();
    return 0;
}
