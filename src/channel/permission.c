/* SPDX-License-Identifier: MIT */
#include "channel/permission.h"

#include "channel/name.h"

static hws_error allow_if(bool is_allowed)
{
    return is_allowed ? HWS_ERROR_NONE : HWS_ERROR_PERMISSION_DENIED;
}

static bool is_among(const hws_guest *client, hws_who who, bool is_subscribed, bool has_token)
{
    switch (who) {
    case HWS_WHO_ALL:
        return true;
    case HWS_WHO_USERS:
        return client->user_size > 0;
    case HWS_WHO_SUBSCRIBERS:
        return is_subscribed;
    case HWS_WHO_TOKEN:
        return has_token;
    case HWS_WHO_HOOK: /* is asked before */
    case HWS_WHO_NOBODY:
    case HWS_WHO_DEFAULT:
        break;
    }
    return false;
}

/* Its name binds a personal channel to its users, whatever the namespace or a token says. */
hws_error hws_permission_subscribe(const hws_guest *client, const hws_policy *policy,
                                   hws_text channel, bool has_token)
{
    if (hws_channel_is_personal(channel))
        return allow_if(policy->subscribe != HWS_WHO_NOBODY &&
                        (policy->subscribe != HWS_WHO_HOOK || has_token) &&
                        hws_channel_is_of_user(channel, hws_guest_user(client)));
    const bool is_allowed = (has_token && policy->subscribe != HWS_WHO_NOBODY) ||
                            is_among(client, policy->subscribe, false, has_token);
    return allow_if(is_allowed);
}

bool hws_permission_may_ask_subscribe(const hws_guest *client, const hws_policy *policy,
                                      hws_text channel)
{
    return policy->subscribe == HWS_WHO_HOOK &&
           (!hws_channel_is_personal(channel) ||
            hws_channel_is_of_user(channel, hws_guest_user(client)));
}

bool hws_permission_may_ask_publish(const hws_guest *client, const hws_policy *policy,
                                    hws_text channel)
{
    return policy->publish == HWS_WHO_HOOK &&
           (!hws_channel_is_personal(channel) || hws_guest_subscription(client, channel));
}

hws_error hws_permission_publish(const hws_guest *client, const hws_policy *policy,
                                 hws_text channel)
{
    const bool is_subscribed = hws_guest_subscription(client, channel) != NULL;
    if (hws_channel_is_personal(channel) && !is_subscribed) return HWS_ERROR_PERMISSION_DENIED;
    return allow_if(is_among(client, policy->publish, is_subscribed, false));
}

/* Who could subscribe and look then may as well look at once. */
hws_error hws_permission_look(const hws_guest *client, const hws_policy *policy, hws_text channel,
                              bool is_offered)
{
    if (!hws_guest_subscription(client, channel)) {
        const hws_error error = hws_permission_subscribe(client, policy, channel, false);
        if (error != HWS_ERROR_NONE) return error;
    }
    return is_offered ? HWS_ERROR_NONE : HWS_ERROR_NOT_AVAILABLE;
}
