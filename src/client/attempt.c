/* SPDX-License-Identifier: MIT */
/* One attempt at a connection: what the program wants of it, TLS, and what comes of it. */
#include <stdio.h>

#include "base/text.h"
#include "base/try.h"
#include "client/client_state.h"
#include "client/request.h"
#include "websocket/cause.h"

static const char *url_of(const hws_client *client)
{
    if (client->redirect.url) return client->redirect.url;
    return client->destination ? client->destination->url : hws_client_options_of(client)->url;
}

/* What the program wants before the attempt.  False: there is to be none now. */
static bool ask_program(hws_client *client)
{
    const hws_client_options *options = hws_client_options_of(client);
    if (!options->on_attempt) return true;
    hws_attempt attempt = {
        .number = client->retry.failure_count + 1,
        .url = client->destination->url,
        .bearer = client->destination->bearer,
        .headers = client->destination->headers,
        .header_count = client->destination->header_count,
    };
    options->on_attempt(hws_client_handle(client), &attempt, client->session.user);
    if (client->dismissed) return false;
    if (attempt.hold) {
        client->state = HWS_CLIENT_WAITING;
        return false;
    }
    hws_destination *destination;
    hws_status status = hws_destination_new(&attempt, client->home->memory, &destination);
    if (status == HWS_OK) {
        hws_destination_free(client->destination, client->home->memory);
        client->destination = destination;
        status = hws_request_check(options, destination);
    }
    if (status == HWS_OK) return true;
    hws_client_fail(client, status, "on_attempt gave what cannot be sent");
    return false;
}

static hws_status open_target_tls(hws_client *client, const hws_url *url, char *explain,
                                  size_t size)
{
    if (client->tls || !hws_scheme_is_secure(url->scheme)) return HWS_OK;
    return hws_clients_tls(client->home, &hws_client_options_of(client)->tls, explain, size,
                           &client->tls);
}

/* To a proxy nothing is shown, and its name is its own: those of the options are the target's. */
static hws_status open_proxy_tls(hws_client *client, const hws_url *url, char *explain, size_t size)
{
    const hws_client_options *options = hws_client_options_of(client);
    hws_proxy proxy;
    if (hws_opening_proxy(options, url, &proxy) != HWS_OK) {
        snprintf(explain, size, "the proxy that %s names is not a URL like http://host:3128",
                 options->proxy ? "the program" : "the environment (http_proxy, all_proxy, ...)");
        return HWS_ERR_INVALID_ARGUMENT;
    }
    if (client->proxy_tls || proxy.kind != HWS_PROXY_HTTPS) return HWS_OK;
    const hws_tls_options tls = {
        .authorities = options->tls.authorities,
        .insecure = options->tls.insecure,
    };
    return hws_clients_tls(client->home, &tls, explain, size, &client->proxy_tls);
}

static hws_status open_tls(hws_client *client, char *explain, size_t size)
{
    hws_url url;
    HWS_TRY(hws_url_parse(hws_text_of(url_of(client)), &url));
    HWS_TRY(open_target_tls(client, &url, explain, size));
    return open_proxy_tls(client, &url, explain, size);
}

static void on_connected(void *owner, hws_stream *stream, const hws_agreement *agreed,
                         hws_span early)
{
    hws_client *client = owner;
    client->opening = NULL;
    if (client->dismissed) { /* its alarm rings in this turn */
        hws_stream_close(stream, 0);
        return;
    }
    hws_stream_count(stream, client->home->streams);
    client->state = HWS_CLIENT_OPEN;
    client->opened_ms = hws_client_now_ms(client);
    hws_session_set_protocol(&client->session, agreed->protocol);
    const hws_status status = hws_session_open(&client->session, stream, agreed->deflate, early);
    if (status == HWS_OK) return;
    hws_stream_close(stream, 0);
    hws_client_fail(client, status, hws_status_text(status));
}

static void try_now(hws_client *client);

/* By an answer that says no, or where to go instead. */
static void lose_refused(hws_client *client, hws_status status, const char *text,
                         const hws_refusal *refusal)
{
    const hws_close close = {
        .code = hws_client_local_code(status),
        .status = status,
        .cause = text,
        .http_status = refusal->http_status,
    };
    hws_client_lose(client, &close, 0, refusal->retry_after_s);
}

/* False: it is not to be followed. */
static bool follow(hws_client *client, const hws_refusal *refusal)
{
    const uint32_t count_max = hws_client_options_of(client)->redirect_count_max;
    if (count_max == 0 || !hws_redirect_is_one(refusal->http_status, refusal->location))
        return false;
    const hws_status status = hws_redirect_follow(
        &client->redirect, url_of(client), refusal->location, count_max, client->home->memory);
    if (status == HWS_OK)
        try_now(client);
    else
        lose_refused(client, status, hws_status_text(status), refusal);
    return true;
}

static void on_refused(void *owner, const hws_refusal *refusal)
{
    hws_client *client = owner;
    client->opening = NULL;
    if (client->dismissed || follow(client, refusal)) return;
    lose_refused(client, refusal->status, refusal->text, refusal);
}

static void on_step(void *owner, const hws_step *step)
{
    const hws_client *client = owner;
    hws_client_options_of(client)->on_step(hws_client_handle(client), step, client->session.user);
}

static const hws_opening_owner QUIET_CALLS = {
    .on_connected = on_connected,
    .on_refused = on_refused,
};

static const hws_opening_owner TELLING_CALLS = {
    .on_connected = on_connected,
    .on_refused = on_refused,
    .on_step = on_step,
};

static void try_now(hws_client *client)
{
    char explain[HWS_CAUSE_SIZE_MAX] = "";
    hws_status status = open_tls(client, explain, sizeof explain);
    if (status == HWS_OK) {
        const hws_opening_plan plan = {
            .loop = client->home->loop,
            .memory = client->home->memory,
            .options = hws_client_options_of(client),
            .destination = client->destination,
            .url = url_of(client),
            .is_own_origin = !client->redirect.is_elsewhere,
            .tls = client->tls,
            .proxy_tls = client->proxy_tls,
        };
        client->state = HWS_CLIENT_TRYING;
        status = hws_opening_new(
            &plan, hws_client_options_of(client)->on_step ? &TELLING_CALLS : &QUIET_CALLS, client,
            &client->opening);
    }
    if (status != HWS_OK)
        hws_client_fail(client, status, *explain ? explain : hws_status_text(status));
}

void hws_client_attempt(hws_client *client)
{
    if (ask_program(client)) try_now(client);
}
