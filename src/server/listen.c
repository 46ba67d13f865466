/* SPDX-License-Identifier: MIT */
/* The words of hws_server_options.listen, and the sockets behind them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "hawser/url.h"
#include "server/internal.h"

static bool is_unix(hws_text word)
{
    return word.size > 5 && memcmp(word.data, "unix:", 5) == 0;
}

__attribute__((format(printf, 3, 4))) static void say(char *explain, size_t size,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (explain) vsnprintf(explain, size, format, arguments);
    va_end(arguments);
}

static void explain_failure(hws_text word, hws_status status, char *explain, size_t size)
{
    const int length = (int)(word.size < 200 ? word.size : 200);
    if (word.size > 8 && memcmp(word.data, "https://", 8) == 0) {
        say(explain, size,
            "%.*s: TLS is not there yet; listen on http:// behind a proxy that has it", length,
            word.data);
        return;
    }
    switch ((int)status) {
    case HWS_ERR_ADDRESS_IN_USE:
        say(explain, size,
            "%.*s: the address is in use; stop the program that has it, or listen on another port",
            length, word.data);
        break;
    case HWS_ERR_PERMISSION:
        say(explain, size, "%.*s: permission denied; ports below 1024 are for root", length,
            word.data);
        break;
    case HWS_ERR_SYSTEM:
        say(explain, size, "%.*s: %s", length, word.data, strerror(errno));
        break;
    default:
        say(explain, size,
            "%.*s: %s; write it like http://localhost:8080, http://*:80 or "
            "unix:/run/hawser.sock",
            length, word.data, hws_status_text(status));
        break;
    }
}

static hws_status open_unix(hws_server *server, hws_text word, hws_listening *listening,
                            void (*on_accept)(void *server, int fd))
{
    hws_address address;
    const hws_status status = hws_address_local((hws_text){word.data + 5, word.size - 5}, &address);
    if (status != HWS_OK) return status;
    snprintf(listening->url, sizeof listening->url, "%.*s", (int)word.size, word.data);
    return hws_listener_open(server->loop, &address, on_accept, server, &listening->sockets[0]);
}

static void set_port(hws_address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET)
        address->v4.sin_port = htons(port);
    else
        address->v6.sin6_port = htons(port);
}

/* "localhost" on a free port: the second family must get the port that the first was given.  A
 * machine without the second family makes do with the first. */
static hws_status open_second(hws_server *server, hws_address *address, uint16_t port,
                              hws_listening *listening, void (*on_accept)(void *server, int fd))
{
    set_port(address, port);
    const hws_status status =
        hws_listener_open(server->loop, address, on_accept, server, &listening->sockets[1]);
    if (status == HWS_ERR_SYSTEM && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT))
        return HWS_OK;
    return status;
}

static hws_status open_host(hws_server *server, const hws_url *url, hws_listening *listening,
                            void (*on_accept)(void *server, int fd))
{
    hws_address addresses[2];
    const size_t count = hws_address_listen(url->host, url->port, addresses);
    if (count == 0) return HWS_ERR_ADDRESS;
    for (int tries = 0;; tries++) {
        hws_status status = hws_listener_open(server->loop, &addresses[0], on_accept, server,
                                              &listening->sockets[0]);
        if (status != HWS_OK || count == 1) return status;
        hws_address got;
        hws_listener_address(listening->sockets[0], &got);
        status = open_second(server, &addresses[1], hws_address_port(&got), listening, on_accept);
        /* The free port of one family may be taken in the other: another one, then. */
        if (status != HWS_ERR_ADDRESS_IN_USE || url->port != 0 || tries == 10) return status;
        hws_listener_close(listening->sockets[0]);
        listening->sockets[0] = NULL;
    }
}

/* What a person or a program on this machine would connect to. */
static void write_url(hws_listening *listening, const hws_url *url)
{
    hws_address got;
    hws_listener_address(listening->sockets[0], &got);
    hws_url real = *url;
    real.port = hws_address_port(&got);
    real.path = real.query = (hws_text){0};
    if (real.host_kind == HWS_HOST_ANY) {
        real.host = hws_text_of("localhost");
        real.host_kind = HWS_HOST_NAME;
    }
    size_t size = 0;
    (void)!hws_url_write(&real, listening->url, sizeof listening->url - 1, &size);
    listening->url[size] = 0;
}

static hws_status open_word(hws_server *server, hws_text word,
                            void (*on_accept)(void *server, int fd))
{
    if (server->listening_count == HWS_LISTEN_MAX) return HWS_ERR_LIMIT;
    hws_listening *listening = &server->listenings[server->listening_count++];
    *listening = (hws_listening){0};
    if (word.size >= sizeof listening->url) return HWS_ERR_ADDRESS;
    if (is_unix(word)) return open_unix(server, word, listening, on_accept);

    hws_url url;
    hws_status status = hws_url_parse_listen(word, &url);
    if (status != HWS_OK) return status;
    if (hws_scheme_is_secure(url.scheme)) return HWS_ERR_URL_SCHEME; /* TLS is not there yet */
    status = open_host(server, &url, listening, on_accept);
    if (status == HWS_OK) write_url(listening, &url);
    return status;
}

hws_status hws_listen_open(hws_server *server, void (*on_accept)(void *server, int fd),
                           char *explain, size_t explain_size)
{
    hws_text word;
    for (const char *rest = server->options.listen; hws_text_next_word(&rest, &word);) {
        const hws_status status = open_word(server, word, on_accept);
        if (status == HWS_OK) continue;
        explain_failure(word, status, explain, explain_size);
        return status;
    }
    if (server->listening_count > 0) return HWS_OK;
    say(explain, explain_size, "no address to listen on");
    return HWS_ERR_INVALID_ARGUMENT;
}

void hws_listen_close(hws_server *server)
{
    for (size_t i = 0; i < server->listening_count; i++) {
        hws_listening *listening = &server->listenings[i];
        for (size_t k = 0; k < 2; k++) {
            hws_listener_close(listening->sockets[k]);
            listening->sockets[k] = NULL;
        }
    }
}

bool hws_listen_is_local(const hws_server *server)
{
    hws_text word;
    for (const char *rest = server->options.listen; hws_text_next_word(&rest, &word);) {
        hws_url url;
        if (is_unix(word) || hws_url_parse_listen(word, &url) != HWS_OK) continue;
        const bool is_loopback =
            hws_text_equal_ignoring_case(url.host, hws_text_of("localhost")) ||
            hws_text_equal(url.host, hws_text_of("::1")) ||
            (url.host_kind == HWS_HOST_IPV4 && memcmp(url.host.data, "127.", 4) == 0);
        if (!is_loopback) return false;
    }
    return true;
}
