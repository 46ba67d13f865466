/* SPDX-License-Identifier: MIT */
/* How far the bytes at the front of a head belong to one part of it.
 *
 * Eight at a time, up to the first that is not what most are: a letter or a dash in a name, no tab
 * in a value.  From there on byte by byte, which alone decides. */
#ifndef HAWSER_WIRE_HTTP_RUN_H
#define HAWSER_WIRE_HTTP_RUN_H

#include "hawser/span.h"

/* tchar (RFC 9110 §5.6.2): of a method, or of the name of a field. */
size_t hws_http_run_token(hws_span input);

/* What a target may have: visible ASCII, and no "#".  What is not in it is refused wherever it
 * stands: nobody agrees on what it means. */
size_t hws_http_run_target(hws_span input);

/* What a value may have (RFC 9110 §5.5): what is visible, space, tab, and all from 0x80 on. */
size_t hws_http_run_value(hws_span input);

#endif /* HAWSER_WIRE_HTTP_RUN_H */
