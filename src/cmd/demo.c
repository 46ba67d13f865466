/* SPDX-License-Identifier: MIT */
#include "cmd/demo.h"

enum { DAY_MS = 24 * 3600 * 1000 };

const hws_namespace demo_namespaces[] = {
    {.name = NULL},
    {
        .name = "chat",
        .history_size = 100,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
    },
    {
        .name = "desk",
        .history_size = 100,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
        .publish = HWS_WHO_ALL, /* a visitor knocks without listening who else does */
    },
    {
        .name = "devices",
        .publish = HWS_WHO_ALL, /* a device tells of itself, and does not listen to the others */
    },
    {
        .name = "edit",
        .history_size = 300,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
    },
    {
        .name = "gomoku", /* a publication is the whole game */
        .history_size = 1,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
        .publish = HWS_WHO_NOBODY, /* but the judge */
    },
    {
        .name = "live", /* hot: many comments, one frame */
        .batch_interval_ms = 200,
        .no_join_leave = true,
    },
    {
        .name = "notices",
        .history_size = 20,
        .history_ttl_ms = DAY_MS,
        .recovery = true,
    },
    {
        .name = "quotes", /* who is slower than the market sees its latest */
        .max_rate = 10,
        .no_presence = true,
        .no_join_leave = true,
        .publish = HWS_WHO_ALL,
    },
};

const size_t demo_namespace_count = sizeof demo_namespaces / sizeof *demo_namespaces;
