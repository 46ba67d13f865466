/* SPDX-License-Identifier: MIT */
#include "webhook/breaker.h"

bool hws_breaker_admit(hws_breaker *breaker, uint64_t now_ms, bool *is_probe)
{
    bool is_probing = false;
    const uint64_t until_ms = atomic_load(&breaker->open_until_ms);
    *is_probe = false;
    if (until_ms == 0) return true;
    if (now_ms < until_ms) return false;
    *is_probe = atomic_compare_exchange_strong(&breaker->is_probing, &is_probing, true);
    return *is_probe;
}

void hws_breaker_forget(hws_breaker *breaker, bool is_probe)
{
    if (is_probe) atomic_store(&breaker->is_probing, false);
}

bool hws_breaker_succeed(hws_breaker *breaker, bool is_probe)
{
    atomic_store(&breaker->failure_count, 0);
    const uint64_t until_ms = atomic_exchange(&breaker->open_until_ms, 0);
    hws_breaker_forget(breaker, is_probe);
    return until_ms != 0;
}

bool hws_breaker_fail(hws_breaker *breaker, uint64_t now_ms, uint32_t failure_count_max,
                      uint32_t pause_ms, bool is_probe)
{
    uint64_t closed = 0;
    const uint64_t until_ms = now_ms + pause_ms;
    if (is_probe) { /* before another probe may be asked */
        atomic_store(&breaker->open_until_ms, until_ms);
        hws_breaker_forget(breaker, is_probe);
        return false;
    }
    if (atomic_fetch_add(&breaker->failure_count, 1) + 1 < failure_count_max) return false;
    return atomic_compare_exchange_strong(&breaker->open_until_ms, &closed, until_ms);
}

bool hws_breaker_is_open(const hws_breaker *breaker)
{
    return atomic_load(&breaker->open_until_ms) != 0;
}
