/* SPDX-License-Identifier: MIT */
#include "wire/deflate.h"

const uint8_t hws_deflate_tail[HWS_DEFLATE_TAIL_SIZE] = {0x00, 0x00, 0xFF, 0xFF};

bool hws_deflate_reserve(hws_deflate_budget *budget, size_t size)
{
    size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);
    do
        if (used > budget->size_max || size > budget->size_max - used) return false;
    while (!atomic_compare_exchange_weak_explicit(&budget->used, &used, used + size,
                                                  memory_order_relaxed, memory_order_relaxed));
    return true;
}

void hws_deflate_overdraw(hws_deflate_budget *budget, size_t size)
{
    atomic_fetch_add_explicit(&budget->used, size, memory_order_relaxed);
}

void hws_deflate_return(hws_deflate_budget *budget, size_t size)
{
    atomic_fetch_sub_explicit(&budget->used, size, memory_order_relaxed);
}

bool hws_deflate_enter(const hws_deflate *deflate, hws_deflate_terms terms)
{
    return !deflate->budget ||
           hws_deflate_reserve(deflate->budget, deflate->codec->own_size(deflate->pool, terms));
}

void hws_deflate_leave(const hws_deflate *deflate, hws_deflate_terms terms)
{
    if (deflate->budget)
        hws_deflate_return(deflate->budget, deflate->codec->own_size(deflate->pool, terms));
}

uint8_t hws_deflate_bits_for(uint8_t window_bits, size_t size)
{
    if (size <= (size_t)1 << window_bits) return HWS_DEFLATE_BITS_MAX;
    return window_bits > HWS_DEFLATE_BITS_MIN ? window_bits : 0;
}

bool hws_deflate_wants(const hws_deflate *deflate, const hws_message *message)
{
    switch (message->compress) {
    case HWS_COMPRESS_AUTO:
        return message->size >= deflate->size_min;
    case HWS_COMPRESS_ALWAYS:
        return message->size > 0;
    case HWS_COMPRESS_NEVER:
        return false;
    }
    return false;
}
