/* SPDX-License-Identifier: MIT */
#include "cmd/gomoku_hall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct request {
    gomoku *game;
    const json_t *data;
    const char *key;
    uint64_t now_ms;
} request;

typedef struct method {
    const char *name;
    gomoku_verdict (*run)(const request *it);
} method;

/* A text of 1 to `size_max` - 1 bytes; NULL: there is none. */
static const char *text_of(const json_t *data, const char *name, size_t size_max)
{
    const json_t *value = json_object_get(data, name);
    const size_t size = json_string_length(value);
    const char *text = json_string_value(value);
    return text && size > 0 && size < size_max && strlen(text) == size ? text : NULL;
}

static gomoku_verdict look(const request *it)
{
    (void)it;
    return GOMOKU_FINE;
}

static gomoku_verdict sit(const request *it)
{
    const char *name = text_of(it->data, "name", GOMOKU_NAME_SIZE_MAX);
    const json_t *side = json_object_get(it->data, "side");
    const json_int_t number = json_integer_value(side);
    if (!name || it->key[0] == '\0' || !json_is_integer(side) || number < 0 || number > 1)
        return GOMOKU_MALFORMED;
    return gomoku_sit(it->game, (int)number, it->key, name, it->now_ms);
}

static gomoku_verdict stand(const request *it)
{
    return gomoku_stand(it->game, it->key);
}

static gomoku_verdict move(const request *it)
{
    const json_t *x = json_object_get(it->data, "x");
    const json_t *y = json_object_get(it->data, "y");
    if (!json_is_integer(x) || !json_is_integer(y)) return GOMOKU_MALFORMED;
    return gomoku_move(it->game, it->key, json_integer_value(x), json_integer_value(y), it->now_ms);
}

static gomoku_verdict resign(const request *it)
{
    return gomoku_resign(it->game, it->key);
}

static gomoku_verdict again(const request *it)
{
    return gomoku_again(it->game, it->key, it->now_ms);
}

static const method METHODS[] = {
    {"gomoku.look", look}, {"gomoku.sit", sit},       {"gomoku.stand", stand},
    {"gomoku.move", move}, {"gomoku.resign", resign}, {"gomoku.again", again},
};

static const method *find_method(hws_text name)
{
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        if (strlen(METHODS[i].name) == name.size &&
            memcmp(METHODS[i].name, name.data, name.size) == 0)
            return &METHODS[i];
    }
    return NULL;
}

/* Tables. */

static bool name_is_plain(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    return name[strspn(name, letters)] == '\0';
}

/* A game that is on, and was moved in within the time that both players have. */
static bool is_in_use(const gomoku_table *it, uint64_t now_ms)
{
    const uint64_t long_ms = 2 * (uint64_t)GOMOKU_TIME_MS;
    return it->game.state == GOMOKU_PLAYING && now_ms - it->used_ms < long_ms;
}

/* NULL: all are in use. */
static gomoku_table *find_table(gomoku_hall *hall, const char *name, uint64_t now_ms)
{
    gomoku_table *oldest = NULL;
    for (size_t i = 0; i < GOMOKU_GAME_MAX; i++) {
        gomoku_table *each = &hall->table[i];
        if (strcmp(each->name, name) == 0) return each;
        if (each->name[0] != '\0' && is_in_use(each, now_ms)) continue;
        const bool is_free = each->name[0] == '\0';
        if (!oldest || (is_free && oldest->name[0] != '\0') ||
            (is_free == (oldest->name[0] == '\0') && each->used_ms < oldest->used_ms))
            oldest = each;
    }
    if (!oldest) return NULL;
    snprintf(oldest->name, sizeof oldest->name, "%s", name);
    gomoku_init(&oldest->game);
    return oldest;
}

/* Calls. */

static void publish(const gomoku_hall *hall, const char *name, const json_t *state)
{
    char channel[sizeof "gomoku:" + GOMOKU_GAME_NAME_SIZE_MAX];
    snprintf(channel, sizeof channel, "gomoku:%s", name);
    char *text = state ? json_dumps(state, JSON_COMPACT) : NULL;
    if (text) hall->publish(hall->user, channel, (hws_text){text, strlen(text)});
    free(text);
}

static gomoku_verdict call(gomoku_hall *hall, const method *found, const char *name, request *it,
                           json_t **answer)
{
    gomoku_table *table = find_table(hall, name, it->now_ms);
    if (!table) return GOMOKU_FULL;
    table->used_ms = it->now_ms;
    it->game = &table->game;
    const bool is_late = gomoku_settle(it->game, it->now_ms);
    const gomoku_verdict verdict = found->run(it);
    const bool has_changed = verdict == GOMOKU_FINE && found->run != look;
    json_t *state = gomoku_json(it->game, it->now_ms);
    if (is_late || has_changed) publish(hall, name, state);
    if (verdict != GOMOKU_FINE) {
        json_decref(state);
        return verdict;
    }
    (void)json_object_set_new(state, "side", json_integer(gomoku_side(it->game, it->key)));
    *answer = state;
    return verdict;
}

gomoku_verdict gomoku_hall_call(gomoku_hall *hall, hws_text name, const json_t *data,
                                uint64_t now_ms, json_t **answer)
{
    const method *found = find_method(name);
    const char *game = text_of(data, "game", GOMOKU_GAME_NAME_SIZE_MAX);
    const char *key = text_of(data, "key", GOMOKU_KEY_SIZE_MAX);
    request it = {.data = data, .key = key ? key : "", .now_ms = now_ms};
    if (!found || !game || !name_is_plain(game)) return GOMOKU_MALFORMED;
    pthread_mutex_lock(&hall->lock);
    const gomoku_verdict verdict = call(hall, found, game, &it, answer);
    pthread_mutex_unlock(&hall->lock);
    return verdict;
}

void gomoku_hall_init(gomoku_hall *hall)
{
    pthread_mutex_init(&hall->lock, NULL);
}

void gomoku_hall_release(gomoku_hall *hall)
{
    pthread_mutex_destroy(&hall->lock);
}
