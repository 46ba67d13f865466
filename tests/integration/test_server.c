/* SPDX-License-Identifier: MIT */
/* The server of the tests: routes whose application misbehaves on command, and limits as short as
 * the command line says.
 *
 *     test_server serve --listen http://localhost:0 --handshake-timeout 400
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hawser/hawser.h>

enum { TEXT_SIZE = 256, FLOOD_SIZE = 900 * 1024, STUFF_SIZE = 256 * 1024 };

static struct {
    hws_loop *loop;
    hws_server *server;
    hws_websocket stuffed;   /* the latest that /stuff was spoken to on */
    hws_websocket undecided; /* the latest that /undecided was asked for */
} test;

/* What a message says, as a string. */
static void copy_text(char text[TEXT_SIZE], const hws_message *message)
{
    const size_t size = message->size < TEXT_SIZE ? message->size : TEXT_SIZE - 1;
    memcpy(text, message->data, size);
    text[size] = '\0';
}

static void answer(hws_websocket ws, const char *text)
{
    (void)hws_websocket_send_text(ws, text);
}

static void echo(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)hws_websocket_send(ws, message);
}

/* G022: an application that takes bytes only. */
static void take_binary(hws_websocket ws, const hws_message *message, void *user)
{
    if (message->type == HWS_TEXT) {
        (void)hws_websocket_close(ws, HWS_CLOSE_UNSUPPORTED_DATA, "bytes only");
        return;
    }
    echo(ws, message, user);
}

/* "CODE REASON" closes so; what the calls answered is told before, since nothing can be after. */
static void close_as_told(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    char text[TEXT_SIZE];
    copy_text(text, message);
    char *reason;
    const int code = (int)strtol(text, &reason, 10);
    const hws_status status = hws_websocket_close(ws, code, *reason == ' ' ? reason + 1 : NULL);
    if (status != HWS_OK) answer(ws, hws_status_text(status));
}

static void close_twice(hws_websocket ws, const hws_message *message, void *user)
{
    close_as_told(ws, message, user);
    close_as_told(ws, message, user);
}

/* I021: the Close frame waits behind what the peer does not read. */
static void flood_and_close(hws_websocket ws, const hws_message *message, void *user)
{
    (void)message, (void)user;
    static const char bytes[FLOOD_SIZE];
    for (hws_status status = HWS_OK; status >= 0;)
        status = hws_websocket_send_binary(ws, bytes, sizeof bytes);
    (void)hws_websocket_close(ws, HWS_CLOSE_GOING_AWAY, "that was all");
}

static void ignore(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws, (void)message, (void)user;
}

/* H010: a little more output with each message, until it is just blocked. */
static void stuff(hws_websocket ws, const hws_message *message, void *user)
{
    (void)message, (void)user;
    static const char bytes[STUFF_SIZE];
    test.stuffed = ws;
    (void)hws_websocket_send_binary(ws, bytes, sizeof bytes);
}

static void join(hws_websocket ws, void *user)
{
    (void)user;
    (void)hws_websocket_subscribe(ws, "topic");
}

static void publish(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)hws_websocket_publish(ws, "topic", message);
}

static void refuse(hws_websocket ws, hws_request *request, void *user)
{
    (void)request, (void)user;
    const hws_header headers[] = {{"X-Reason", "closed today"}};
    (void)hws_websocket_refuse(ws, 403, "no entry", headers, 1);
}

static void leave_undecided(hws_websocket ws, hws_request *request, void *user)
{
    (void)request, (void)user;
    test.undecided = ws;
}

/* Does what the message says, and answers what came of it. */
static void control(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    char text[TEXT_SIZE];
    copy_text(text, message);
    if (strcmp(text, "accept") == 0) {
        answer(ws, hws_status_text(hws_websocket_accept(test.undecided, NULL, NULL, 0)));
    } else if (strcmp(text, "refuse") == 0) {
        answer(ws, hws_status_text(hws_websocket_refuse(test.undecided, 401, NULL, NULL, 0)));
    } else if (strcmp(text, "buffered") == 0) {
        (void)snprintf(text, sizeof text, "%zu", hws_websocket_buffered_amount(test.stuffed));
        answer(ws, text);
    } else if (strcmp(text, "count") == 0) {
        (void)snprintf(text, sizeof text, "%zu", hws_server_websocket_count(test.server));
        answer(ws, text);
    }
}

/* C049: what would not stay one line is refused when it is set. */
static void answer_split(hws_request *request, void *user)
{
    (void)user;
    const hws_header split[] = {{"X-Split", "a\r\nSet-Cookie: b"}};
    const hws_status status =
        hws_request_respond(request, &(hws_response){.headers = split, .header_count = 1});
    const char *text = hws_status_text(status);
    (void)hws_request_respond(request, &(hws_response){.body = text, .body_size = strlen(text)});
}

static const char *const protocols[] = {"chat.v2", "chat.v1", NULL};

static hws_server_options options = {
    .ping_interval_ms = UINT32_MAX,
    .route =
        {
            {.path = "/echo", .on_message = echo},
            {.path = "/protocols", .on_message = echo, .protocols = protocols},
            {.path = "/binary", .on_message = take_binary},
            {.path = "/close", .on_message = close_as_told},
            {.path = "/close-twice", .on_message = close_twice},
            {.path = "/flood", .on_message = flood_and_close},
            {.path = "/stuff", .on_message = stuff},
            {.path = "/deaf", .on_message = ignore},
            {.path = "/topic", .on_open = join, .on_message = publish},
            {.path = "/refuse", .on_message = echo, .on_upgrade = refuse},
            {.path = "/undecided", .on_message = echo, .on_upgrade = leave_undecided},
            {.path = "/control", .on_message = control},
            {.path = "/split", .on_request = answer_split},
        },
};

static const struct {
    const char *name;
    uint32_t *value;
} limits[] = {
    {"--handshake-timeout", &options.handshake_timeout_ms},
    {"--idle-timeout", &options.idle_timeout_ms},
    {"--ping-interval", &options.ping_interval_ms},
    {"--pong-timeout", &options.pong_timeout_ms},
    {"--close-timeout", &options.close_timeout_ms},
    {"--message-timeout", &options.message_timeout_ms},
    {"--send-timeout", &options.send_timeout_ms},
    {"--connection-count-max", &options.connection_count_max},
    {"--address-count-max", &options.limits.address_count_max},
};

static void read_option(const char *name, const char *value)
{
    if (strcmp(name, "--listen") == 0) options.listen = value;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (strcmp(name, limits[i].name) == 0)
            *limits[i].value = (uint32_t)strtoul(value, NULL, 10);
    }
}

static void on_signal(int number)
{
    (void)number;
    hws_loop_stop(test.loop);
}

static void on_closed(void *user)
{
    hws_loop_stop(user);
}

static hws_status serve(void)
{
    char explain[TEXT_SIZE] = "";
    hws_status status = hws_server_new(test.loop, &options, explain, sizeof explain, &test.server);
    if (status != HWS_OK) {
        (void)fprintf(stderr, "test_server: %s\n", explain);
        return status;
    }
    const char *url = hws_server_url(test.server, 0);
    /* What tests/lib/hawser.py waits for. */
    printf("  channels   ws%s/\nCtrl-C ends it\n", url + strlen("http"));
    (void)fflush(stdout);

    status = hws_loop_run(test.loop);
    hws_server_close(test.server, 0, on_closed, test.loop);
    if (status == HWS_OK) status = hws_loop_run(test.loop);
    hws_server_free(test.server);
    return status;
}

int main(int argc, char **argv)
{
    for (int i = 2; i + 1 < argc; i += 2) read_option(argv[i], argv[i + 1]);
    if (hws_loop_new(NULL, &test.loop) != HWS_OK) return 2;
    (void)signal(SIGTERM, on_signal);
    (void)signal(SIGPIPE, SIG_IGN);
    const hws_status status = serve();
    (void)signal(SIGTERM, SIG_DFL);
    hws_loop_free(test.loop);
    return status == HWS_OK ? 0 : 1;
}
