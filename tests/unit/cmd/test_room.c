/* SPDX-License-Identifier: MIT */
#include "cmd/room.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/cmocka.h"

static size_t allocations_left = SIZE_MAX;

/* Linked in place of malloc, where room.c calls it. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    if (allocations_left == 0) return NULL;
    if (allocations_left != SIZE_MAX) allocations_left--;
    return __real_malloc(size);
}

static void test_enter_and_leave(void **state)
{
    (void)state;
    room_table table = {0};
    room_member ada = {0};
    room_member ben = {0};
    assert_null(room_of(&ada, "pier"));
    assert_int_equal(room_enter(&table, &ada, "pier"), HWS_OK);
    assert_int_equal(room_enter(&table, &ben, "pier"), HWS_OK);
    assert_int_equal(room_enter(&table, &ada, "mole"), HWS_OK);
    assert_int_equal(table.room_count, 2);

    const room *pier = room_of(&ada, "pier");
    assert_string_equal(pier->name, "pier");
    assert_ptr_equal(pier, room_of(&ben, "pier"));
    assert_int_equal(pier->member_count, 2);
    assert_ptr_equal(pier->first->member, &ben);
    assert_ptr_equal(pier->first->next_in_room->member, &ada);
    assert_null(room_of(&ben, "mole"));

    room_leave(&table, &ada, "pier");
    assert_null(room_of(&ada, "pier"));
    assert_int_equal(pier->member_count, 1);
    assert_ptr_equal(pier->first->member, &ben);
    assert_null(pier->first->next_in_room);
    room_leave(&table, &ada, "pier"); /* where it is not: nothing */
    assert_int_equal(pier->member_count, 1);

    room_leave(&table, &ben, "pier");
    assert_int_equal(table.room_count, 1);
    room_leave(&table, &ada, "mole");
    assert_int_equal(table.room_count, 0);
    assert_null(table.tree);
    assert_int_equal(ada.seat_count, 0);
    assert_null(ada.first);
}

/* The first, the middle and the last of a room leave in every order. */
static void test_orders_of_leaving(void **state)
{
    (void)state;
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        room_table table = {0};
        room_member members[3] = {0};
        for (int m = 0; m < 3; m++) assert_int_equal(room_enter(&table, &members[m], "r"), HWS_OK);
        for (int gone = 0; gone < 3; gone++) {
            const room *it = room_of(&members[orders[i][gone]], "r");
            size_t seen = 0;
            const room_seat *last = NULL;
            for (const room_seat *seat = it->first; seat; seat = seat->next_in_room) {
                assert_ptr_equal(seat->previous_in_room, last);
                last = seat;
                seen++;
            }
            assert_int_equal(seen, 3 - gone);
            assert_int_equal(it->member_count, seen);
            room_leave(&table, &members[orders[i][gone]], "r");
        }
        assert_int_equal(table.room_count, 0);
    }
}

static void test_seats_of_a_member(void **state)
{
    (void)state;
    room_table table = {0};
    room_member member = {0};
    char name[16];
    for (int i = 0; i < ROOM_SEAT_COUNT_MAX; i++) {
        snprintf(name, sizeof name, "room-%d", i);
        assert_int_equal(room_enter(&table, &member, name), HWS_OK);
    }
    assert_int_equal(room_enter(&table, &member, "one-more"), HWS_ERR_LIMIT);
    assert_int_equal(table.room_count, ROOM_SEAT_COUNT_MAX);
    room_leave(&table, &member, "room-7");
    assert_int_equal(room_enter(&table, &member, "one-more"), HWS_OK);
    while (member.first) room_leave(&table, &member, member.first->room->name);
    assert_int_equal(table.room_count, 0);
}

static void test_members_of_a_room(void **state)
{
    (void)state;
    room_table table = {0};
    static room_member members[ROOM_MEMBER_COUNT_MAX + 1];
    for (int i = 0; i < ROOM_MEMBER_COUNT_MAX; i++)
        assert_int_equal(room_enter(&table, &members[i], "r"), HWS_OK);
    assert_int_equal(room_enter(&table, &members[ROOM_MEMBER_COUNT_MAX], "r"), HWS_ERR_LIMIT);
    for (int i = 0; i < ROOM_MEMBER_COUNT_MAX; i++) room_leave(&table, &members[i], "r");
    assert_int_equal(table.room_count, 0);
}

static void test_rooms_of_a_table(void **state)
{
    (void)state;
    room_table table = {0};
    static room_member members[ROOM_COUNT_MAX + 1];
    char name[16];
    for (int i = 0; i < ROOM_COUNT_MAX; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(room_enter(&table, &members[i], name), HWS_OK);
    }
    room_member *late = &members[ROOM_COUNT_MAX];
    assert_int_equal(room_enter(&table, late, "new"), HWS_ERR_LIMIT);
    assert_int_equal(room_enter(&table, late, "0"), HWS_OK);
    room_leave(&table, late, "0");
    for (int i = 0; i < ROOM_COUNT_MAX; i++)
        room_leave(&table, &members[i], members[i].first->room->name);
    assert_int_equal(table.room_count, 0);
}

static void test_no_memory_changes_nothing(void **state)
{
    (void)state;
    room_table table = {0};
    room_member member = {0};
    for (size_t left = 0; left < 2; left++) { /* a room, and a seat */
        allocations_left = left;
        assert_int_equal(room_enter(&table, &member, "r"), HWS_ERR_NO_MEMORY);
        allocations_left = SIZE_MAX;
        assert_int_equal(table.room_count, 0);
        assert_null(table.tree);
        assert_int_equal(member.seat_count, 0);
        assert_null(member.first);
    }
    allocations_left = 2;
    assert_int_equal(room_enter(&table, &member, "r"), HWS_OK);
    allocations_left = SIZE_MAX;
    room_leave(&table, &member, "r");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enter_and_leave),   cmocka_unit_test(test_orders_of_leaving),
        cmocka_unit_test(test_seats_of_a_member), cmocka_unit_test(test_members_of_a_room),
        cmocka_unit_test(test_rooms_of_a_table),  cmocka_unit_test(test_no_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
