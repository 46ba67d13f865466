/* SPDX-License-Identifier: MIT */
#include "hawser/version.h"

const char *hws_version(void)
{
    return HWS_VERSION;
}
