/* SPDX-License-Identifier: MIT */
/* One system call that sends several runs of bytes on a socket, without waiting. */
#ifndef HAWSER_LOOP_SEND_H
#define HAWSER_LOOP_SEND_H

#include <stddef.h>
#include <stdint.h>

#include "hawser/span.h"

/* `count` is 1 to HWS_IO_SPANS_MAX.
 *
 * Returns: the bytes the kernel took, or -errno; -EAGAIN: it is full. */
int64_t hws_send(int fd, const hws_span *spans, size_t count);

/* After a failure: whatever was received before is still there to be read, and an end comes after
 * it. */
void hws_send_failed(int fd);

#endif /* HAWSER_LOOP_SEND_H */
