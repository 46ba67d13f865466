/* SPDX-License-Identifier: MIT */
/* hawser connect: a WebSocket client for people and for scripts.
 *
 *     person   libedit asks for a key ──▶ turn ──▶ a line ──▶ connect_client_obey
 *     script   turn ──▶ connect_pipe_read ──▶ the end of the input ──▶ connect_client_leave
 *
 * Either way it waits in one place, turn, for the loop, for input, for signals, and for the reader
 * of its output to go away. */
#include "cmd/connect.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/connect_client.h"
#include "cmd/connect_history.h"
#include "cmd/connect_pipe.h"
#include "cmd/connect_terminal.h"

typedef struct connection {
    connect_options options;
    connect_client client;
    connect_pipe pipe;
    connect_terminal *terminal; /* NULL: a script's */
    hws_loop *loop;
    hws_timer *patience; /* for answers, when the input has ended */
    int signals;         /* a descriptor */
    bool is_input_over;
    uint64_t heard_count;   /* answers, when patience was last asked for */
    bool has_failed;        /* on this side, and it has been told */
    bool is_nobody_reading; /* our output: then there is nothing more to do */
    char history_path[CONNECT_HISTORY_PATH_SIZE_MAX];
} connection;

static void fail(connection *it, const char *what, const char *why)
{
    if (!it->has_failed) options_complain("connect", "%s%s", what, why);
    it->has_failed = true;
    if (!it->client.has_closed) connect_client_leave(&it->client);
}

/* The first signal closes, the second does not wait for the answer. */
static void take_signal(connection *it)
{
    struct signalfd_siginfo signal;
    if (read(it->signals, &signal, sizeof signal) != sizeof signal) return;
    switch (signal.ssi_signo) {
    case SIGWINCH:
        if (it->terminal) connect_terminal_resize(it->terminal);
        return;
    case SIGTSTP:
        if (it->terminal) connect_terminal_stop(it->terminal);
        return;
    default:
        if (it->terminal) connect_terminal_hide(it->terminal);
        connect_client_leave(&it->client);
    }
}

/* Signals come through a descriptor, in the turn, where everything may be done. */
static int open_signals(bool is_person)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (is_person) sigaddset(&set, SIGWINCH);
    if (is_person) sigaddset(&set, SIGTSTP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    signal(SIGPIPE, SIG_IGN); /* who reads our output may go before us */
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Whoever has read enough of our output (head -1) has us leave, quietly. */
static void check_output(connection *it, bool is_broken)
{
    if (it->is_nobody_reading) return;
    errno = 0;
    const bool has_failed = fflush(stdout) != 0 || ferror(stdout);
    if (has_failed && errno != EPIPE && errno != 0)
        fail(it, "cannot write the output: ", strerror(errno));
    it->is_nobody_reading = has_failed || is_broken;
    if (it->is_nobody_reading && !it->client.is_leaving) connect_client_leave(&it->client);
}

/* Waits for something to happen, and does it.  True: the standard input can be read, if that was
 * wanted. */
static bool turn(connection *it, bool wants_input)
{
    enum { LOOP, SIGNALS, OUTPUT, INPUT, FD_COUNT };
    struct pollfd fds[FD_COUNT] = {
        [LOOP] = {.fd = hws_loop_fd(it->loop), .events = POLLIN},
        [SIGNALS] = {.fd = it->signals, .events = POLLIN},
        [OUTPUT] = {.fd = it->is_nobody_reading ? -1 : STDOUT_FILENO},
        [INPUT] = {.fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN},
    };
    if (poll(fds, FD_COUNT, hws_loop_timeout_ms(it->loop)) < 0 && errno != EINTR)
        fail(it, "cannot wait: ", strerror(errno));
    if (fds[SIGNALS].revents) take_signal(it);
    const hws_status status = hws_loop_step(it->loop, 0);
    if (status != HWS_OK) fail(it, hws_status_text(status), "");
    if (it->terminal) connect_terminal_show(it->terminal);
    check_output(it, fds[OUTPUT].revents & POLLERR);
    return fds[INPUT].revents != 0;
}

/* A person. */

static void hide_line(void *user)
{
    const connection *it = user;
    if (it->terminal) connect_terminal_hide(it->terminal);
}

static bool wait_for_key(void *user)
{
    connection *it = user;
    while (!it->client.has_closed)
        if (turn(it, true)) return true;
    return false;
}

static bool begin_person(connection *it)
{
    const bool has_history = !it->options.no_history && connect_history_path(it->history_path);
    it->terminal = connect_terminal_new(&(connect_terminal_options){
        .wait = wait_for_key,
        .user = it,
        .history_path = has_history ? it->history_path : NULL,
    });
    if (!it->terminal)
        options_complain("connect", "cannot use this terminal: TERM=%s", getenv("TERM"));
    return it->terminal != NULL;
}

static void serve_person(connection *it)
{
    char *line;
    while (!it->client.has_closed && (line = connect_terminal_line(it->terminal))) {
        const connect_command command = connect_command_read(line);
        connect_client_obey(&it->client, &command);
    }
    if (!it->client.has_closed && !it->client.is_leaving)
        connect_client_obey(&it->client, &(connect_command){.type = CONNECT_QUIT, .text = ""});
    while (!it->client.has_closed) turn(it, false);
}

/* A script. */

static void check_input(connection *it, hws_status status)
{
    char place[64];
    if (status >= HWS_OK || status == HWS_ERR_NOT_OPEN) return; /* on_close will say why */
    snprintf(place, sizeof place,
             "message %llu of the input: ", (unsigned long long)it->pipe.message_count + 1);
    fail(it, place,
         status == HWS_ERR_SYSTEM ? strerror(errno)
         : status == HWS_ERR_UTF8 ? "text that is not UTF-8; --binary sends any bytes"
                                  : hws_status_text(status));
}

static void on_ready(void *user)
{
    connection *it = user;
    if (it->client.is_lost && it->pipe.is_within) {
        fail(it, "the connection was lost within a message", "");
        return;
    }
    if (it->client.is_lost) it->is_input_over = false; /* the last ping, too, went with it */
    it->client.is_lost = false;
    check_input(it, connect_pipe_resume(&it->pipe, it->client.ws));
}

/* Who sends on is given time again for the answer to our last ping. */
static void on_patience_lost(void *user)
{
    connection *it = user;
    const bool is_going_on = it->client.is_ending && it->client.answer_count > it->heard_count;
    it->heard_count = it->client.answer_count;
    if (is_going_on && hws_timer_start(it->patience, it->options.timeout_ms, 0) == HWS_OK) return;
    if (!it->client.is_leaving) connect_client_leave(&it->client);
}

/* All is sent and has left: the answers are waited for. */
static void end_input(connection *it)
{
    uint64_t patience_ms = it->options.wait_ms;
    it->is_input_over = true;
    it->heard_count = it->client.answer_count;
    if (patience_ms == UINT64_MAX) return;
    if (patience_ms == 0) {
        connect_client_end(&it->client);
        patience_ms = it->options.timeout_ms;
    }
    if (hws_timer_start(it->patience, patience_ms, 0) != HWS_OK) on_patience_lost(it);
}

static bool has_sent_all(const connection *it)
{
    return it->pipe.is_done && it->client.is_open &&
           hws_websocket_buffered_amount(it->client.ws) == 0;
}

static void serve_script(connection *it)
{
    while (!it->client.has_closed) {
        const bool wants_input =
            it->client.is_open && !it->client.is_leaving && connect_pipe_wants_input(&it->pipe);
        if (turn(it, wants_input) && it->client.is_open)
            check_input(it, connect_pipe_read(&it->pipe, it->client.ws));
        if (!it->is_input_over && !it->client.is_leaving && has_sent_all(it)) end_input(it);
    }
}

/* Whether a person sits at both ends, at a terminal that can be written to anywhere. */
static bool is_person(const connect_options *options)
{
    const char *terminal = getenv("TERM");
    return !options->json && !options->binary && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
           terminal && terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
}

static connect_report make_report(const connect_options *options)
{
    const char *no_color = getenv("NO_COLOR");
    const bool is_terminal = isatty(STDOUT_FILENO);
    return (connect_report){
        .tell = options->json        ? connect_json
                : is_person(options) ? connect_words
                                     : connect_lines,
        .out = stdout,
        .is_terminal = is_terminal,
        .has_colors = is_terminal && !options->no_color && (!no_color || no_color[0] == '\0'),
        .has_times = options->times,
    };
}

static void explain_failure(const connection *it, hws_status status)
{
    if (status == HWS_ERR_URL_USERINFO)
        options_complain("connect",
                         "%s: write the name and the password with --user or --user-file",
                         it->options.url);
    else if (status == HWS_ERR_INVALID_ARGUMENT)
        options_complain("connect", "a header, a cookie, a credential or the proxy cannot be sent "
                                    "as it is: no controls, and names without spaces");
    else
        options_complain("connect", "%s: %s", it->options.url, hws_status_text(status));
}

static bool begin(connection *it)
{
    const bool person = is_person(&it->options);
    it->signals = open_signals(person);
    it->pipe = (connect_pipe){.fd = STDIN_FILENO, .is_binary = it->options.binary};
    hws_status status = hws_loop_new(NULL, &it->loop);
    if (status == HWS_OK) status = hws_timer_new(it->loop, on_patience_lost, it, &it->patience);
    if (status == HWS_OK && it->signals < 0) status = HWS_ERR_SYSTEM;
    if (status != HWS_OK) {
        options_complain("connect", "%s", hws_status_text(status));
        return false;
    }
    it->client = (connect_client){
        .options = &it->options,
        .loop = it->loop,
        .report = make_report(&it->options),
        .before_telling = person ? hide_line : NULL,
        .on_ready = person ? NULL : on_ready,
        .user = it,
    };
    status = connect_client_open(&it->client);
    if (status != HWS_OK) explain_failure(it, status);
    return status == HWS_OK && (!person || begin_person(it));
}

/* What the last turn queued, our answer to a Close among it, leaves with one more. */
static void end(connection *it)
{
    connect_terminal_free(it->terminal);
    it->terminal = NULL;
    if (it->loop) (void)hws_loop_step(it->loop, 0);
    hws_timer_free(it->patience);
    hws_loop_free(it->loop);
    if (it->signals >= 0) close(it->signals);
}

static int serve(connection *it)
{
    if (it->terminal)
        serve_person(it);
    else
        serve_script(it);
    check_output(it, false);
    if (it->has_failed) return EXIT_FAILURE;
    if (it->is_nobody_reading || connect_client_is_content(&it->client)) return EXIT_SUCCESS;
    if (!it->terminal) options_complain("connect", "%s", it->client.cause);
    return EXIT_FAILURE;
}

int connect_run(int argc, char **argv)
{
    connection *it = calloc(1, sizeof *it);
    if (!it) {
        options_complain(argv[0], "%s", hws_status_text(HWS_ERR_NO_MEMORY));
        return EXIT_MISUSE;
    }
    it->signals = -1;
    int result = EXIT_MISUSE;
    if (connect_options_read(argc, argv, &it->options)) {
        if (it->options.help) {
            fputs(connect_options_help, stdout);
            result = EXIT_SUCCESS;
        } else {
            if (begin(it)) result = serve(it);
            end(it);
        }
    }
    free(it);
    return result;
}
