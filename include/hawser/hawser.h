/* SPDX-License-Identifier: MIT */
/* All that a server and a client need.  The protocol's parts, for those who want them alone, have
 * headers of their own: frame.h, utf8.h, url.h, http_head.h, handshake.h. */
#ifndef HAWSER_HAWSER_H
#define HAWSER_HAWSER_H

#include "hawser/channel.h"
#include "hawser/channel_metrics.h"
#include "hawser/client.h"
#include "hawser/decision.h"
#include "hawser/deflate.h"
#include "hawser/endpoint.h"
#include "hawser/export.h"
#include "hawser/header.h"
#include "hawser/limits.h"
#include "hawser/loop.h"
#include "hawser/memory.h"
#include "hawser/message.h"
#include "hawser/metrics.h"
#include "hawser/request.h"
#include "hawser/server.h"
#include "hawser/span.h"
#include "hawser/status.h"
#include "hawser/step.h"
#include "hawser/tls.h"
#include "hawser/topic.h"
#include "hawser/version.h"
#include "hawser/webhook.h"
#include "hawser/websocket.h"

#endif /* HAWSER_HAWSER_H */
