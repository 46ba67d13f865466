/* SPDX-License-Identifier: MIT */
/* Who may come in: who brings no ?token= is refused at once; whether a token is good another thread
 * finds out, and decides then.  Who comes in speaks the newest of our subprotocols it knows. */
#include <fcntl.h>
#include <hawser/hawser.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct question {
    hws_websocket ws;
    char token[32];
} question;

static int questions[2]; /* a pipe: what is smaller than PIPE_BUF goes through it whole */

static void refuse(hws_websocket ws, const char *reason)
{
    const hws_header challenge = {"WWW-Authenticate", "Bearer"};
    hws_websocket_refuse(ws, 401, reason, &challenge, 1);
}

/* Where a data base or another server would be asked. */
static void *decide(void *user)
{
    for (question it; read(questions[0], &it, sizeof it) == sizeof it;) {
        if (strcmp(it.token, "secret") == 0)
            hws_websocket_accept(it.ws, NULL, NULL, 0);
        else
            refuse(it.ws, "not this token\n");
    }
    return user;
}

static void on_upgrade(hws_websocket ws, hws_request *request, void *user)
{
    (void)user;
    const hws_text query = hws_request_query(request); /* gone when we return: it is copied */
    const size_t prefix = strlen("token=");
    question it = {.ws = ws};
    if (query.size <= prefix || memcmp(query.data, "token=", prefix) != 0 ||
        query.size - prefix >= sizeof it.token) {
        refuse(ws, "a token, please\n");
        return;
    }
    memcpy(it.token, query.data + prefix, query.size - prefix);
    if (write(questions[1], &it, sizeof it) < 0) hws_websocket_refuse(ws, 503, NULL, NULL, 0);
}

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    hws_websocket_send_text(ws, hws_websocket_protocol(ws));
}

int main(int argc, char **argv)
{
    hws_loop *loop;
    hws_server *server;
    pthread_t thread;
    char explain[256] = "cannot start";
    const hws_server_options options = {
        .listen = argc > 1 ? argv[1] : "http://localhost:8080",
        .route = {{"/private", .on_upgrade = on_upgrade, .on_open = on_open,
                   .protocols = (const char *const[]){"notes.v2", "notes.v1", NULL}}},
    };
    if (pipe(questions) != 0 || fcntl(questions[1], F_SETFL, O_NONBLOCK) != 0 ||
        hws_loop_new(NULL, &loop) != HWS_OK ||
        hws_server_new(loop, &options, explain, sizeof explain, &server) != HWS_OK ||
        pthread_create(&thread, NULL, decide, NULL) != 0) {
        fprintf(stderr, "%s\n", explain);
        return EXIT_FAILURE;
    }
    hws_loop_run(loop); /* for ever: end it with Ctrl-C */
}
