/* SPDX-License-Identifier: MIT */
/* For demonstration: the namespaces that the pages speak in, while a server has none of its own. */
#ifndef HAWSER_CMD_DEMO_H
#define HAWSER_CMD_DEMO_H

#include <stddef.h>

#include "hawser/channel.h"

/* Each is one page's: "quotes:…" is what /quotes shows. */
extern const hws_namespace demo_namespaces[];
extern const size_t demo_namespace_count;

#endif /* HAWSER_CMD_DEMO_H */
