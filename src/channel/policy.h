/* SPDX-License-Identifier: MIT */
/* The namespaces of a hub, and what they allow. */
#ifndef HAWSER_CHANNEL_POLICY_H
#define HAWSER_CHANNEL_POLICY_H

#include "hawser/channel.h"

/* A namespace with its defaults filled in. */
typedef struct hws_policy {
    char name[HWS_NAMESPACE_SIZE_MAX + 1]; /* "": of channels without a namespace */
    uint32_t history_size;
    uint32_t history_ttl_ms;
    uint32_t max_rate;
    uint32_t batch_interval_ms;
    uint32_t max_message;
    hws_who publish;
    hws_who subscribe;
    bool recovery;
    bool presence;
    bool join_leave;
} hws_policy;

typedef struct hws_policies {
    hws_policy list[HWS_NAMESPACE_MAX + 1];
    size_t count;
} hws_policies;

/* `is_guarded`: somebody looks at who connects, and what the options leave open stays closed.
 * Errors: HWS_ERR_INVALID_ARGUMENT, and `explain` says why. */
HWS_MUST_CHECK hws_status hws_policies_init(hws_policies *policies, const hws_hub_options *options,
                                            bool is_guarded, char *explain, size_t explain_size);

/* NULL: there is no such namespace. */
const hws_policy *hws_policies_find(const hws_policies *policies, hws_text channel);

#endif /* HAWSER_CHANNEL_POLICY_H */
