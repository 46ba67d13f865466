/* SPDX-License-Identifier: MIT */
/* The media type of a file, by the extension of its name. */
#ifndef HAWSER_HTTP_MIME_H
#define HAWSER_HTTP_MIME_H

#include "hawser/span.h"

/* "text/html; charset=utf-8" for "index.html"; "application/octet-stream" for the unknown. */
const char *hws_mime_type(hws_text name);

#endif /* HAWSER_HTTP_MIME_H */
