/* SPDX-License-Identifier: MIT */
/* The WebSockets of one loop by number, so that a handle can be a number and a generation.
 *
 * A slot is used again when its WebSocket is gone, under the next generation: an old handle then
 * fits no more.  Slots are never given back before the whole table, so looking at a stale handle is
 * always safe, from any thread. */
#ifndef HAWSER_WEBSOCKET_SLOTS_H
#define HAWSER_WEBSOCKET_SLOTS_H

#include "hawser/loop.h"
#include "hawser/websocket.h"

struct hws_session;

typedef struct hws_slots hws_slots;

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_slots_new(hws_loop *loop, const hws_memory *memory,
                                        hws_slots **slots);

/* They are of clients: messages may be given to them while they are CONNECTING. */
void hws_slots_set_clients(hws_slots *slots);
bool hws_slots_are_clients(const hws_slots *slots); /* Thread: any. */

/* Who made them, for the calls on their handles; NULL by default.  Set before the first of them is
 * given away.  Thread of the latter: any. */
void hws_slots_set_owner(hws_slots *slots, void *owner);
void *hws_slots_owner(const hws_slots *slots);

/* All slots must have been left.  What other threads have under way still arrives, and finds the
 * table orphaned; the last of it frees.  NULL is let pass. */
void hws_slots_free(hws_slots *slots);
bool hws_slots_is_orphaned(const hws_slots *slots);

hws_loop *hws_slots_loop(const hws_slots *slots);

/* Gives `session` a slot, CONNECTING.  Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT (2^24 slots). */
HWS_MUST_CHECK hws_status hws_slots_enter(hws_slots *slots, struct hws_session *session,
                                          hws_websocket *ws);

/* The handle of the one that has slot `number`.  Thread: the loop's. */
hws_websocket hws_slots_handle(hws_slots *slots, uint32_t number);

/* From now on `ws` is stale. */
void hws_slots_leave(hws_websocket ws);

/* What other threads see of it. */
void hws_slots_set_ready_state(hws_websocket ws, hws_ready_state ready_state);

/* HWS_CLOSED when stale.  Thread: any. */
hws_ready_state hws_slots_ready_state(hws_websocket ws);

/* Who may decide whether a CONNECTING one opens: true once, for the first who asks.
 * Thread: any. */
bool hws_slots_decide(hws_websocket ws);

/* The decision could not be sent on its way: the next who asks may.  Thread: any. */
void hws_slots_return_decision(hws_websocket ws);

/* NULL when stale.  Thread: the loop's, and another that knows that the session cannot leave. */
struct hws_session *hws_slots_find(hws_websocket ws);

/* The same, fast for the one that was found last.  Thread: the loop's. */
struct hws_session *hws_slots_find_here(hws_websocket ws);

/* Thread: any. */
size_t hws_slots_count(const hws_slots *slots);

/* A queue grows faster than it can leave: what has arrived and was not looked at yet waits for the
 * next turn of the loop. */
void hws_slots_hold_input(hws_slots *slots);
bool hws_slots_holds_input(const hws_slots *slots);

/* The message that is being handed to the application from where it lies in the input: its answer
 * may leave from there, its head in the `room` bytes before it (hws_endpoint_send_back). */
typedef struct hws_told {
    const struct hws_session *session; /* NULL: there is none */
    const void *data;
    size_t size;
    size_t room;
    hws_message_type type;
} hws_told;

void hws_slots_tell(hws_slots *slots, hws_told told);
const hws_told *hws_slots_told(const hws_slots *slots);

/* How many sessions wait for the others to have their turn. */
void hws_slots_add_yielding(hws_slots *slots, int change);
uint32_t hws_slots_yielding(const hws_slots *slots);

/* Those who had to rest from being inflated. */
struct hws_inflation_debts *hws_slots_debts(hws_slots *slots);

/* Calls `call` for each session that is in the table now; it may leave during its call. */
void hws_slots_each(hws_slots *slots, void (*call)(struct hws_session *session, void *user),
                    void *user);

/* A bound on what other threads may have under way.  False: it would be passed.  Thread: any. */
bool hws_slots_reserve_posted(hws_slots *slots, size_t size);

/* It was not sent on its way after all.  Thread: any. */
void hws_slots_return_posted(hws_slots *slots, size_t size);

/* It has arrived; the table may be gone when this returns.  Thread: the loop's. */
void hws_slots_end_posted(hws_slots *slots, size_t size);

const hws_memory *hws_slots_memory(const hws_slots *slots);

#endif /* HAWSER_WEBSOCKET_SLOTS_H */
