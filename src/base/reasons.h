/* SPDX-License-Identifier: MIT */
/* How often something happened, by why.  The statuses are the fixed set of reasons: no text of a
 * stranger ever becomes the name of a number. */
#ifndef HAWSER_BASE_REASONS_H
#define HAWSER_BASE_REASONS_H

#include "base/counter.h"
#include "hawser/status.h"

enum { HWS_REASON_MAX = 128 };
#define HWS_REASON_CHECK(name, value, close_code, http_status, text)                               \
    _Static_assert(-(value) < HWS_REASON_MAX, "every reason has its counter");
HWS_STATUS_MAP(HWS_REASON_CHECK)
#undef HWS_REASON_CHECK

/* That of `status` is at -status, successes at 0. */
typedef struct hws_reasons {
    hws_counter of[HWS_REASON_MAX];
} hws_reasons;

/* Thread: the writer's. */
static inline void hws_reasons_add(hws_reasons *reasons, hws_status why)
{
    hws_counter_add(&reasons->of[why < HWS_OK ? -(int)why : 0], 1);
}

#endif /* HAWSER_BASE_REASONS_H */
