/* SPDX-License-Identifier: MIT */
/* Hosts and ports, by shape alone: nothing is looked up. */
#include "wire/host.h"

#include "base/try.h"

enum { NAME_SIZE_MAX = 253, LABEL_SIZE_MAX = 63, IPV6_GROUPS = 8 };

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_hex(char character)
{
    return is_digit(character) || (character >= 'a' && character <= 'f') ||
           (character >= 'A' && character <= 'F');
}

static bool is_name(char character)
{
    return is_digit(character) || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') || character == '-' || character == '_';
}

/* Takes the bytes before the first `separator`, and the separator; all of them without one. */
static hws_text take_until(hws_text *rest, char separator)
{
    const char *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
    const size_t size = end ? (size_t)(end - rest->data) : rest->size;
    const hws_text front = {rest->data, size};
    rest->data += size + (end != NULL);
    rest->size -= size + (end != NULL);
    return front;
}

static size_t count(hws_text text, char character)
{
    size_t found = 0;
    for (size_t i = 0; i < text.size; i++) found += text.data[i] == character;
    return found;
}

/* RFC 3986 §3.2.2, dec-octet: no leading zeros, which some readers take for octal. */
static bool is_octet(hws_text text)
{
    uint64_t number;
    if (text.size > 1 && text.data[0] == '0') return false;
    return hws_text_parse_number(text, 255, &number);
}

static bool is_ipv4(hws_text text)
{
    if (count(text, '.') != 3) return false;
    for (int i = 0; i < 4; i++)
        if (!is_octet(take_until(&text, '.'))) return false;
    return true;
}

static bool is_ipv6_group(hws_text text)
{
    if (text.size < 1 || text.size > 4) return false;
    for (size_t i = 0; i < text.size; i++)
        if (!is_hex(text.data[i])) return false;
    return true;
}

/* Counts the 16-bit groups of one side of "::"; only the last may be an IPv4 address, which is two.
 * Returns: false if one is none. */
static bool count_groups(hws_text text, bool at_end, size_t *groups)
{
    if (text.size == 0) return true;
    for (size_t left = count(text, ':') + 1; left > 0; left--) {
        const hws_text group = take_until(&text, ':');
        if (is_ipv6_group(group)) {
            *groups += 1;
        } else if (at_end && left == 1 && is_ipv4(group)) {
            *groups += 2;
        } else {
            return false;
        }
    }
    return true;
}

static bool is_ipv6(hws_text text)
{
    size_t groups = 0;
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (text.data[i] != ':' || text.data[i + 1] != ':') continue;
        const hws_text before = {text.data, i};
        const hws_text after = {text.data + i + 2, text.size - i - 2};
        return count_groups(before, false, &groups) && count_groups(after, true, &groups) &&
               groups < IPV6_GROUPS;
    }
    return count_groups(text, true, &groups) && groups == IPV6_GROUPS;
}

static bool is_label(hws_text label)
{
    if (label.size < 1 || label.size > LABEL_SIZE_MAX) return false;
    for (size_t i = 0; i < label.size; i++)
        if (!is_name(label.data[i])) return false;
    return true;
}

/* What a browser takes for the last part of an IPv4 address: digits, or 0x and hex digits. */
static bool is_number(hws_text label)
{
    const bool is_prefixed =
        label.size >= 2 && label.data[0] == '0' && (label.data[1] == 'x' || label.data[1] == 'X');
    for (size_t i = is_prefixed ? 2 : 0; i < label.size; i++)
        if (!(is_prefixed ? is_hex(label.data[i]) : is_digit(label.data[i]))) return false;
    return true;
}

static bool is_dns_name(hws_text name)
{
    if (name.size > 0 && name.data[name.size - 1] == '.') name.size--;
    if (name.size < 1 || name.size > NAME_SIZE_MAX) return false;

    hws_text label = {0};
    for (size_t left = count(name, '.') + 1; left > 0; left--) {
        label = take_until(&name, '.');
        if (!is_label(label)) return false;
    }
    return !is_number(label);
}

static hws_status read_name(hws_text name, hws_host *host)
{
    if (is_ipv4(name)) {
        host->kind = HWS_HOST_IPV4;
    } else if (is_dns_name(name)) {
        host->kind = HWS_HOST_NAME;
    } else {
        return HWS_ERR_URL_HOST;
    }
    host->name = name;
    return HWS_OK;
}

/* Takes the host off the front of `text`, and leaves the port with its colon. */
static hws_status take_name(hws_text *text, hws_host *host)
{
    const bool is_bracketed = text->size > 0 && text->data[0] == '[';
    const char *end =
        text->size > 0 ? memchr(text->data, is_bracketed ? ']' : ':', text->size) : NULL;
    const size_t size = end ? (size_t)(end - text->data) : text->size;

    if (is_bracketed) {
        const hws_text inside = {text->data + 1, size - 1};
        if (!end || !is_ipv6(inside)) return HWS_ERR_URL_HOST;
        host->name = inside;
        host->kind = HWS_HOST_IPV6;
    } else {
        HWS_TRY(read_name((hws_text){text->data, size}, host));
    }
    text->data += size + is_bracketed;
    text->size -= size + is_bracketed;
    return HWS_OK;
}

hws_status hws_host_parse(hws_text text, hws_host *host)
{
    hws_host found = {0};
    HWS_TRY(take_name(&text, &found));
    HWS_TRY(hws_host_parse_port(text, &found));
    *host = found;
    return HWS_OK;
}

hws_status hws_host_parse_port(hws_text text, hws_host *host)
{
    if (text.size == 0) return HWS_OK;
    if (text.data[0] != ':') return HWS_ERR_URL_HOST; /* "[::1]x" */
    const hws_text digits = {text.data + 1, text.size - 1};
    if (digits.size == 0) return HWS_OK; /* §3.2.3: an empty port is no port. */

    uint64_t port;
    if (!hws_text_parse_number(digits, UINT16_MAX, &port)) return HWS_ERR_URL_PORT;
    host->port = (uint16_t)port;
    host->has_port = true;
    return HWS_OK;
}
