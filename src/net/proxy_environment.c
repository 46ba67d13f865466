/* SPDX-License-Identifier: MIT */
/* Which proxy the environment names.  No standard says how; what curl, Go and Python agree on is
 * obeyed here.
 *
 *     no_proxy   entries with commas or spaces between:
 *                "*"  "[*][.]name[:port]"  "address[:port]"  "network/bits" */
#include <arpa/inet.h>

#include "base/text.h"
#include "base/try.h"
#include "net/proxy.h"
#include "wire/host.h"

enum { NAME_COUNT = 4 };

/* An IPv4 address as the IPv6 one that stands for it (RFC 4291 §2.5.5.2): one form to compare. */
typedef struct octets {
    uint8_t bytes[16];
    bool is_v4;
} octets;

enum { V4_BITS_BEFORE = 96, V4_BITS = 32, ADDRESS_BITS = V4_BITS_BEFORE + V4_BITS };

static bool read_address(hws_text text, octets *address)
{
    static const uint8_t MAPPED[V4_BITS_BEFORE / 8] = {[10] = 0xFF, [11] = 0xFF};
    char literal[INET6_ADDRSTRLEN];
    if (text.size == 0 || text.size >= sizeof literal) return false;
    memcpy(literal, text.data, text.size);
    literal[text.size] = 0;

    memcpy(address->bytes, MAPPED, sizeof MAPPED);
    if (inet_pton(AF_INET, literal, address->bytes + sizeof MAPPED) != 1 &&
        inet_pton(AF_INET6, literal, address->bytes) != 1)
        return false;
    address->is_v4 = memcmp(address->bytes, MAPPED, sizeof MAPPED) == 0;
    return true;
}

static bool same_network(const octets *a, const octets *b, size_t bits)
{
    const size_t whole = bits / 8;
    if (memcmp(a->bytes, b->bytes, whole) != 0) return false;
    if (bits % 8 == 0) return true;
    const int differs = a->bytes[whole] ^ b->bytes[whole];
    return differs >> (8 - bits % 8) == 0;
}

/* "10.0.0.0/8", "fd00::/8". */
static bool is_in_network(const octets *address, hws_text entry)
{
    const char *slash = entry.size > 0 ? memchr(entry.data, '/', entry.size) : NULL;
    if (!slash) return false;
    const hws_text before = {entry.data, (size_t)(slash - entry.data)};
    const hws_text behind = {slash + 1, entry.size - before.size - 1};

    octets network;
    uint64_t bits;
    if (!read_address(before, &network) || network.is_v4 != address->is_v4) return false;
    const bool is_short = !memchr(before.data, ':', before.size); /* as IPv4 is written */
    if (!hws_text_parse_number(behind, is_short ? V4_BITS : ADDRESS_BITS, &bits)) return false;
    return same_network(address, &network, (is_short ? V4_BITS_BEFORE : 0) + (size_t)bits);
}

static bool is_address(const octets *address, hws_text text)
{
    octets other;
    return read_address(text, &other) && same_network(address, &other, ADDRESS_BITS);
}

static hws_text without_final_dot(hws_text name)
{
    if (name.size > 0 && name.data[name.size - 1] == '.') name.size--;
    return name;
}

/* Whether `name` is `domain` or a name below it: "notexample.com" is not below "example.com". */
static bool is_below(hws_text name, hws_text domain)
{
    name = without_final_dot(name);
    domain = without_final_dot(domain);
    if (domain.size == 0 || name.size < domain.size) return false;
    const size_t before = name.size - domain.size;
    const hws_text end = {name.data + before, domain.size};
    return hws_text_equal_ignoring_case(end, domain) && (before == 0 || end.data[-1] == '.');
}

/* "example.com", ".example.com" and "*.example.com" mean the same. */
static hws_text without_first_dot(hws_text domain)
{
    const size_t star = domain.size > 1 && domain.data[0] == '*' && domain.data[1] == '.';
    const size_t dot = star == 1 || (domain.size > 0 && domain.data[0] == '.');
    return (hws_text){domain.data + star + dot, domain.size - star - dot};
}

/* Takes the port off the end of an entry.  Returns: whether it is one for that port. */
static bool take_port(hws_text *entry, uint16_t port)
{
    const char *colon = entry->size > 0 ? memrchr(entry->data, ':', entry->size) : NULL;
    const bool is_bracketed = entry->size > 0 && entry->data[0] == '[';
    if (!colon ||
        (is_bracketed ? colon[-1] != ']' : memchr(entry->data, ':', entry->size) != colon))
        return true; /* an IPv6 address */

    uint64_t number;
    const size_t size = (size_t)(colon - entry->data);
    const hws_text digits = {colon + 1, entry->size - size - 1};
    if (!hws_text_parse_number(digits, UINT16_MAX, &number)) return false;
    entry->size = size;
    return number == port;
}

static hws_text without_brackets(hws_text text)
{
    const bool is_bracketed =
        text.size >= 2 && text.data[0] == '[' && text.data[text.size - 1] == ']';
    return is_bracketed ? (hws_text){text.data + 1, text.size - 2} : text;
}

static bool entry_names(hws_text entry, const hws_url *url)
{
    octets address;
    const bool is_name = url->host_kind == HWS_HOST_NAME;
    if (hws_text_equal(entry, hws_text_of("*"))) return true;
    if (!is_name && !read_address(url->host, &address)) return false;
    if (!is_name && is_in_network(&address, entry)) return true;
    if (!take_port(&entry, url->port)) return false;
    if (is_name) return is_below(url->host, without_first_dot(entry));
    return is_address(&address, without_brackets(entry));
}

static hws_text take_entry(const char **list)
{
    *list += strspn(*list, ", \t");
    const hws_text entry = {*list, strcspn(*list, ", \t")};
    *list += entry.size;
    return entry;
}

static bool list_names(const char *list, const hws_url *url)
{
    for (hws_text entry; (entry = take_entry(&list)).size > 0;)
        if (entry_names(entry, url)) return true;
    return false;
}

/* RFC 6761 §6.3: who says localhost means this machine, which no proxy is needed for. */
static bool is_local(const hws_url *url)
{
    return list_names("localhost,127.0.0.0/8,::1", url);
}

/* What is set to nothing counts as not set. */
static const char *first_of(hws_proxy_variable *variable, void *user,
                            const char *const names[NAME_COUNT])
{
    for (size_t i = 0; i < NAME_COUNT && names[i]; i++) {
        const char *value = variable(user, names[i]);
        if (value && value[0]) return value;
    }
    return NULL;
}

hws_status hws_proxy_of_environment(const hws_url *url, hws_proxy_variable *variable, void *user,
                                    hws_proxy *proxy)
{
    /* A request's "Proxy:" field is HTTP_PROXY to a CGI program: anybody could set it. */
    static const char *const PLAIN[NAME_COUNT] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    static const char *const SECURE[NAME_COUNT] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                                   "ALL_PROXY"};
    static const char *const NONE[NAME_COUNT] = {"no_proxy", "NO_PROXY"};

    const bool is_secure = hws_scheme_is_secure(url->scheme);
    const char *named = first_of(variable, user, is_secure ? SECURE : PLAIN);
    const char *exempt = first_of(variable, user, NONE);
    if (named && !is_local(url) && !(exempt && list_names(exempt, url)))
        return hws_proxy_parse(hws_text_of(named), proxy);
    *proxy = (hws_proxy){.kind = HWS_PROXY_NONE};
    return HWS_OK;
}
