/* SPDX-License-Identifier: MIT */
#ifndef HAWSER_CHANNEL_QUERY_H
#define HAWSER_CHANNEL_QUERY_H

#include "channel/writer.h"

/* Writes the value of the first parameter of that name, decoded as a form's: "+" is a space, "%2B"
 * a plus.  An absent one is empty.
 *
 * Returns: false if it is malformed, or there is no memory. */
bool hws_query_read(hws_text query, const char *name, hws_writer *to);

#endif /* HAWSER_CHANNEL_QUERY_H */
