/* SPDX-License-Identifier: MIT */
/* Many clients in one loop, for tests of bad servers: opens WebSockets on command, and tells what
 * they call back.  (tests/interop/client is one client, in each of the three ways to run it.)
 *
 * Commands come as lines on stdin, their words separated by tabs, "%41" in a word being "A"; the
 * first is the verb, the second the number of a WebSocket:
 *
 *     open 3 url=ws://localhost:4711/ echo=1 header=X-One:1
 *     send 3 hello          also: binary, ping
 *     close 3 1000 bye
 *
 * What happens comes as lines on stdout, likewise: the number, the word, and its arguments; texts
 * that may hold anything are last.
 *
 *     3 open chat.v1
 *     3 message text 0 5 68656c6c6f
 *     3 close 1000 clean OK 0 627965 closed by the peer */
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hawser/hawser.h>

enum {
    SOCKET_COUNT = 1024,
    WORD_COUNT = 48,
    LINE_SIZE = 1 << 17,
    SHOWN_SIZE = 64, /* bytes of a message that are told */
    LIST_COUNT = 40,
};

/* One WebSocket, and what it was opened with beyond the options of the library. */
typedef struct test_socket {
    hws_websocket ws;
    bool echo;
    bool steps;        /* tell them */
    bool attempts;     /* likewise */
    uint32_t hold;     /* the attempt to be held */
    size_t flood_left; /* frames still to be sent */
} test_socket;

static struct {
    hws_loop *loop;
    atomic_size_t used; /* bytes that the library holds */
    test_socket sockets[SOCKET_COUNT];
} test;

/* "OK", "TLS_NAME": without what is common to all. */
static const char *status_name(hws_status status)
{
    const char *name = "UNKNOWN";
    switch (status) {
#define NAME(constant, value, close_code, http_status, text)                                       \
    case HWS_##constant:                                                                           \
        name = #constant;                                                                          \
        break;
        HWS_STATUS_MAP(NAME)
#undef NAME
    }
    return strncmp(name, "ERR_", 4) == 0 ? name + 4 : name;
}

static int number_of(const test_socket *socket)
{
    return (int)(socket - test.sockets);
}

static void print_hex(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
}

static void print_message(const test_socket *socket, const char *word, const hws_message *message)
{
    printf("%d\t%s\t%s\t%d\t%zu\t", number_of(socket), word,
           message->type == HWS_TEXT ? "text" : "binary", message->part, message->size);
    print_hex(message->data, message->size < SHOWN_SIZE ? message->size : SHOWN_SIZE);
    (void)putchar('\n');
}

static void print_close(const hws_close *close)
{
    printf("%d\t%s\t%s\t%d\t", close->code, close->was_clean ? "clean" : "unclean",
           status_name(close->status), close->http_status);
    print_hex((const uint8_t *)close->reason.data, close->reason.size);
    printf("\t%s\n", close->cause);
}

/* The callbacks. */

static void on_open(hws_websocket ws, void *user)
{
    printf("%d\topen\t%s\n", number_of(user), hws_websocket_protocol(ws));
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    const test_socket *socket = user;
    if (!socket->echo) {
        print_message(socket, "message", message);
        return;
    }
    const hws_status status = hws_websocket_send(ws, message);
    if (status < HWS_OK) printf("%d\techo\t%s\n", number_of(socket), status_name(status));
}

static void on_error(hws_websocket ws, hws_status status, const char *text, void *user)
{
    (void)ws;
    printf("%d\terror\t%s\t%s\n", number_of(user), status_name(status), text);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    printf("%d\tclose\t", number_of(user));
    print_close(close);
}

static void on_retry(hws_websocket ws, const hws_close *close, uint32_t delay_ms, void *user)
{
    (void)ws;
    printf("%d\tretry\t%" PRIu32 "\t", number_of(user), delay_ms);
    print_close(close);
}

static void on_drop(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    print_message(user, "drop", message);
}

static void on_attempt(hws_websocket ws, hws_attempt *attempt, void *user)
{
    (void)ws;
    const test_socket *socket = user;
    attempt->hold = attempt->number == socket->hold;
    if (socket->attempts)
        printf("%d\tattempt\t%" PRIu32 "\t%s\n", number_of(socket), attempt->number, attempt->url);
}

static void on_step(hws_websocket ws, const hws_step *step, void *user)
{
    (void)ws;
    static const char *const names[] = {
        [HWS_STEP_RESOLVE] = "resolve", [HWS_STEP_RESOLVED] = "resolved",
        [HWS_STEP_CONNECT] = "connect", [HWS_STEP_CONNECTED] = "connected",
        [HWS_STEP_PROXY] = "proxy",     [HWS_STEP_TLS] = "tls",
        [HWS_STEP_REQUEST] = "request", [HWS_STEP_RESPONSE] = "response",
    };
    const test_socket *socket = user;
    if (socket->steps)
        printf("%d\tstep\t%s\t%s\t%s\n", number_of(socket), names[step->type],
               status_name(step->status), step->text);
}

/* E027: as many empty frames as the queue takes, and more when it has drained. */
static void flood(test_socket *socket)
{
    while (socket->flood_left > 0 && hws_websocket_send_binary(socket->ws, NULL, 0) >= HWS_OK)
        socket->flood_left--;
}

static void on_drain(hws_websocket ws, void *user)
{
    (void)ws;
    flood(user);
}

/* What open takes. */

typedef enum option_kind { BOOLEAN, SMALL, NUMBER, SIZE, BIG, TEXT } option_kind;

typedef struct option_rule {
    const char *name;
    option_kind kind;
    size_t at; /* in the options */
} option_rule;

#define RULE(name, kind)                                                                           \
    {                                                                                              \
#name, kind, offsetof(hws_client_options, name)                                            \
    }
#define RULE_TLS(name, kind)                                                                       \
    {                                                                                              \
#name, kind, offsetof(hws_client_options, tls.name)                                        \
    }

#define RULE_DEFLATE(name, kind)                                                                   \
    {                                                                                              \
        "deflate_" #name, kind, offsetof(hws_client_options, deflate.name)                         \
    }

static const option_rule RULES[] = {
    RULE(url, TEXT),
    RULE(protocol_optional, BOOLEAN),
    RULE(origin, TEXT),
    RULE(cookies, TEXT),
    RULE(user_password, TEXT),
    RULE(bearer, TEXT),
    RULE(redirect_count_max, NUMBER),
    RULE(unix_path, TEXT),
    RULE(proxy, TEXT),
    RULE(reconnect, BOOLEAN),
    RULE(retry_delay_ms, NUMBER),
    RULE(retry_delay_max_ms, NUMBER),
    RULE(retry_count_max, NUMBER),
    RULE(stable_ms, NUMBER),
    RULE(offline_size_max, SIZE),
    RULE(blocking, BOOLEAN),
    RULE(inbox_size_max, SIZE),
    RULE(stream_parts, BOOLEAN),
    RULE(message_size_max, BIG),
    RULE(send_queue_max, SIZE),
    RULE(connect_timeout_ms, NUMBER),
    RULE(handshake_timeout_ms, NUMBER),
    RULE(ping_interval_ms, NUMBER),
    RULE(pong_timeout_ms, NUMBER),
    RULE(close_timeout_ms, NUMBER),
    RULE(message_timeout_ms, NUMBER),
    RULE(send_timeout_ms, NUMBER),
    RULE_TLS(authorities, TEXT),
    RULE_TLS(insecure, BOOLEAN),
    RULE_TLS(name, TEXT),
    {"deflate", BOOLEAN, offsetof(hws_client_options, deflate.enabled)},
    RULE_DEFLATE(send_takeover, BOOLEAN),
    RULE_DEFLATE(receive_takeover, BOOLEAN),
    RULE_DEFLATE(send_window_bits, SMALL),
    RULE_DEFLATE(receive_window_bits, SMALL),
    RULE_DEFLATE(level, SMALL),
    RULE_DEFLATE(memory_level, SMALL),
    RULE_DEFLATE(size_min, NUMBER),
    {"certificate", TEXT, offsetof(hws_client_options, tls.pair[0].certificate)},
    {"key", TEXT, offsetof(hws_client_options, tls.pair[0].key)},
};

static const option_rule SOCKET_RULES[] = {
    {"echo", BOOLEAN, offsetof(test_socket, echo)},
    {"steps", BOOLEAN, offsetof(test_socket, steps)},
    {"attempts", BOOLEAN, offsetof(test_socket, attempts)},
    {"hold", NUMBER, offsetof(test_socket, hold)},
};

static void set_value(void *target, option_kind kind, const char *value)
{
    const unsigned long long number = strtoull(value, NULL, 10);
    switch (kind) {
    case BOOLEAN:
        *(bool *)target = number != 0;
        break;
    case SMALL:
        *(uint8_t *)target = (uint8_t)number;
        break;
    case NUMBER:
        *(uint32_t *)target = (uint32_t)number;
        break;
    case SIZE:
        *(size_t *)target = (size_t)number;
        break;
    case BIG:
        *(uint64_t *)target = number;
        break;
    case TEXT:
        *(const char **)target = value;
        break;
    }
}

/* Sets the member of `base` that has this name.  False: there is none. */
static bool set_option(void *base, const option_rule *rules, size_t count, const char *name,
                       const char *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rules[i].name, name) != 0) continue;
        set_value((char *)base + rules[i].at, rules[i].kind, value);
        return true;
    }
    return false;
}

typedef struct opening {
    hws_client_options options;
    hws_header headers[LIST_COUNT];
    const char *protocols[LIST_COUNT + 1];
    size_t protocol_count;
} opening;

/* "header=NAME: VALUE" and "protocol=NAME" may come several times. */
static bool add_to_list(opening *it, const char *name, char *value)
{
    if (strcmp(name, "protocol") == 0 && it->protocol_count < LIST_COUNT) {
        it->protocols[it->protocol_count++] = value;
        it->options.protocols = it->protocols;
        return true;
    }
    char *colon = strchr(value, ':');
    if (strcmp(name, "header") != 0 || !colon || it->options.header_count == LIST_COUNT)
        return false;
    *colon++ = '\0';
    if (*colon == ' ') colon++;
    it->headers[it->options.header_count++] = (hws_header){value, colon};
    it->options.headers = it->headers;
    return true;
}

static bool read_option(opening *it, test_socket *socket, char *word)
{
    char *value = strchr(word, '=');
    if (!value) return false;
    *value++ = '\0';
    return add_to_list(it, word, value) ||
           set_option(&it->options, RULES, sizeof RULES / sizeof *RULES, word, value) ||
           set_option(socket, SOCKET_RULES, sizeof SOCKET_RULES / sizeof *SOCKET_RULES, word,
                      value);
}

/* The commands. */

static void print_result(const test_socket *socket, const char *verb, hws_status status)
{
    printf("%d\t%s\t%s\n", number_of(socket), verb, status_name(status));
}

static void do_open(test_socket *socket, char **words)
{
    opening it = {.options = {
                      .on_open = on_open,
                      .on_message = on_message,
                      .on_error = on_error,
                      .on_close = on_close,
                      .on_drain = on_drain,
                      .on_attempt = on_attempt,
                      .on_retry = on_retry,
                      .on_drop = on_drop,
                      .on_step = on_step,
                      .user = socket,
                  }};
    *socket = (test_socket){0};
    for (; *words; words++)
        if (!read_option(&it, socket, *words)) printf("?\tno such option: %s\n", *words);
    if (it.options.blocking) it.options.on_message = NULL;
    const hws_status status = hws_websocket_open(test.loop, &it.options, &socket->ws);
    if (status != HWS_OK) print_result(socket, "refused", status);
}

static void do_send(test_socket *socket, char **words)
{
    print_result(socket, "sent", hws_websocket_send_text(socket->ws, words[0]));
}

static void do_binary(test_socket *socket, char **words)
{
    print_result(socket, "sent", hws_websocket_send_binary(socket->ws, words[0], strlen(words[0])));
}

static void do_ping(test_socket *socket, char **words)
{
    print_result(socket, "sent", hws_websocket_ping(socket->ws, words[0], strlen(words[0])));
}

static void do_close(test_socket *socket, char **words)
{
    const int code = words[0] ? (int)strtol(words[0], NULL, 10) : 0;
    print_result(socket, "closing",
                 hws_websocket_close(socket->ws, code, words[0] ? words[1] : NULL));
}

static void do_abort(test_socket *socket, char **words)
{
    (void)words;
    print_result(socket, "aborting", hws_websocket_abort(socket->ws));
}

static void do_reconnect(test_socket *socket, char **words)
{
    (void)words;
    print_result(socket, "reconnecting", hws_websocket_reconnect(socket->ws));
}

static void do_state(test_socket *socket, char **words)
{
    (void)words;
    printf("%d\tstate\t%d\t%zu\n", number_of(socket), hws_websocket_ready_state(socket->ws),
           hws_websocket_buffered_amount(socket->ws));
}

static void do_flood(test_socket *socket, char **words)
{
    socket->flood_left = strtoul(words[0], NULL, 10);
    flood(socket);
}

/* A message of zeroes. */
static void do_stuff(test_socket *socket, char **words)
{
    const size_t size = strtoul(words[0], NULL, 10);
    uint8_t *bytes = calloc(size, 1);
    print_result(socket, "sent",
                 bytes ? hws_websocket_send_binary(socket->ws, bytes, size) : HWS_ERR_NO_MEMORY);
    free(bytes);
}

/* E027: the same is sent by a child on another WebSocket, from what it inherited. */
static void do_fork(test_socket *socket, char **words)
{
    test_socket *other = &test.sockets[strtoul(words[0], NULL, 10) % SOCKET_COUNT];
    (void)fflush(stdout);
    const pid_t child = fork();
    socket = child == 0 ? other : socket;
    for (int i = 0; i < 1000; i++) (void)hws_websocket_send_binary(socket->ws, NULL, 0);
    if (child == 0) {
        (void)hws_loop_step(test.loop, 0);
        _exit(0);
    }
    int how = -1;
    const bool ended = child > 0 && waitpid(child, &how, 0) == child && how == 0;
    printf("%d\tforked\t%d\n", number_of(socket), ended);
}

static void do_receive(test_socket *socket, char **words)
{
    hws_message message = {0};
    const int timeout_ms = (int)strtol(words[0], NULL, 10);
    const hws_status status = hws_websocket_receive(socket->ws, &message, timeout_ms);
    if (status == HWS_OK)
        print_message(socket, "received", &message);
    else
        print_result(socket, "received", status);
}

/* Bytes of the library's, while nothing of a turn is under way. */
static void do_usage(test_socket *socket, char **words)
{
    (void)words;
    printf("%d\tusage\t%zu\n", number_of(socket), atomic_load(&test.used));
}

static const struct {
    const char *verb;
    int word_count_min;
    void (*call)(test_socket *socket, char **words);
} COMMANDS[] = {
    {"open", 1, do_open},           {"send", 1, do_send},   {"binary", 1, do_binary},
    {"stuff", 1, do_stuff},         {"ping", 1, do_ping},   {"flood", 1, do_flood},
    {"close", 0, do_close},         {"abort", 0, do_abort}, {"receive", 1, do_receive},
    {"reconnect", 0, do_reconnect}, {"state", 0, do_state}, {"usage", 0, do_usage},
    {"fork", 1, do_fork},
};

/* Turns "%41" into "A" where it stands. */
static void decode(char *word)
{
    char *to = word;
    for (; *word; word++, to++) {
        *to = *word;
        if (*word != '%' || !word[1] || !word[2]) continue;
        *to = (char)strtol((const char[]){word[1], word[2], '\0'}, NULL, 16);
        word += 2;
    }
    *to = '\0';
}

static void obey(char *line)
{
    char *words[WORD_COUNT + 1] = {0};
    int count = 0;
    for (char *word = line; word && count < WORD_COUNT; count++) {
        words[count] = word;
        word = strchr(word, '\t');
        if (word) *word++ = '\0';
        decode(words[count]);
    }
    test_socket *socket = &test.sockets[words[1] ? strtoul(words[1], NULL, 10) % SOCKET_COUNT : 0];
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
        if (strcmp(words[0], COMMANDS[i].verb) != 0) continue;
        if (count >= 2 + COMMANDS[i].word_count_min) {
            COMMANDS[i].call(socket, words + 2);
            return;
        }
    }
    printf("?\tnot a command: %s\n", words[0]);
}

/* Reads what has come, and obeys each whole line.  False: there will be no more. */
static bool read_commands(void)
{
    static char text[LINE_SIZE];
    static size_t size;
    const ssize_t got = read(STDIN_FILENO, text + size, sizeof text - size);
    if (got <= 0) return false;
    size += (size_t)got;
    char *line = text;
    for (char *end; (end = memchr(line, '\n', size - (size_t)(line - text))); line = end + 1) {
        *end = '\0';
        obey(line);
    }
    size -= (size_t)(line - text);
    memmove(text, line, size);
    return true;
}

/* Counts what is in use, so that a leak shows at once, and in any build. */
static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    void *new = NULL;
    if (new_size == 0)
        free(block);
    else if (!(new = realloc(block, new_size)))
        return NULL;
    atomic_fetch_add(&test.used, new_size - old_size);
    return new;
}

static bool run(void)
{
    struct pollfd watched[] = {{.fd = hws_loop_fd(test.loop), .events = POLLIN},
                               {.fd = STDIN_FILENO, .events = POLLIN}};
    for (;;) {
        (void)fflush(stdout);
        if (poll(watched, 2, hws_loop_timeout_ms(test.loop)) < 0) return false;
        if (watched[1].revents && !read_commands()) return true;
        if (hws_loop_step(test.loop, 0) != HWS_OK) return false;
    }
}

/* Ends, in order, when stdin does: what is still open then is closed with the loop. */
int main(void)
{
    const hws_memory memory = {.resize = resize};
    if (hws_loop_new(&(hws_loop_options){.memory = &memory}, &test.loop) != HWS_OK) return 2;
    const bool good = run();
    hws_loop_free(test.loop);
    if (good && atomic_load(&test.used) == 0) return 0;
    (void)fprintf(stderr, "test_client: %zu bytes were left\n", atomic_load(&test.used));
    return 1;
}
