/* SPDX-License-Identifier: MIT */
/* Where a redirect leads, as text that may stand in a header. */
#ifndef HAWSER_HTTP_LOCATION_H
#define HAWSER_HTTP_LOCATION_H

#include "base/buffer.h"

/* Writes the reference to the folder `path` (decoded, without a "/" at its end): escaped anew, "/"
 * added, the query (as it was sent; may be absent) behind it, terminated.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT: a path that begins with "//" would lead to another host;
 *         HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_location_write(hws_buffer *location, const hws_memory *memory,
                                             hws_text path, hws_text query);

#endif /* HAWSER_HTTP_LOCATION_H */
