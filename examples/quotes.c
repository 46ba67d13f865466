/* SPDX-License-Identifier: MIT */
/* Push from the server at any time: a price that changes four times a second, to all who look. */
#include <hawser/hawser.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct market {
    hws_server *server;
    double price;
} market;

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    hws_websocket_subscribe(ws, "quotes");
}

static void on_tick(void *user)
{
    market *it = user;
    it->price += (rand() % 201 - 100) / 100.0;
    char text[64];
    const int size = snprintf(text, sizeof text, "{\"symbol\":\"HWS\",\"price\":%.2f}", it->price);
    hws_server_publish(
        it->server, "quotes",
        &(hws_message){.type = HWS_TEXT, .data = (const uint8_t *)text, .size = (size_t)size});
}

int main(int argc, char **argv)
{
    hws_loop *loop = NULL;
    hws_timer *timer = NULL;
    market it = {.price = 100};
    char explain[256] = "cannot start";
    const hws_server_options options = {
        .listen = argc > 1 ? argv[1] : "http://localhost:8080",
        .route = {{.path = "/quotes", .on_open = on_open}},
    };
    if (hws_loop_new(NULL, &loop) != HWS_OK ||
        hws_server_new(loop, &options, explain, sizeof explain, &it.server) != HWS_OK ||
        hws_timer_new(loop, on_tick, &it, &timer) != HWS_OK ||
        hws_timer_start(timer, 250, 250) != HWS_OK) {
        fprintf(stderr, "%s\n", explain);
        return EXIT_FAILURE;
    }
    hws_loop_run(loop); /* for ever: end it with Ctrl-C */
}
