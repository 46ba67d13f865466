/* SPDX-License-Identifier: MIT */
/* A question about a client on its way to somebody who decides, and what waits for the decision.
 *
 *     command ──▶ asked ──decision──▶ applied ──▶ what came meanwhile, in its order
 *                   └── the client goes ──▶ cancelled
 *
 * A client has at most one question of a command, and one of its refresh besides. */
#ifndef HAWSER_CHANNEL_QUESTION_H
#define HAWSER_CHANNEL_QUESTION_H

#include "base/buffer.h"
#include "channel/command.h"

/* Does what a decision allows. */
typedef void hws_question_apply(hws_question *question, const hws_decision *decision);

struct hws_question {
    hws_command command; /* its client, with a reference; of a refresh nothing else */
    json_t *parameters;  /* the command's, with a reference; NULL of a refresh */
    hws_question_kind kind;
    hws_question_apply *apply;
    hws_text channel;
    hws_text method;
    hws_writer data;
    void *context;
    bool is_being_asked; /* on_question runs */
    bool is_answered;
    hws_buffer backlog; /* lines that came meanwhile */
    hws_deferred resume;
};

bool hws_question_is_asked(const hws_hub *hub, hws_question_kind kind);

/* Asks, and answers the command now or later. */
void hws_question_ask(const hws_command *command, hws_question_kind kind,
                      hws_question_apply *apply);

/* Asks whether the client may stay. */
void hws_question_ask_refresh(hws_guest *client);

/* Keeps lines for later.  Errors: HWS_ERR_LIMIT, HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_question_hold(hws_question *question, hws_text lines);

/* Its client goes.  NULL is let pass. */
void hws_question_cancel(hws_question *question);

/* As hws_question_answer, of JSON that is compact already: without line breaks above all. */
HWS_MUST_CHECK hws_status hws_question_settle(hws_question *question, const hws_decision *decision);

#endif /* HAWSER_CHANNEL_QUESTION_H */
