/* SPDX-License-Identifier: MIT */
/* The protocol alone: two endpoints talk through memory, without a socket, a loop or a thread. */
#include <hawser/endpoint.h>
#include <stdio.h>
#include <stdlib.h>

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

/* Not random at all: a real client asks the system. */
static bool mask_key(void *user, uint8_t *bytes, size_t size)
{
    (void)user;
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(i * 37 + 1);
    return true;
}

/* Carries what `from` has to send over to `to`, and says what `to` makes of it. */
static void carry(hws_endpoint *from, hws_endpoint *to, const char *name)
{
    for (hws_span output = hws_endpoint_output(from); output.size > 0;
         output = hws_endpoint_output(from)) {
        hws_span input = output;
        hws_event event;
        do {
            hws_endpoint_receive(to, 0, &input, &event);
            if (event.type == HWS_EVENT_MESSAGE)
                printf("%s hears: %.*s\n", name, (int)event.message.size, event.message.data);
            if (event.type == HWS_EVENT_CLOSE)
                printf("%s: closed with %d\n", name, event.close.code);
        } while (event.type != HWS_EVENT_NEED_INPUT);
        hws_endpoint_sent(from, output.size);
    }
}

int main(void)
{
    const hws_memory memory = {.resize = resize};
    hws_endpoint_options server_options = {.role = HWS_ROLE_SERVER, .memory = &memory};
    hws_endpoint_options client_options = {
        .role = HWS_ROLE_CLIENT, .memory = &memory, .random = mask_key};
    hws_endpoint_options_complete(&server_options);
    hws_endpoint_options_complete(&client_options);

    hws_endpoint *server = NULL, *client = NULL;
    const hws_message hello = {.type = HWS_TEXT, .data = (const uint8_t *)"ahoy", .size = 4};
    if (hws_endpoint_new(&server_options, 0, &server) != HWS_OK ||
        hws_endpoint_new(&client_options, 0, &client) != HWS_OK ||
        hws_endpoint_send(client, &hello) != HWS_OK ||
        hws_endpoint_close(client, 0, HWS_CLOSE_NORMAL, (hws_text){0}) != HWS_OK)
        return EXIT_FAILURE;
    carry(client, server, "server");
    carry(server, client, "client");
    hws_endpoint_free(client);
    hws_endpoint_free(server);
    return EXIT_SUCCESS;
}
