/* SPDX-License-Identifier: MIT */
/* What happens while it serves:
 *
 *     SIGINT             close all, 1001               ┐ the next SIGINT or SIGTERM hastens:
 *     SIGTERM            drain, 1012 little by little  ┘ a drain becomes a close, a close an end
 *     SIGHUP             read the file and the certificates again
 *     SIGUSR2            start the program anew; when it serves, drain
 *
 * A handler only notes its signal and stops the loop; what it asks for is done here, between two
 * runs. */
#include "cmd/service.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/notify.h"

enum { HANDOVER_LOOK_MS = 20 };

static hws_loop *loop_of_signals; /* set before the handler is */
static volatile sig_atomic_t ends_asked;
static volatile sig_atomic_t end_signal; /* the first that asked */
static volatile sig_atomic_t reload_asked;
static volatile sig_atomic_t handover_asked;

static void on_signal(int number)
{
    if (number == SIGHUP) {
        reload_asked = 1;
    } else if (number == SIGUSR2) {
        handover_asked = 1;
    } else {
        if (ends_asked == 0) end_signal = number;
        ends_asked++;
    }
    hws_loop_stop(loop_of_signals);
}

void service_watch_signals(const service *it)
{
    static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR2};
    loop_of_signals = it->loop;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        sigaction(watched[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* who reads our greeting may go before us */
}

/* The loop goes: a late signal must not reach for it, nor make a death of an end that was good. */
static void forget_signals(void)
{
    static const int forgotten[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR2};
    for (size_t i = 0; i < sizeof forgotten / sizeof *forgotten; i++) signal(forgotten[i], SIG_IGN);
}

void service_log(service *it, int level, const char *kind, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_say(&it->log, level, kind, text, NULL, 0);
}

/* Ending. */

static void on_all_closed(void *user)
{
    service *it = user;
    it->state = SERVICE_CLOSED;
    hws_loop_stop(it->loop);
}

/* Whoever watches sees the others go. */
static void on_closed(void *user)
{
    service *it = user;
    const int code = end_signal == SIGINT ? HWS_CLOSE_GOING_AWAY : HWS_CLOSE_SERVICE_RESTART;
    if (!admin_close(&it->admin, code, on_all_closed, it)) on_all_closed(it);
}

static void begin_end(service *it, service_state state, const char *how)
{
    notify_send("STOPPING=1");
    service_log(it, HWS_LOG_INFO, "stop", "%s, %zu WebSockets", how,
                hws_server_websocket_count(it->server));
    it->monitor.is_draining = true;
    it->state = state;
}

static void drain(service *it, const char *why)
{
    begin_end(it, SERVICE_DRAINS, why);
    hws_server_drain(it->server, (uint32_t)it->options->drain_ms, on_closed, it);
}

static void close_all(service *it, int code, const char *why)
{
    begin_end(it, SERVICE_CLOSES, why);
    hws_hub_end(it->hub);
    hws_server_close(it->server, code, on_closed, it);
}

/* One signal that asks for the end, in the state that it finds. */
static void go_towards_the_end(service *it)
{
    switch (it->state) {
    case SERVICE_SERVES:
        if (end_signal == SIGTERM)
            drain(it, "drains");
        else
            close_all(it, HWS_CLOSE_GOING_AWAY, "closes");
        break;
    case SERVICE_DRAINS:
        close_all(it, HWS_CLOSE_SERVICE_RESTART, "closes all that is left");
        break;
    case SERVICE_CLOSES:
    case SERVICE_CLOSED:
        it->state = SERVICE_CLOSED;
        break;
    }
}

/* Reloading. */

static void tell_what_waits(service *it, serve_options *fresh)
{
    const char *names[OPTION_COUNT_MAX];
    const size_t count = serve_options_compare(it->options, fresh, names);
    for (size_t i = 0; i < count; i++)
        service_log(it, HWS_LOG_WARNING, "reload",
                    "%s has changed; that takes a new process: send SIGUSR2, which refuses nobody",
                    names[i]);
}

/* What the server points to stays where it was read: only values are taken over. */
static void take_over(service *it, const serve_options *fresh)
{
    it->options->drain_ms = fresh->drain_ms;
    it->log.level = fresh->log_level;
    it->log.is_json = strcmp(fresh->log_form, "json") == 0;
}

/* Row S024: with a file that is wrong everything stays as it is. */
static void reload(service *it)
{
    notify_reloading();
    hws_server_renew(it->server);
    if (it->admin.server) hws_server_renew(it->admin.server);
    serve_options *fresh = serve_options_read(it->argc, it->argv);
    if (fresh) {
        tell_what_waits(it, fresh);
        take_over(it, fresh);
        service_log(it, HWS_LOG_INFO, "reload", "read again");
    } else {
        service_log(it, HWS_LOG_ERROR, "reload", "nothing was taken over");
    }
    serve_options_free(fresh);
    notify_send("READY=1");
}

/* Handing over. */

static void add_sockets(const hws_server *server, const char *name, uint32_t inherited,
                        handover_socket *sockets, size_t *count)
{
    int fd;
    for (size_t i = 0; server && *count < INHERITED_MAX && (fd = hws_server_socket(server, i)) >= 0;
         i++) {
        handover_socket *socket = &sockets[(*count)++];
        socket->fd = fd;
        snprintf(socket->name, sizeof socket->name, "%s", name);
        /* One that we inherited lies where it lay, and keeps its name. */
        if (fd < INHERITED_FIRST + (int)inherited)
            inherited_name(fd, socket->name, sizeof socket->name);
    }
}

static void begin_handover(service *it)
{
    static handover_socket sockets[INHERITED_MAX];
    size_t count = 0;
    if (it->handover.child > 0 || it->state != SERVICE_SERVES) return;
    /* In the order in which they are taken: one of any port takes the first. */
    add_sockets(it->server, "hawser", it->inherited_count, sockets, &count);
    add_sockets(it->admin.server, "admin", it->inherited_count, sockets, &count);
    add_sockets(it->monitor.server, "metrics", it->inherited_count, sockets, &count);
    const bool begun =
        handover_begin(&it->handover, sockets, count) &&
        hws_timer_start(it->handing_over, HANDOVER_LOOK_MS, HANDOVER_LOOK_MS) == HWS_OK;
    if (begun)
        service_log(it, HWS_LOG_INFO, "handover", "process %d starts", (int)it->handover.child);
    else
        service_log(it, HWS_LOG_ERROR, "handover", "no new process: %s", strerror(errno));
}

/* The new process has the sockets, and systemd hears of it from the old one, which it trusts. */
static void finish_handover(service *it)
{
    char lines[32];
    snprintf(lines, sizeof lines, "MAINPID=%d", (int)it->handover.child);
    notify_send(lines);
    hws_server_leave_paths(it->server);
    if (it->monitor.server) {
        hws_server_leave_paths(it->monitor.server);
        hws_server_close(it->monitor.server, 0, NULL, NULL);
    }
    if (it->admin.server) hws_server_leave_paths(it->admin.server);
    (void)admin_close(&it->admin, HWS_CLOSE_SERVICE_RESTART, NULL, NULL);
    drain(it, "another process has taken over; drains");
}

static void look_at_handover(void *user)
{
    service *it = user;
    const handover_state state = handover_poll(&it->handover);
    if (state == HANDOVER_WAITS) return;
    hws_timer_stop(it->handing_over);
    if (state == HANDOVER_READY && it->state == SERVICE_SERVES)
        finish_handover(it);
    else if (state == HANDOVER_FAILED)
        service_log(it, HWS_LOG_ERROR, "handover", "the new process did not start; this one stays");
}

/* Serving. */

static void feed_watchdog(void *user)
{
    (void)user;
    notify_send("WATCHDOG=1");
}

static hws_status start_timers(service *it)
{
    const uint64_t watchdog_ms = notify_watchdog_ms();
    hws_status status = hws_timer_new(it->loop, look_at_handover, it, &it->handing_over);
    if (status != HWS_OK || watchdog_ms == 0) return status;
    status = hws_timer_new(it->loop, feed_watchdog, NULL, &it->watchdog);
    if (status == HWS_OK) /* twice in the time that it gives us */
        status = hws_timer_start(it->watchdog, watchdog_ms / 2, watchdog_ms / 2);
    return status;
}

static void do_what_was_asked(service *it)
{
    if (reload_asked) {
        reload_asked = 0;
        if (it->state == SERVICE_SERVES) reload(it);
    }
    if (handover_asked) {
        handover_asked = 0;
        begin_handover(it);
    }
    for (; it->ends_done < ends_asked; it->ends_done++) go_towards_the_end(it);
}

int service_run(service *it)
{
    hws_status status = start_timers(it);
    notify_send("READY=1");
    handover_tell_ready();
    service_log(it, HWS_LOG_INFO, "start", "serves at %s", hws_server_url(it->server, 0));
    while (status == HWS_OK && it->state != SERVICE_CLOSED) {
        status = hws_loop_run(it->loop);
        if (status == HWS_OK) do_what_was_asked(it);
    }
    forget_signals();
    service_log(it, HWS_LOG_INFO, "stop", "ended");
    if (status == HWS_OK) return 0;
    options_complain("serve", "%s", hws_status_text(status));
    return 1;
}
