/* SPDX-License-Identifier: MIT */
/* A program with a loop of its own: it polls its stdin and the server side by side, and what comes
 * on stdin goes to everybody.  The end of stdin ends it, with a goodbye to all. */
#include <hawser/hawser.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    hws_websocket_subscribe(ws, "stdin");
}

static void on_closed(void *is_over)
{
    *(bool *)is_over = true;
}

/* False: there will be no more. */
static bool publish_input(hws_server *server)
{
    uint8_t bytes[4096];
    const ssize_t size = read(STDIN_FILENO, bytes, sizeof bytes);
    if (size <= 0) return false;
    hws_server_publish(server, "stdin",
                       &(hws_message){.type = HWS_BINARY, .data = bytes, .size = (size_t)size});
    return true;
}

int main(int argc, char **argv)
{
    hws_loop *loop;
    hws_server *server;
    char explain[256] = "cannot start";
    const hws_server_options options = {
        .listen = argc > 1 ? argv[1] : "http://localhost:8080",
        .route = {{.path = "/stdin", .on_open = on_open}},
    };
    if (hws_loop_new(NULL, &loop) != HWS_OK ||
        hws_server_new(loop, &options, explain, sizeof explain, &server) != HWS_OK) {
        fprintf(stderr, "%s\n", explain);
        return EXIT_FAILURE;
    }
    struct pollfd watched[] = {{.fd = hws_loop_fd(loop), .events = POLLIN},
                               {.fd = STDIN_FILENO, .events = POLLIN}};
    for (bool is_over = false; !is_over;) {
        if (poll(watched, 2, hws_loop_timeout_ms(loop)) < 0) break;
        if (watched[1].revents && !publish_input(server)) {
            watched[1].fd = -1; /* poll looks past it */
            hws_server_close(server, 0, on_closed, &is_over);
        }
        hws_loop_step(loop, 0);
    }
    hws_server_free(server);
    hws_loop_free(loop);
}
