/* SPDX-License-Identifier: MIT */
/* The errors of the protocol: the same for clients and for back ends. */
#ifndef HAWSER_CHANNEL_ERROR_H
#define HAWSER_CHANNEL_ERROR_H

#include "channel/writer.h"
#include "hawser/status.h"

/* X(name, code, text) */
#define HWS_ERROR_MAP(X)                                                                           \
    X(INTERNAL, 100, "internal server error")                                                      \
    X(UNAUTHORIZED, 101, "unauthorized")                                                           \
    X(UNKNOWN_CHANNEL, 102, "unknown channel")                                                     \
    X(PERMISSION_DENIED, 103, "permission denied")                                                 \
    X(METHOD_NOT_FOUND, 104, "method not found")                                                   \
    X(ALREADY_SUBSCRIBED, 105, "already subscribed")                                               \
    X(LIMIT_EXCEEDED, 106, "limit exceeded")                                                       \
    X(BAD_REQUEST, 107, "bad request")                                                             \
    X(NOT_AVAILABLE, 108, "not available")                                                         \
    X(TOKEN_EXPIRED, 109, "token expired")                                                         \
    X(EXPIRED, 110, "expired")                                                                     \
    X(TOO_MANY_REQUESTS, 111, "too many requests")                                                 \
    X(UNRECOVERABLE_POSITION, 112, "unrecoverable position")

typedef enum hws_error {
    HWS_ERROR_NONE = 0,
#define HWS_ERROR_ENUM(name, code, text) HWS_ERROR_##name = (code),
    HWS_ERROR_MAP(HWS_ERROR_ENUM)
#undef HWS_ERROR_ENUM
} hws_error;

const char *hws_error_text(hws_error error);

/* What a failure of ours is to them. */
hws_error hws_error_of(hws_status status);

/* {"code":…,"message":…}, with "temporary":true for what may go away by itself. */
void hws_write_error(hws_writer *writer, hws_error error);

#endif /* HAWSER_CHANNEL_ERROR_H */
