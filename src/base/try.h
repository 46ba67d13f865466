/* SPDX-License-Identifier: MIT */
/* The one macro with control flow in it. */
#ifndef HAWSER_BASE_TRY_H
#define HAWSER_BASE_TRY_H

#include "hawser/status.h"

/* Returns from the calling function if `call` fails. */
#define HWS_TRY(call)                                                                              \
    do {                                                                                           \
        const hws_status try_status_ = (call);                                                     \
        if (try_status_ < HWS_OK) return try_status_;                                              \
    } while (0)

#endif /* HAWSER_BASE_TRY_H */
