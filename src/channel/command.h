/* SPDX-License-Identifier: MIT */
/* The commands of a client.  Every one has an id, which its reply repeats.  What a command may not
 * do is answered with an error; who breaks the protocol itself is disconnected. */
#ifndef HAWSER_CHANNEL_COMMAND_H
#define HAWSER_CHANNEL_COMMAND_H

#include <jansson.h>

#include "channel/error.h"
#include "channel/guest.h"

/* One command on its way to its answer. */
typedef struct hws_command {
    hws_guest *client;
    uint64_t id;
    const char *method;       /* its name in the reply */
    const json_t *parameters; /* an object; lives until the command returns */
    const hws_policy *policy; /* publish: of its channel */
} hws_command;

/* Does what one command asks for, and answers it, now or later. */
void hws_command_obey(hws_guest *client, const json_t *object);

/* Answers one without having looked at what it asks for. */
void hws_command_refuse(hws_guest *client, const json_t *object, hws_error error);

/* Answers.  `result` is JSON. */
void hws_command_succeed(const hws_command *command, hws_text result);
void hws_command_fail(const hws_command *command, hws_error error);
void hws_command_fail_with(const hws_command *command, int code, hws_text message,
                           bool is_temporary);

/* A copy for an answer that may come later, with a reference to the client and without parameters;
 * NULL when there is no memory, which was answered.  _end gives it back. */
hws_command *hws_command_keep(const hws_command *command);
void hws_command_end(hws_command *kept);

/* The channel that it names, and its namespace; false after an error was answered. */
bool hws_command_channel(const hws_command *command, hws_text *channel, const hws_policy **policy);

/* The token of a subscription, if the command has one and there are keys: for this channel, this
 * user and this client, or an error. */
hws_error hws_command_claims(const hws_command *command, hws_text channel, hws_claims *claims);

/* In command_connect.c, command_subscribe.c, command_publish.c, and so on. */
void hws_command_connect(const hws_command *command);
void hws_command_subscribe(const hws_command *command);
void hws_command_unsubscribe(const hws_command *command);
void hws_command_publish(const hws_command *command);
void hws_command_refresh(const hws_command *command);
void hws_command_sub_refresh(const hws_command *command);
void hws_command_rpc(const hws_command *command);
void hws_command_presence(const hws_command *command);
void hws_command_presence_stats(const hws_command *command);
void hws_command_history(const hws_command *command);

#endif /* HAWSER_CHANNEL_COMMAND_H */
