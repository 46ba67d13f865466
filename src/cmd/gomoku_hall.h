/* SPDX-License-Identifier: MIT */
/* For demonstration: the games of Gomoku of a hawser serve, played by RPC.
 *
 *     gomoku.look     {game}                        how it stands
 *     gomoku.sit      {game, key, name, side}       gomoku.stand  {game, key}
 *     gomoku.move     {game, key, x, y}
 *     gomoku.resign   {game, key}                   gomoku.again  {game, key}
 *
 * Each answers with the game and the caller's `side` (-1: none), and what has changed the game is
 * published in "gomoku:GAME". */
#ifndef HAWSER_CMD_GOMOKU_HALL_H
#define HAWSER_CMD_GOMOKU_HALL_H

#include <pthread.h>

#include "cmd/gomoku.h"
#include "hawser/span.h"

enum {
    GOMOKU_GAME_MAX = 64,           /* the one that was left alone for longest makes room */
    GOMOKU_GAME_NAME_SIZE_MAX = 33, /* bytes, terminated; letters, digits and "-" */
};

typedef struct gomoku_table {
    char name[GOMOKU_GAME_NAME_SIZE_MAX]; /* "": nobody plays there */
    uint64_t used_ms;
    gomoku game;
} gomoku_table;

/* Thread: any, after gomoku_hall_init. */
typedef struct gomoku_hall {
    /* Publishes `json`, in the order in which the game changes. */
    void (*publish)(void *user, const char *channel, hws_text json);
    void *user;

    pthread_mutex_t lock;
    gomoku_table table[GOMOKU_GAME_MAX];
} gomoku_hall;

/* `publish` and `user` are set by who makes it. */
void gomoku_hall_init(gomoku_hall *hall);
void gomoku_hall_release(gomoku_hall *hall);

/* Calls a method.  `*answer` is a new reference when all is fine; NULL without memory. */
gomoku_verdict gomoku_hall_call(gomoku_hall *hall, hws_text method, const json_t *data,
                                uint64_t now_ms, json_t **answer);

#endif /* HAWSER_CMD_GOMOKU_HALL_H */
