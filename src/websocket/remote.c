/* SPDX-License-Identifier: MIT */
#include "websocket/remote.h"

#include "base/memory.h"

bool hws_remote_is_here(const hws_slots *slots)
{
    return slots && hws_loop_is_current(hws_slots_loop(slots));
}

static void arrive(void *user)
{
    hws_remote *remote = user;
    hws_slots *slots = remote->slots;
    const size_t size = remote->size;
    if (!hws_slots_is_orphaned(slots)) remote->call(remote);
    hws_memory_free(hws_slots_memory(slots), remote, size);
    hws_slots_end_posted(slots, size);
}

/* One block: the call, its bytes, its name with a zero behind it. */
static hws_remote *copy(hws_slots *slots, const hws_remote *call, size_t size)
{
    hws_remote *made = hws_memory_new(hws_slots_memory(slots), size);
    if (!made) return NULL;
    *made = *call;
    made->slots = slots;
    made->size = size;

    uint8_t *at = (uint8_t *)(made + 1);
    if (call->bytes.size > 0) memcpy(at, call->bytes.data, call->bytes.size);
    made->bytes.data = at;
    at += call->bytes.size;
    if (call->name.size > 0) memcpy(at, call->name.data, call->name.size);
    at[call->name.size] = 0;
    made->name.data = call->name.data ? (const char *)at : NULL;
    return made;
}

hws_status hws_remote_post(hws_slots *slots, const hws_remote *call)
{
    const size_t fixed = sizeof *call + call->name.size + 1;
    if (call->bytes.size > SIZE_MAX - fixed) return HWS_ERR_NO_MEMORY;
    const size_t size = fixed + call->bytes.size;
    if (!hws_slots_reserve_posted(slots, size)) return HWS_ERR_QUEUE_FULL;

    hws_remote *remote = copy(slots, call, size);
    hws_status status =
        remote ? hws_loop_post(hws_slots_loop(slots), arrive, remote) : HWS_ERR_NO_MEMORY;
    if (status == HWS_OK) return HWS_BUFFERED;
    hws_memory_free(hws_slots_memory(slots), remote, size);
    hws_slots_return_posted(slots, size);
    return status == HWS_ERR_LIMIT ? HWS_ERR_QUEUE_FULL : status;
}
