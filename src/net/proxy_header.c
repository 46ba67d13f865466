/* SPDX-License-Identifier: MIT */
/* A byte at a time while it is looked at, and in one piece what is let fall: §2.1 and §2.2 of the
 * PROXY protocol. */
#include "net/proxy_header.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"

typedef enum state {
    BEGINNING, /* it cannot be told yet which version it is */
    LINE,      /* version 1, up to CRLF */
    FIXED,     /* version 2, up to the length */
    ADDRESSES, /* of version 2 */
    REST,      /* of version 2, which is let fall */
    DONE,
    FAILED,
} state;

/* §2.2: the bytes of version 2 that are always there. */
enum {
    VERSION_AT = 12,
    FAMILY_AT = 13,
    LENGTH_AT = 14,
    FIXED_SIZE = 16,
    V4_SIZE = 12,    /* two addresses, two ports */
    V6_SIZE = 36,    /* likewise */
    UNIX_SIZE = 216, /* two paths */
};

static const char LINE_BEGINS[] = "PROXY ";
static const char SIGNATURE[] = "\r\n\r\n\0\r\nQUIT\n";
enum { LINE_BEGINS_SIZE = sizeof LINE_BEGINS - 1, SIGNATURE_SIZE = sizeof SIGNATURE - 1 };

/* Version 1. */

/* One word of a line, and the one space behind it. */
static hws_text take_word(hws_text *line)
{
    const char *space = memchr(line->data, ' ', line->size);
    const size_t size = space ? (size_t)(space - line->data) : line->size;
    const hws_text word = {line->data, size};
    line->data += size + (space != NULL);
    line->size -= size + (space != NULL);
    return word;
}

static bool read_port(hws_text word, uint16_t *port)
{
    uint64_t number;
    if (word.size > 1 && word.data[0] == '0') return false;
    if (!hws_text_parse_number(word, UINT16_MAX, &number)) return false;
    *port = (uint16_t)number;
    return true;
}

/* "192.0.2.1 203.0.113.9 56324 443" */
static hws_status read_line_addresses(hws_proxy_header *it, hws_text line, int family)
{
    hws_address source, destination;
    uint16_t port, destination_port;
    const hws_text source_word = take_word(&line);
    const hws_text destination_word = take_word(&line);
    const hws_text port_word = take_word(&line);
    if (!read_port(port_word, &port) || !read_port(line, &destination_port))
        return HWS_ERR_PROXY_HEADER;
    if (!hws_address_literal(source_word, port, &source) ||
        !hws_address_literal(destination_word, destination_port, &destination))
        return HWS_ERR_PROXY_HEADER;
    if (source.any.sa_family != family || destination.any.sa_family != family)
        return HWS_ERR_PROXY_HEADER;
    it->source = source;
    it->has_source = true;
    return HWS_OK;
}

/* The line without its CRLF. */
static hws_status read_line(hws_proxy_header *it)
{
    hws_text line = {(const char *)it->bytes + LINE_BEGINS_SIZE,
                     it->size - (size_t)LINE_BEGINS_SIZE - 2};
    const hws_text family = take_word(&line);
    if (hws_text_equal(family, hws_text_of("UNKNOWN"))) return HWS_OK; /* whatever else it says */
    if (hws_text_equal(family, hws_text_of("TCP4"))) return read_line_addresses(it, line, AF_INET);
    if (hws_text_equal(family, hws_text_of("TCP6"))) return read_line_addresses(it, line, AF_INET6);
    return HWS_ERR_PROXY_HEADER;
}

/* The first CR is that of CRLF: in nothing that the line may say is there another. */
static hws_status add_to_line(hws_proxy_header *it)
{
    const bool after_cr = it->bytes[it->size - 2] == '\r';
    const bool is_lf = it->bytes[it->size - 1] == '\n';
    if (after_cr != is_lf) return HWS_ERR_PROXY_HEADER;
    if (!is_lf) return it->size < HWS_PROXY_LINE_MAX ? HWS_OK : HWS_ERR_PROXY_HEADER;
    it->state = DONE;
    return read_line(it);
}

/* Version 2. */

static void await_rest(hws_proxy_header *it)
{
    it->state = it->left > 0 ? REST : DONE;
}

static hws_status await_addresses(hws_proxy_header *it, uint8_t size)
{
    if (it->left < size) return HWS_ERR_PROXY_HEADER;
    it->left -= size;
    it->wanted = (uint8_t)(FIXED_SIZE + size);
    it->state = ADDRESSES;
    return HWS_OK;
}

/* Families and transports that are not in the list are for receivers to refuse.  Of those that are,
 * datagrams are what a client may have spoken to a proxy of HTTP/3. */
static hws_status judge_family(hws_proxy_header *it)
{
    switch (it->bytes[FAMILY_AT]) {
    case 0x00: /* UNSPEC */
        await_rest(it);
        return HWS_OK;
    case 0x11:
    case 0x12:
        return await_addresses(it, V4_SIZE);
    case 0x21:
    case 0x22:
        return await_addresses(it, V6_SIZE);
    case 0x31:
    case 0x32:
        if (it->left < UNIX_SIZE) return HWS_ERR_PROXY_HEADER;
        await_rest(it);
        return HWS_OK;
    default:
        return HWS_ERR_PROXY_HEADER;
    }
}

static hws_status add_to_fixed(hws_proxy_header *it)
{
    enum { LOCAL = 0x20, PROXY = 0x21 };
    const uint8_t version_and_command = it->bytes[VERSION_AT];
    if (version_and_command != LOCAL && version_and_command != PROXY) return HWS_ERR_PROXY_HEADER;
    if (it->size < FIXED_SIZE) return HWS_OK;
    it->left = (uint32_t)it->bytes[LENGTH_AT] << 8 | it->bytes[LENGTH_AT + 1];
    if (version_and_command == PROXY) return judge_family(it);
    await_rest(it); /* LOCAL: the family does not count, nor what stands behind it */
    return HWS_OK;
}

static uint16_t port_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void read_addresses(hws_proxy_header *it)
{
    const uint8_t *at = it->bytes + FIXED_SIZE;
    if (it->wanted == FIXED_SIZE + V4_SIZE) {
        struct in_addr host;
        memcpy(&host, at, sizeof host);
        it->source = hws_address_of_v4(host, port_at(at + 8));
    } else {
        struct in6_addr host;
        memcpy(&host, at, sizeof host);
        it->source = hws_address_of_v6(host, port_at(at + 32));
    }
    it->has_source = true;
    await_rest(it);
}

/* Both. */

static hws_status judge_beginning(hws_proxy_header *it)
{
    const size_t size = it->size;
    if (size <= LINE_BEGINS_SIZE && memcmp(it->bytes, LINE_BEGINS, size) == 0) {
        if (size == LINE_BEGINS_SIZE) it->state = LINE;
        return HWS_OK;
    }
    if (memcmp(it->bytes, SIGNATURE, size) != 0) return HWS_ERR_PROXY_HEADER;
    if (size == SIGNATURE_SIZE) it->state = FIXED;
    return HWS_OK;
}

static hws_status add(hws_proxy_header *it, uint8_t byte)
{
    it->bytes[it->size++] = byte;
    switch ((state)it->state) {
    case BEGINNING:
        return judge_beginning(it);
    case LINE:
        return add_to_line(it);
    case FIXED:
        return add_to_fixed(it);
    case ADDRESSES:
        if (it->size == it->wanted) read_addresses(it);
        return HWS_OK;
    case REST:
    case DONE:
    case FAILED:
        break;
    }
    return HWS_ERR_PROXY_HEADER;
}

static void let_fall(hws_proxy_header *it, hws_span *input)
{
    const size_t size = it->left < input->size ? it->left : input->size;
    input->data += size;
    input->size -= size;
    it->left -= (uint32_t)size;
    if (it->left == 0) it->state = DONE;
}

hws_status hws_proxy_header_parse(hws_proxy_header *it, hws_span *input, bool *done)
{
    if (it->state == FAILED) return HWS_ERR_PROXY_HEADER;
    while (input->size > 0 && it->state != DONE) {
        if (it->state == REST) {
            let_fall(it, input);
            continue;
        }
        const hws_status status = add(it, input->data[0]);
        if (status < HWS_OK) {
            it->state = FAILED;
            return status;
        }
        input->data++;
        input->size--;
    }
    *done = it->state == DONE;
    return HWS_OK;
}
