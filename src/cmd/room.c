/* SPDX-License-Identifier: MIT */
/* Rooms, and who sits in them. */
#include "cmd/room.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const room *left = a;
    const room *right = b;
    return strcmp(left->name, right->name);
}

static room *find_room(const room_table *table, const char *name)
{
    const room key = {.name = name};
    room *const *found = tfind(&key, &table->tree, compare);
    return found ? *found : NULL;
}

static hws_status add_room(room_table *table, const char *name, room **made)
{
    if (table->room_count >= ROOM_COUNT_MAX) return HWS_ERR_LIMIT;
    const size_t name_size = strlen(name) + 1;
    room *it = malloc(sizeof *it + name_size);
    if (!it) return HWS_ERR_NO_MEMORY;
    char *kept = (char *)(it + 1);
    memcpy(kept, name, name_size);
    *it = (room){.name = kept};
    if (!tsearch(it, &table->tree, compare)) {
        free(it);
        return HWS_ERR_NO_MEMORY;
    }
    table->room_count++;
    *made = it;
    return HWS_OK;
}

static void remove_if_empty(room_table *table, room *it)
{
    if (it->member_count > 0) return;
    tdelete(it, &table->tree, compare);
    table->room_count--;
    free(it);
}

static void hang_up(room_seat *seat)
{
    room *it = seat->room;
    seat->next_in_room = it->first;
    if (it->first) it->first->previous_in_room = seat;
    it->first = seat;
    it->member_count++;

    seat->next_of_member = seat->member->first;
    seat->member->first = seat;
    seat->member->seat_count++;
}

hws_status room_enter(room_table *table, room_member *member, const char *name)
{
    assert(!room_of(member, name));
    if (member->seat_count >= ROOM_SEAT_COUNT_MAX) return HWS_ERR_LIMIT;
    room *it = find_room(table, name);
    if (it && it->member_count >= ROOM_MEMBER_COUNT_MAX) return HWS_ERR_LIMIT;
    if (!it) {
        const hws_status status = add_room(table, name, &it);
        if (status != HWS_OK) return status;
    }
    room_seat *seat = malloc(sizeof *seat);
    if (!seat) {
        remove_if_empty(table, it);
        return HWS_ERR_NO_MEMORY;
    }
    *seat = (room_seat){.room = it, .member = member};
    hang_up(seat);
    return HWS_OK;
}

const room *room_of(const room_member *member, const char *name)
{
    for (const room_seat *seat = member->first; seat; seat = seat->next_of_member) {
        if (strcmp(seat->room->name, name) == 0) return seat->room;
    }
    return NULL;
}

static void take_out_of_room(room_seat *seat)
{
    if (seat->next_in_room) seat->next_in_room->previous_in_room = seat->previous_in_room;
    if (seat->previous_in_room) {
        seat->previous_in_room->next_in_room = seat->next_in_room;
    } else {
        seat->room->first = seat->next_in_room;
    }
    seat->room->member_count--;
}

void room_leave(room_table *table, room_member *member, const char *name)
{
    room_seat **link = &member->first;
    while (*link && strcmp((*link)->room->name, name) != 0) link = &(*link)->next_of_member;
    room_seat *seat = *link;
    if (!seat) return;

    *link = seat->next_of_member;
    member->seat_count--;
    take_out_of_room(seat);
    remove_if_empty(table, seat->room);
    free(seat);
}
