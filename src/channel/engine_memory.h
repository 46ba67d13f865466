/* SPDX-License-Identifier: MIT */
#ifndef HAWSER_CHANNEL_ENGINE_MEMORY_H
#define HAWSER_CHANNEL_ENGINE_MEMORY_H

#include "channel/engine.h"

/* For the threads of one process; what it keeps is gone with it.
 *
 * clock   Milliseconds that never go back; NULL: hws_clock_ms.
 *
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_RANDOM, HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_engine_memory_new(const hws_memory *memory,
                                                uint32_t channel_count_max, uint64_t (*clock)(void),
                                                hws_engine **engine);

/* Channels that it knows of.  Thread: any. */
size_t hws_engine_memory_channel_count(const hws_engine *engine);

#endif /* HAWSER_CHANNEL_ENGINE_MEMORY_H */
