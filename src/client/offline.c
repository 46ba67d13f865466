/* SPDX-License-Identifier: MIT */
#include "client/offline.h"

#include <string.h>

#include "base/memory.h"

struct hws_offline_message {
    hws_offline_message *next;
    hws_message message; /* its bytes stand behind this */
};

static size_t cost(const hws_message *message)
{
    return sizeof(hws_offline_message) + message->size;
}

hws_status hws_offline_push(hws_offline *offline, const hws_memory *memory,
                            const hws_message *message, size_t size_max)
{
    const size_t room = offline->size < size_max ? size_max - offline->size : 0;
    if (room < sizeof(hws_offline_message) || message->size > room - sizeof(hws_offline_message))
        return HWS_ERR_QUEUE_FULL;
    hws_offline_message *made = hws_memory_new(memory, cost(message));
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (hws_offline_message){.message = *message};
    uint8_t *bytes = (uint8_t *)(made + 1);
    if (message->size > 0) memcpy(bytes, message->data, message->size);
    made->message.data = bytes;

    if (offline->last)
        offline->last->next = made;
    else
        offline->first = made;
    offline->last = made;
    offline->size += cost(message);
    return HWS_OK;
}

size_t hws_offline_first_size(const hws_offline *offline)
{
    return offline->first ? cost(&offline->first->message) : 0;
}

bool hws_offline_peek(const hws_offline *offline, hws_message *message)
{
    if (!offline->first) return false;
    *message = offline->first->message;
    return true;
}

void hws_offline_drop(hws_offline *offline, const hws_memory *memory)
{
    hws_offline_message *gone = offline->first;
    offline->first = gone->next;
    if (!offline->first) offline->last = NULL;
    offline->size -= cost(&gone->message);
    hws_memory_free(memory, gone, cost(&gone->message));
}

void hws_offline_release(hws_offline *offline, const hws_memory *memory)
{
    while (offline->first) hws_offline_drop(offline, memory);
}
