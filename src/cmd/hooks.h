/* SPDX-License-Identifier: MIT */
/* Webhooks as options of hawser serve: which back end decides what in channels. */
#ifndef HAWSER_CMD_HOOKS_H
#define HAWSER_CMD_HOOKS_H

#include "cmd/log.h"
#include "cmd/options.h"
#include "hawser/hawser.h"

enum { HOOKS_RULE_COUNT = 13 };

/* The texts lie in argv, or in the configuration file. */
typedef struct hooks {
    const char *urls[HWS_QUESTION_KIND_COUNT]; /* NULL: that is not asked */
    uint64_t timeout_ms;
    uint64_t connection_count_max;
    uint64_t waiting_count_max;
    uint64_t failure_count_max;
    uint64_t pause_ms;
    option_texts headers; /* "NAME: VALUE" */
    option_texts forward;
    const char *authorities; /* NULL: those of the system */
    hws_tls_options tls;     /* of hooks_open, for as long as the webhooks live */
} hooks;

/* The part of --help about them. */
extern const char hooks_help[];

/* The rules that set `it`. */
void hooks_rules(hooks *it, option_rule rules[HOOKS_RULE_COUNT]);

/* Whether there are any. */
bool hooks_are_wanted(const hooks *it);

/* Makes them; NULL when none are wanted.
 *
 * Errors: as hws_webhooks_new, which `explain` is for. */
hws_status hooks_open(hooks *it, log_sink *log, char *explain, size_t explain_size,
                      hws_webhooks **webhooks);

#endif /* HAWSER_CMD_HOOKS_H */
