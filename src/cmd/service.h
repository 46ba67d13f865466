/* SPDX-License-Identifier: MIT */
/* A hawser serve at work: the objects that it is made of, and what can happen to it. */
#ifndef HAWSER_CMD_SERVICE_H
#define HAWSER_CMD_SERVICE_H

#include "cmd/admin.h"
#include "cmd/demo_call.h"
#include "cmd/handover.h"
#include "cmd/info.h"
#include "cmd/log.h"
#include "cmd/monitor.h"
#include "cmd/serve_options.h"
#include "hawser/channel.h"

typedef enum service_state {
    SERVICE_SERVES,
    SERVICE_DRAINS, /* little by little */
    SERVICE_CLOSES, /* all at once */
    SERVICE_CLOSED,
} service_state;

typedef struct service {
    int argc;
    char **argv; /* from the command's name on */
    serve_options *options;
    log_sink log;
    info info;
    hws_server_options server_options;
    hws_loop *loop;
    demo demo;
    hws_webhooks *webhooks; /* NULL: none */
    hws_hub *hub;
    admin admin;
    hws_server *server;
    monitor monitor;
    handover handover;
    hws_timer *watchdog;     /* NULL: nobody watches */
    hws_timer *handing_over; /* runs while a new process starts */
    uint32_t inherited_count;
    service_state state;
    int ends_done; /* signals that asked for the end, and were heeded */
} service;

/* From now on signals ask for what service_run does. */
void service_watch_signals(const service *it);

/* Turns until the end that signals bring about; then, or when the loop fails, returns the exit
 * status.  Everything has been made before. */
int service_run(service *it);

/* One line of the log about the program itself. */
void service_log(service *it, int level, const char *kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif /* HAWSER_CMD_SERVICE_H */
