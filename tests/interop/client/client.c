/* SPDX-License-Identifier: MIT */
/* The client of the tests: opens WebSockets as its options say (options.h), does what its stdin
 * says (command.h), and tells what happens on stdout (report.h), until all have closed.  When stdin
 * ends, it closes them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "options.h"
#include "report.h"

enum { COUNT_MAX = 64, LINE_SIZE_MAX = 1 << 16 };

typedef struct member {
    hws_websocket ws;
    hws_loop *loop; /* its own when it blocks, else everybody's */
    pthread_t thread;
    int number;
    bool is_open; /* under the lock: the handle may be used */
} member;

static struct {
    options options;
    member members[COUNT_MAX];

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    uint32_t opened_count;
    uint32_t closed_count;
} client = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int number_of(void *user)
{
    return ((const member *)user)->number;
}

static void on_open(hws_websocket ws, void *user)
{
    report_open(number_of(user), hws_websocket_protocol(ws));
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    report_message(number_of(user), message);
}

static void on_pong(hws_websocket ws, const void *payload, size_t size, void *user)
{
    (void)ws;
    report_pong(number_of(user), payload, size);
}

static void on_step(hws_websocket ws, const hws_step *step, void *user)
{
    (void)ws;
    report_step(number_of(user), step);
}

static void on_retry(hws_websocket ws, const hws_close *close, uint32_t delay_ms, void *user)
{
    (void)ws;
    report_retry(number_of(user), close, delay_ms);
}

static void on_drop(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    report_drop(number_of(user), message);
}

static void on_error(hws_websocket ws, hws_status status, const char *text, void *user)
{
    (void)ws;
    report_error(number_of(user), status, text);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    report_close(number_of(user), close);
    pthread_mutex_lock(&client.lock);
    const bool was_last = ++client.closed_count == client.options.count;
    pthread_cond_broadcast(&client.changed);
    pthread_mutex_unlock(&client.lock);
    if (was_last && client.options.run == RUN_LOOP) hws_loop_stop(((const member *)user)->loop);
}

static void check(const char *what, hws_status status)
{
    if (status >= HWS_OK) return;
    fprintf(stderr, "client: %s: %s, %s\n", what, status_name(status), hws_status_text(status));
    exit(3);
}

static void obey_all(const char *line)
{
    pthread_mutex_lock(&client.lock);
    for (uint32_t i = 0; i < client.options.count; i++) {
        if (!client.members[i].is_open) continue;
        const hws_status status = command_obey(client.members[i].ws, i, line);
        if (status < HWS_OK) printf("%u refused %s %s\n", i, status_name(status), line);
    }
    pthread_mutex_unlock(&client.lock);
}

static void *read_commands(void *user)
{
    static char line[LINE_SIZE_MAX];
    (void)user;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        obey_all(line);
    }
    obey_all("close 1000");
    return NULL;
}

/* Opening, and the three ways to run. */

static void open_member(member *own, hws_loop *loop)
{
    const uint32_t number = (uint32_t)(own - client.members);
    hws_client_options its = client.options.client;
    hws_header headers[OPTION_LIST_MAX];
    char *values[OPTION_LIST_MAX];
    char *url = command_expand(client.options.url, number);
    for (size_t i = 0; i < its.header_count; i++) {
        values[i] = command_expand(its.headers[i].value, number);
        headers[i] = (hws_header){its.headers[i].name, values[i]};
    }
    own->loop = loop;
    own->number = (int)number;
    its.url = url;
    its.headers = headers;
    its.on_open = on_open;
    its.on_message = its.blocking ? NULL : on_message;
    its.on_pong = on_pong;
    its.on_step = client.options.tells_steps ? on_step : NULL;
    its.on_retry = on_retry;
    its.on_drop = on_drop;
    its.on_error = on_error;
    its.on_close = on_close;
    its.user = own;
    check(url, hws_websocket_open(loop, &its, &own->ws));
    for (size_t i = 0; i < its.header_count; i++) free(values[i]);
    free(url);

    pthread_mutex_lock(&client.lock);
    own->is_open = true;
    client.opened_count++;
    pthread_cond_broadcast(&client.changed);
    pthread_mutex_unlock(&client.lock);
}

/* No command is obeyed any more: handles live as long as the loop. */
static void end_member(member *own)
{
    pthread_mutex_lock(&client.lock);
    own->is_open = false;
    pthread_mutex_unlock(&client.lock);
}

static void wait_for_all(const uint32_t *count)
{
    pthread_mutex_lock(&client.lock);
    while (*count < client.options.count) pthread_cond_wait(&client.changed, &client.lock);
    pthread_mutex_unlock(&client.lock);
}

static void start(pthread_t *thread, void *(*call)(void *user), void *user)
{
    if (pthread_create(thread, NULL, call, user) != 0) check("a thread", HWS_ERR_SYSTEM);
}

static void start_commands(void)
{
    pthread_t commands; /* may wait for a line for ever, and is left behind */
    start(&commands, read_commands, NULL);
}

static void *receive_all(void *user)
{
    member *own = user;
    hws_loop *loop;
    hws_message message;
    hws_status status = HWS_OK;
    check("a loop", hws_loop_new(NULL, &loop));
    open_member(own, loop);
    while (status == HWS_OK || status == HWS_ERR_TIMEOUT) {
        status = hws_websocket_receive(own->ws, &message, 200);
        if (status == HWS_OK) report_message(own->number, &message);
    }
    printf("%d received %s\n", own->number, status_name(status));
    end_member(own);
    hws_loop_free(loop);
    return NULL;
}

static void run_blocking(void)
{
    for (uint32_t i = 0; i < client.options.count; i++)
        start(&client.members[i].thread, receive_all, &client.members[i]);
    wait_for_all(&client.opened_count);
    start_commands();
    for (uint32_t i = 0; i < client.options.count; i++)
        pthread_join(client.members[i].thread, NULL);
}

static void run_in_one(void)
{
    hws_loop *loop;
    check("a loop", hws_loop_new(NULL, &loop));
    for (uint32_t i = 0; i < client.options.count; i++) open_member(&client.members[i], loop);
    start_commands();
    if (client.options.run == RUN_LOOP) {
        check("hws_loop_run", hws_loop_run(loop));
    } else {
        check("hws_loop_start", hws_loop_start(loop));
        wait_for_all(&client.closed_count);
    }
    for (uint32_t i = 0; i < client.options.count; i++) end_member(&client.members[i]);
    hws_loop_free(loop);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    options_read(&client.options, argc, argv);
    if (client.options.count < 1 || client.options.count > COUNT_MAX) return 2;
    if (client.options.run == RUN_BLOCKING)
        run_blocking();
    else
        run_in_one();
    return 0;
}
