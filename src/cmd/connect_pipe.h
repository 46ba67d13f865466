/* SPDX-License-Identifier: MIT */
/* The standard input of a script, on its way into a WebSocket: each line a text, or all of it one
 * binary message.
 *
 * What does not fit into the buffer leaves in parts: a line may be larger than memory.  When the
 * WebSocket says that what was sent waits, nothing is read until it has left. */
#ifndef HAWSER_CMD_CONNECT_PIPE_H
#define HAWSER_CMD_CONNECT_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/websocket.h"

enum { CONNECT_PIPE_SIZE = 65536 };

/* `fd` and `is_binary` are set by who makes it; the rest is zero. */
typedef struct connect_pipe {
    int fd;
    bool is_binary;
    bool is_within; /* a message of which parts have been sent */
    bool is_held;   /* until on_drain or on_open */
    bool has_ended; /* all has been read */
    bool is_done;   /* and sent */
    uint64_t message_count;
    size_t begin; /* of what was read and not sent, in the buffer */
    size_t end;
    uint8_t buffer[CONNECT_PIPE_SIZE];
} connect_pipe;

/* Whether to watch `fd` for input. */
static inline bool connect_pipe_wants_input(const connect_pipe *pipe)
{
    return !pipe->has_ended && !pipe->is_held;
}

/* Reads once, and sends what is whole.
 *
 * Errors: HWS_ERR_SYSTEM: reading failed, errno says why; those of hws_websocket_send. */
hws_status connect_pipe_read(connect_pipe *pipe, hws_websocket ws);

/* The WebSocket takes messages, or takes them again.  Errors: as above. */
hws_status connect_pipe_resume(connect_pipe *pipe, hws_websocket ws);

#endif /* HAWSER_CMD_CONNECT_PIPE_H */
