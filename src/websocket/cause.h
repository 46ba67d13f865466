/* SPDX-License-Identifier: MIT */
/* Why a WebSocket ended, in words for a person: one line. */
#ifndef HAWSER_WEBSOCKET_CAUSE_H
#define HAWSER_WEBSOCKET_CAUSE_H

#include "hawser/endpoint.h"

enum { HWS_CAUSE_SIZE_MAX = 512 }; /* bytes, terminated */

/* Writes close->cause with what else is known: the code and the reason of the peer, for how long
 * we waited.  What the peer said is made harmless for a terminal and a log. */
void hws_cause_describe(const hws_close *close, const hws_endpoint_options *options,
                        char words[HWS_CAUSE_SIZE_MAX]);

/* What a close code means, such as "going away"; "" for one that has no name. */
const char *hws_cause_code_name(int code);

/* Copies what a peer said to the end of `words`, in quotation marks, `text_max` bytes of it at
 * most; controls and what is not UTF-8 become "?". */
void hws_cause_quote(char words[HWS_CAUSE_SIZE_MAX], hws_text text, size_t text_max);

#endif /* HAWSER_WEBSOCKET_CAUSE_H */
