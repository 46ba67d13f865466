/* SPDX-License-Identifier: MIT */
/* Questions as HTTP requests: a head that is the same for all of one kind, the headers that go on
 * from the client, and JSON. */
#ifndef HAWSER_WEBHOOK_REQUEST_H
#define HAWSER_WEBHOOK_REQUEST_H

#include "channel/writer.h"
#include "hawser/url.h"
#include "hawser/webhook.h"

/* Whether headers may be fixed, and forwarded: they are headers, none of them ours, none of them
 * both.  Returns: NULL, or what is wrong, for which `explain` is used. */
const char *hws_webhook_headers_mistake(const hws_webhook_options *options, char *explain,
                                        size_t explain_size);

/* Up to the headers that go on. */
void hws_webhook_write_head(hws_writer *to, const hws_url *url, const hws_header *headers,
                            size_t header_count);

/* A whole request. */
void hws_webhook_write_request(hws_writer *to, hws_text head, const char *const *forward,
                               const hws_question *question);

#endif /* HAWSER_WEBHOOK_REQUEST_H */
