/* SPDX-License-Identifier: MIT */
#include "cmd/admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/admin_figures.h"
#include "cmd/keys.h"
#include "cmd/page.h"
#include "cmd/uptime.h"

enum {
    INTERVAL_MS = 1000,
    FIGURES_KEPT = 300, /* a plot's width */
    DETAILS_SHARE = 50, /* looking for the top channels takes one part in as many of the time */
};

const char admin_path[] = "/admin";
const char admin_listen[] = "http://localhost:8081";

static const char kind[] = "admin"; /* of its lines in the log */

/* What somebody who is in may do. */

static const char *const calls[] = {"info", "presence", "history", "publish", "disconnect"};

static bool text_is(hws_text text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

static const char *find_call(hws_text method)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (text_is(method, calls[i])) return calls[i];
    return NULL;
}

/* {"result":…} or {"error":…}, whose codes are the API's, is the answer's data. */
static void pass_on(hws_text json, void *user)
{
    (void)hws_rpc_answer(user, json);
}

static void answer_node(const admin *it, hws_rpc *rpc)
{
    json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:I}", "version", hws_version(), "backend",
                               hws_loop_backend(it->loop), "pid", (json_int_t)getpid(), "begun_ms",
                               (json_int_t)it->begun_ms, "interval_ms", (json_int_t)INTERVAL_MS);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text) (void)hws_rpc_answer(rpc, (hws_text){text, strlen(text)});
    free(text);
    json_decref(object);
}

static void log_call(const admin *it, const char *method, hws_text data)
{
    json_t *object = json_loadb(data.data, data.size, 0, NULL);
    const char *channel = json_string_value(json_object_get(object, "channel"));
    const char *user = json_string_value(json_object_get(object, "user"));
    log_field fields[2];
    size_t count = 0;
    if (channel) fields[count++] = (log_field){.name = "channel", .text = channel};
    if (user) fields[count++] = (log_field){.name = "user", .text = user};
    log_say(it->log, HWS_LOG_INFO, kind, method, fields, count);
    json_decref(object);
}

static void on_rpc(hws_rpc *rpc, void *user)
{
    const admin *it = user;
    const hws_text method = hws_rpc_method(rpc);
    const char *call = find_call(method);
    hws_text data = hws_rpc_data(rpc);
    if (!data.data) data = (hws_text){"{}", 2};
    if (text_is(method, "node")) {
        answer_node(it, rpc);
    } else if (call) {
        log_call(it, call, data);
        if (hws_hub_call(it->watched, call, data, pass_on, rpc) != HWS_OK)
            (void)hws_rpc_fail(rpc, 400, "bad request");
    }
}

static void on_login(hws_login_result result, const char *address, void *user)
{
    const admin *it = user;
    const log_field from = {.name = "address", .text = address};
    switch (result) {
    case HWS_LOGIN_ACCEPTED:
        log_say(it->log, HWS_LOG_INFO, kind, "somebody came in", &from, 1);
        break;
    case HWS_LOGIN_REFUSED:
        log_say(it->log, HWS_LOG_WARNING, kind, "a wrong token was refused", &from, 1);
        break;
    case HWS_LOGIN_BRAKED:
        log_say(it->log, HWS_LOG_WARNING, kind, "too many wrong tokens: not listened to", &from, 1);
        break;
    }
}

/* Its hub and its server. */

static hws_status open_hub(admin *it, const key_file *token, char *explain, size_t explain_size)
{
    const hws_namespace spaces[] = {
        {.history_size = FIGURES_KEPT,
         .history_ttl_ms = 2 * FIGURES_KEPT * INTERVAL_MS,
         .recovery = true,
         .publish = HWS_WHO_NOBODY,
         .subscribe = HWS_WHO_ALL,
         .no_presence = true,
         .no_join_leave = true},
        {.name = "now",
         .history_size = 1,
         .publish = HWS_WHO_NOBODY,
         .subscribe = HWS_WHO_ALL,
         .no_presence = true,
         .no_join_leave = true,
         .max_message = 1 << 20},
    };
    const hws_hub_options options = {
        .namespaces = spaces,
        .namespace_count = sizeof spaces / sizeof *spaces,
        .on_rpc = on_rpc,
        .on_login = on_login,
        .user = it,
        .access_token = {token->text, token->size},
    };
    const hws_status status = hws_hub_new(&options, explain, explain_size, &it->hub);
    if (status == HWS_ERR_INVALID_ARGUMENT)
        snprintf(explain, explain_size,
                 "--admin-token: what stands in its file must be of 16 to 255 bytes; "
                 "`openssl rand -hex 16` makes a good one");
    return status;
}

static void on_request(hws_request *request, void *user)
{
    (void)user;
    const hws_text path = hws_request_path(request);
    if (!text_is(path, "/"))
        page_answer(request);
    else if (page_is_only_read(request)) /* whoever has typed no more than the address */
        page_refuse(request, 302, "the admin page is at /admin\n",
                    &(hws_header){"Location", admin_path});
}

static hws_status open_server(admin *it, const serve_options *from, uint32_t inherited_count,
                              char *explain, size_t explain_size)
{
    hws_route channels = hws_hub_route(it->hub);
    channels.path = "/admin/websocket";
    hws_server_options options = {
        .listen = from->admin_listen ? from->admin_listen : admin_listen,
        .inherited_count = inherited_count,
        .on_log = log_write,
        .log_user = it->log,
        .route = {{.path = "/", .on_request = on_request},
                  {.path = admin_path, .on_request = on_request},
                  channels,
                  page_loaded_route()},
    };
    if (secure_is_https(options.listen)) secure_fill(&from->secure, &options.tls);
    return hws_server_new(it->loop, &options, explain, explain_size, &it->server);
}

/* What it tells. */

/* Should memory lack, the next second tells more. */
static void publish(const admin *it, const char *channel, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text) (void)hws_hub_publish(it->hub, channel, (hws_text){text, strlen(text)}, NULL, NULL);
    free(text);
    json_decref(object);
}

static void tell(void *user)
{
    admin *it = user;
    const uint64_t now_ms = uptime_ms();
    hws_metrics of_server;
    hws_hub_metrics of_channels;
    hws_server_metrics(it->watched_server, &of_server);
    hws_hub_count(it->watched, &of_channels);
    publish(it, "figures", admin_figures(now_ms, &of_server, &of_channels));
    if (hws_hub_client_count(it->hub) == 0 || now_ms < it->details_due_ms) return;
    publish(it, "now:details", admin_details(now_ms, it->watched, &of_channels));
    it->details_due_ms = now_ms + (uptime_ms() - now_ms) * DETAILS_SHARE;
}

size_t admin_write_metrics(const admin *it, char *text, size_t size)
{
    static const char *const results[] = {"accepted", "refused", "braked"};
    if (!it->hub) return 0;
    hws_hub_metrics now;
    hws_hub_count(it->hub, &now);
    size_t used = (size_t)snprintf(text, size,
                                   "# TYPE hawser_admin_logins counter\n"
                                   "# HELP hawser_admin_logins Tokens shown to the admin page.\n");
    for (size_t i = 0; i < HWS_LOGIN_RESULT_COUNT && used < size; i++)
        used += (size_t)snprintf(text + used, size - used,
                                 "hawser_admin_logins_total{result=\"%s\"} %" PRIu64 "\n",
                                 results[i], now.login_total[i]);
    return used;
}

/* Its beginning and its end. */

hws_status admin_open(admin *it, const serve_options *options, uint32_t inherited_count,
                      char *explain, size_t explain_size)
{
    key_file token = {.text = NULL};
    if (!options->admin_token) return HWS_OK;
    it->begun_ms = uptime_ms();
    hws_status status = HWS_ERR_NOT_FOUND;
    if (key_file_read("serve", "admin-token", options->admin_token, &token))
        status = open_hub(it, &token, explain, explain_size);
    key_file_wipe(&token);
    if (status == HWS_OK) status = open_server(it, options, inherited_count, explain, explain_size);
    if (status == HWS_OK) status = hws_timer_new(it->loop, tell, it, &it->timer);
    return status == HWS_OK ? hws_timer_start(it->timer, INTERVAL_MS, INTERVAL_MS) : status;
}

bool admin_close(admin *it, int code, void (*on_done)(void *user), void *user)
{
    if (!it->server || it->is_closed) return false;
    it->is_closed = true;
    hws_server_close(it->server, code, on_done, user);
    return true;
}

void admin_release(admin *it)
{
    hws_timer_free(it->timer);
    if (it->hub) hws_hub_end(it->hub);
    hws_server_free(it->server);
    hws_hub_free(it->hub);
}
