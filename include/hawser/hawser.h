/* SPDX-License-Identifier: MIT */
/* All of Hawser: WebSocket in C, both ends. */
#ifndef HAWSER_HAWSER_H
#define HAWSER_HAWSER_H

#include "hawser/endpoint.h"
#include "hawser/export.h"
#include "hawser/loop.h"
#include "hawser/memory.h"
#include "hawser/message.h"
#include "hawser/request.h"
#include "hawser/server.h"
#include "hawser/span.h"
#include "hawser/status.h"
#include "hawser/websocket.h"

#define HWS_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that is linked, which may be newer than HWS_VERSION. */
HWS_API const char *hws_version(void);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_HAWSER_H */
