/* SPDX-License-Identifier: MIT */
/* A client of the chat, as chat.c keeps it alive and chat_command.c obeys it. */
#ifndef HAWSER_CMD_CHAT_CLIENT_H
#define HAWSER_CMD_CHAT_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include "cmd/chat.h"
#include "cmd/room.h"

enum {
    CHAT_PING_MS = 25000,        /* between the server's pings */
    CHAT_PONG_TIMEOUT_MS = 8000, /* for the answer to one */
    CHAT_CONNECT_TIMEOUT_MS = 10000,
    CHAT_CLIENT_ID_SIZE = 33, /* 16 random bytes in hex, terminated */
};

/* Close codes of the protocol: clients come back after 3000 to 3499, and stay away after 3500 to
 * 3999. */
enum {
    CHAT_CLOSE_SLOW = 3008,
    CHAT_CLOSE_NO_PONG = 3012,
    CHAT_CLOSE_BAD_REQUEST = 3501,
    CHAT_CLOSE_STALE = 3502,
};

typedef enum chat_state {
    CHAT_NEW,       /* has not sent connect */
    CHAT_CONNECTED, /* is idle or busy */
    CHAT_PINGED,    /* owes a pong */
    CHAT_ENDED,     /* is being closed: nothing it sends matters any more */
} chat_state;

typedef struct chat_client {
    chat *chat;
    hws_websocket ws;
    chat_state state;
    hws_timer *timer; /* for connect, the next ping, or the pong, by state */
    char id[CHAT_CLIENT_ID_SIZE];
    json_t *info; /* what others are told of it; NULL before connect */
    room_member member;
} chat_client;

struct chat {
    hws_loop *loop;
    hws_server *server;
    room_table rooms;
    bool is_ending;
};

/* Closes with a code of the protocol; nothing of this client is obeyed after it. */
void chat_client_disconnect(chat_client *client, int code, const char *reason);

/* Waits `delay_ms` from now on for what `state` waits for. */
void chat_client_enter(chat_client *client, chat_state state, uint64_t delay_ms);

/* Sends a message, which is released.  NULL is one for which there was no memory. */
void chat_client_send(chat_client *client, json_t *message);

/* Does what one command asks for, and answers it. */
void chat_client_obey(chat_client *client, const json_t *command);

/* Leaves all rooms, and tells those who stay. */
void chat_client_leave_all(chat_client *client);

#endif /* HAWSER_CMD_CHAT_CLIENT_H */
