/* SPDX-License-Identifier: MIT */
/* The words of hws_server_options.listen, and the sockets behind them. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "base/try.h"
#include "hawser/url.h"
#include "server/inherit.h"
#include "server/worker.h"

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

static void on_accept(void *user, int fd)
{
    const hws_listening *listening = user;
    hws_worker_accept(listening->worker, listening->place, fd);
}

/* Whether an address has a socket in each worker, among which the kernel distributes; the one of a
 * unix socket is worker 0's. */
static bool is_spread(const hws_server *server, const hws_address *address)
{
    return server->worker_count > 1 && address->any.sa_family != AF_UNIX;
}

static hws_status adopt(hws_worker *worker, int fd, const hws_listener_options *options,
                        hws_listener **listener)
{
    worker->server->places[worker->server->place_count - 1].is_inherited = true;
    return hws_listener_adopt(worker->loop, fd, options, listener);
}

/* More workers than sockets were inherited, and who made them may be another user, with whom no
 * address can be shared: then worker 0's socket is. */
static hws_status share(hws_worker *worker, const hws_listener_options *options, size_t index)
{
    const size_t place = worker->server->place_count - 1;
    const hws_listener *first = worker->server->workers[0]->listenings[place].sockets[index];
    const int fd = fcntl(hws_listener_fd(first), F_DUPFD_CLOEXEC, HWS_INHERITED_FIRST);
    if (fd < 0) return HWS_ERR_SYSTEM;
    const hws_status status =
        hws_listener_adopt(worker->loop, fd, options, &worker->listenings[place].sockets[index]);
    if (status != HWS_OK) close(fd);
    return status;
}

static hws_status open_socket(hws_worker *worker, const hws_address *address, size_t index)
{
    hws_listening *listening = &worker->listenings[worker->server->place_count - 1];
    const hws_listener_options options = {
        .on_accept = on_accept,
        .user = listening,
        .begins_group = is_spread(worker->server, address) && !worker->index,
        .joins_group = worker->index > 0,
    };
    const int fd = hws_inherit_find(worker->server->options.inherited_count, address);
    if (fd >= 0) return adopt(worker, fd, &options, &listening->sockets[index]);
    if (listening->place->is_inherited) return share(worker, &options, index);
    return hws_listener_open(worker->loop, address, &options, &listening->sockets[index]);
}

/* Worker 0's socket, which finds out whether the address is free and which port it is.  */
static hws_status open_first(hws_server *server, const hws_address *address)
{
    hws_place *place = &server->places[server->place_count - 1];
    const hws_listening *listening = &server->workers[0]->listenings[server->place_count - 1];
    HWS_TRY(open_socket(server->workers[0], address, place->address_count));
    hws_listener_address(listening->sockets[place->address_count],
                         &place->addresses[place->address_count]);
    place->address_count++;
    return HWS_OK;
}

static hws_status open_unix(hws_server *server, hws_text word, hws_place *place)
{
    hws_address address;
    HWS_TRY(hws_address_local((hws_text){word.data + 5, word.size - 5}, &address));
    snprintf(place->url, sizeof place->url, "%.*s", (int)word.size, word.data);
    return open_first(server, &address);
}

static void set_port(hws_address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET)
        address->v4.sin_port = htons(port);
    else
        address->v6.sin6_port = htons(port);
}

/* "fd:3" or "https+fd:3"; -1: it is neither. */
static int descriptor_of(hws_text word, bool *is_secure)
{
    static const char plain[] = "fd:";
    static const char secure[] = "https+fd:";
    *is_secure = word.size > sizeof secure - 1 && memcmp(word.data, secure, sizeof secure - 1) == 0;
    size_t at = *is_secure ? sizeof secure - 1 : sizeof plain - 1;
    if (!*is_secure && (word.size < at || memcmp(word.data, plain, at) != 0)) return -1;
    int fd = 0;
    if (at == word.size || word.size - at > 5) return -1;
    for (; at < word.size; at++) {
        if (word.data[at] < '0' || word.data[at] > '9') return -1;
        fd = fd * 10 + (word.data[at] - '0');
    }
    return fd;
}

static void write_socket_url(hws_place *place)
{
    char text[HWS_ADDRESS_TEXT_MAX];
    const hws_address *address = &place->addresses[0];
    const char *scheme = place->is_secure ? "https" : "http";
    hws_address_text(address, text);
    if (address->any.sa_family == AF_UNIX)
        snprintf(place->url, sizeof place->url, "unix:%s", address->local.sun_path);
    else
        snprintf(place->url, sizeof place->url, strchr(text, ':') ? "%s://[%s]:%d" : "%s://%s:%d",
                 scheme, text, hws_address_port(address));
}

static hws_status open_descriptor(hws_server *server, int fd, hws_place *place)
{
    if (!hws_inherit_is_free(server->options.inherited_count, fd)) return HWS_ERR_ADDRESS;
    hws_address_of_socket(fd, &place->addresses[0]);
    HWS_TRY(open_first(server, &place->addresses[0]));
    write_socket_url(place);
    return HWS_OK;
}

/* "localhost" on a free port: the second family must get the port that the first was given.  A
 * machine without the second family makes do with the first. */
static hws_status open_second(hws_server *server, hws_address *address, uint16_t port)
{
    set_port(address, port);
    const hws_status status = open_first(server, address);
    if (status == HWS_ERR_SYSTEM && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT))
        return HWS_OK;
    return status;
}

static void close_sockets(hws_listening *listening)
{
    for (size_t i = 0; i < 2; i++) {
        hws_listener_close(listening->sockets[i]);
        listening->sockets[i] = NULL;
    }
}

static hws_status open_host(hws_server *server, const hws_url *url, hws_place *place)
{
    hws_address addresses[2];
    const size_t count = hws_address_listen(url->host, url->port, addresses);
    if (count == 0) return HWS_ERR_ADDRESS;
    for (int tries = 0;; tries++) {
        hws_status status = open_first(server, &addresses[0]);
        if (status != HWS_OK || count == 1) return status;
        status = open_second(server, &addresses[1], hws_address_port(&place->addresses[0]));
        /* The free port of one family may be taken in the other: another one, then. */
        if (status != HWS_ERR_ADDRESS_IN_USE || url->port != 0 || tries == 10) return status;
        close_sockets(&server->workers[0]->listenings[server->place_count - 1]);
        place->address_count = 0;
    }
}

/* What a person or a program on this machine would connect to. */
static void write_url(hws_place *place, const hws_url *url)
{
    hws_url real = *url;
    real.port = hws_address_port(&place->addresses[0]);
    real.path = real.query = (hws_text){0};
    if (real.host_kind == HWS_HOST_ANY) {
        real.host = hws_text_of("localhost");
        real.host_kind = HWS_HOST_NAME;
    }
    size_t size = 0;
    (void)!hws_url_write(&real, place->url, sizeof place->url - 1, &size);
    place->url[size] = 0;
}

/* The other workers, where the first is. */
static hws_status open_others(const hws_server *server, const hws_place *place)
{
    for (size_t k = 0; k < place->address_count; k++) {
        if (!is_spread(server, &place->addresses[k])) continue;
        for (uint32_t i = 1; i < server->worker_count; i++)
            HWS_TRY(open_socket(server->workers[i], &place->addresses[k], k));
    }
    return HWS_OK;
}

static hws_status open_word(hws_server *server, hws_text word)
{
    if (server->place_count == HWS_LISTEN_MAX) return HWS_ERR_LIMIT;
    hws_place *place = &server->places[server->place_count++];
    for (uint32_t i = 0; i < server->worker_count; i++)
        server->workers[i]->listenings[server->place_count - 1] =
            (hws_listening){.worker = server->workers[i], .place = place};
    if (word.size >= sizeof place->url) return HWS_ERR_ADDRESS;
    if (is_unix(word)) return open_unix(server, word, place);
    const int fd = descriptor_of(word, &place->is_secure);
    if (fd >= 0) {
        HWS_TRY(open_descriptor(server, fd, place));
        return open_others(server, place);
    }

    hws_url url;
    HWS_TRY(hws_url_parse_listen(word, &url));
    place->is_secure = hws_scheme_is_secure(url.scheme);
    HWS_TRY(open_host(server, &url, place));
    write_url(place, &url);
    return open_others(server, place);
}

hws_status hws_listen_open(hws_server *server, char *explain, size_t explain_size)
{
    hws_text word;
    for (const char *rest = server->options.listen; hws_text_next_word(&rest, &word);) {
        const hws_status status = open_word(server, word);
        if (status == HWS_OK) continue;
        explain_failure(word, status, explain, explain_size);
        return status;
    }
    if (server->place_count > 0) return HWS_OK;
    say(explain, explain_size, "no address to listen on");
    return HWS_ERR_INVALID_ARGUMENT;
}

int hws_server_socket(const hws_server *server, size_t index)
{
    for (uint32_t i = 0; i < server->worker_count; i++)
        for (size_t k = 0; k < 2 * server->place_count; k++) {
            const hws_listener *socket = server->workers[i]->listenings[k / 2].sockets[k % 2];
            if (socket && index-- == 0) return hws_listener_fd(socket);
        }
    return -1;
}

void hws_server_leave_paths(hws_server *server)
{
    for (size_t i = 0; i < server->place_count; i++) {
        hws_listener *socket = server->workers[0]->listenings[i].sockets[0];
        if (socket) hws_listener_leave_path(socket);
    }
}

void hws_listen_close(hws_worker *worker)
{
    for (size_t i = 0; i < worker->server->place_count; i++) close_sockets(&worker->listenings[i]);
}

bool hws_listen_is_local(const hws_server *server)
{
    hws_text word;
    for (const char *rest = server->options.listen; hws_text_next_word(&rest, &word);) {
        hws_url url;
        bool is_secure;
        if (descriptor_of(word, &is_secure) >= 0) return false;
        if (is_unix(word) || hws_url_parse_listen(word, &url) != HWS_OK) continue;
        const bool is_loopback =
            hws_text_equal_ignoring_case(url.host, hws_text_of("localhost")) ||
            hws_text_equal(url.host, hws_text_of("::1")) ||
            (url.host_kind == HWS_HOST_IPV4 && memcmp(url.host.data, "127.", 4) == 0);
        if (!is_loopback) return false;
    }
    return true;
}

bool hws_listen_is_secure(const hws_server *server)
{
    hws_text word;
    for (const char *rest = server->options.listen; hws_text_next_word(&rest, &word);) {
        hws_url url;
        bool is_secure;
        if (descriptor_of(word, &is_secure) >= 0 && is_secure) return true;
        if (is_unix(word) || hws_url_parse_listen(word, &url) != HWS_OK) continue;
        if (hws_scheme_is_secure(url.scheme)) return true;
    }
    return false;
}
