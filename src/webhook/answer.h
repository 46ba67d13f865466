/* SPDX-License-Identifier: MIT */
/* What a back end answers, from JSON to a decision:
 *
 *     {"result": {…}}  {"error": {"code": 403, "message": "no"}}  {"disconnect": {"code": 4500}}
 *
 * Strictly: what has the wrong type, or is out of its range, makes the whole answer wrong.  What is
 * not known is let pass, but told; null is as if it were not there. */
#ifndef HAWSER_WEBHOOK_ANSWER_H
#define HAWSER_WEBHOOK_ANSWER_H

#include <jansson.h>

#include "channel/writer.h"
#include "hawser/decision.h"

typedef struct hws_webhook_answer {
    const hws_memory *memory;
    json_t *body; /* that the decision points into */
    hws_writer info;
    hws_writer data;
    hws_writer meta;
    hws_text *channels;
    hws_decision_sub *subs;
    hws_writer *sub_writers; /* two for each of them */
    size_t sub_count;        /* read, of so many */
    size_t sub_max;
    hws_decision decision;
    const char *unknown; /* the first key that means something elsewhere, and nothing here; NULL */
} hws_webhook_answer;

void hws_webhook_answer_init(hws_webhook_answer *answer, const hws_memory *memory);

/* Errors: HWS_ERR_INVALID_ARGUMENT, HWS_ERR_NO_MEMORY; it is to be released then, too. */
HWS_MUST_CHECK hws_status hws_webhook_answer_read(hws_webhook_answer *answer,
                                                  hws_question_kind kind, hws_text text);

void hws_webhook_answer_release(hws_webhook_answer *answer);

#endif /* HAWSER_WEBHOOK_ANSWER_H */
