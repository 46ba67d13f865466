/* SPDX-License-Identifier: MIT */
/* A client in a thread of the library's: main waits for lines on stdin and sends them, callbacks
 * print what comes meanwhile.  "client_thread ws://localhost:8080/chat" */
#include <hawser/hawser.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ending {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_over;
} ending;

/* The callbacks come on the library's thread. */
static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws, (void)user;
    printf("%.*s\n", (int)message->size, message->data);
    fflush(stdout);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    ending *it = user;
    if (close->status != HWS_OK) fprintf(stderr, "%s\n", close->cause);
    pthread_mutex_lock(&it->lock);
    it->is_over = true;
    pthread_cond_signal(&it->changed);
    pthread_mutex_unlock(&it->lock);
}

static void await(ending *it)
{
    pthread_mutex_lock(&it->lock);
    while (!it->is_over) pthread_cond_wait(&it->changed, &it->lock);
    pthread_mutex_unlock(&it->lock);
}

int main(int argc, char **argv)
{
    ending over = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    hws_loop *loop = NULL;
    hws_websocket ws;
    const hws_client_options options = {
        .url = argc > 1 ? argv[1] : "ws://localhost:8080/chat",
        .on_message = on_message,
        .on_close = on_close,
        .user = &over,
    };
    if (hws_loop_new(NULL, &loop) != HWS_OK || hws_websocket_open(loop, &options, &ws) != HWS_OK ||
        hws_loop_start(loop) != HWS_OK) {
        fprintf(stderr, "cannot open %s\n", options.url);
        return EXIT_FAILURE;
    }
    char line[1024];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (hws_websocket_send_text(ws, line) < HWS_OK) break; /* it has closed */
    }
    hws_websocket_close(ws, HWS_CLOSE_NORMAL, NULL);
    await(&over);
    hws_loop_free(loop);
}
