/* SPDX-License-Identifier: MIT */
#include "cmd/demo.h"

enum { DAY_MS = 24 * 3600 * 1000 };

/* With keys as without them: who is let in may do what the pages do. */
const hws_namespace demo_namespaces[] = {
    {.name = NULL, .subscribe = HWS_WHO_ALL, .publish = HWS_WHO_SUBSCRIBERS},
    {
        .name = "chat",
        .subscribe = HWS_WHO_ALL,
        .history_size = 100,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
        .publish = HWS_WHO_SUBSCRIBERS,
    },
    {
        .name = "desk",
        .subscribe = HWS_WHO_ALL,
        .history_size = 100,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
        .publish = HWS_WHO_ALL, /* a visitor knocks without listening who else does */
    },
    {
        .name = "devices",
        .subscribe = HWS_WHO_ALL,
        .publish = HWS_WHO_ALL, /* a device tells of itself, and does not listen to the others */
    },
    {
        .name = "edit",
        .subscribe = HWS_WHO_ALL,
        .history_size = 300,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
        .publish = HWS_WHO_SUBSCRIBERS,
    },
    {
        .name = "gomoku", /* a publication is the whole game */
        .subscribe = HWS_WHO_ALL,
        .history_size = 1,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
        .publish = HWS_WHO_NOBODY, /* but the judge */
    },
    {
        .name = "live", /* hot: many comments, one frame */
        .subscribe = HWS_WHO_ALL,
        .batch_interval_ms = 200,
        .no_join_leave = true,
        .publish = HWS_WHO_SUBSCRIBERS,
    },
    {
        .name = "notices",
        .subscribe = HWS_WHO_ALL,
        .history_size = 20,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
        .publish = HWS_WHO_SUBSCRIBERS,
    },
    {
        .name = "quotes", /* who is slower than the market sees its latest */
        .subscribe = HWS_WHO_ALL,
        .max_rate = 10,
        .no_presence = true,
        .no_join_leave = true,
        .publish = HWS_WHO_ALL,
    },
};

const size_t demo_namespace_count = sizeof demo_namespaces / sizeof *demo_namespaces;
