/* SPDX-License-Identifier: MIT */
/* Where the pictures of the chat come in and go out: /hawser/pictures/NAME. */
#ifndef HAWSER_CMD_PICTURE_ROUTE_H
#define HAWSER_CMD_PICTURE_ROUTE_H

#include "cmd/picture.h"
#include "hawser/server.h"

/* What stands before a picture's name. */
extern const char picture_path[];

/* To stand before page_loaded_route.  Lifetime: that of `it`. */
hws_route picture_route(pictures *it);

#endif /* HAWSER_CMD_PICTURE_ROUTE_H */
