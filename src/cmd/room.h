/* SPDX-License-Identifier: MIT */
/* Rooms, and who sits in them.
 *
 * A member may sit in many rooms, a room hold many members; each such pair is one seat, which hangs
 * in two lists: that of the room and that of the member.  A room is made by the first who enters
 * it, and gone with the last who leaves. */
#ifndef HAWSER_CMD_ROOM_H
#define HAWSER_CMD_ROOM_H

#include <stddef.h>

#include "hawser/status.h"

enum {
    ROOM_COUNT_MAX = 10000,       /* of a table */
    ROOM_MEMBER_COUNT_MAX = 4096, /* of a room: a list of them must fit a send queue */
    ROOM_SEAT_COUNT_MAX = 128,    /* of a member */
};

typedef struct room room;
typedef struct room_seat room_seat;
typedef struct room_member room_member;

/* Zero is an empty table. */
typedef struct room_table {
    void *tree; /* of rooms by name, as tsearch (3) keeps it: no name can make it slow */
    size_t room_count;
} room_table;

/* Part of whatever represents a member; but for the owner zero before the first room. */
struct room_member {
    const void *owner; /* what it is part of, for those who walk through a room */
    room_seat *first;  /* of its seats */
    size_t seat_count;
};

struct room_seat {
    room *room;
    room_member *member;
    room_seat *next_in_room;
    room_seat *previous_in_room;
    room_seat *next_of_member;
};

struct room {
    const char *name;
    room_seat *first; /* who came last is first */
    size_t member_count;
};

/* Gives a member a seat that it does not have yet.
 *
 * Errors: HWS_ERR_LIMIT, HWS_ERR_NO_MEMORY; nothing has changed then.
 * Lifetime: both must stay where they are until the member has left. */
hws_status room_enter(room_table *table, room_member *member, const char *name);

/* The member's room of that name; NULL when it has no seat there. */
const room *room_of(const room_member *member, const char *name);

/* Takes the member's seat away, if it has one there. */
void room_leave(room_table *table, room_member *member, const char *name);

#endif /* HAWSER_CMD_ROOM_H */
