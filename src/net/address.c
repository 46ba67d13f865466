/* SPDX-License-Identifier: MIT */
#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_text(hws_text text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

hws_address hws_address_of_v4(struct in_addr host, uint16_t port)
{
    return (hws_address){
        .v4 = {.sin_family = AF_INET, .sin_addr = host, .sin_port = htons(port)},
        .size = sizeof(struct sockaddr_in),
    };
}

hws_address hws_address_of_v6(struct in6_addr host, uint16_t port)
{
    return (hws_address){
        .v6 = {.sin6_family = AF_INET6, .sin6_addr = host, .sin6_port = htons(port)},
        .size = sizeof(struct sockaddr_in6),
    };
}

static bool system_has_v6(void)
{
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

static hws_address any(uint16_t port)
{
    if (system_has_v6()) return hws_address_of_v6(in6addr_any, port);
    return hws_address_of_v4((struct in_addr){.s_addr = htonl(INADDR_ANY)}, port);
}

bool hws_address_literal(hws_text host, uint16_t port, hws_address *address)
{
    char literal[INET6_ADDRSTRLEN] = "";
    if (host.size == 0 || host.size >= sizeof literal) return false;
    memcpy(literal, host.data, host.size);
    if (strlen(literal) != host.size) return false; /* a zero byte inside */

    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, literal, &v4) == 1)
        *address = hws_address_of_v4(v4, port);
    else if (inet_pton(AF_INET6, literal, &v6) == 1)
        *address = hws_address_of_v6(v6, port);
    else
        return false;
    return true;
}

size_t hws_address_listen(hws_text host, uint16_t port, hws_address addresses[2])
{
    if (is_text(host, "*")) {
        addresses[0] = any(port);
    } else if (is_text(host, "localhost")) {
        addresses[0] = hws_address_of_v4((struct in_addr){.s_addr = htonl(INADDR_LOOPBACK)}, port);
        if (!system_has_v6()) return 1;
        addresses[1] = hws_address_of_v6(in6addr_loopback, port);
        return 2;
    } else if (!hws_address_literal(host, port, &addresses[0])) {
        return 0;
    }
    return 1;
}

hws_status hws_address_local(hws_text path, hws_address *address)
{
    hws_address made = {.local = {.sun_family = AF_UNIX}};
    if (path.size == 0 || path.size >= sizeof made.local.sun_path) return HWS_ERR_ADDRESS;
    if (memchr(path.data, 0, path.size)) return HWS_ERR_ADDRESS;
    memcpy(made.local.sun_path, path.data, path.size);
    made.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.size + 1);
    *address = made;
    return HWS_OK;
}

void hws_address_text(const hws_address *address, char text[HWS_ADDRESS_TEXT_MAX])
{
    const char *written = NULL;
    if (address->any.sa_family == AF_INET) {
        written = inet_ntop(AF_INET, &address->v4.sin_addr, text, HWS_ADDRESS_TEXT_MAX);
    } else if (address->any.sa_family == AF_INET6) {
        const struct in6_addr *host = &address->v6.sin6_addr;
        written = IN6_IS_ADDR_V4MAPPED(host)
                      ? inet_ntop(AF_INET, &host->s6_addr[12], text, HWS_ADDRESS_TEXT_MAX)
                      : inet_ntop(AF_INET6, host, text, HWS_ADDRESS_TEXT_MAX);
    } else if (address->any.sa_family == AF_UNIX) {
        memcpy(text, "unix", 5);
        return;
    }
    if (!written) memcpy(text, "unknown", 8);
}

void hws_address_name(const hws_address *address, char name[HWS_ADDRESS_NAME_MAX])
{
    if (address->any.sa_family == AF_UNIX) {
        snprintf(name, HWS_ADDRESS_NAME_MAX, "%s", address->local.sun_path);
        return;
    }
    char host[HWS_ADDRESS_TEXT_MAX];
    hws_address_text(address, host);
    const bool bracketed = strchr(host, ':') != NULL;
    snprintf(name, HWS_ADDRESS_NAME_MAX, bracketed ? "[%s] port %u" : "%s port %u", host,
             (unsigned)hws_address_port(address));
}

uint16_t hws_address_port(const hws_address *address)
{
    if (address->any.sa_family == AF_INET) return ntohs(address->v4.sin_port);
    if (address->any.sa_family == AF_INET6) return ntohs(address->v6.sin6_port);
    return 0;
}

void hws_address_of_peer(int fd, hws_address *address)
{
    *address = (hws_address){.size = sizeof address->local};
    if (getpeername(fd, &address->any, &address->size) < 0) *address = (hws_address){0};
}

void hws_address_of_socket(int fd, hws_address *address)
{
    *address = (hws_address){.size = sizeof address->local};
    if (getsockname(fd, &address->any, &address->size) < 0) *address = (hws_address){0};
}
