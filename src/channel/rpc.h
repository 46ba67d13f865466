/* SPDX-License-Identifier: MIT */
#ifndef HAWSER_CHANNEL_RPC_H
#define HAWSER_CHANNEL_RPC_H

#include "channel/command.h"

struct hws_rpc {
    const hws_command *command;
    hws_text method;
    hws_text data;
    bool is_answered;
};

#endif /* HAWSER_CHANNEL_RPC_H */
