/* SPDX-License-Identifier: MIT */
/* What the pages ask of this server: its version, and where its WebSockets are. */
#include "cmd/info.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd/page.h"
#include "hawser/hawser.h"

static bool is_from_here(hws_request *request)
{
    static const char *const here[] = {"127.", "::1", "unix"};
    const char *address = hws_request_address(request);
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        if (strncmp(address, here[i], strlen(here[i])) == 0) return true;
    return false;
}

/* What a page needs to enter the channels: nothing ("open"), a token, or to be on this machine. */
static const char *access_to_channels(const info *it, hws_request *request)
{
    if (it->wants_token) return "token";
    return it->is_local && !is_from_here(request) ? "machine" : "open";
}

static void on_request(hws_request *request, void *user)
{
    if (!page_is_only_read(request)) return;
    const info *it = user;
    json_t *object = json_pack("{s:s, s:s, s:s, s:b, s:s}", "version", hws_version(), "echo",
                               it->echo_path, "channels", it->channels_path, "api",
                               (int)it->has_api, "access", access_to_channels(it, request));
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text) return; /* no memory: unanswered, it is answered with 500 */

    static const hws_header headers[] = {
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
    };
    (void)hws_request_respond(request, &(hws_response){
                                           .type = "application/json",
                                           .body = text,
                                           .body_size = strlen(text),
                                           .headers = headers,
                                           .header_count = sizeof headers / sizeof *headers,
                                       });
    free(text);
}

hws_route info_route(info *it)
{
    return (hws_route){.path = "/hawser/server.json", .on_request = on_request, .user = it};
}
