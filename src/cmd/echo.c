/* SPDX-License-Identifier: MIT */
/* The echo: sends every message back as it came. */
#include "cmd/echo.h"

/* The server stops reading from a peer whose send queue is full, so a refused echo is rare; then
 * the WebSocket is closed, because an echo that skips a message would lie. */
static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    const hws_status status = hws_websocket_send(ws, message);
    if (status >= 0 || status == HWS_ERR_NOT_OPEN) return;
    (void)hws_websocket_close(ws, hws_status_close_code(status), hws_status_text(status));
}

hws_route echo_route(const char *path, uint64_t message_size_max)
{
    return (hws_route){
        .path = path,
        .on_message = on_message,
        .message_size_max = message_size_max,
    };
}
