/* SPDX-License-Identifier: MIT */
/* The API over HTTP: POST /api/METHOD, JSON in and out.
 *
 * A page of another site cannot call it: it would have to send a type and a header that its browser
 * asks about first (OPTIONS), which is answered with 405 and no word of CORS. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "channel/api.h"
#include "channel/json.h"

enum {
    DIGEST_SIZE = 32,
    PREFIX_SIZE = sizeof "/api/" - 1, /* of a path, before the method */
};

/* Who. */

static bool digest(hws_text text, uint8_t to[DIGEST_SIZE])
{
    return EVP_Digest(text.data, text.size, to, NULL, EVP_sha256(), NULL) == 1;
}

/* Digests are of one size, and are compared in constant time (S001). */
static bool is_key(const hws_hub *hub, hws_text given)
{
    uint8_t one[DIGEST_SIZE];
    uint8_t other[DIGEST_SIZE];
    if (hub->api_key_size == 0 || given.size == 0) return false;
    return digest((hws_text){hub->api_key, hub->api_key_size}, one) && digest(given, other) &&
           CRYPTO_memcmp(one, other, DIGEST_SIZE) == 0;
}

static bool is_authorized(const hws_hub *hub, const hws_request *request)
{
    static const char scheme[] = "apikey ";
    const hws_text header = hws_request_header(request, "X-API-Key");
    if (header.data) return is_key(hub, header);
    const hws_text other = hws_request_header(request, "Authorization");
    const size_t size = sizeof scheme - 1;
    if (other.size <= size ||
        !hws_text_equal_ignoring_case((hws_text){other.data, size}, (hws_text){scheme, size}))
        return false;
    return is_key(hub, (hws_text){other.data + size, other.size - size});
}

/* What. */

static bool is_json(const hws_request *request)
{
    hws_text type = hws_request_header(request, "Content-Type");
    const char *semicolon = type.data ? memchr(type.data, ';', type.size) : NULL;
    if (semicolon) type.size = (size_t)(semicolon - type.data);
    return hws_text_equal_ignoring_case(hws_text_trim(type), hws_text_of("application/json"));
}

/* Who shows a wrong key has to connect anew for each that he tries, which limits how many those can
 * be (N019: limits.address_rate_max). */
static void respond(hws_request *request, int status, hws_text body)
{
    static const hws_header headers[] = {
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
    };
    static const hws_header allow[] = {
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Allow", "POST"},
    };
    const bool tells_method = status == 405;
    (void)hws_request_respond(request,
                              &(hws_response){
                                  .status = status,
                                  .close = status == 401,
                                  .type = "application/json",
                                  .body = body.data,
                                  .body_size = body.size,
                                  .headers = tells_method ? allow : headers,
                                  .header_count = tells_method ? sizeof allow / sizeof *allow
                                                               : sizeof headers / sizeof *headers,
                              });
}

static void refuse(hws_hub *hub, hws_request *request, int status, hws_error error)
{
    hws_api_count_error(hub, error);
    hws_writer body = hws_writer_on(hub->memory);
    HWS_WRITE(&body, "{\"error\":");
    hws_write_error(&body, error);
    HWS_WRITE(&body, "}");
    respond(request, status, hws_writer_text(&body));
    hws_writer_release(&body);
}

/* Errors of a call are told in a 200, as the protocol's libraries expect it, but for those that a
 * proxy or a retry should see. */
static int status_of(const hws_api_call *call)
{
    if (call->is_too_much) return 400;
    return call->error == HWS_ERROR_INTERNAL ? 503 : 200;
}

static void call_method(hws_hub *hub, hws_request *request, hws_api_kind kind,
                        const json_t *parameters)
{
    hws_api_call call = {
        .hub = hub, .parameters = parameters, .result = hws_writer_on(hub->memory)};
    hws_writer body = hws_writer_on(hub->memory);
    hws_api_run(&call, kind);
    hws_api_write_answer(&call, &body);
    if (body.has_failed)
        refuse(hub, request, 503, HWS_ERROR_INTERNAL);
    else
        respond(request, status_of(&call), hws_writer_text(&body));
    hws_writer_release(&body);
    hws_writer_release(&call.result);
}

static void obey(hws_hub *hub, hws_request *request, hws_api_kind kind)
{
    json_t *parameters = NULL;
    const hws_status status = hws_json_read(hws_request_body(request), &parameters);
    if (status == HWS_ERR_NO_MEMORY)
        refuse(hub, request, 503, HWS_ERROR_INTERNAL);
    else if (status != HWS_OK || !json_is_object(parameters))
        refuse(hub, request, 400, HWS_ERROR_BAD_REQUEST);
    else
        call_method(hub, request, kind, parameters);
    json_decref(parameters);
}

static void on_request(hws_request *request, void *user)
{
    hws_hub *hub = user;
    const hws_text path = hws_request_path(request);
    const hws_api_kind kind =
        hws_api_find((hws_text){path.data + PREFIX_SIZE, path.size - PREFIX_SIZE});
    if (!is_authorized(hub, request))
        refuse(hub, request, 401, HWS_ERROR_UNAUTHORIZED);
    else if (kind == HWS_API_UNKNOWN)
        refuse(hub, request, 404, HWS_ERROR_METHOD_NOT_FOUND);
    else if (!hws_text_equal(hws_request_method(request), hws_text_of("POST")))
        refuse(hub, request, 405, HWS_ERROR_BAD_REQUEST);
    else if (!is_json(request) || hws_request_header(request, "Content-Encoding").data)
        refuse(hub, request, 415, HWS_ERROR_BAD_REQUEST);
    else
        obey(hub, request, kind);
}

hws_route hws_hub_api_route(hws_hub *hub)
{
    return (hws_route){.path = "/api/*", .on_request = on_request, .user = hub};
}
