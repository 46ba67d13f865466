/* SPDX-License-Identifier: MIT */
#include "server/access.h"

#include "base/text.h"
#include "hawser/url.h"

static bool is_star(hws_text word)
{
    return hws_text_equal(word, hws_text_of("*"));
}

static bool is_host(hws_text word)
{
    hws_origin origin;
    return hws_origin_of_authority(false, word, &origin) == HWS_OK;
}

hws_status hws_access_init(hws_access *access, const char *origins, const char *hosts,
                           bool only_local)
{
    hws_origin origin;
    hws_text word;
    for (const char *rest = origins; hws_text_next_word(&rest, &word);)
        if (!is_star(word) && hws_origin_parse(word, &origin) != HWS_OK)
            return HWS_ERR_INVALID_ARGUMENT;
    for (const char *rest = hosts; hws_text_next_word(&rest, &word);)
        if (!is_star(word) && !is_host(word)) return HWS_ERR_INVALID_ARGUMENT;
    *access = (hws_access){.origins = origins, .hosts = hosts, .only_local = only_local};
    return HWS_OK;
}

static bool is_localhost(hws_text name)
{
    static const char SUFFIX[] = ".localhost"; /* RFC 6761 §6.3 */
    const size_t size = sizeof SUFFIX - 1;
    if (hws_text_equal_ignoring_case(name, hws_text_of(SUFFIX + 1))) return true;
    return name.size > size &&
           hws_text_equal_ignoring_case((hws_text){name.data + name.size - size, size},
                                        hws_text_of(SUFFIX));
}

static bool is_loopback(const hws_origin *host)
{
    switch (host->host_kind) {
    case HWS_HOST_NAME:
        return is_localhost(host->host);
    case HWS_HOST_IPV4:
        return memcmp(host->host.data, "127.", 4) == 0;
    case HWS_HOST_IPV6:
        return hws_text_equal(host->host, hws_text_of("::1"));
    case HWS_HOST_ANY:
        break;
    }
    return false;
}

bool hws_access_host(const hws_access *access, hws_text authority)
{
    hws_origin asked;
    if (!authority.data) return true;
    if (hws_origin_of_authority(false, authority, &asked) != HWS_OK) return false;
    if (is_loopback(&asked)) return true;
    if (!access->hosts) return !access->only_local;
    if (asked.host_kind != HWS_HOST_NAME) return true;

    hws_text word;
    for (const char *rest = access->hosts; hws_text_next_word(&rest, &word);) {
        hws_origin ours;
        if (is_star(word)) return true;
        if (hws_origin_of_authority(false, word, &ours) == HWS_OK &&
            hws_text_equal_ignoring_case(ours.host, asked.host))
            return true;
    }
    return false;
}

static bool is_listed(const hws_access *access, const hws_origin *page)
{
    hws_text word;
    for (const char *rest = access->origins; hws_text_next_word(&rest, &word);) {
        hws_origin listed;
        if (hws_origin_parse(word, &listed) == HWS_OK && hws_origin_equal(&listed, page))
            return true;
    }
    return false;
}

static bool lets_everybody_in(const hws_access *access)
{
    hws_text word;
    for (const char *rest = access->origins; hws_text_next_word(&rest, &word);)
        if (is_star(word)) return true;
    return false;
}

bool hws_access_origin(const hws_access *access, const hws_http_head *head, bool is_secure)
{
    if (lets_everybody_in(access)) return true;
    const hws_text sent = hws_http_head_field(head, "Origin");
    if (!sent.data) return hws_http_head_count(head, "Cookie") == 0;

    hws_origin page, own;
    if (hws_origin_parse(sent, &page) != HWS_OK) return false;
    if (is_listed(access, &page)) return true;
    return hws_origin_of_authority(is_secure, hws_http_head_authority(head), &own) == HWS_OK &&
           hws_origin_equal(&page, &own);
}
