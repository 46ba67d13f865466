/* SPDX-License-Identifier: MIT */
#include "cmd/monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cmd/process.h"

enum {
    PAGE_SIZE_MAX =
        HWS_METRICS_TEXT_MAX + HWS_HUB_METRICS_TEXT_MAX + HWS_WEBHOOK_METRICS_TEXT_MAX + 4096
};

/* Under the names that all exporters use. */
static size_t write_process(char *text, size_t size)
{
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    return (size_t)snprintf(text, size,
                            "# TYPE process_cpu_seconds counter\n"
                            "# UNIT process_cpu_seconds seconds\n"
                            "# HELP process_cpu_seconds Time of the processors.\n"
                            "process_cpu_seconds_total %.6f\n"
                            "# TYPE process_resident_memory_bytes gauge\n"
                            "# UNIT process_resident_memory_bytes bytes\n"
                            "# HELP process_resident_memory_bytes Memory of this process.\n"
                            "process_resident_memory_bytes %" PRIu64 "\n"
                            "# TYPE process_max_fds gauge\n"
                            "# HELP process_max_fds Descriptors that it may have.\n"
                            "process_max_fds %" PRIu64 "\n"
                            "# TYPE hawser_build info\n"
                            "# HELP hawser_build Which version this is.\n"
                            "hawser_build_info{version=\"%s\"} 1\n"
                            "# EOF\n",
                            process_cpu_seconds(), process_resident_size(),
                            (uint64_t)files.rlim_cur, hws_version());
}

static size_t write_all(const monitor *it, char *page)
{
    hws_metrics now;
    hws_server_metrics(it->watched, &now);
    size_t size = hws_metrics_write(&now, page, HWS_METRICS_TEXT_MAX);
    hws_hub_metrics of_channels;
    hws_hub_count(it->hub, &of_channels);
    size += hws_hub_metrics_write(&of_channels, page + size, HWS_HUB_METRICS_TEXT_MAX);
    if (it->webhooks) {
        hws_webhook_metrics of_hooks;
        hws_webhooks_count(it->webhooks, &of_hooks);
        size += hws_webhook_metrics_write(&of_hooks, page + size, HWS_WEBHOOK_METRICS_TEXT_MAX);
    }
    size += admin_write_metrics(it->admin, page + size, PAGE_SIZE_MAX - size);
    return size + write_process(page + size, PAGE_SIZE_MAX - size);
}

static void answer_metrics(hws_request *request, void *user)
{
    char *page = malloc(PAGE_SIZE_MAX);
    if (!page) return; /* unanswered, it is answered with 500 */
    const size_t size = write_all(user, page);
    (void)hws_request_respond(
        request, &(hws_response){
                     .type = "application/openmetrics-text; version=1.0.0; charset=utf-8",
                     .body = page,
                     .body_size = size,
                 });
    free(page);
}

static void answer_health(hws_request *request, void *user)
{
    const monitor *it = user;
    const char *text = it->is_draining ? "draining\n" : "ok\n";
    (void)hws_request_respond(request, &(hws_response){
                                           .status = it->is_draining ? 503 : 200,
                                           .type = "text/plain; charset=utf-8",
                                           .body = text,
                                           .body_size = strlen(text),
                                       });
}

hws_status monitor_open(monitor *it, hws_loop *loop, const char *listen, uint32_t inherited_count,
                        const hws_server *watched, hws_hub *hub, const admin *page, char *explain,
                        size_t explain_size)
{
    it->watched = watched;
    it->hub = hub;
    it->admin = page;
    const hws_server_options options = {
        .listen = listen,
        .inherited_count = inherited_count,
        .route = {{.path = "/metrics", .on_request = answer_metrics, .user = it},
                  {.path = "/healthz", .on_request = answer_health, .user = it}},
    };
    return hws_server_new(loop, &options, explain, explain_size, &it->server);
}
