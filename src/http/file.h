/* SPDX-License-Identifier: MIT */
/* Static files below one folder, with no way out of it: every path is opened by the kernel with
 * openat2 and RESOLVE_BENEATH, so that neither "..", nor links, nor anything the decoder overlooked
 * leads outside. */
#ifndef HAWSER_HTTP_FILE_H
#define HAWSER_HTTP_FILE_H

#include "hawser/memory.h"
#include "hawser/request.h"

typedef struct hws_files hws_files;

/* Opens the folder.  Errors: HWS_ERR_NOT_FOUND (or not a folder), HWS_ERR_PERMISSION,
 * HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM (errno is kept; ENOSYS: the kernel has no openat2, which Linux
 * has had since 5.6). */
HWS_MUST_CHECK hws_status hws_files_open(const hws_memory *memory, const char *folder,
                                         hws_files **files);

/* Answers that are under way go on.  NULL is let pass. */
void hws_files_close(hws_files *files);

/* Answers a GET or HEAD for hws_request_path: regular files only, index.html for a folder (a
 * redirect to the path with "/" when it lacks one), types by extension, ETag and Last-Modified
 * with If-None-Match and If-Modified-Since, one range with If-Range; 404 for everything else that
 * is not there, 405 for other methods.  A name that begins with a dot is not there, but for
 * /.well-known (RFC 8615).  The bytes are read as the peer takes them, at most 64 KiB at once: so
 * long, and no longer, the loop may wait for the disk. */
void hws_files_respond(hws_files *files, hws_request *request);

#endif /* HAWSER_HTTP_FILE_H */
