/* SPDX-License-Identifier: MIT */
/* What the admin page is told, as JSON: pure, but for what the process has used. */
#ifndef HAWSER_CMD_ADMIN_FIGURES_H
#define HAWSER_CMD_ADMIN_FIGURES_H

#include <jansson.h>

#include "hawser/hawser.h"

enum { ADMIN_TOP_COUNT = 20 };

/* Gauges and totals at one moment: rates are the differences of two.  NULL: no memory. */
json_t *admin_figures(uint64_t now_ms, const hws_metrics *of_server, const hws_hub_metrics *hub);

/* What is too much to be kept: the top channels, namespaces, and totals by code.  NULL: no
 * memory. */
json_t *admin_details(uint64_t now_ms, hws_hub *watched, const hws_hub_metrics *now);

#endif /* HAWSER_CMD_ADMIN_FIGURES_H */
