/* SPDX-License-Identifier: MIT */
/* Push from the server at any time: prices on two markets, to all who look.  Who comes gets the
 * last price of each symbol at once; for who reads slowly a new price takes the place of the one
 * that still waits, so that he is late but never far behind, and nobody waits for him. */
#include <hawser/hawser.h>
#include <stdio.h>
#include <stdlib.h>

enum { SYMBOL_COUNT = 3 };

typedef struct quote {
    const char *topic; /* the market's */
    const char *symbol;
    double price;
} quote;

typedef struct market {
    hws_server *server;
    quote quotes[SYMBOL_COUNT];
} market;

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    hws_websocket_subscribe_with(
        ws, "quotes/+", &(hws_subscribe_options){.is_pattern = true, .wants_retained = true});
}

static void publish(hws_server *server, const quote *it)
{
    char text[96];
    const int size =
        snprintf(text, sizeof text, "{\"symbol\":\"%s\",\"market\":\"%s\",\"price\":%.2f}",
                 it->symbol, it->topic + sizeof "quotes/" - 1, it->price);
    hws_server_publish_with(
        server, it->topic,
        &(hws_message){.type = HWS_TEXT, .data = (const uint8_t *)text, .size = (size_t)size},
        &(hws_publish_options){.key = it->symbol});
}

static void on_tick(void *user)
{
    market *it = user;
    quote *one = &it->quotes[rand() % SYMBOL_COUNT];
    one->price += (rand() % 201 - 100) / 100.0;
    publish(it->server, one);
}

int main(int argc, char **argv)
{
    hws_loop *loop = NULL;
    hws_timer *timer = NULL;
    market it = {.quotes = {{"quotes/sea", "HWS", 100},
                            {"quotes/sea", "ROPE", 20},
                            {"quotes/land", "TENT", 50}}};
    char explain[256] = "cannot start";
    const hws_server_options options = {
        .listen = argc > 1 ? argv[1] : "http://localhost:8080",
        .route = {{.path = "/quotes", .on_open = on_open}},
    };
    const hws_topic_options latest = {
        .overflow = HWS_OVERFLOW_KEEP_LATEST, .is_pattern = true, .retain = true};
    if (hws_loop_new(NULL, &loop) != HWS_OK ||
        hws_server_new(loop, &options, explain, sizeof explain, &it.server) != HWS_OK ||
        hws_server_set_topic(it.server, "quotes/#", &latest) != HWS_OK ||
        hws_timer_new(loop, on_tick, &it, &timer) != HWS_OK ||
        hws_timer_start(timer, 250, 250) != HWS_OK) {
        fprintf(stderr, "%s\n", explain);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < SYMBOL_COUNT; i++) publish(it.server, &it.quotes[i]);
    hws_loop_run(loop); /* for ever: end it with Ctrl-C */
}
