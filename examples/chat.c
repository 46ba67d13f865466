/* SPDX-License-Identifier: MIT */
/* A chat server: whatever one says goes to all others. */
#include <hawser/hawser.h>

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    hws_websocket_subscribe(ws, "chat");
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    hws_websocket_publish(ws, "chat", message);
}

int main(int argc, char **argv)
{
    return hws_serve(&(hws_server_options){
        .listen = argc > 1 ? argv[1] : "http://localhost:8080",
        .route = {{.path = "/chat", .on_open = on_open, .on_message = on_message}},
    });
}
