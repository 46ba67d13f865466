/* SPDX-License-Identifier: MIT */
#include "base/cells.h"

#include "lib/test_memory.h"

typedef struct fixture {
    test_memory counter;
    hws_memory memory;
    hws_cells cells;
} fixture;

static int set_up(void **state)
{
    static fixture shared;
    shared.memory = test_memory_hook(&shared.counter);
    hws_cells_init(&shared.cells, &shared.memory);
    *state = &shared;
    return 0;
}

static int tear_down(void **state)
{
    fixture *it = *state;
    hws_cells_release(&it->cells);
    assert_int_equal(it->counter.bytes_out, 0);
    return 0;
}

/* Cells of every size, each written over all of it, keep what was written. */
static void test_cells_do_not_overlap(void **state)
{
    fixture *it = *state;
    enum { ROUNDS = 40 };
    static uint8_t *cells[ROUNDS][HWS_CELL_SIZE_MAX + 1];
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t size = 1; size <= HWS_CELL_SIZE_MAX; size += 1 + size / 3) {
            uint8_t *cell = hws_cells_take(&it->cells, size);
            assert_non_null(cell);
            assert_int_equal((uintptr_t)cell % HWS_CELL_UNIT, 0);
            memset(cell, (int)(round + size), size);
            cells[round][size] = cell;
        }
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t size = 1; size <= HWS_CELL_SIZE_MAX; size += 1 + size / 3) {
            for (size_t i = 0; i < size; i++)
                assert_int_equal(cells[round][size][i], (uint8_t)(round + size));
            hws_cells_give(&it->cells, cells[round][size], size);
        }
    }
}

/* Whatever is given back is taken again before more memory is asked for. */
static void test_cells_are_used_again(void **state)
{
    fixture *it = *state;
    enum { COUNT = 1000 };
    static void *cells[COUNT];
    size_t peak = 0;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT; i++)
            assert_non_null(cells[i] = hws_cells_take(&it->cells, 40));
        for (size_t i = 0; i < COUNT; i++) hws_cells_give(&it->cells, cells[i], 33);
        if (round == 0) peak = it->counter.bytes_peak;
        assert_int_equal(it->counter.bytes_peak, peak);
    }
    assert_true(peak < (size_t)COUNT * 40 + 32768);
}

static void test_no_memory(void **state)
{
    fixture *it = *state;
    it->counter.fail_after = 0;
    assert_null(hws_cells_take(&it->cells, 8));
    it->counter.fail_after = SIZE_MAX;
    void *cell = hws_cells_take(&it->cells, 8);
    assert_non_null(cell);
    hws_cells_give(&it->cells, cell, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cells_do_not_overlap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cells_are_used_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
