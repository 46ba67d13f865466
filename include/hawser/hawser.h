/* SPDX-License-Identifier: MIT */
/* All that a server needs.  The protocol's parts, for those who want them alone, have headers of
 * their own: frame.h, utf8.h, url.h, http_head.h, handshake.h. */
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
#include "hawser/version.h"
#include "hawser/websocket.h"

#endif /* HAWSER_HAWSER_H */
