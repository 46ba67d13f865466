/* SPDX-License-Identifier: MIT */
/* What a client sends: lines of commands. */
#include "channel/command.h"
#include "channel/guest_state.h"
#include "channel/json.h"
#include "channel/question.h"

/* {} is the answer to our own {}. */
static void take_pong(hws_guest *client)
{
    if (client->state == HWS_GUEST_NEW)
        hws_guest_disconnect(client, HWS_DISCONNECT_BAD_REQUEST, "bad request");
    else if (client->state == HWS_GUEST_PINGED)
        hws_guest_enter(client, HWS_GUEST_CONNECTED, hws_guest_options(client)->ping_interval_ms);
}

/* What comes while its question is open waits, in its order. */
static void obey_or_hold(hws_guest *client, const json_t *command, hws_text line)
{
    const hws_status status = client->question ? hws_question_hold(client->question, line) : HWS_OK;
    if (status == HWS_ERR_LIMIT)
        hws_command_refuse(client, command, HWS_ERROR_TOO_MANY_REQUESTS);
    else if (status != HWS_OK)
        hws_guest_end_for_memory(client);
    else if (!client->question)
        hws_command_obey(client, command);
}

static void take_line(hws_guest *client, hws_text line)
{
    json_t *command = NULL;
    const hws_status status = hws_json_read(line, &command);
    if (status == HWS_ERR_NO_MEMORY) {
        hws_guest_end_for_memory(client);
    } else if (status != HWS_OK || !json_is_object(command)) {
        hws_guest_disconnect(client, HWS_DISCONNECT_BAD_REQUEST, "bad request");
    } else if (json_object_size(command) == 0) {
        take_pong(client);
    } else {
        obey_or_hold(client, command, line);
    }
    json_decref(command);
}

/* Lines end with a newline, the last one with or without. */
static size_t count_lines(hws_text text)
{
    size_t count = text.size > 0 && text.data[text.size - 1] != '\n' ? 1 : 0;
    for (size_t i = 0; i < text.size; i++) count += text.data[i] == '\n';
    return count;
}

static void take_lines(hws_guest *client, hws_text left)
{
    while (left.size > 0 && client->state != HWS_GUEST_ENDED) {
        const char *end = memchr(left.data, '\n', left.size);
        const size_t size = end ? (size_t)(end - left.data) : left.size;
        take_line(client, (hws_text){left.data, size});
        const size_t taken = size + (end ? 1 : 0);
        left = (hws_text){left.data + taken, left.size - taken};
    }
}

/* They were read once, and are as good as they were: when one of them asks again, the rest waits as
 * it is. */
void hws_guest_resume(hws_guest *client, hws_text lines)
{
    while (lines.size > 0 && !client->question && client->state != HWS_GUEST_ENDED) {
        const size_t size =
            (size_t)((const char *)memchr(lines.data, '\n', lines.size) - lines.data);
        take_line(client, (hws_text){lines.data, size});
        lines = (hws_text){lines.data + size + 1, lines.size - size - 1};
    }
    if (lines.size > 0 && client->question && client->state != HWS_GUEST_ENDED &&
        hws_question_hold(client->question, (hws_text){lines.data, lines.size - 1}) != HWS_OK)
        hws_guest_end_for_memory(client);
}

void hws_guest_take(hws_guest *client, hws_text commands)
{
    if (client->state == HWS_GUEST_ENDED) return;
    const size_t count = count_lines(commands);
    if (count == 0 || count > HWS_GUEST_COMMAND_MAX)
        hws_guest_disconnect(client, HWS_DISCONNECT_BAD_REQUEST, "bad request");
    else
        take_lines(client, commands);
}

void hws_guest_on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    hws_guest *client = user;
    if (!client) return;
    if (message->type == HWS_TEXT)
        hws_guest_take(client, (hws_text){(const char *)message->data, message->size});
    else
        hws_guest_disconnect(client, HWS_CLOSE_UNSUPPORTED_DATA, "text only");
}
