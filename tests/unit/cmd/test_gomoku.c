/* SPDX-License-Identifier: MIT */
#include "cmd/gomoku.h"

#include <string.h>

#include "lib/cmocka.h"

static gomoku game;
static uint64_t now_ms;

static gomoku_verdict move(const char *key, int64_t x, int64_t y)
{
    return gomoku_move(&game, key, x, y, now_ms);
}

static void begin(void)
{
    now_ms = 1000;
    gomoku_init(&game);
    assert_int_equal(gomoku_sit(&game, 0, "a", "Ada", now_ms), GOMOKU_FINE);
    assert_int_equal(game.state, GOMOKU_WAITING);
    assert_int_equal(gomoku_sit(&game, 1, "b", "Ben", now_ms), GOMOKU_FINE);
    assert_int_equal(game.state, GOMOKU_PLAYING);
}

/* Black takes `count` points from there on in steps; white answers where it does not matter. */
static void play_row(int x, int y, int dx, int dy, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(game.state, GOMOKU_PLAYING);
        assert_int_equal(move("a", x + i * dx, y + i * dy), GOMOKU_FINE);
        if (game.state != GOMOKU_PLAYING) return;
        int other = 0;
        while (move("b", other % 15, 14 - other / 15) != GOMOKU_FINE) other += 2;
    }
}

static void test_seats(void **state)
{
    (void)state;
    begin();
    assert_int_equal(gomoku_side(&game, "a"), 0);
    assert_int_equal(gomoku_side(&game, "b"), 1);
    assert_int_equal(gomoku_side(&game, "c"), -1);
    assert_int_equal(gomoku_side(&game, ""), -1);
    assert_int_equal(gomoku_sit(&game, 1, "c", "Cai", now_ms), GOMOKU_SEAT_TAKEN);
    assert_int_equal(gomoku_sit(&game, 1, "a", "Ada", now_ms), GOMOKU_FINE);
    assert_int_equal(gomoku_side(&game, "a"), 0);
    assert_int_equal(gomoku_stand(&game, "a"), GOMOKU_NOT_ON);
    assert_int_equal(gomoku_stand(&game, "c"), GOMOKU_NO_PLAYER);
    assert_int_equal(gomoku_resign(&game, "a"), GOMOKU_FINE);
    assert_int_equal(gomoku_stand(&game, "a"), GOMOKU_FINE);
    assert_int_equal(game.state, GOMOKU_WAITING);
    assert_int_equal(gomoku_sit(&game, 0, "c", "Cai", now_ms), GOMOKU_FINE);
    assert_int_equal(game.state, GOMOKU_PLAYING);
}

static void test_rules(void **state)
{
    (void)state;
    begin();
    assert_int_equal(move("b", 7, 7), GOMOKU_NOT_YOUR_TURN);
    assert_int_equal(move("c", 7, 7), GOMOKU_NO_PLAYER);
    assert_int_equal(move("a", 15, 7), GOMOKU_MALFORMED);
    assert_int_equal(move("a", 7, 15), GOMOKU_MALFORMED);
    assert_int_equal(move("a", -1, 7), GOMOKU_MALFORMED);
    assert_int_equal(move("a", 7, -1), GOMOKU_MALFORMED);
    assert_int_equal(move("a", INT64_MAX, 0), GOMOKU_MALFORMED);
    assert_int_equal(move("a", 14, 14), GOMOKU_FINE);
    assert_int_equal(move("a", 0, 0), GOMOKU_NOT_YOUR_TURN);
    assert_int_equal(move("b", 14, 14), GOMOKU_POINT_TAKEN);
    assert_int_equal(move("b", 0, 0), GOMOKU_FINE);
    assert_int_equal(move("a", 0, 0), GOMOKU_POINT_TAKEN);
    assert_int_equal(game.move_count, 2);
}

static void test_five_in_every_direction_win(void **state)
{
    (void)state;
    static const int ROWS[][4] = {{0, 0, 1, 0},  {10, 4, 1, 0}, {14, 0, 0, 1}, {3, 0, 0, 1},
                                  {0, 0, 1, 1},  {10, 0, 1, 1}, {4, 0, -1, 1}, {14, 0, -1, 1},
                                  {5, 5, -1, 0}, {5, 5, 0, -1}, {5, 5, -1, -1}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        begin();
        play_row(ROWS[i][0], ROWS[i][1], ROWS[i][2], ROWS[i][3], 4);
        assert_int_equal(game.state, GOMOKU_PLAYING);
        assert_int_equal(move("a", ROWS[i][0] + 4 * ROWS[i][2], ROWS[i][1] + 4 * ROWS[i][3]),
                         GOMOKU_FINE);
        assert_int_equal(game.state, GOMOKU_WON);
        assert_int_equal(game.winner, 0);
        assert_int_equal(move("b", 9, 9), GOMOKU_NOT_ON);
    }
}

static void test_rows_do_not_go_around_the_edge(void **state)
{
    (void)state;
    begin();
    static const int POINTS[][2] = {{12, 3}, {13, 3}, {14, 3}, {0, 4}, {1, 4}};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(move("a", POINTS[i][0], POINTS[i][1]), GOMOKU_FINE);
        assert_int_equal(move("b", 2 * (int)i, 14), GOMOKU_FINE);
    }
    assert_int_equal(game.state, GOMOKU_PLAYING);
}

static void test_the_middle_stone_wins_too(void **state)
{
    (void)state;
    begin();
    static const int X[] = {3, 4, 6, 7, 5};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(move("a", X[i], 3), GOMOKU_FINE);
        if (i < 4) assert_int_equal(move("b", 2 * (int)i, 14), GOMOKU_FINE);
    }
    assert_int_equal(game.state, GOMOKU_WON);
    for (int i = 0; i < GOMOKU_ROW; i++) assert_int_equal(game.row[i], 3 * GOMOKU_SIZE + 3 + i);
}

/* Pairs of columns, shifted by one every second row: no five in a row anywhere. */
static void test_a_full_board_is_a_draw(void **state)
{
    (void)state;
    begin();
    uint8_t of_side[2][GOMOKU_POINTS];
    size_t count[2] = {0, 0};
    for (int point = 0; point < GOMOKU_POINTS; point++) {
        const int side = (point % GOMOKU_SIZE + 2 * (point / GOMOKU_SIZE)) / 2 % 2;
        of_side[side][count[side]++] = (uint8_t)point;
    }
    while (count[0] > count[1] + 1) of_side[1][count[1]++] = of_side[0][--count[0]];
    assert_int_equal(count[0], count[1] + 1);
    for (size_t i = 0; i < GOMOKU_POINTS; i++) {
        assert_int_equal(game.state, GOMOKU_PLAYING);
        const int point = of_side[i % 2][i / 2];
        assert_int_equal(move(i % 2 ? "b" : "a", point % GOMOKU_SIZE, point / GOMOKU_SIZE),
                         GOMOKU_FINE);
    }
    assert_int_equal(game.state, GOMOKU_DRAWN);
    assert_int_equal(game.winner, -1);
}

static void test_clocks(void **state)
{
    (void)state;
    begin();
    now_ms += 1000;
    assert_int_equal(move("a", 7, 7), GOMOKU_FINE);
    assert_int_equal(game.seat[0].left_ms, GOMOKU_TIME_MS - 1000);
    now_ms += GOMOKU_TIME_MS - 1;
    assert_false(gomoku_settle(&game, now_ms));
    now_ms += 1;
    assert_int_equal(move("b", 8, 8), GOMOKU_NOT_ON);
    assert_int_equal(game.state, GOMOKU_LATE);
    assert_int_equal(game.winner, 0);
    assert_int_equal(game.seat[1].left_ms, 0);
    assert_false(gomoku_settle(&game, now_ms));
}

static void test_again_with_sides_changed(void **state)
{
    (void)state;
    begin();
    assert_int_equal(gomoku_again(&game, "a", now_ms), GOMOKU_NOT_ON);
    assert_int_equal(gomoku_resign(&game, "c"), GOMOKU_NO_PLAYER);
    assert_int_equal(gomoku_resign(&game, "b"), GOMOKU_FINE);
    assert_int_equal(game.state, GOMOKU_RESIGNED);
    assert_int_equal(game.winner, 0);
    assert_int_equal(gomoku_resign(&game, "b"), GOMOKU_NOT_ON);
    assert_int_equal(gomoku_again(&game, "c", now_ms), GOMOKU_NO_PLAYER);
    assert_int_equal(gomoku_again(&game, "a", now_ms), GOMOKU_FINE);
    assert_int_equal(gomoku_side(&game, "b"), 0);
    assert_int_equal(move("b", 7, 7), GOMOKU_FINE);
}

static void test_json(void **state)
{
    (void)state;
    begin();
    (void)move("a", 7, 7);
    now_ms += 500;
    json_t *json = gomoku_json(&game, now_ms);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text,
                        "{\"left_ms\":[300000,299500],\"moves\":[112],\"players\":[\"Ada\","
                        "\"Ben\"],\"row\":[],\"state\":\"playing\",\"turn\":1,\"winner\":-1}");
    free(text);
    json_decref(json);
    gomoku_init(&game);
    json = gomoku_json(&game, now_ms);
    assert_true(json_is_null(json_array_get(json_object_get(json, "players"), 0)));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seats),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_five_in_every_direction_win),
        cmocka_unit_test(test_rows_do_not_go_around_the_edge),
        cmocka_unit_test(test_the_middle_stone_wins_too),
        cmocka_unit_test(test_a_full_board_is_a_draw),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_again_with_sides_changed),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
