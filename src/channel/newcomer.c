/* SPDX-License-Identifier: MIT */
#include "channel/newcomer.h"

#include "base/memory.h"

enum { SWEEP_MAX = 2 }; /* looked at when one is added: more than are added, so that all go */

struct hws_newcomer {
    hws_newcomer *next;
    hws_websocket ws;
    hws_headers headers;
};

static void drop_first(hws_newcomers *list, const hws_memory *memory)
{
    hws_newcomer *gone = list->first;
    list->first = gone->next;
    if (!list->first) list->last = NULL;
    hws_headers_release(&gone->headers, memory);
    hws_memory_free(memory, gone, sizeof *gone);
}

/* Nobody tells of a client that goes before it has opened. */
static void sweep(hws_newcomers *list, const hws_memory *memory)
{
    for (int i = 0; i < SWEEP_MAX && list->first; i++) {
        if (hws_websocket_ready_state(list->first->ws) != HWS_CLOSED) return;
        drop_first(list, memory);
    }
}

hws_status hws_newcomer_add(hws_newcomers *list, const hws_memory *memory, const char *const *names,
                            hws_websocket ws, hws_request *request)
{
    sweep(list, memory);
    hws_newcomer *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->ws = ws;
    const hws_status status = hws_headers_keep(&made->headers, memory, names, request);
    if (status != HWS_OK) {
        hws_headers_release(&made->headers, memory);
        hws_memory_free(memory, made, sizeof *made);
        return status;
    }
    if (list->last)
        list->last->next = made;
    else
        list->first = made;
    list->last = made;
    return HWS_OK;
}

/* They open in the order of their requests, mostly: the first is the one. */
bool hws_newcomer_take(hws_newcomers *list, const hws_memory *memory, hws_websocket ws,
                       hws_headers *headers)
{
    hws_newcomer *previous = NULL;
    hws_newcomer *it = list->first;
    while (it && !hws_websocket_equal(it->ws, ws)) {
        previous = it;
        it = it->next;
    }
    if (!it) return false;
    if (previous)
        previous->next = it->next;
    else
        list->first = it->next;
    if (list->last == it) list->last = previous;
    *headers = it->headers;
    hws_memory_free(memory, it, sizeof *it);
    return true;
}

void hws_newcomers_clear(hws_newcomers *list, const hws_memory *memory)
{
    while (list->first) drop_first(list, memory);
}
