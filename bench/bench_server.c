/* SPDX-License-Identifier: MIT */
/* Hawser's part in the comparison: an echo, and a broadcast to all the others.
 *
 *     bench_server [--tls] [--deflate [--level N]]
 *
 * Prints its port, and serves until it is ended.
 *
 * HAWSER_BACKEND chooses how the loop waits for the kernel, where there is a choice. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hawser/hawser.h>

static hws_loop *loop;

static void echo(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)hws_websocket_send(ws, message);
}

static void join(hws_websocket ws, void *user)
{
    (void)user;
    (void)hws_websocket_subscribe(ws, "all");
}

static void broadcast(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)hws_websocket_publish(ws, "all", message);
}

static void stop(int number)
{
    (void)number;
    hws_loop_stop(loop);
}

/* Where it stands; 0: nowhere. */
static int place_of(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) return i;
    return 0;
}

static uint8_t level_of(int argc, char **argv)
{
    const int at = place_of(argc, argv, "--level");
    return at > 0 && at + 1 < argc ? (uint8_t)strtoul(argv[at + 1], NULL, 10) : 0;
}

int main(int argc, char **argv)
{
    const bool is_tls = place_of(argc, argv, "--tls") > 0;
    hws_server *server;
    char explain[256];
    const hws_server_options options = {
        .listen = is_tls ? "https://127.0.0.1:0" : "http://127.0.0.1:0",
        .tls = {.self_signed = is_tls},
        .route = {{.path = "/echo", .on_message = echo},
                  {.path = "/broadcast", .on_open = join, .on_message = broadcast}},
        .deflate = {.enabled = place_of(argc, argv, "--deflate") > 0,
                    .level = level_of(argc, argv)},
        .message_size_max = 64 << 20,
        .limits = {.connection_rate_max = UINT32_MAX}, /* "connect and close" knows no other */
        .send_queue_max = 16 << 20,
    };
    if (hws_loop_new(NULL, &loop) != HWS_OK) return 1;
    if (hws_server_new(loop, &options, explain, sizeof explain, &server) != HWS_OK) {
        (void)fprintf(stderr, "bench_server: %s\n", explain);
        return 1;
    }
    (void)signal(SIGTERM, stop);
    (void)signal(SIGINT, stop);
    printf("%s\n", strrchr(hws_server_url(server, 0), ':') + 1);
    (void)fflush(stdout);
    const hws_status status = hws_loop_run(loop);
    hws_server_free(server);
    hws_loop_free(loop);
    return status == HWS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
