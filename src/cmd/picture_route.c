/* SPDX-License-Identifier: MIT */
#include "cmd/picture_route.h"

#include <string.h>

#include "cmd/page.h"
#include "cmd/uptime.h"

const char picture_path[] = "/hawser/pictures/";

typedef struct refusal {
    int status;
    const char *text;
} refusal;

static const refusal refusals[] = {
    [PICTURE_KEPT] = {201, ""},
    [PICTURE_UNPROMISED] = {404, "no picture is awaited there; ask for another name\n"},
    [PICTURE_EMPTY] = {400, "the picture is empty\n"},
    [PICTURE_TOO_BIG] = {413, "a picture may have 512 KiB\n"},
    [PICTURE_NONE] = {415, "pictures are PNG, JPEG, GIF or WebP\n"},
    [PICTURE_NO_MEMORY] = {503, "there is no memory for the picture now\n"},
};

static void put(hws_request *request, pictures *it, hws_text name)
{
    const hws_text body = hws_request_body(request);
    const refusal *answer = &refusals[pictures_keep(it, name, body.data, body.size, uptime_ms())];
    if (answer->status == 201)
        (void)hws_request_respond(request, &(hws_response){.status = 201});
    else
        page_refuse(request, answer->status, answer->text, NULL);
}

/* Whoever opens its address alone gets a picture and nothing that acts, whatever stands in it. */
static void show(const picture *shown, void *user)
{
    static const hws_header headers[] = {
        {"Cache-Control", "private, max-age=86400, immutable"},
        {"Content-Security-Policy", "default-src 'none'; sandbox"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"X-Content-Type-Options", "nosniff"},
    };
    (void)hws_request_respond(user, &(hws_response){
                                        .type = shown->type,
                                        .body = shown->bytes,
                                        .body_size = shown->size,
                                        .headers = headers,
                                        .header_count = sizeof headers / sizeof *headers,
                                    });
}

static void on_request(hws_request *request, void *user)
{
    static const char put_method[] = "PUT";
    pictures *it = user;
    if (!page_allows(request, "GET, HEAD, PUT")) return;
    hws_text name = hws_request_path(request);
    name.data += sizeof picture_path - 1;
    name.size -= sizeof picture_path - 1;
    const hws_text method = hws_request_method(request);
    if (method.size == sizeof put_method - 1 && memcmp(method.data, put_method, method.size) == 0)
        put(request, it, name);
    else if (!pictures_show(it, name, uptime_ms(), show, request))
        page_refuse(request, 404, "there is no such picture, or no longer\n", NULL);
}

hws_route picture_route(pictures *it)
{
    return (hws_route){.path = "/hawser/pictures/*", .on_request = on_request, .user = it};
}
