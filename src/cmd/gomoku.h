/* SPDX-License-Identifier: MIT */
/* A game of Gomoku: two players, fifteen lines each way, five stones in a row, and clocks.
 *
 *     WAITING ── both seats are taken ──▶ PLAYING ──▶ WON, DRAWN, RESIGNED, LATE
 *                                            ▲                      │
 *                                            └──────── again ───────┘
 *
 * A player is who knows the key that took the seat: after a lost connection he goes on with it.
 * The time is passed in, in milliseconds of a clock that never jumps. */
#ifndef HAWSER_CMD_GOMOKU_H
#define HAWSER_CMD_GOMOKU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

enum {
    GOMOKU_SIZE = 15, /* lines each way */
    GOMOKU_POINTS = GOMOKU_SIZE * GOMOKU_SIZE,
    GOMOKU_ROW = 5,                 /* stones that win */
    GOMOKU_TIME_MS = 5 * 60 * 1000, /* that each player has */
    GOMOKU_NAME_SIZE_MAX = 129,     /* bytes of a name, terminated */
    GOMOKU_KEY_SIZE_MAX = 65,       /* bytes of a key, terminated */
};

typedef enum gomoku_state {
    GOMOKU_WAITING,
    GOMOKU_PLAYING,
    GOMOKU_WON,
    GOMOKU_DRAWN,
    GOMOKU_RESIGNED,
    GOMOKU_LATE,
} gomoku_state;

/* What the judge says: 0, or the code of an error. */
typedef enum gomoku_verdict {
    GOMOKU_FINE = 0,
    GOMOKU_MALFORMED = 1000,
    GOMOKU_SEAT_TAKEN = 1001,
    GOMOKU_NO_PLAYER = 1002,
    GOMOKU_NOT_ON = 1003,
    GOMOKU_NOT_YOUR_TURN = 1004,
    GOMOKU_POINT_TAKEN = 1005,
    GOMOKU_FULL = 1006,
} gomoku_verdict;

typedef struct gomoku_seat {
    char key[GOMOKU_KEY_SIZE_MAX]; /* "": nobody sits there */
    char name[GOMOKU_NAME_SIZE_MAX];
    uint64_t left_ms;
} gomoku_seat;

/* Sides are 0 (black, who begins) and 1. */
typedef struct gomoku {
    gomoku_seat seat[2];
    uint8_t move[GOMOKU_POINTS]; /* points, in the order in which they were taken */
    size_t move_count;
    gomoku_state state;
    int winner;              /* a side; -1: nobody */
    uint8_t row[GOMOKU_ROW]; /* that won */
    uint64_t turn_ms;        /* when the turn began */
} gomoku;

void gomoku_init(gomoku *game);

/* What was said in words: "not your turn". */
const char *gomoku_verdict_text(gomoku_verdict verdict);

/* The side of who knows `key`; -1: none. */
int gomoku_side(const gomoku *game, const char *key);

/* Takes a seat; who sits already stays where he sits. */
gomoku_verdict gomoku_sit(gomoku *game, int side, const char *key, const char *name,
                          uint64_t now_ms);

/* Leaves the seat, unless the game is on. */
gomoku_verdict gomoku_stand(gomoku *game, const char *key);

gomoku_verdict gomoku_move(gomoku *game, const char *key, int64_t x, int64_t y, uint64_t now_ms);
gomoku_verdict gomoku_resign(gomoku *game, const char *key);

/* A new game of the same players, with sides changed. */
gomoku_verdict gomoku_again(gomoku *game, const char *key, uint64_t now_ms);

/* Ends a game whose player has no time left.  Returns: whether that was so. */
bool gomoku_settle(gomoku *game, uint64_t now_ms);

/* {"state":"playing","moves":[112],"players":["Ada","Ben"],"left_ms":[300000,299000],"turn":1,
 * "winner":-1,"row":[]}
 *
 * Returns: NULL without memory. */
json_t *gomoku_json(const gomoku *game, uint64_t now_ms);

#endif /* HAWSER_CMD_GOMOKU_H */
