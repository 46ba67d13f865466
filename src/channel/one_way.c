/* SPDX-License-Identifier: MIT */
/* The one-way WebSocket: its first message has the parameters of a connect, and there is no other;
 * what comes back are pushes, pings ("{}") and a Close frame. */
#include "channel/one_way.h"

#include "channel/guest.h"
#include "hawser/channel.h"

/* Where commands end: in valid JSON it is space between two words. */
static void write_in_one_line(hws_writer *to, hws_text text)
{
    while (text.size > 0) {
        const char *end = memchr(text.data, '\n', text.size);
        const size_t size = end ? (size_t)(end - text.data) : text.size;
        hws_write(to, (hws_text){text.data, size});
        if (end) HWS_WRITE(to, " ");
        const size_t taken = size + (end ? 1 : 0);
        text = (hws_text){text.data + taken, text.size - taken};
    }
}

void hws_one_way_write_connect(hws_writer *to, hws_text parameters)
{
    static const hws_text nothing = {"{}", 2};
    HWS_WRITE(to, "{\"id\":1,\"connect\":");
    write_in_one_line(to, parameters.size > 0 ? parameters : nothing);
    HWS_WRITE(to, "}");
}

static void on_open(hws_websocket ws, void *user)
{
    hws_guest_open(user, ws, HWS_FORMAT_ONE_WAY_WEBSOCKET);
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    const hws_guest *client = user;
    if (!client || client->state != HWS_GUEST_NEW || message->type != HWS_TEXT) {
        hws_guest_on_message(ws, message, user);
        return;
    }
    hws_writer command = hws_writer_on(client->station->hub->memory);
    hws_one_way_write_connect(&command, (hws_text){(const char *)message->data, message->size});
    const hws_text text = hws_writer_text(&command);
    const hws_message whole = {
        .type = HWS_TEXT, .data = (const uint8_t *)text.data, .size = text.size};
    if (text.data)
        hws_guest_on_message(ws, &whole, user);
    else
        (void)hws_websocket_close(ws, HWS_DISCONNECT_SERVER_ERROR, "internal server error");
    hws_writer_release(&command);
}

hws_route hws_hub_one_way_route(hws_hub *hub)
{
    hws_route route = hws_hub_route(hub);
    route.path = "/connection/uni_websocket";
    route.on_open = on_open;
    route.on_message = on_message;
    return route;
}
