/* SPDX-License-Identifier: MIT */
/* Two queries, one per family:
 *
 *     both answered ─────────────────────────────▶ told, gone
 *     one has addresses ─ 50 ms ─▶ told, "more" ─▶ the other answers: told, gone
 *
 * A query that fails is waited for no longer than the other takes: there is nothing to begin
 * with. */
#include "net/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "loop/alarm.h"

enum {
    RESOLUTION_DELAY_MS = 50, /* RFC 8305 §8 */
    FAMILY_COUNT = 2,
};

/* In order of preference. */
static const int FAMILIES[FAMILY_COUNT] = {AF_INET6, AF_INET};

/* What is known of one family. */
typedef struct family {
    hws_lookup *lookup;
    hws_query *query; /* NULL: answered */
    hws_query_answer answer;
} family;

struct hws_lookup {
    hws_loop *loop;
    hws_lookup_told *on_told;
    void *user;
    hws_alarm delay;
    hws_deferred known; /* tells what needs no query */
    family families[FAMILY_COUNT];
    bool begun; /* one family's addresses have been told */
    char host[HWS_QUERY_HOST_MAX + 1];
};

size_t hws_lookup_mix(const hws_address *first, size_t first_count, const hws_address *second,
                      size_t second_count, hws_address *mixed, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < first_count || i < second_count; i++) {
        if (i < first_count && count < max) mixed[count++] = first[i];
        if (i < second_count && count < max) mixed[count++] = second[i];
    }
    return count;
}

static void *owner_at(void *member, size_t offset)
{
    return (char *)member - offset;
}

static void lookup_free(hws_lookup *lookup)
{
    hws_alarm_unset(&lookup->delay, lookup->loop);
    hws_loop_undefer(lookup->loop, &lookup->known);
    hws_memory_free(hws_loop_memory(lookup->loop), lookup, sizeof *lookup);
}

/* Failing. */

/* The C library's words depend on the locale of the program around us. */
static const char *words(const hws_query_answer *answer)
{
    switch (answer->error) {
    case EAI_NONAME:
        return "name not found";
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return "the name has no address";
    case EAI_AGAIN:
        return "no answer from the name servers; try again later";
    case EAI_FAIL:
        return "the name servers refuse to answer";
    case EAI_MEMORY:
        return "out of memory";
    case EAI_SYSTEM:
        return strerror(answer->system_error);
    default:
        return gai_strerror(answer->error);
    }
}

static hws_status status_of(int error)
{
    switch (error) {
    case EAI_MEMORY:
        return HWS_ERR_NO_MEMORY;
    case EAI_SYSTEM:
        return HWS_ERR_SYSTEM;
    case EAI_AGAIN:
    case EAI_FAIL:
        return HWS_ERR_NAME_TEMPORARY;
    default:
        return HWS_ERR_NAME;
    }
}

/* How much a failure tells: trouble of this machine's before the name servers', and those before
 * what one family does not have. */
static int weight(int error)
{
    switch (error) {
    case EAI_SYSTEM:
        return 5;
    case EAI_MEMORY:
        return 4;
    case EAI_AGAIN:
    case EAI_FAIL:
        return 3;
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return 2;
    default:
        return 1;
    }
}

static void tell_failure(hws_lookup *lookup)
{
    const hws_query_answer *v6 = &lookup->families[0].answer;
    const hws_query_answer *v4 = &lookup->families[1].answer;
    const hws_query_answer *worse = weight(v6->error) > weight(v4->error) ? v6 : v4;
    char text[HWS_QUERY_HOST_MAX + 128];
    snprintf(text, sizeof text, "%s: %s", lookup->host, words(worse));
    lookup->on_told(lookup->user,
                    &(hws_lookup_answer){.status = status_of(worse->error), .text = text});
}

/* Telling. */

/* Both families, of which one may have nothing. */
static void tell_mixed(hws_lookup *lookup, bool more)
{
    const hws_query_answer *v6 = &lookup->families[0].answer;
    const hws_query_answer *v4 = &lookup->families[1].answer;
    hws_address mixed[HWS_LOOKUP_ADDRESS_MAX];
    const size_t count = hws_lookup_mix(v6->addresses, v6->count, v4->addresses, v4->count, mixed,
                                        HWS_LOOKUP_ADDRESS_MAX);
    lookup->on_told(lookup->user, &(hws_lookup_answer){
                                      .addresses = mixed,
                                      .count = count,
                                      .more = more,
                                      .text = "",
                                  });
}

static void tell_late(hws_lookup *lookup, const hws_query_answer *late)
{
    lookup->on_told(lookup->user, &(hws_lookup_answer){
                                      .addresses = late->addresses,
                                      .count = late->count,
                                      .text = "",
                                  });
}

static void on_delay_over(hws_alarm *alarm, hws_loop *loop)
{
    (void)loop;
    hws_lookup *lookup = owner_at(alarm, offsetof(hws_lookup, delay));
    lookup->begun = true;
    tell_mixed(lookup, true); /* last: it may cancel */
}

static void wait_for_the_other(hws_lookup *lookup)
{
    const uint64_t until_ms = hws_loop_now_ms(lookup->loop) + RESOLUTION_DELAY_MS;
    if (hws_alarm_set(&lookup->delay, lookup->loop, until_ms) < HWS_OK)
        on_delay_over(&lookup->delay, lookup->loop);
}

static void on_answer(void *user, const hws_query_answer *answer)
{
    family *it = user;
    hws_lookup *lookup = it->lookup;
    it->query = NULL;
    it->answer = *answer;
    if (lookup->families[0].query || lookup->families[1].query) {
        if (answer->count > 0) wait_for_the_other(lookup);
        return;
    }
    if (lookup->begun)
        tell_late(lookup, answer);
    else if (lookup->families[0].answer.count + lookup->families[1].answer.count > 0)
        tell_mixed(lookup, false);
    else
        tell_failure(lookup);
    lookup_free(lookup);
}

/* Beginning. */

static void on_known(hws_deferred *known)
{
    hws_lookup *lookup = owner_at(known, offsetof(hws_lookup, known));
    tell_mixed(lookup, false);
    lookup_free(lookup);
}

static void know(hws_lookup *lookup, const hws_address *address)
{
    hws_query_answer *answer = &lookup->families[address->any.sa_family == AF_INET6 ? 0 : 1].answer;
    answer->addresses[answer->count++] = *address;
}

/* RFC 6761 §6.3: the name and all below it are loopback, whatever name servers would say. */
static bool is_localhost(hws_text host)
{
    const hws_text localhost = hws_text_of("localhost");
    if (host.size > 0 && host.data[host.size - 1] == '.') host.size--;
    if (host.size < localhost.size) return false;
    const size_t above = host.size - localhost.size;
    const hws_text end = {host.data + above, localhost.size};
    return hws_text_equal_ignoring_case(end, localhost) && (above == 0 || end.data[-1] == '.');
}

/* Whether `host` needs no query. */
static bool is_known(hws_lookup *lookup, hws_text host, uint16_t port)
{
    hws_address address;
    if (hws_address_literal(host, port, &address)) {
        know(lookup, &address);
        return true;
    }
    if (!is_localhost(host)) return false;
    if (hws_address_literal(hws_text_of("::1"), port, &address)) know(lookup, &address);
    if (hws_address_literal(hws_text_of("127.0.0.1"), port, &address)) know(lookup, &address);
    return true;
}

static void cancel_queries(hws_lookup *lookup)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) hws_query_cancel(lookup->families[i].query);
}

static hws_status ask(hws_lookup *lookup, uint16_t port)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        family *it = &lookup->families[i];
        it->lookup = lookup;
        const hws_status status =
            hws_query_new(lookup->loop, lookup->host, port, FAMILIES[i], on_answer, it, &it->query);
        if (status < HWS_OK) {
            cancel_queries(lookup);
            return status;
        }
    }
    return HWS_OK;
}

static hws_status begin(hws_lookup *lookup, hws_text host, uint16_t port)
{
    if (!is_known(lookup, host, port)) return ask(lookup, port);
    hws_loop_defer(lookup->loop, &lookup->known);
    return HWS_OK;
}

hws_status hws_lookup_new(hws_loop *loop, hws_text host, uint16_t port, hws_lookup_told *on_told,
                          void *user, hws_lookup **out)
{
    if (host.size == 0 || host.size > HWS_QUERY_HOST_MAX || memchr(host.data, 0, host.size))
        return HWS_ERR_NAME;
    hws_lookup *lookup = hws_memory_new_zeroed(hws_loop_memory(loop), sizeof *lookup);
    if (!lookup) return HWS_ERR_NO_MEMORY;
    lookup->loop = loop;
    lookup->on_told = on_told;
    lookup->user = user;
    lookup->delay.on_ring = on_delay_over;
    lookup->known.call = on_known;
    memcpy(lookup->host, host.data, host.size);
    const hws_status status = begin(lookup, host, port);
    if (status < HWS_OK) {
        const int error = errno;
        lookup_free(lookup);
        errno = error;
        return status;
    }
    *out = lookup;
    return HWS_OK;
}

void hws_lookup_cancel(hws_lookup *lookup)
{
    cancel_queries(lookup);
    lookup_free(lookup);
}
