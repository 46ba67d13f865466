/* SPDX-License-Identifier: MIT */
/* Tic-tac-toe for two, at ten tables: /table/0 to /table/9.  A player sends the cell to take, "0"
 * to "8", and both see the board; who leaves clears it.  Who has won, the players can see. */
#include <hawser/hawser.h>
#include <string.h>

typedef struct player {
    struct table *table; /* NULL: nobody sits here */
    hws_websocket ws;
} player;

typedef struct table {
    player players[2]; /* X, who begins, and O */
    char cells[9 + 1];
    int turn;
} table;

static void show(const table *it)
{
    for (int i = 0; i < 2; i++) hws_websocket_send_text(it->players[i].ws, it->cells);
}

static void clear(table *it)
{
    memset(it->cells, '.', 9);
    it->turn = 0;
    show(it);
}

static void on_upgrade(hws_websocket ws, hws_request *request, void *tables)
{
    const hws_text path = hws_request_path(request);
    const int number = path.data[path.size - 1] - '0';
    if (path.size != strlen("/table/0") || number < 0 || number > 9) {
        hws_websocket_refuse(ws, 404, "no such table\n", NULL, 0);
        return;
    }
    hws_websocket_set_user(ws, (table *)tables + number);
    hws_websocket_accept(ws, NULL, NULL, 0);
}

/* From here on the user of this WebSocket is a player, or NULL. */
static void on_open(hws_websocket ws, void *user)
{
    table *it = user;
    player *one = &it->players[it->players[0].table ? 1 : 0];
    if (one->table) {
        hws_websocket_set_user(ws, NULL);
        hws_websocket_close(ws, 4000, "the table is full");
        return;
    }
    *one = (player){it, ws};
    hws_websocket_set_user(ws, one);
    clear(it);
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    const player *one = user;
    if (!one || message->size != 1) return;
    table *it = one->table;
    const int cell = message->data[0] - '0';
    if (one != &it->players[it->turn % 2] || cell < 0 || cell > 8 || it->cells[cell] != '.') return;
    it->cells[cell] = "XO"[it->turn++ % 2];
    show(it);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws, (void)close;
    player *one = user;
    if (!one) return;
    table *it = one->table;
    *one = (player){0};
    clear(it);
}

int main(int argc, char **argv)
{
    static table tables[10];
    return hws_serve(&(hws_server_options){
        .listen = argc > 1 ? argv[1] : "http://localhost:8080",
        .route = {{"/table/*", .on_upgrade = on_upgrade, .on_open = on_open,
                   .on_message = on_message, .on_close = on_close, .user = tables}},
    });
}
