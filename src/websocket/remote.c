/* SPDX-License-Identifier: MIT */
#include "websocket/remote.h"

#include "base/memory.h"
#include "base/try.h"

bool hws_remote_is_here(const hws_slots *slots)
{
    return slots && hws_loop_is_current(hws_slots_loop(slots));
}

static void release(hws_remote *remote)
{
    const hws_memory *memory = hws_slots_memory(remote->slots);
    hws_blob_unref(remote->blob);
    hws_memory_free(memory, remote, remote->size);
}

/* What waits of it: the block, and what it shares. */
static size_t posted_size(const hws_remote *remote)
{
    return remote->size + (remote->blob ? remote->blob->size : 0);
}

static void arrive(hws_posted *posted)
{
    hws_remote *remote = (hws_remote *)(void *)((uint8_t *)posted - offsetof(hws_remote, posted));
    hws_slots *slots = remote->slots;
    const size_t size = posted_size(remote);
    if (!hws_slots_is_orphaned(slots)) remote->call(remote);
    release(remote);
    hws_slots_end_posted(slots, size);
}

/* One block: the call, its bytes, its name with a zero behind it. */
static hws_remote *copy(hws_slots *slots, const hws_remote *call, size_t size)
{
    hws_remote *made = hws_memory_new(hws_slots_memory(slots), size);
    if (!made) return NULL;
    *made = *call;
    made->posted.call = arrive;
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

hws_status hws_remote_new(hws_slots *slots, const hws_remote *call, hws_remote **remote)
{
    const size_t fixed = sizeof *call + call->name.size + 1;
    if (call->bytes.size > SIZE_MAX / 2 - fixed) return HWS_ERR_NO_MEMORY;
    const size_t size = fixed + call->bytes.size;
    const size_t posted = size + (call->blob ? call->blob->size : 0);
    if (!hws_slots_reserve_posted(slots, posted)) return HWS_ERR_QUEUE_FULL;

    hws_remote *made = copy(slots, call, size);
    if (!made) {
        hws_slots_return_posted(slots, posted);
        return HWS_ERR_NO_MEMORY;
    }
    *remote = made;
    return HWS_OK;
}

void hws_remote_free(hws_remote *remote)
{
    hws_slots_return_posted(remote->slots, posted_size(remote));
    release(remote);
}

static hws_status post(hws_remote *remote, bool is_bounded)
{
    hws_loop *loop = hws_slots_loop(remote->slots);
    const hws_status status = hws_loop_post_own(loop, &remote->posted, is_bounded);
    if (status != HWS_OK) hws_remote_free(remote);
    return status;
}

/* Its bytes have been reserved, which is bound enough. */
hws_status hws_remote_send(hws_remote *remote)
{
    return post(remote, false);
}

hws_status hws_remote_post(hws_slots *slots, const hws_remote *call)
{
    hws_remote *remote;
    HWS_TRY(hws_remote_new(slots, call, &remote));
    const hws_status status = post(remote, true);
    if (status == HWS_OK) return HWS_BUFFERED;
    return status == HWS_ERR_LIMIT ? HWS_ERR_QUEUE_FULL : status;
}
