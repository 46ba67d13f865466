/* SPDX-License-Identifier: MIT */
/* Shelves of slots, each twice as long as the one before: a slot never moves, and its shelf is
 * found from its number alone.
 *
 *     shelf 0: slots 0 … 255    shelf 1: 256 … 767    shelf 2: 768 … 1791   …
 *
 * A slot's life is one word, so that other threads see its generation and its state of the same
 * moment.  The generation of a free slot is even, of one in use odd.  A slot that has had all of
 * its 2^31 generations is not used again: the handles of its first would fit anew. */
#include "websocket/slots.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "loop/loop.h"
#include "websocket/inflation.h"

enum {
    SHELF_COUNT = 16,
    FIRST_SHELF_SIZE = 256,     /* slots */
    POSTED_SIZE_MAX = 64 << 20, /* bytes that other threads have under way */
};

/* One more state than the public ones: CONNECTING, and its decision is on its way. */
enum { DECIDED = HWS_CLOSED + 1 };

typedef struct slot {
    struct hws_session *session; /* the loop's thread only */

    /* The generation in the upper half.  In the lower one the state; when free, the number of the
     * next free slot plus one. */
    _Atomic uint64_t life;
} slot;

struct hws_slots {
    hws_loop *loop;
    const hws_memory *memory;
    _Atomic(slot *) shelves[SHELF_COUNT];
    uint32_t shelf_count;
    uint32_t first_free; /* a slot number plus one; 0: none */
    atomic_uint fresh;   /* the first that was never used: what lies there is not written yet */
    atomic_size_t count; /* in use; written by the loop's thread alone */
    atomic_size_t posted_size;
    hws_deferred turn_end; /* asked for while input is held */
    uint32_t yielding;     /* sessions */
    hws_inflation_debts debts;
    hws_told told;
    slot *recent; /* looked up last by the loop's thread; NULL: none */
    uint32_t recent_number;
    bool holds_input;
    bool are_clients; /* from the beginning */
    void *owner;      /* likewise */
    bool orphaned;    /* freed, but for the calls that are still on their way */
};

static size_t shelf_size(uint32_t shelf)
{
    return (size_t)FIRST_SHELF_SIZE << shelf;
}

/* The number of the first slot of a shelf: the sizes before it add up to one doubling less. */
static uint32_t shelf_start(uint32_t shelf)
{
    return (uint32_t)(shelf_size(shelf) - FIRST_SHELF_SIZE);
}

static uint32_t fresh(const hws_slots *slots)
{
    return atomic_load_explicit(&slots->fresh, memory_order_relaxed);
}

/* NULL: there never was one of that number. */
static slot *slot_at(const hws_slots *slots, uint32_t number)
{
    if (number >= fresh(slots)) return NULL;
    const uint32_t shelf = 31 - (uint32_t)__builtin_clz(number / FIRST_SHELF_SIZE + 1);
    slot *first = atomic_load_explicit(&slots->shelves[shelf], memory_order_acquire);
    return first + (number - shelf_start(shelf));
}

/* The same for the loop's thread: what is told is mostly answered, by the same handle. */
static slot *slot_here(hws_slots *slots, uint32_t number)
{
    if (slots->recent && slots->recent_number == number) return slots->recent;
    slot *it = slot_at(slots, number);
    slots->recent = it;
    slots->recent_number = number;
    return it;
}

static uint64_t life_with(uint32_t generation, uint32_t state)
{
    return (uint64_t)generation << 32 | state;
}

static uint32_t generation_of(uint64_t life)
{
    return (uint32_t)(life >> 32);
}

static uint32_t state_of(uint64_t life)
{
    return (uint32_t)life;
}

/* NULL unless the handle is of the generation that lives there now. */
static slot *find_slot(hws_websocket ws, uint64_t *life)
{
    if (!ws.slots || !(ws.generation & 1)) return NULL;
    slot *it = slot_at(ws.slots, ws.slot);
    if (!it) return NULL;
    *life = atomic_load_explicit(&it->life, memory_order_acquire);
    return generation_of(*life) == ws.generation ? it : NULL;
}

static void on_turn_end(hws_deferred *deferred)
{
    hws_slots *slots = (hws_slots *)(void *)((uint8_t *)deferred - offsetof(hws_slots, turn_end));
    slots->holds_input = false;
}

hws_status hws_slots_new(hws_loop *loop, const hws_memory *memory, hws_slots **slots)
{
    hws_slots *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->loop = loop;
    made->memory = memory;
    made->turn_end.call = on_turn_end;
    *slots = made;
    return HWS_OK;
}

void hws_slots_set_clients(hws_slots *slots)
{
    slots->are_clients = true;
}

void hws_slots_set_owner(hws_slots *slots, void *owner)
{
    slots->owner = owner;
}

void *hws_slots_owner(const hws_slots *slots)
{
    return slots->owner;
}

bool hws_slots_are_clients(const hws_slots *slots)
{
    return slots->are_clients;
}

static void free_slots(hws_slots *slots)
{
    for (uint32_t i = 0; i < slots->shelf_count; i++)
        hws_memory_free(slots->memory, atomic_load(&slots->shelves[i]),
                        shelf_size(i) * sizeof(slot));
    hws_memory_free(slots->memory, slots, sizeof *slots);
}

void hws_slots_free(hws_slots *slots)
{
    if (!slots) return;
    assert(hws_slots_count(slots) == 0);
    slots->orphaned = true;
    hws_loop_undefer(slots->loop, &slots->turn_end);
    if (atomic_load(&slots->posted_size) == 0) free_slots(slots);
}

bool hws_slots_is_orphaned(const hws_slots *slots)
{
    return slots->orphaned;
}

hws_loop *hws_slots_loop(const hws_slots *slots)
{
    return slots->loop;
}

const hws_memory *hws_slots_memory(const hws_slots *slots)
{
    return slots->memory;
}

size_t hws_slots_count(const hws_slots *slots)
{
    return atomic_load_explicit(&slots->count, memory_order_relaxed);
}

void hws_slots_hold_input(hws_slots *slots)
{
    slots->holds_input = true;
    hws_loop_defer(slots->loop, &slots->turn_end);
}

bool hws_slots_holds_input(const hws_slots *slots)
{
    return slots->holds_input;
}

static void set_count(hws_slots *slots, size_t count)
{
    atomic_store_explicit(&slots->count, count, memory_order_relaxed);
}

/* Not a byte of it is touched before it is used: half of the last shelf may never be. */
static hws_status add_shelf(hws_slots *slots)
{
    if (slots->shelf_count == SHELF_COUNT) return HWS_ERR_LIMIT;
    const uint32_t shelf = slots->shelf_count;
    slot *first = hws_memory_new(slots->memory, shelf_size(shelf) * sizeof *first);
    if (!first) return HWS_ERR_NO_MEMORY;
    atomic_store_explicit(&slots->shelves[shelf], first, memory_order_release);
    slots->shelf_count++;
    return HWS_OK;
}

/* The one that was left last; else the lowest that was never used.  NULL: as `status` says. */
static slot *take_free(hws_slots *slots, uint32_t *number, hws_status *status)
{
    slot *it;
    *status = HWS_OK;
    if (slots->first_free > 0) {
        *number = slots->first_free - 1;
        it = slot_at(slots, *number);
        assert(it);
        slots->first_free = state_of(atomic_load_explicit(&it->life, memory_order_relaxed));
        return it;
    }
    *number = fresh(slots);
    if (*number == shelf_start(slots->shelf_count)) *status = add_shelf(slots);
    if (*status != HWS_OK) return NULL;
    atomic_store_explicit(&slots->fresh, *number + 1, memory_order_relaxed);
    it = slot_at(slots, *number);
    assert(it);
    atomic_init(&it->life, life_with(0, 0));
    return it;
}

hws_status hws_slots_enter(hws_slots *slots, struct hws_session *session, hws_websocket *ws)
{
    uint32_t number;
    hws_status status;
    slot *it = take_free(slots, &number, &status);
    if (!it) return status;
    const uint64_t free_life = atomic_load_explicit(&it->life, memory_order_relaxed);
    const uint32_t generation = generation_of(free_life) + 1;
    set_count(slots, hws_slots_count(slots) + 1);

    it->session = session;
    atomic_store_explicit(&it->life, life_with(generation, HWS_CONNECTING), memory_order_release);
    *ws = (hws_websocket){.slots = slots, .slot = number, .generation = generation};
    return HWS_OK;
}

hws_websocket hws_slots_handle(hws_slots *slots, uint32_t number)
{
    const slot *it = slot_here(slots, number);
    assert(it);
    const uint64_t life = atomic_load_explicit(&it->life, memory_order_relaxed);
    return (hws_websocket){.slots = slots, .slot = number, .generation = generation_of(life)};
}

void hws_slots_leave(hws_websocket ws)
{
    uint64_t life;
    slot *it = find_slot(ws, &life);
    assert(it);
    it->session = NULL;
    set_count(ws.slots, hws_slots_count(ws.slots) - 1);
    const bool is_last = ws.generation == UINT32_MAX;
    atomic_store_explicit(&it->life,
                          life_with(ws.generation + 1, is_last ? 0 : ws.slots->first_free),
                          memory_order_release);
    if (!is_last) ws.slots->first_free = ws.slot + 1;
}

void hws_slots_set_ready_state(hws_websocket ws, hws_ready_state ready_state)
{
    uint64_t life;
    slot *it = find_slot(ws, &life);
    assert(it);
    atomic_store_explicit(&it->life, life_with(ws.generation, (uint32_t)ready_state),
                          memory_order_release);
}

hws_ready_state hws_slots_ready_state(hws_websocket ws)
{
    uint64_t life;
    if (!find_slot(ws, &life)) return HWS_CLOSED;
    return state_of(life) == DECIDED ? HWS_CONNECTING : (hws_ready_state)state_of(life);
}

static bool change_state(hws_websocket ws, uint32_t from, uint32_t to)
{
    uint64_t life;
    slot *it = find_slot(ws, &life);
    uint64_t expected = life_with(ws.generation, from);
    return it && atomic_compare_exchange_strong(&it->life, &expected, life_with(ws.generation, to));
}

bool hws_slots_decide(hws_websocket ws)
{
    return change_state(ws, HWS_CONNECTING, DECIDED);
}

void hws_slots_return_decision(hws_websocket ws)
{
    (void)change_state(ws, DECIDED, HWS_CONNECTING);
}

struct hws_session *hws_slots_find(hws_websocket ws)
{
    uint64_t life;
    const slot *it = find_slot(ws, &life);
    return it ? it->session : NULL;
}

struct hws_session *hws_slots_find_here(hws_websocket ws)
{
    if (!ws.slots || !(ws.generation & 1)) return NULL;
    const slot *it = slot_here(ws.slots, ws.slot);
    if (!it) return NULL;
    const uint64_t life = atomic_load_explicit(&it->life, memory_order_relaxed);
    return generation_of(life) == ws.generation ? it->session : NULL;
}

void hws_slots_add_yielding(hws_slots *slots, int change)
{
    slots->yielding += (uint32_t)change;
}

void hws_slots_tell(hws_slots *slots, hws_told told)
{
    slots->told = told;
}

const hws_told *hws_slots_told(const hws_slots *slots)
{
    return &slots->told;
}

uint32_t hws_slots_yielding(const hws_slots *slots)
{
    return slots->yielding;
}

hws_inflation_debts *hws_slots_debts(hws_slots *slots)
{
    return &slots->debts;
}

void hws_slots_each(hws_slots *slots, void (*call)(struct hws_session *session, void *user),
                    void *user)
{
    for (uint32_t number = 0; number < fresh(slots); number++) {
        const slot *it = slot_at(slots, number);
        if (it && it->session) call(it->session, user);
    }
}

bool hws_slots_reserve_posted(hws_slots *slots, size_t size)
{
    const size_t before =
        atomic_fetch_add_explicit(&slots->posted_size, size, memory_order_relaxed);
    if (size <= POSTED_SIZE_MAX && before <= POSTED_SIZE_MAX - size) return true;
    hws_slots_return_posted(slots, size);
    return false;
}

void hws_slots_return_posted(hws_slots *slots, size_t size)
{
    atomic_fetch_sub_explicit(&slots->posted_size, size, memory_order_relaxed);
}

void hws_slots_end_posted(hws_slots *slots, size_t size)
{
    const size_t before =
        atomic_fetch_sub_explicit(&slots->posted_size, size, memory_order_relaxed);
    if (slots->orphaned && before == size) free_slots(slots);
}
