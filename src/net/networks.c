/* SPDX-License-Identifier: MIT */
#include "net/networks.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"

enum { BITS_MAX = 128, MAPPED_BITS = 96 };

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* False: it is of neither family. */
static bool read_bytes(const hws_address *address, uint8_t bytes[16])
{
    if (address->any.sa_family == AF_INET) {
        memcpy(bytes, MAPPED, sizeof MAPPED);
        memcpy(bytes + sizeof MAPPED, &address->v4.sin_addr, 4);
        return true;
    }
    if (address->any.sa_family != AF_INET6) return false;
    memcpy(bytes, &address->v6.sin6_addr, 16);
    return true;
}

static uint8_t mask_of(size_t index, unsigned bits)
{
    if (bits >= 8 * (index + 1)) return 0xff;
    if (bits <= 8 * index) return 0;
    return (uint8_t)(0xff << (8 * (index + 1) - bits));
}

static bool is_in(const uint8_t bytes[16], const hws_network *network)
{
    for (size_t i = 0; i < 16; i++)
        if ((bytes[i] & mask_of(i, network->bits)) != network->prefix[i]) return false;
    return true;
}

static hws_status read_bits(hws_text text, unsigned before, uint8_t *bits)
{
    uint64_t number;
    if (text.size > 1 && text.data[0] == '0') return HWS_ERR_ADDRESS;
    if (!hws_text_parse_number(text, BITS_MAX - before, &number)) return HWS_ERR_ADDRESS;
    *bits = (uint8_t)(before + number);
    return HWS_OK;
}

static hws_status read_network(hws_text word, hws_network *network)
{
    if (hws_text_equal(word, hws_text_of("unix"))) {
        *network = (hws_network){.is_unix = true};
        return HWS_OK;
    }
    const char *slash = memchr(word.data, '/', word.size);
    const hws_text host = {word.data, slash ? (size_t)(slash - word.data) : word.size};
    hws_address address;
    hws_network read = {.bits = BITS_MAX};
    if (!hws_address_literal(host, 0, &address) || !read_bytes(&address, read.prefix))
        return HWS_ERR_ADDRESS;
    if (slash) {
        const hws_text length = {slash + 1, word.size - host.size - 1};
        const unsigned before = address.any.sa_family == AF_INET ? MAPPED_BITS : 0;
        HWS_TRY(read_bits(length, before, &read.bits));
    }
    if (!is_in(read.prefix, &read)) return HWS_ERR_ADDRESS;
    *network = read;
    return HWS_OK;
}

hws_status hws_networks_parse(const char *words, hws_networks *networks, hws_text *wrong)
{
    hws_networks read = {.count = 0};
    for (const char *rest = words; hws_text_next_word(&rest, wrong); read.count++) {
        if (read.count == HWS_NETWORKS_MAX) return HWS_ERR_LIMIT;
        HWS_TRY(read_network(*wrong, &read.network[read.count]));
    }
    *networks = read;
    return HWS_OK;
}

bool hws_networks_have(const hws_networks *networks, const hws_address *address)
{
    uint8_t bytes[16];
    const bool is_unix = address->any.sa_family == AF_UNIX;
    if (!is_unix && !read_bytes(address, bytes)) return false;
    for (size_t i = 0; i < networks->count; i++) {
        const hws_network *network = &networks->network[i];
        if (is_unix ? network->is_unix : !network->is_unix && is_in(bytes, network)) return true;
    }
    return false;
}
