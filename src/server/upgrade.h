/* SPDX-License-Identifier: MIT */
/* From a request to a WebSocket (RFC 6455 §4.2): checked, decided upon, answered with 101. */
#ifndef HAWSER_SERVER_UPGRADE_H
#define HAWSER_SERVER_UPGRADE_H

#include "server/visit.h"

/* Whether the request means to become a WebSocket, rightly or not. */
bool hws_upgrade_is_asked(const hws_request *request);

/* Checks the request, and asks the route's on_upgrade, or accepts.  Answers in every case, now or
 * when on_upgrade's decision comes. */
void hws_upgrade_begin(hws_visit *visit, const hws_service *service, hws_request *request);

#endif /* HAWSER_SERVER_UPGRADE_H */
