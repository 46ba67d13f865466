/* SPDX-License-Identifier: MIT */
/* HTTP dates as they come in (RFC 9110 §5.6.7); hws_http_date_write makes those that go out. */
#ifndef HAWSER_HTTP_DATE_H
#define HAWSER_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/span.h"

/* Reads a date in any of the three forms:
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT     the one that is written today
 *     Sunday, 06-Nov-94 08:49:37 GMT    of a year at most 50 years ahead of `now`
 *     Sun Nov  6 08:49:37 1994
 *
 * The day of the week is not compared with the date.
 *
 * second, now  Seconds since 1970.
 *
 * Returns: false for anything else; `second` is then as it was. */
HWS_MUST_CHECK bool hws_http_date_read(hws_text text, int64_t now, int64_t *second);

#endif /* HAWSER_HTTP_DATE_H */
