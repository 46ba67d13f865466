/* SPDX-License-Identifier: MIT */
/* A part of a file as the body of an answer. */
#ifndef HAWSER_HTTP_FILE_SOURCE_H
#define HAWSER_HTTP_FILE_SOURCE_H

#include "hawser/memory.h"
#include "hawser/status.h"
#include "http/source.h"

/* Read with pread in pieces of at most 64 KiB, on the loop's thread: for so long, and no longer,
 * does the loop wait for the disk in one go.
 *
 * Owns: `fd`, also when it fails.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_file_source_new(const hws_memory *memory, int fd, uint64_t offset,
                                              uint64_t size, hws_source **source);

#endif /* HAWSER_HTTP_FILE_SOURCE_H */
