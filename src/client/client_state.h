/* SPDX-License-Identifier: MIT */
/* What the parts of a client share. */
#ifndef HAWSER_CLIENT_CLIENT_STATE_H
#define HAWSER_CLIENT_CLIENT_STATE_H

#include "client/client.h"

static inline const hws_client_options *hws_client_options_of(const hws_client *client)
{
    return &client->settings->options;
}

static inline hws_websocket hws_client_handle(const hws_client *client)
{
    return hws_session_handle(&client->session);
}

static inline uint64_t hws_client_now_ms(const hws_client *client)
{
    return hws_loop_now_ms(client->home->loop);
}

static inline void hws_client_set_alarm(hws_client *client, uint64_t at_ms)
{
    /* It is set already, and so needs no memory. */
    (void)!hws_alarm_set(&client->alarm, client->home->loop, at_ms);
}

/* Readies the plan of its session.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_client_plan(hws_client *client);

/* Asks the program, and then tries. */
void hws_client_attempt(hws_client *client);

/* A connection, or an attempt at one, came to its end: the client waits to try again, or ends.
 *
 * open_ms        How long the connection was open; 0: it never was.
 * retry_after_s  What the server wants at least; 0: nothing. */
void hws_client_lose(hws_client *client, const hws_close *close, uint64_t open_ms,
                     uint32_t retry_after_s);

/* The same of an attempt that came to nothing here. */
void hws_client_fail(hws_client *client, hws_status status, const char *text);

/* The code of a connection that ended here. */
int hws_client_local_code(hws_status status);

/* It is over: on_close. */
void hws_client_end(hws_client *client, const hws_close *close);

/* Nothing is left of its session, and so of the client. */
void hws_client_finished(hws_session *session);

/* A message that waited for a connection is not going to be sent. */
void hws_client_tell_drop(const hws_client *client, const hws_message *message);

#endif /* HAWSER_CLIENT_CLIENT_STATE_H */
