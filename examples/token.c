/* SPDX-License-Identifier: MIT */
/* Who may come in: a request is refused with 401 unless it brings a token, and the decision may
 * take its time on another thread. */
#include <hawser/hawser.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct question {
    hws_websocket ws;
    bool has_token;
} question;

/* Where a data base or another server would be asked. */
static void *decide(void *user)
{
    question *it = user;
    if (it->has_token)
        hws_websocket_accept(it->ws, NULL, NULL, 0);
    else
        hws_websocket_refuse(it->ws, 401, "a token, please\n", NULL, 0);
    free(it);
    return NULL;
}

static void on_upgrade(hws_websocket ws, hws_request *request, void *user)
{
    (void)user;
    const hws_text query = hws_request_query(request); /* the request is gone when we return */
    const hws_text wanted = {"token=secret", 12};
    question *it = malloc(sizeof *it);
    pthread_t thread;
    if (it)
        *it = (question){ws, query.size == wanted.size &&
                                 memcmp(query.data, wanted.data, wanted.size) == 0};
    if (it && pthread_create(&thread, NULL, decide, it) == 0) {
        pthread_detach(thread);
        return;
    }
    free(it);
    hws_websocket_refuse(ws, 503, NULL, NULL, 0);
}

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    hws_websocket_send_text(ws, "welcome");
}

int main(int argc, char **argv)
{
    return hws_serve(&(hws_server_options){
        .listen = argc > 1 ? argv[1] : "http://localhost:8080",
        .route = {{.path = "/private", .on_upgrade = on_upgrade, .on_open = on_open}},
    });
}
