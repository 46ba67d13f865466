/* SPDX-License-Identifier: MIT */
/* A client in a loop of the program's own, poll(2): what is typed is sent, what comes is printed.
 * The end of stdin closes it.  "client_poll ws://localhost:8080/chat" */
#include <hawser/hawser.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws, (void)user;
    fwrite(message->data, 1, message->size, stdout);
    fflush(stdout);
}

static void on_close(hws_websocket ws, const hws_close *close, void *is_over)
{
    (void)ws;
    if (close->status != HWS_OK) fprintf(stderr, "%s\n", close->cause);
    *(bool *)is_over = true;
}

/* False: there will be no more. */
static bool send_input(hws_websocket ws)
{
    char bytes[4096];
    const ssize_t size = read(STDIN_FILENO, bytes, sizeof bytes);
    if (size > 0) hws_websocket_send_binary(ws, bytes, (size_t)size);
    return size > 0;
}

int main(int argc, char **argv)
{
    bool is_over = false;
    hws_loop *loop = NULL;
    hws_websocket ws;
    const hws_client_options options = {
        .url = argc > 1 ? argv[1] : "ws://localhost:8080/chat",
        .on_message = on_message,
        .on_close = on_close,
        .user = &is_over,
    };
    if (hws_loop_new(NULL, &loop) != HWS_OK || hws_websocket_open(loop, &options, &ws) != HWS_OK) {
        fprintf(stderr, "cannot open %s\n", options.url);
        return EXIT_FAILURE;
    }
    struct pollfd watched[] = {{.fd = hws_loop_fd(loop), .events = POLLIN},
                               {.fd = STDIN_FILENO, .events = POLLIN}};
    while (!is_over && poll(watched, 2, hws_loop_timeout_ms(loop)) >= 0) {
        if (watched[1].revents && !send_input(ws)) {
            watched[1].fd = -1; /* poll looks past it */
            hws_websocket_close(ws, HWS_CLOSE_NORMAL, NULL);
        }
        hws_loop_step(loop, 0);
    }
    hws_loop_free(loop);
}
