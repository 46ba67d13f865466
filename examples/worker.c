/* SPDX-License-Identifier: MIT */
/* Work that takes time, on a thread of its own: whoever sends n, up to 40, hears the n-th Fibonacci
 * number as soon as it is known.  The others are served meanwhile. */
#include <fcntl.h>
#include <hawser/hawser.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct job {
    hws_websocket ws;
    unsigned long n;
} job;

static hws_loop *loop;
static int jobs[2]; /* a pipe: what is smaller than PIPE_BUF goes through it whole */

static unsigned long fibonacci(unsigned long n) /* the slow way, on purpose */
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static void *work(void *user)
{
    for (job it; read(jobs[0], &it, sizeof it) == sizeof it;) {
        char text[64];
        snprintf(text, sizeof text, "fibonacci(%lu) = %lu", it.n, fibonacci(it.n));
        hws_websocket_send_text(it.ws, text); /* who has left meanwhile does not hear it */
    }
    return user;
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    char digits[3] = "";
    if (message->size > 0 && message->size < sizeof digits)
        memcpy(digits, message->data, message->size);
    const job it = {ws, strtoul(digits, NULL, 10)};
    if (it.n > 40 || write(jobs[1], &it, sizeof it) < 0) hws_websocket_send_text(ws, "too much");
}

static void on_signal(int number)
{
    (void)number;
    hws_loop_stop(loop);
}

int main(int argc, char **argv)
{
    hws_server *server;
    pthread_t thread;
    char explain[256] = "cannot start";
    const hws_server_options options = {
        .listen = argc > 1 ? argv[1] : "http://localhost:8080",
        .route = {{.path = "/fibonacci", .on_message = on_message}},
    };
    if (pipe(jobs) != 0 || fcntl(jobs[1], F_SETFL, O_NONBLOCK) != 0 ||
        hws_loop_new(NULL, &loop) != HWS_OK ||
        hws_server_new(loop, &options, explain, sizeof explain, &server) != HWS_OK ||
        pthread_create(&thread, NULL, work, NULL) != 0) {
        fprintf(stderr, "%s\n", explain);
        return EXIT_FAILURE;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    hws_loop_run(loop);

    /* What still waits is dropped, and the thread ends before the WebSockets that it sends to. */
    close(jobs[1]);
    for (job it; read(jobs[0], &it, sizeof it) > 0;) continue;
    pthread_join(thread, NULL);
    hws_server_free(server);
    hws_loop_free(loop);
}
