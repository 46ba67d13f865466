/* SPDX-License-Identifier: MIT */
#include "cmd/demo_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <jansson.h>

#include "cmd/picture_route.h"
#include "cmd/uptime.h"

enum {
    ERROR_TOO_MANY = 420,
    DESCRIPTORS_OF_SERVER = 128, /* that are no connections; as the library keeps some free */
    DESCRIPTORS_OF_CROWD = 32,   /* and in the process that plays a crowd */
};

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
    crowd_init(&it->crowd);
}

void demo_release(demo *it)
{
    gomoku_hall_release(&it->games);
    pictures_release(&it->pictures);
    crowd_release(&it->crowd);
}

static uint32_t at_most(uint64_t number)
{
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

void demo_settle(demo *it, const hws_server *server, const char *refusal,
                 uint64_t connection_count_max)
{
    struct rlimit files = {0};
    (void)getrlimit(RLIMIT_NOFILE, &files); /* else there is room for nobody */
    const uint64_t ours =
        files.rlim_cur > DESCRIPTORS_OF_SERVER ? files.rlim_cur - DESCRIPTORS_OF_SERVER : 0;
    const uint64_t limit = connection_count_max > 0 ? connection_count_max : UINT64_MAX;
    const char *url = hws_server_url(server, 0);
    const bool is_unix = !url || strncmp(url, "http", 4) != 0;
    crowd_settle(&it->crowd,
                 &(crowd_place){
                     .server = server,
                     .url = url,
                     .refusal = refusal || !is_unix ? refusal : "a crowd comes by http alone",
                     .viewers_max = at_most(ours < limit ? ours : limit),
                     .own_max = at_most(files.rlim_max > DESCRIPTORS_OF_CROWD
                                            ? files.rlim_max - DESCRIPTORS_OF_CROWD
                                            : 0),
                 });
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

/* A crowd. */

static void answer_crowd(demo *it, hws_rpc *rpc)
{
    char text[CROWD_TEXT_SIZE];
    crowd_explain(&it->crowd, CROWD_FORBIDDEN, text, sizeof text);
    json_t *object = json_pack("{s:i, s:s}", "count", (int)crowd_look(&it->crowd), "refusal", text);
    char *answer = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (answer) (void)hws_rpc_answer(rpc, (hws_text){answer, strlen(answer)});
    free(answer);
    json_decref(object);
}

/* 0 for what is no number above it. */
static uint64_t number_of(const json_t *data, const char *name)
{
    const json_int_t number = json_integer_value(json_object_get(data, name));
    return number > 0 ? (uint64_t)number : 0;
}

static void start_crowd(demo *it, hws_rpc *rpc)
{
    char why[CROWD_TEXT_SIZE];
    const hws_text text = hws_rpc_data(rpc);
    json_t *data = text.data ? json_loadb(text.data, text.size, 0, NULL) : NULL;
    const uint64_t duration_s =
        json_object_get(data, "seconds") ? number_of(data, "seconds") : CROWD_DURATION_S;
    const crowd_verdict verdict = crowd_start(&it->crowd, number_of(data, "count"), duration_s);
    json_decref(data);
    if (verdict == CROWD_FINE) {
        answer_crowd(it, rpc);
        return;
    }
    crowd_explain(&it->crowd, verdict, why, sizeof why);
    (void)hws_rpc_fail(rpc, (int)verdict, why);
}

static void stop_crowd(demo *it, hws_rpc *rpc)
{
    crowd_stop(&it->crowd);
    answer_crowd(it, rpc);
}

/* `name` is a method's, or, ending in ".", what several begin with. */
typedef struct procedure {
    const char *name;
    void (*call)(demo *it, hws_rpc *rpc);
} procedure;

static const procedure procedures[] = {
    {"gomoku.", play},
    {"picture.promise", promise_picture},
    {"crowd.look", answer_crowd},
    {"crowd.start", start_crowd},
    {"crowd.stop", stop_crowd},
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
