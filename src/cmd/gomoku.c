/* SPDX-License-Identifier: MIT */
#include "cmd/gomoku.h"

#include <stdio.h>
#include <string.h>

static const char *const STATE_NAMES[] = {
    [GOMOKU_WAITING] = "waiting", [GOMOKU_PLAYING] = "playing",   [GOMOKU_WON] = "won",
    [GOMOKU_DRAWN] = "drawn",     [GOMOKU_RESIGNED] = "resigned", [GOMOKU_LATE] = "late",
};

void gomoku_init(gomoku *it)
{
    *it = (gomoku){.state = GOMOKU_WAITING, .winner = -1};
}

const char *gomoku_verdict_text(gomoku_verdict verdict)
{
    switch (verdict) {
    case GOMOKU_FINE:
        return "fine";
    case GOMOKU_MALFORMED:
        return "that is no request";
    case GOMOKU_SEAT_TAKEN:
        return "somebody sits there";
    case GOMOKU_NO_PLAYER:
        return "not a player of this game";
    case GOMOKU_NOT_ON:
        return "not while the game is so";
    case GOMOKU_NOT_YOUR_TURN:
        return "not your turn";
    case GOMOKU_POINT_TAKEN:
        return "that point is taken";
    case GOMOKU_FULL:
        return "too many games";
    }
    return "";
}

int gomoku_side(const gomoku *it, const char *key)
{
    for (int side = 0; side < 2 && key[0] != '\0'; side++)
        if (strcmp(it->seat[side].key, key) == 0) return side;
    return -1;
}

static int turn_of(const gomoku *it)
{
    return (int)(it->move_count % 2);
}

static void begin(gomoku *it, uint64_t now_ms)
{
    it->move_count = 0;
    it->winner = -1;
    it->state = GOMOKU_PLAYING;
    it->turn_ms = now_ms;
    it->seat[0].left_ms = it->seat[1].left_ms = GOMOKU_TIME_MS;
}

static void end(gomoku *it, gomoku_state state, int winner)
{
    it->state = state;
    it->winner = winner;
}

/* Seats. */

gomoku_verdict gomoku_sit(gomoku *it, int side, const char *key, const char *name, uint64_t now_ms)
{
    if (gomoku_side(it, key) >= 0) return GOMOKU_FINE;
    gomoku_seat *seat = &it->seat[side];
    if (seat->key[0] != '\0') return GOMOKU_SEAT_TAKEN;
    snprintf(seat->key, sizeof seat->key, "%s", key);
    snprintf(seat->name, sizeof seat->name, "%s", name);
    if (it->seat[1 - side].key[0] != '\0') begin(it, now_ms);
    return GOMOKU_FINE;
}

gomoku_verdict gomoku_stand(gomoku *it, const char *key)
{
    const int side = gomoku_side(it, key);
    if (side < 0) return GOMOKU_NO_PLAYER;
    if (it->state == GOMOKU_PLAYING) return GOMOKU_NOT_ON;
    it->seat[side] = (gomoku_seat){.key = ""};
    it->move_count = 0;
    end(it, GOMOKU_WAITING, -1);
    return GOMOKU_FINE;
}

/* Moves. */

static bool is_of(const gomoku *it, int x, int y, int side)
{
    if (x < 0 || y < 0 || x >= GOMOKU_SIZE || y >= GOMOKU_SIZE) return false;
    for (size_t i = (size_t)side; i < it->move_count; i += 2)
        if (it->move[i] == y * GOMOKU_SIZE + x) return true;
    return false;
}

static bool is_taken(const gomoku *it, int x, int y)
{
    return is_of(it, x, y, 0) || is_of(it, x, y, 1);
}

/* Whether the stone at that point is in a row of five or more; then five of them are noted. */
static bool wins(gomoku *it, int x, int y, int side)
{
    static const int STEP[][2] = {{1, 0}, {0, 1}, {1, 1}, {1, -1}};
    for (size_t i = 0; i < sizeof STEP / sizeof *STEP; i++) {
        const int dx = STEP[i][0];
        const int dy = STEP[i][1];
        int first_x = x;
        int first_y = y;
        while (is_of(it, first_x - dx, first_y - dy, side)) {
            first_x -= dx;
            first_y -= dy;
        }
        int length = 0;
        while (length < GOMOKU_ROW &&
               is_of(it, first_x + length * dx, first_y + length * dy, side)) {
            const int point = (first_y + length * dy) * GOMOKU_SIZE + first_x + length * dx;
            it->row[length++] = (uint8_t)point;
        }
        if (length == GOMOKU_ROW) return true;
    }
    return false;
}

static gomoku_verdict judge(const gomoku *it, int side, int64_t x, int64_t y)
{
    if (side < 0) return GOMOKU_NO_PLAYER;
    if (it->state != GOMOKU_PLAYING) return GOMOKU_NOT_ON;
    if (side != turn_of(it)) return GOMOKU_NOT_YOUR_TURN;
    if (x < 0 || y < 0 || x >= GOMOKU_SIZE || y >= GOMOKU_SIZE) return GOMOKU_MALFORMED;
    return is_taken(it, (int)x, (int)y) ? GOMOKU_POINT_TAKEN : GOMOKU_FINE;
}

gomoku_verdict gomoku_move(gomoku *it, const char *key, int64_t x, int64_t y, uint64_t now_ms)
{
    (void)gomoku_settle(it, now_ms);
    const int side = gomoku_side(it, key);
    const gomoku_verdict verdict = judge(it, side, x, y);
    if (verdict != GOMOKU_FINE) return verdict;
    it->seat[side].left_ms -= now_ms - it->turn_ms;
    it->turn_ms = now_ms;
    it->move[it->move_count++] = (uint8_t)(y * GOMOKU_SIZE + x);
    if (wins(it, (int)x, (int)y, side))
        end(it, GOMOKU_WON, side);
    else if (it->move_count == GOMOKU_POINTS)
        end(it, GOMOKU_DRAWN, -1);
    return GOMOKU_FINE;
}

gomoku_verdict gomoku_resign(gomoku *it, const char *key)
{
    const int side = gomoku_side(it, key);
    if (side < 0) return GOMOKU_NO_PLAYER;
    if (it->state != GOMOKU_PLAYING) return GOMOKU_NOT_ON;
    end(it, GOMOKU_RESIGNED, 1 - side);
    return GOMOKU_FINE;
}

gomoku_verdict gomoku_again(gomoku *it, const char *key, uint64_t now_ms)
{
    if (gomoku_side(it, key) < 0) return GOMOKU_NO_PLAYER;
    if (it->state == GOMOKU_WAITING || it->state == GOMOKU_PLAYING) return GOMOKU_NOT_ON;
    const gomoku_seat black = it->seat[0];
    it->seat[0] = it->seat[1];
    it->seat[1] = black;
    begin(it, now_ms);
    return GOMOKU_FINE;
}

bool gomoku_settle(gomoku *it, uint64_t now_ms)
{
    const int side = turn_of(it);
    if (it->state != GOMOKU_PLAYING || now_ms - it->turn_ms < it->seat[side].left_ms) return false;
    it->seat[side].left_ms = 0;
    end(it, GOMOKU_LATE, 1 - side);
    return true;
}

/* What others see. */

static json_int_t left_ms(const gomoku *it, int side, uint64_t now_ms)
{
    const uint64_t left = it->seat[side].left_ms;
    if (it->state != GOMOKU_PLAYING || side != turn_of(it)) return (json_int_t)left;
    const uint64_t used = now_ms - it->turn_ms;
    return used < left ? (json_int_t)(left - used) : 0;
}

static json_t *list(const uint8_t *points, size_t count)
{
    json_t *made = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(made, json_integer(points[i]));
    return made;
}

static const char *name_of(const gomoku_seat *seat)
{
    return seat->key[0] != '\0' ? seat->name : NULL;
}

json_t *gomoku_json(const gomoku *it, uint64_t now_ms)
{
    return json_pack("{s:s, s:o, s:[s?, s?], s:[I, I], s:i, s:i, s:o}", "state",
                     STATE_NAMES[it->state], "moves", list(it->move, it->move_count), "players",
                     name_of(&it->seat[0]), name_of(&it->seat[1]), "left_ms",
                     left_ms(it, 0, now_ms), left_ms(it, 1, now_ms), "turn", turn_of(it), "winner",
                     it->winner, "row", list(it->row, it->state == GOMOKU_WON ? GOMOKU_ROW : 0));
}
