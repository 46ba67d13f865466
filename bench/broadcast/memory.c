/* SPDX-License-Identifier: MIT */
/* What a channel costs that nobody subscribes to: its memory with one publication kept, and with
 * ten, as the memory hook counts it.  The rest is what ten cost more than one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broadcast.h"

enum { HISTORY_SIZE = 10 };

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    size_t *used = user;
    void *made = NULL;
    if (new_size == 0)
        free(block);
    else if (!(made = realloc(block, new_size)))
        return NULL;
    *used += new_size - old_size;
    return made;
}

/* To each channel so many. */
static void publish(hws_hub *hub, uint32_t channel_count, int count)
{
    static const char JSON[] = "{\"price\":101.25}";
    char name[32];
    for (uint32_t i = 0; i < channel_count; i++) {
        (void)snprintf(name, sizeof name, "ticker:%08u", i);
        for (int each = 0; each < count; each++)
            if (hws_hub_publish(hub, name, (hws_text){JSON, sizeof JSON - 1}, NULL, NULL) != HWS_OK)
                abort();
    }
}

void broadcast_memory(uint32_t count)
{
    static const hws_namespace namespaces[] = {
        {.name = "ticker", .history_size = HISTORY_SIZE, .history_ttl_ms = 3600000}};
    size_t used = 0;
    const hws_memory memory = {resize, &used};
    const hws_hub_options options = {
        .namespaces = namespaces, .namespace_count = 1, .memory = &memory};
    hws_hub *hub;
    char explain[256];
    if (hws_hub_new(&options, explain, sizeof explain, &hub) != HWS_OK) abort();
    const size_t before = used;
    publish(hub, count, 1);
    const double one = (double)(used - before) / count;
    publish(hub, count, HISTORY_SIZE - 1);
    const double all = (double)(used - before) / count;
    const double each = (all - one) / (HISTORY_SIZE - 1);
    printf(
        "%u channels without subscribers: %.0f bytes with one publication of 16 bytes, %.0f with "
        "%d; so %.0f each, and %.0f the channel\n",
        count, one, all, HISTORY_SIZE, each, one - each);
    hws_hub_free(hub);
}
