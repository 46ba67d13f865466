/* SPDX-License-Identifier: MIT */
/* A subscriber who comes back, and a broker that answers when it likes: in every order of events a
 * seed can think of, he gets what he missed and what comes, once, in order; or is told that he
 * cannot.
 *
 *     publish        the channel grows by one, which travels to who subscribes
 *     deliver        the oldest that travels arrives, perhaps not for the first time
 *     subscribe      from now on publications travel
 *     read           the history is looked at
 *     answer         … and what was seen there arrives
 */
#include "channel/merge.h"
#include "lib/test_memory.h"

enum {
    SEED_COUNT = 20000,
    STEP_COUNT = 60,
    HISTORY_SIZE = 8,
    OFFSET_MAX = STEP_COUNT + 16,
};

typedef struct world {
    uint64_t random;
    hws_merge merge;

    uint64_t top; /* of the channel */
    uint64_t under_way[4 * STEP_COUNT];
    size_t under_way_count;
    bool subscribed;

    uint64_t since; /* what the subscriber has */
    uint64_t read_top;
    bool has_read;
    bool answered;
    bool recovered;

    uint64_t got[OFFSET_MAX]; /* by the subscriber */
    size_t got_count;
    bool lost; /* and told so */
} world;

static test_memory counter;
static hws_memory memory;

/* xorshift64 */
static uint64_t roll(world *it, uint64_t sides)
{
    it->random ^= it->random << 13;
    it->random ^= it->random >> 7;
    it->random ^= it->random << 17;
    return it->random % sides;
}

static void get(world *it, uint64_t offset)
{
    assert_true(it->got_count < OFFSET_MAX);
    it->got[it->got_count++] = offset;
}

static hws_blob *frame_of(uint64_t offset)
{
    hws_blob *frame = hws_blob_new(&memory, sizeof offset);
    assert_non_null(frame);
    memcpy(frame->data, &offset, sizeof offset);
    return frame;
}

static void publish(world *it)
{
    it->top++;
    if (it->subscribed) it->under_way[it->under_way_count++] = it->top;
}

static void arrive(world *it, uint64_t offset)
{
    hws_blob *frame = frame_of(offset);
    switch (hws_merge_take(&it->merge, offset)) {
    case HWS_MERGE_DELIVER:
        get(it, offset);
        break;
    case HWS_MERGE_HOLD:
        assert_int_equal(hws_merge_hold(&it->merge, &memory, frame, offset), HWS_OK);
        break;
    case HWS_MERGE_GAP:
        it->lost = true;
        break;
    case HWS_MERGE_DROP:
        break;
    }
    hws_blob_unref(frame);
}

static void deliver(world *it)
{
    if (it->under_way_count == 0) return;
    const uint64_t offset = it->under_way[0];
    arrive(it, offset);
    if (roll(it, 8) == 0) return; /* it will come again (T028) */
    it->under_way_count--;
    memmove(it->under_way, it->under_way + 1, it->under_way_count * sizeof *it->under_way);
}

static void read(world *it)
{
    if (it->has_read) return;
    it->has_read = true;
    it->read_top = it->top;
    const uint64_t bottom = it->top > HISTORY_SIZE ? it->top - HISTORY_SIZE + 1 : 1;
    it->recovered = it->since + 1 >= bottom;
}

static void answer(world *it)
{
    if (!it->has_read || it->answered) return;
    it->answered = true;
    for (uint64_t i = it->since + 1; it->recovered && i <= it->read_top; i++) get(it, i);
    hws_merge_join(&it->merge, it->read_top, true);
    hws_blob *frame;
    while ((frame = hws_merge_next(&it->merge, &memory))) {
        uint64_t offset;
        memcpy(&offset, frame->data, sizeof offset);
        get(it, offset);
        hws_blob_unref(frame);
    }
    if (it->merge.has_gap) it->lost = true;
}

static void step(world *it, bool subscribes_first)
{
    switch (roll(it, 6)) {
    case 0:
    case 1:
        publish(it);
        break;
    case 2:
    case 3:
        deliver(it);
        break;
    case 4:
        if (subscribes_first && !it->subscribed)
            it->subscribed = true;
        else if (!it->has_read)
            read(it);
        else if (!it->subscribed)
            it->subscribed = true;
        break;
    default:
        answer(it);
        break;
    }
}

/* Everything that is under way arrives. */
static void settle(world *it)
{
    it->subscribed = true;
    read(it);
    answer(it);
    while (it->under_way_count > 0) deliver(it);
}

static world run(uint64_t seed, bool subscribes_first)
{
    world it = {.random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1};
    it.top = roll(&it, 14);
    it.since = it.top > 0 ? roll(&it, it.top + 1) : 0;
    for (int i = 0; i < STEP_COUNT; i++) step(&it, subscribes_first);
    settle(&it);
    hws_merge_release(&it.merge, &memory);
    return it;
}

static bool is_in_order(const world *it)
{
    for (size_t i = 1; i < it->got_count; i++)
        if (it->got[i] != it->got[i - 1] + 1) return false;
    return true;
}

static int setup(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    return 0;
}

static void no_gap_and_no_double(void **state)
{
    (void)state;
    size_t recovered = 0;
    for (uint64_t seed = 1; seed <= SEED_COUNT; seed++) {
        const world it = run(seed, true);
        const uint64_t first = it.recovered ? it.since + 1 : it.read_top + 1;
        assert_false(it.lost);
        assert_true(is_in_order(&it));
        assert_int_equal(it.got_count, it.top + 1 - first);
        if (it.got_count > 0) assert_int_equal(it.got[0], first);
        recovered += it.recovered;
    }
    assert_true(recovered > SEED_COUNT / 10 && recovered < SEED_COUNT); /* both were seen */
    assert_int_equal(counter.bytes_out, 0);
}

/* Whoever reads first and subscribes then would miss something: it never goes unnoticed. */
static void the_wrong_order_is_noticed(void **state)
{
    (void)state;
    size_t lost = 0;
    for (uint64_t seed = 1; seed <= SEED_COUNT; seed++) {
        const world it = run(seed, false);
        assert_true(is_in_order(&it));
        lost += it.lost;
    }
    assert_true(lost > 0);
    assert_int_equal(counter.bytes_out, 0);
}

static void without_offsets_all_is_delivered(void **state)
{
    (void)state;
    hws_merge merge = {0};
    hws_blob *frame = frame_of(0);
    assert_int_equal(hws_merge_take(&merge, 0), HWS_MERGE_HOLD);
    assert_int_equal(hws_merge_hold(&merge, &memory, frame, 0), HWS_OK);
    hws_merge_join(&merge, 0, false);
    assert_ptr_equal(hws_merge_next(&merge, &memory), frame);
    assert_null(hws_merge_next(&merge, &memory));
    hws_blob_unref(frame);
    hws_blob_unref(frame);
    assert_int_equal(hws_merge_take(&merge, 0), HWS_MERGE_DELIVER);
    /* Who does not recover minds no gap, but no double either. */
    assert_int_equal(hws_merge_take(&merge, 5), HWS_MERGE_DELIVER);
    assert_int_equal(hws_merge_take(&merge, 5), HWS_MERGE_DROP);
    assert_int_equal(hws_merge_take(&merge, 9), HWS_MERGE_DELIVER);
    assert_int_equal(hws_merge_take(&merge, UINT64_MAX), HWS_MERGE_DELIVER);
    assert_int_equal(counter.bytes_out, 0);
}

static void what_is_held_has_a_bound(void **state)
{
    (void)state;
    hws_merge merge = {0};
    hws_blob *frame = frame_of(1);
    for (int i = 0; i < HWS_MERGE_HELD_MAX; i++)
        assert_int_equal(hws_merge_hold(&merge, &memory, frame, 1), HWS_OK);
    assert_int_equal(hws_merge_hold(&merge, &memory, frame, 1), HWS_ERR_LIMIT);
    assert_int_equal(hws_merge_take(&merge, 1), HWS_MERGE_GAP);
    hws_merge_release(&merge, &memory);

    hws_merge poor = {0};
    counter.fail_after = 0;
    assert_int_equal(hws_merge_hold(&poor, &memory, frame, 1), HWS_ERR_NO_MEMORY);
    counter.fail_after = SIZE_MAX;
    assert_true(poor.has_gap);
    hws_merge_release(&poor, &memory);
    hws_blob_unref(frame);
    assert_int_equal(counter.bytes_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_gap_and_no_double, setup),
        cmocka_unit_test_setup(the_wrong_order_is_noticed, setup),
        cmocka_unit_test_setup(without_offsets_all_is_delivered, setup),
        cmocka_unit_test_setup(what_is_held_has_a_bound, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
