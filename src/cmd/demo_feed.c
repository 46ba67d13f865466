/* SPDX-License-Identifier: MIT */
/* hawser demo-feed: quotes of a market that does not exist, for the page /quotes.
 *
 * Each instrument has a channel, "quotes:HEMP".  "quotes:feed" tells twice a second how many quotes
 * were published in all, so that who sees fewer knows. */
#include "cmd/demo_feed.h"

#include <inttypes.h>
#include <stdio.h>

#include "cmd/demo_link.h"
#include "cmd/demo_market.h"
#include "cmd/demo_run.h"
#include "cmd/options.h"

enum {
    TICK_MS = 10,
    TELL_MS = 500,
    BEHIND_MS_MAX = 200,           /* of quotes that are made up for at once */
    WAITING_SIZE_MAX = 256 * 1024, /* bytes; with more, the market stands still */
};

static const char help[] =
    "hawser demo-feed: quotes of a market that does not exist, for the page /quotes\n"
    "\n"
    "Usage: hawser demo-feed [OPTION]... [URL]\n"
    "\n"
    "URL is where channels are (default ws://localhost:8080/connection/websocket).  Each quote is\n"
    "published in the channel of its instrument, such as quotes:HEMP.\n"
    "\n"
    "  --rate COUNT             quotes in a second, of all twenty instruments together, 1 to "
    "10000\n"
    "                           (default 1000)\n"
    "  --seed NUMBER            that the random walk begins with: the same seed, the same quotes\n"
    "                           (default 1)\n"
    "  -n, --count COUNT        end after so many (default: never)\n"
    "  --token TOKEN            be let in with it (hawser token makes one), where a server wants "
    "one\n"
    "  --token-file FILE        the same, out of a file, which each new connection reads again\n"
    "  --help                   this text\n"
    "\n"
    "Ctrl-C ends it.  It comes back when the connection is lost.\n"
    "Exit status: 0 when it ended in order, 1 when the server refused, 2 when it could not "
    "begin.\n";

typedef struct feed {
    const char *url;
    uint64_t rate; /* quotes in a second */
    uint64_t seed;
    uint64_t count; /* 0: no end */
    access_token token;
    bool help;

    hws_loop *loop;
    hws_timer *timer;
    demo_link link;
    demo_market market;
    uint64_t sent;     /* quotes */
    uint64_t due;      /* thousandths of a quote that are to be sent */
    uint64_t tick_ms;  /* of the last one */
    uint64_t tell_ms;  /* when it is told again */
    bool is_finishing; /* all are sent; what waits has to leave */
} feed;

static void publish_next(feed *it)
{
    char channel[DEMO_CHANNEL_SIZE_MAX];
    char quote[DEMO_QUOTE_SIZE_MAX];
    const size_t index = demo_market_move(&it->market);
    snprintf(channel, sizeof channel, "quotes:%s", demo_market_symbol(index));
    demo_market_write(&it->market, index, quote);
    demo_link_publish(&it->link, channel, quote);
    it->sent++;
}

static void tell(feed *it, uint64_t now_ms)
{
    if (now_ms < it->tell_ms) return;
    it->tell_ms = now_ms + TELL_MS;
    char text[96];
    snprintf(text, sizeof text, "{\"sent\":%" PRIu64 ",\"rate\":%" PRIu64 ",\"seed\":%" PRIu64 "}",
             it->sent, it->rate, it->seed);
    demo_link_publish(&it->link, "quotes:feed", text);
}

/* Time that was lost with the connection, or to a server that is behind, is not made up for. */
static void grow_due(feed *it, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - it->tick_ms;
    it->tick_ms = now_ms;
    if (passed_ms > BEHIND_MS_MAX) passed_ms = BEHIND_MS_MAX;
    it->due += passed_ms * it->rate;
}

static bool is_done(const feed *it)
{
    return it->count > 0 && it->sent == it->count;
}

static void on_tick(void *user)
{
    feed *it = user;
    const uint64_t now_ms = hws_loop_now_ms(it->loop);
    if (it->is_finishing && demo_link_waiting(&it->link) == 0)
        (void)hws_websocket_close(it->link.ws, HWS_CLOSE_NORMAL, NULL);
    if (!it->link.is_ready || it->is_finishing || demo_link_waiting(&it->link) > WAITING_SIZE_MAX) {
        it->tick_ms = now_ms;
        return;
    }
    grow_due(it, now_ms);
    for (; it->due >= 1000 && !is_done(it); it->due -= 1000) publish_next(it);
    tell(it, now_ms);
    demo_link_flush(&it->link);
    it->is_finishing = is_done(it);
}

static void on_ready(demo_link *link)
{
    const feed *it = link->user;
    fprintf(stderr, "hawser demo-feed: %" PRIu64 " quotes a second to %s\n", it->rate, it->url);
}

static void on_end(demo_link *link)
{
    const feed *it = link->user;
    hws_loop_stop(it->loop);
}

static bool read_options(int argc, char **argv, feed *it)
{
    const option_rule rules[] = {
        {.name = "URL", .argument = &it->url},
        {.name = "rate", .count = &it->rate, .min = 1, .max = 10000},
        {.name = "seed", .count = &it->seed, .max = UINT32_MAX},
        {.name = "count", .letter = 'n', .count = &it->count, .min = 1, .max = UINT64_MAX},
        {.name = "token", .text = &it->token.given},
        {.name = "token-file", .text = &it->token.file},
        {.name = "help", .flag = &it->help},
    };
    return options_read(argc, argv, rules, sizeof rules / sizeof *rules) &&
           (it->help || access_token_read(argv[0], &it->token));
}

static hws_status begin(feed *it)
{
    demo_market_init(&it->market, it->seed);
    it->link.command = "demo-feed";
    it->link.url = it->url;
    it->link.token = &it->token;
    it->link.on_ready = on_ready;
    it->link.on_end = on_end;
    it->link.user = it;
    hws_status status = hws_loop_new(NULL, &it->loop);
    if (status == HWS_OK) status = hws_timer_new(it->loop, on_tick, it, &it->timer);
    if (status == HWS_OK) status = hws_timer_start(it->timer, TICK_MS, TICK_MS);
    if (status == HWS_OK) status = demo_link_open(&it->link, it->loop);
    return status;
}

int demo_feed_run(int argc, char **argv)
{
    static feed it; /* larger than a stack should bear */
    it = (feed){.url = demo_url, .rate = 1000, .seed = 1};
    if (!read_options(argc, argv, &it)) return EXIT_MISUSE;
    if (it.help) {
        fputs(help, stdout);
        return 0;
    }
    hws_status status = begin(&it);
    const bool has_begun = status == HWS_OK;
    if (has_begun) status = demo_run(it.loop);
    if (status != HWS_OK) options_complain(argv[0], "%s", hws_status_text(status));
    const bool has_failed = status != HWS_OK || it.link.has_failed;
    it.link.on_end = NULL;
    it.link.is_dying = true; /* what ends with the loop is no news */
    hws_timer_free(it.timer);
    hws_loop_free(it.loop);
    if (!has_begun) return EXIT_MISUSE;
    return has_failed ? 1 : 0;
}
