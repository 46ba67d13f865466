/* SPDX-License-Identifier: MIT */
/* What broadcasts cost, on an optimised build and by hand.
 *
 *     broadcast deliver [SUBSCRIBERS]   CPU per delivery, beside send(2) on the same sockets
 *     broadcast channel [SUBSCRIBERS]   the same of a channel
 *     broadcast memory [CHANNELS]       what a channel without subscribers costs
 *     broadcast threads [SUBSCRIBERS]   CPU per delivery with two threads, beside one
 *     broadcast latency [PER SECOND]    publish on one thread, receive in another process
 */
#include "broadcast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double broadcast_quantile(double *values, size_t count, double quantile)
{
    qsort(values, count, sizeof *values, compare);
    return values[(size_t)((double)(count - 1) * quantile)];
}

static void join(hws_websocket ws, void *user)
{
    (void)user;
    if (hws_websocket_subscribe(ws, "all") != HWS_OK) abort();
}

const crowd_manners BROADCAST_MANNERS = {"/", "", 0};

static hws_server *serve(hws_loop *loop, hws_server_options *options, uint16_t *port)
{
    hws_server *server;
    char explain[256];
    options->listen = "http://127.0.0.1:0";
    options->send_queue_max = 64 << 20;
    options->ping_interval_ms = UINT32_MAX;
    options->limits.connection_rate_max = UINT32_MAX;
    if (hws_server_new(loop, options, explain, sizeof explain, &server) != HWS_OK) {
        (void)fprintf(stderr, "broadcast: %s\n", explain);
        exit(1);
    }
    *port = (uint16_t)strtoul(strrchr(hws_server_url(server, 0), ':') + 1, NULL, 10);
    return server;
}

hws_server *broadcast_server(hws_loop **loop, uint32_t thread_count, uint16_t *port)
{
    hws_server_options options = {
        .thread_count = thread_count,
        .route = {{.path = "/", .on_open = join}},
    };
    if (hws_loop_new(NULL, loop) != HWS_OK) abort();
    return serve(*loop, &options, port);
}

hws_server *broadcast_hub(hws_loop **loop, hws_hub **hub, uint16_t *port)
{
    char explain[256];
    const hws_hub_options options = {.ping_interval_ms = 86400000};
    if (hws_loop_new(NULL, loop) != HWS_OK) abort();
    if (hws_hub_new(&options, explain, sizeof explain, hub) != HWS_OK) {
        (void)fprintf(stderr, "broadcast: %s\n", explain);
        exit(1);
    }
    hws_server_options server_options = {.route = {hws_hub_route(*hub)}};
    return serve(*loop, &server_options, port);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(uint32_t number);
        uint32_t number;
    } WHATS[] = {{"deliver", broadcast_deliver, 10000},
                 {"channel", broadcast_channel, 10000},
                 {"memory", broadcast_memory, 100000},
                 {"threads", broadcast_threads, 10000},
                 {"latency", broadcast_latency, 100000}};
    crowd_raise_limit();
    for (size_t i = 0; i < sizeof WHATS / sizeof *WHATS; i++) {
        if (argc < 2 || strcmp(argv[1], WHATS[i].name) != 0) continue;
        WHATS[i].run(argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : WHATS[i].number);
        return 0;
    }
    (void)fprintf(stderr, "usage: broadcast deliver|channel|memory|threads|latency [NUMBER]\n");
    return 2;
}
