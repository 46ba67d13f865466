/* SPDX-License-Identifier: MIT */
/* hawser serve: a WebSocket server with pages, files, channels and an echo. */
#include "cmd/serve.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/channels.h"
#include "cmd/echo.h"
#include "cmd/page.h"
#include "cmd/picture_route.h"
#include "cmd/secrets.h"
#include "cmd/serve_check.h"
#include "cmd/service.h"
#include "hawser/hawser.h"

static void add_route(hws_server_options *options, size_t *count, hws_route route)
{
    assert(*count < HWS_ROUTE_MAX);
    options->route[(*count)++] = route;
}

static const char *text_or_default(const option_list *list)
{
    return list->text[0] != '\0' ? list->text : NULL;
}

/* NULL: the library's, which is http. */
static const char *listen_of(const serve_options *it)
{
    if (it->listen.text[0] != '\0') return it->listen.text;
    return secure_is_wanted(&it->secure) ? "https://localhost:8443" : NULL;
}

static void add_routes(service *it)
{
    const serve_options *from = it->options;
    hws_server_options *options = &it->server_options;
    it->info = (info){.echo_path = from->echo_path,
                      .channels_path = channels_path,
                      .has_api = from->api_key != NULL,
                      .wants_token = from->token_keys.count > 0 && !from->anonymous &&
                                     !from->hooks.urls[HWS_QUESTION_CONNECT],
                      .is_local = channels_are_local(from)};
    size_t count = 0;
    add_route(options, &count, echo_route(from->echo_path, from->message_size_max));
    add_route(options, &count, hws_hub_route(it->hub));
    add_route(options, &count, hws_hub_one_way_route(it->hub));
    add_route(options, &count, hws_hub_stream_route(it->hub));
    add_route(options, &count, hws_hub_emulation_route(it->hub));
    if (from->api_key) add_route(options, &count, hws_hub_api_route(it->hub));
    add_route(options, &count, info_route(&it->info));
    for (size_t i = 0; i < page_count; i++) {
        const char *path = page_table[i].path;
        const bool gives_way = from->files && strcmp(path, "/") == 0;
        const bool is_admin = strcmp(path, admin_path) == 0;
        if (page_has_route(&page_table[i]) && !gives_way && !is_admin)
            add_route(options, &count, page_route(path));
    }
    if (it->demo.is_on) add_route(options, &count, picture_route(&it->demo.pictures));
    add_route(options, &count, page_loaded_route());
}

static void fill_options(service *it)
{
    const serve_options *from = it->options;
    it->server_options = (hws_server_options){
        .listen = listen_of(from),
        .files = from->files,
        .origins = text_or_default(&from->origins),
        .hosts = text_or_default(&from->hosts),
        .proxy_protocol = text_or_default(&from->proxy_protocol),
        .send_queue_max = (size_t)from->send_queue_max,
        .ping_interval_ms = from->ping_interval_ms ? (uint32_t)from->ping_interval_ms : UINT32_MAX,
        .thread_count = from->thread_count,
        .inherited_count = it->inherited_count,
        .on_log = log_write,
        .log_user = &it->log,
    };
    secure_fill(&from->secure, &it->server_options.tls);
    bounds_fill(&from->bounds, &it->server_options);
    compression_fill(&from->compression, &it->server_options.deflate);
    add_routes(it);
}

/* A URL of the server is "http://host:port" or "unix:/path". */
static void greet(const service *it)
{
    static const char http[] = "http";
    printf("hawser %s\n", hws_version());
    const char *url;
    for (size_t i = 0; (url = hws_server_url(it->server, i)); i++) {
        if (strncmp(url, http, sizeof http - 1) != 0) {
            printf("  socket     %s\n", url);
            continue;
        }
        const char *rest = url + sizeof http - 1; /* "://host:port", or "s://host:port" */
        if (it->options->files) {
            printf("  files      %s/ (%s)\n", url, it->options->files);
        } else {
            printf("  page       %s/\n", url);
        }
        printf("  chat       %s/chat\n", url);
        printf("  echo       ws%s%s\n", rest, it->options->echo_path);
        printf("  channels   ws%s%s\n", rest, channels_path);
        if (it->options->api_key) printf("  API        %s/api/\n", url);
    }
    if (channels_are_local(it->options))
        puts("  no --token-key: channels are for development, and for this machine alone");
    const char *fingerprint = hws_server_fingerprint(it->server);
    if (fingerprint[0] != '\0') printf("  SHA-256    %s (its certificate's)\n", fingerprint);
    if (it->monitor.server)
        printf("  metrics    %s/metrics\n", hws_server_url(it->monitor.server, 0));
    for (size_t i = 0; it->admin.server && (url = hws_server_url(it->admin.server, i)); i++)
        printf("  admin      %s%s\n", url, admin_path);
    puts("Ctrl-C ends it.");
    fflush(stdout);
}

/* It was asked for by name: going on with the other one would hide that it cannot be had. */
static void explain_backend(const service *it, int error)
{
    const char *name = it->options->backend_name;
    options_complain("serve", "%s%s does not work here (%s); epoll always does",
                     name ? "--backend " : "HAWSER_BACKEND=",
                     name ? name : getenv("HAWSER_BACKEND"), strerror(error));
}

static void explain_failure(const service *it, hws_status status, const char *explain)
{
    const int error = errno;
    const bool lacks_admin = it->options->admin_token && it->server && !it->admin.hub;
    /* The file of a key or token, which was told. */
    if (status == HWS_ERR_NOT_FOUND && (!it->hub || lacks_admin)) return;
    if (status == HWS_ERR_BACKEND) {
        explain_backend(it, error);
    } else if (status == HWS_ERR_NOT_FOUND && it->options->files) {
        options_complain("serve", "--files: there is no folder %s; make it, or name another",
                         it->options->files);
    } else {
        options_complain("serve", "%s", explain[0] != '\0' ? explain : hws_status_text(status));
    }
}

static hws_status make_admin(service *it, char *explain, size_t size)
{
    it->admin = (admin){
        .loop = it->loop,
        .watched_server = it->server,
        .watched = it->hub,
        .log = &it->log,
    };
    return admin_open(&it->admin, it->options, it->inherited_count, explain, size);
}

static hws_status make_monitor(service *it, char *explain, size_t size)
{
    const char *listen = it->options->metrics;
    if (!listen) return HWS_OK;
    it->monitor.webhooks = it->webhooks;
    return monitor_open(&it->monitor, it->loop, listen, it->inherited_count, it->server, it->hub,
                        &it->admin, explain, size);
}

/* A process that loads us is for who develops on this machine. */
static void settle_demo(service *it)
{
    demo_settle(&it->demo, it->server,
                channels_are_local(it->options)
                    ? NULL
                    : "a crowd is for development: without keys, and for this machine alone",
                it->options->bounds.connection_count_max);
}

/* The objects, one after the other. */
static bool make(service *it)
{
    char explain[256] = "";
    const hws_loop_options loop_options = {.backend = it->options->backend,
                                           .memory = &secrets_memory};
    hws_status status = hws_loop_new(&loop_options, &it->loop);
    if (status == HWS_OK)
        status = hooks_open(&it->options->hooks, &it->log, explain, sizeof explain, &it->webhooks);
    if (status == HWS_OK)
        status =
            channels_open(it->options, it->webhooks, &it->demo, explain, sizeof explain, &it->hub);
    if (status == HWS_OK) {
        fill_options(it);
        status =
            hws_server_new(it->loop, &it->server_options, explain, sizeof explain, &it->server);
    }
    if (status == HWS_OK) settle_demo(it);
    if (status == HWS_OK) status = make_admin(it, explain, sizeof explain);
    if (status == HWS_OK) status = make_monitor(it, explain, sizeof explain);
    if (status != HWS_OK) explain_failure(it, status, explain);
    return status == HWS_OK;
}

/* Before a secret is read. */
static bool keep_secrets(const serve_options *options)
{
    secrets_guard_json();
    if (!options->no_core_dumps || secrets_forbid_core_dumps()) return true;
    options_complain("serve", "--no-core-dumps: %s", strerror(errno));
    return false;
}

static int serve(service *it)
{
    it->inherited_count = inherited_count();
    if (it->inherited_count > 0 && it->options->listen.text[0] == '\0')
        inherited_listen(it->inherited_count, &it->options->listen);
    if (!make(it)) return EXIT_MISUSE;
    const uint32_t unused = inherited_close_unused(it->inherited_count);
    if (unused > 0)
        service_log(it, HWS_LOG_WARNING, "start",
                    "%u of the sockets that were passed on are not listened on here; closed",
                    unused);
    service_watch_signals(it); /* who has read the greeting may send one */
    greet(it);
    return service_run(it);
}

/* An address that is not there is good. */
static bool look_at(const char **listen, option_list *free)
{
    if (!*listen) return true;
    if (!serve_check_listen("serve", *listen, free)) return false;
    *listen = text_or_default(free);
    return true;
}

/* Everything is made as if it were to serve, but at free ports, and goes again. */
static int look(service *it)
{
    static option_list free, free_metrics, free_admin; /* as long as the options */
    serve_options *options = it->options;
    if (!serve_check_listen("serve", options->listen.text, &free)) return EXIT_MISUSE;
    options->listen = free;
    if (free.text[0] == '\0')
        snprintf(options->listen.text, sizeof options->listen.text, "%s://localhost:0",
                 secure_is_wanted(&options->secure) ? "https" : "http");
    if (!options->admin_listen) options->admin_listen = admin_listen;
    if (!look_at(&options->metrics, &free_metrics) || !look_at(&options->admin_listen, &free_admin))
        return EXIT_MISUSE;
    if (!make(it)) return EXIT_MISUSE;
    puts("OK");
    return 0;
}

static void end(service *it)
{
    if (it->hub) hws_hub_end(it->hub);
    admin_release(&it->admin);
    hws_server_free(it->monitor.server);
    hws_server_free(it->server);
    hws_hub_free(it->hub);
    hws_webhooks_free(it->webhooks);
    demo_release(&it->demo);
    hws_timer_free(it->watchdog);
    hws_timer_free(it->handing_over);
    hws_loop_free(it->loop);
    log_flush(&it->log);
    serve_options_free(it->options);
}

int serve_run(int argc, char **argv)
{
    static service it; /* larger than a stack should bear */
    it = (service){.argc = argc, .argv = argv, .log = LOG_SINK};
    it.options = serve_options_read(argc, argv);
    if (!it.options) return EXIT_MISUSE;
    if (it.options->help) {
        fputs(serve_help, stdout);
        fputs(channels_help, stdout);
        fputs(hooks_help, stdout);
        fputs(bounds_help, stdout);
        fputs(compression_help, stdout);
        serve_options_free(it.options);
        return 0;
    }
    if (!keep_secrets(it.options)) {
        serve_options_free(it.options);
        return EXIT_MISUSE;
    }
    it.log.level = it.options->log_level;
    it.log.is_json = strcmp(it.options->log_form, "json") == 0;
    handover_init(&it.handover, argv - 1); /* with the program's own name */
    const int result = it.options->check ? look(&it) : serve(&it);
    end(&it);
    return result;
}
