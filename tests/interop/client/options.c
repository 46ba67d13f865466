/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void end(const char *text, const char *what)
{
    fprintf(stderr, "client: %s%s\n", text, what);
    exit(2);
}

static uint32_t number_of(const char *text)
{
    char *rest;
    const unsigned long number = strtoul(text, &rest, 10);
    if (rest == text || *rest || number > UINT32_MAX) end("not a number: ", text);
    return (uint32_t)number;
}

static void read_run(options *read, const char *text)
{
    static const char *const KINDS[] = {"loop", "thread", "blocking"};
    for (int i = RUN_LOOP; i <= RUN_BLOCKING; i++) {
        if (strcmp(text, KINDS[i]) != 0) continue;
        read->run = (run_kind)i;
        read->client.blocking = i == RUN_BLOCKING;
        return;
    }
    end("not a way to run: ", text);
}

static void add_protocol(options *read, const char *text)
{
    size_t count = 0;
    while (read->protocols[count]) count++;
    if (count == OPTION_LIST_MAX) end("too many: ", text);
    read->protocols[count] = text;
    read->client.protocols = read->protocols;
}

static void add_header(options *read, char *text)
{
    char *colon = strstr(text, ": ");
    if (!colon || read->client.header_count == OPTION_LIST_MAX) end("not a header: ", text);
    *colon = 0;
    read->headers[read->client.header_count++] = (hws_header){text, colon + 2};
    read->client.headers = read->headers;
}

typedef enum rule_type { FLAG, TEXT, SMALL, NUMBER, SIZE, RUN, PROTOCOL, HEADER } rule_type;

typedef struct rule {
    const char *name; /* behind "--" */
    rule_type type;
    size_t offset; /* in options, of a bool, a const char *, a uint8_t, a uint32_t, a size_t */
} rule;

#define AT(member) offsetof(options, member)
static const rule RULES[] = {
    {"run", RUN, 0},
    {"protocol", PROTOCOL, 0},
    {"header", HEADER, 0},
    {"count", NUMBER, AT(count)},
    {"steps", FLAG, AT(tells_steps)},
    {"protocol-optional", FLAG, AT(client.protocol_optional)},
    {"origin", TEXT, AT(client.origin)},
    {"cookies", TEXT, AT(client.cookies)},
    {"user", TEXT, AT(client.user_password)},
    {"bearer", TEXT, AT(client.bearer)},
    {"redirects", NUMBER, AT(client.redirect_count_max)},
    {"unix", TEXT, AT(client.unix_path)},
    {"proxy", TEXT, AT(client.proxy)},
    {"authorities", TEXT, AT(client.tls.authorities)},
    {"certificate", TEXT, AT(client.tls.pair[0].certificate)},
    {"key", TEXT, AT(client.tls.pair[0].key)},
    {"name", TEXT, AT(client.tls.name)},
    {"insecure", FLAG, AT(client.tls.insecure)},
    {"deflate", FLAG, AT(client.deflate.enabled)},
    {"deflate-send-takeover", FLAG, AT(client.deflate.send_takeover)},
    {"deflate-receive-takeover", FLAG, AT(client.deflate.receive_takeover)},
    {"deflate-send-window-bits", SMALL, AT(client.deflate.send_window_bits)},
    {"deflate-receive-window-bits", SMALL, AT(client.deflate.receive_window_bits)},
    {"deflate-level", SMALL, AT(client.deflate.level)},
    {"reconnect", FLAG, AT(client.reconnect)},
    {"retry-delay", NUMBER, AT(client.retry_delay_ms)},
    {"retry-delay-max", NUMBER, AT(client.retry_delay_max_ms)},
    {"retry-count", NUMBER, AT(client.retry_count_max)},
    {"stable", NUMBER, AT(client.stable_ms)},
    {"offline-size", SIZE, AT(client.offline_size_max)},
    {"connect-timeout", NUMBER, AT(client.connect_timeout_ms)},
    {"handshake-timeout", NUMBER, AT(client.handshake_timeout_ms)},
    {"ping-interval", NUMBER, AT(client.ping_interval_ms)},
    {"pong-timeout", NUMBER, AT(client.pong_timeout_ms)},
    {"close-timeout", NUMBER, AT(client.close_timeout_ms)},
};
#undef AT
enum { RULE_COUNT = sizeof RULES / sizeof *RULES };

static void obey(options *read, const rule *named, char *text)
{
    void *member = (char *)read + named->offset;
    switch (named->type) {
    case FLAG:
        *(bool *)member = true;
        break;
    case TEXT:
        *(const char **)member = text;
        break;
    case SMALL:
        *(uint8_t *)member = (uint8_t)number_of(text);
        break;
    case NUMBER:
        *(uint32_t *)member = number_of(text);
        break;
    case SIZE:
        *(size_t *)member = number_of(text);
        break;
    case RUN:
        read_run(read, text);
        break;
    case PROTOCOL:
        add_protocol(read, text);
        break;
    case HEADER:
        add_header(read, text);
        break;
    }
}

void options_read(options *read, int argc, char **argv)
{
    struct option known[RULE_COUNT + 1] = {0};
    for (int i = 0; i < RULE_COUNT; i++)
        known[i] =
            (struct option){.name = RULES[i].name, .has_arg = RULES[i].type != FLAG, .val = i};
    *read = (options){.count = 1};
    int i;
    while ((i = getopt_long(argc, argv, "", known, NULL)) >= 0) {
        if (i == '?') exit(2);
        obey(read, &RULES[i], optarg);
    }
    if (optind != argc - 1) end("one URL is needed", "");
    read->url = argv[optind];
}
