/* SPDX-License-Identifier: MIT */
#include "cmd/demo_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd/picture_route.h"
#include "cmd/uptime.h"

enum { ERROR_TOO_MANY = 420 };

/* Who misses it gets the game with the next move, or when he asks. */
static void publish_game(void *user, const char *channel, hws_text json)
{
    hws_hub *const *hub = user;
    (void)hws_hub_publish(*hub, channel, json, NULL, NULL);
}

void demo_init(demo *it, bool is_on, hws_hub **hub)
{
    it->is_on = is_on;
    it->games = (gomoku_hall){.publish = publish_game, .user = hub};
    gomoku_hall_init(&it->games);
    pictures_init(&it->pictures);
}

void demo_release(demo *it)
{
    gomoku_hall_release(&it->games);
    pictures_release(&it->pictures);
}

static void play(demo *it, hws_rpc *rpc)
{
    json_t *answer = NULL;
    const hws_text text = hws_rpc_data(rpc);
    json_t *data = text.data ? json_loadb(text.data, text.size, JSON_DECODE_ANY, NULL) : NULL;
    const gomoku_verdict verdict =
        gomoku_hall_call(&it->games, hws_rpc_method(rpc), data, uptime_ms(), &answer);
    char *game = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    if (verdict != GOMOKU_FINE)
        (void)hws_rpc_fail(rpc, (int)verdict, gomoku_verdict_text(verdict));
    else if (game)
        (void)hws_rpc_answer(rpc, (hws_text){game, strlen(game)});
    free(game);
    json_decref(answer);
    json_decref(data);
}

static void promise_picture(demo *it, hws_rpc *rpc)
{
    char name[PICTURE_NAME_SIZE + 1];
    char answer[128];
    if (!pictures_promise(&it->pictures, uptime_ms(), name)) {
        (void)hws_rpc_fail(rpc, ERROR_TOO_MANY, "too many pictures are on their way");
        return;
    }
    snprintf(answer, sizeof answer, "{\"address\":\"%s%s\"}", picture_path, name);
    (void)hws_rpc_answer(rpc, (hws_text){answer, strlen(answer)});
}

/* `name` is a method's, or, ending in ".", what several begin with. */
typedef struct procedure {
    const char *name;
    void (*call)(demo *it, hws_rpc *rpc);
} procedure;

static const procedure procedures[] = {
    {"gomoku.", play},
    {"picture.promise", promise_picture},
};

static bool fits(const procedure *it, hws_text method)
{
    const size_t size = strlen(it->name);
    return method.size >= size && memcmp(method.data, it->name, size) == 0 &&
           (method.size == size || it->name[size - 1] == '.');
}

void demo_call(demo *it, hws_rpc *rpc)
{
    for (size_t i = 0; it->is_on && i < sizeof procedures / sizeof *procedures; i++)
        if (fits(&procedures[i], hws_rpc_method(rpc))) procedures[i].call(it, rpc);
}
