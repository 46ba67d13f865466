/* SPDX-License-Identifier: MIT */
/* What an application has said about topics (hws_server_set_topic), as one loop knows it. */
#ifndef HAWSER_SERVER_RULE_H
#define HAWSER_SERVER_RULE_H

#include "server/topic.h"

typedef struct hws_rules {
    hws_table exact;
    hws_patterns patterns;
    hws_topics *topics;    /* whose interest a rule that retains takes */
    struct hws_rule *last; /* all of them, the first set last; each stays until the end */
    uint64_t set_count;    /* numbers them by when they were set */
} hws_rules;

void hws_rules_init(hws_rules *rules, const hws_memory *memory, hws_topics *topics);
void hws_rules_release(hws_rules *rules);

/* Of a topic or, when the options say so, of a pattern.  Errors: HWS_ERR_NO_MEMORY, and nothing has
 * changed. */
HWS_MUST_CHECK hws_status hws_rules_set(hws_rules *rules, hws_text name,
                                        const hws_topic_options *options);

/* Those of the topic itself, else of the pattern that was set last, else none: all zero. */
const hws_topic_options *hws_rules_find(const hws_rules *rules, const hws_topic_name *topic);

#endif /* HAWSER_SERVER_RULE_H */
