/* SPDX-License-Identifier: MIT */
/* Copies are made in two passes over the same code: the first, without a place to write to, finds
 * out how much room they take. */
#include "client/settings.h"

#include <stdalign.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "client/request.h"
#include "net/proxy.h"
#include "wire/deflate_offer.h"

/* Defaults, in milliseconds and bytes; hawser/client.h states them. */
enum {
    RETRY_DELAY_MS = 5000,
    RETRY_DELAY_MAX_MS = 60000,
    STABLE_MS = 10000,
    OFFLINE_SIZE_MAX = 1 << 20,
    INBOX_SIZE_MAX = 1 << 20,
    MESSAGE_SIZE_MAX = 16 << 20,
    SEND_QUEUE_MAX = 1 << 20,
    TIMEOUT_MS = 10000,
    PING_INTERVAL_MS = 20000,
    PONG_TIMEOUT_MS = 20000,
    CLOSE_TIMEOUT_MS = 5000,
    MESSAGE_TIMEOUT_MS = 30000,
    SEND_TIMEOUT_MS = 10000,
};

typedef struct copier {
    char *at; /* NULL: only measuring */
    size_t size;
} copier;

static void *copy_bytes(copier *it, const void *bytes, size_t size)
{
    const size_t padded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    it->size += padded;
    if (!it->at) return NULL;
    void *made = it->at;
    memcpy(made, bytes, size);
    it->at += padded;
    return made;
}

static void copy_text(copier *it, const char **text)
{
    if (*text) *text = copy_bytes(it, *text, strlen(*text) + 1);
}

static void copy_protocols(copier *it, const char *const **protocols)
{
    if (!*protocols) return;
    size_t count = 0;
    while ((*protocols)[count]) count++;
    const char **made = copy_bytes(it, *protocols, (count + 1) * sizeof **protocols);
    for (size_t i = 0; i < count; i++) {
        const char *text = (*protocols)[i];
        copy_text(it, &text);
        if (made) made[i] = text;
    }
    *protocols = made;
}

static void copy_headers(copier *it, const hws_header **headers, size_t count)
{
    if (count == 0) *headers = NULL;
    if (count == 0) return;
    hws_header *made = copy_bytes(it, *headers, count * sizeof **headers);
    for (size_t i = 0; i < count; i++) {
        hws_header header = (*headers)[i];
        copy_text(it, &header.name);
        copy_text(it, &header.value);
        if (made) made[i] = header;
    }
    *headers = made;
}

static void copy_options(copier *it, hws_client_options *options)
{
    copy_text(it, &options->url);
    copy_protocols(it, &options->protocols);
    copy_text(it, &options->origin);
    copy_headers(it, &options->headers, options->header_count);
    copy_text(it, &options->cookies);
    copy_text(it, &options->user_password);
    copy_text(it, &options->bearer);
    copy_text(it, &options->unix_path);
    copy_text(it, &options->proxy);
    copy_text(it, &options->tls.pair[0].certificate);
    copy_text(it, &options->tls.pair[0].key);
    memset(&options->tls.pair[1], 0, sizeof options->tls.pair - sizeof options->tls.pair[0]);
    copy_text(it, &options->tls.authorities);
    copy_text(it, &options->tls.name);
}

static void set_default(uint32_t *value, uint32_t when_zero)
{
    if (*value == 0) *value = when_zero;
}

static void set_default_size(size_t *value, size_t when_zero)
{
    if (*value == 0) *value = when_zero;
}

static void complete(hws_client_options *options)
{
    set_default(&options->retry_delay_ms, RETRY_DELAY_MS);
    set_default(&options->retry_delay_max_ms, RETRY_DELAY_MAX_MS);
    set_default(&options->stable_ms, STABLE_MS);
    set_default_size(&options->offline_size_max, OFFLINE_SIZE_MAX);
    set_default_size(&options->inbox_size_max, INBOX_SIZE_MAX);
    set_default_size(&options->send_queue_max, SEND_QUEUE_MAX);
    if (options->message_size_max == 0) options->message_size_max = MESSAGE_SIZE_MAX;
    set_default(&options->connect_timeout_ms, TIMEOUT_MS);
    set_default(&options->handshake_timeout_ms, TIMEOUT_MS);
    set_default(&options->ping_interval_ms, PING_INTERVAL_MS);
    set_default(&options->pong_timeout_ms, PONG_TIMEOUT_MS);
    set_default(&options->close_timeout_ms, CLOSE_TIMEOUT_MS);
    set_default(&options->message_timeout_ms, MESSAGE_TIMEOUT_MS);
    set_default(&options->send_timeout_ms, SEND_TIMEOUT_MS);
}

/* A client shows one certificate at most; what else is said would be passed over in silence. */
static bool contradicts_tls(const hws_tls_options *tls)
{
    return (tls->pair[0].key && !tls->pair[0].certificate) || tls->pair[1].certificate ||
           tls->pair[1].key || tls->clients != HWS_TLS_CLIENTS_ANY || tls->self_signed;
}

static bool contradicts(const hws_client_options *options)
{
    return contradicts_tls(&options->tls) || options->redirect_count_max > HWS_REDIRECT_MAX ||
           (options->blocking && options->stream_parts) ||
           (options->bearer && options->user_password) ||
           options->retry_delay_ms > options->retry_delay_max_ms;
}

static hws_status check_proxy(const hws_client_options *options)
{
    hws_proxy proxy;
    if (!options->proxy) return HWS_OK;
    if (hws_proxy_parse(hws_text_of(options->proxy), &proxy) != HWS_OK)
        return HWS_ERR_INVALID_ARGUMENT;
    return options->unix_path && proxy.kind != HWS_PROXY_NONE ? HWS_ERR_INVALID_ARGUMENT : HWS_OK;
}

static bool are_headers(const hws_header *headers, size_t count)
{
    return count == 0 || (headers && count <= HWS_CLIENT_HEADER_MAX);
}

/* A request is composed from the options as it will be sent, so that what cannot be sent is found
 * out now. */
static hws_status check(hws_client_options *options)
{
    HWS_TRY(hws_deflate_options_complete(&options->deflate));
    if (contradicts(options)) return HWS_ERR_INVALID_ARGUMENT;
    HWS_TRY(check_proxy(options));
    const hws_destination destination = {
        .url = options->url,
        .bearer = options->bearer,
        .headers = options->headers,
        .header_count = options->header_count,
    };
    return hws_request_check(options, &destination);
}

hws_status hws_settings_new(const hws_client_options *options, const hws_memory *memory,
                            hws_settings **settings)
{
    if (!options->url || !are_headers(options->headers, options->header_count))
        return HWS_ERR_INVALID_ARGUMENT;
    hws_client_options completed = *options;
    complete(&completed);
    HWS_TRY(check(&completed));

    copier it = {.size = sizeof **settings};
    hws_client_options measured = completed;
    copy_options(&it, &measured);
    hws_settings *made = hws_memory_new(memory, it.size);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (hws_settings){.options = completed, .size = it.size};
    it = (copier){.at = (char *)(made + 1)};
    copy_options(&it, &made->options);
    *settings = made;
    return HWS_OK;
}

void hws_settings_free(hws_settings *settings, const hws_memory *memory)
{
    if (settings) hws_memory_free(memory, settings, settings->size);
}

static void copy_destination(copier *it, hws_destination *destination)
{
    copy_text(it, &destination->url);
    copy_text(it, &destination->bearer);
    copy_headers(it, &destination->headers, destination->header_count);
}

hws_status hws_destination_new(const hws_attempt *attempt, const hws_memory *memory,
                               hws_destination **destination)
{
    static const hws_client_options OTHERS;
    if (!attempt->url || !are_headers(attempt->headers, attempt->header_count))
        return HWS_ERR_INVALID_ARGUMENT;
    const hws_destination wanted = {
        .url = attempt->url,
        .bearer = attempt->bearer,
        .headers = attempt->headers,
        .header_count = attempt->header_count,
    };
    HWS_TRY(hws_request_check(&OTHERS, &wanted));
    copier it = {.size = sizeof **destination};
    hws_destination measured = wanted;
    copy_destination(&it, &measured);
    hws_destination *made = hws_memory_new(memory, it.size);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = wanted;
    made->size = it.size;
    it = (copier){.at = (char *)(made + 1)};
    copy_destination(&it, made);
    *destination = made;
    return HWS_OK;
}

void hws_destination_free(hws_destination *destination, const hws_memory *memory)
{
    if (destination) hws_memory_free(memory, destination, destination->size);
}
