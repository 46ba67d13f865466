/* SPDX-License-Identifier: MIT */
/* Whether this machine lets us have a ring such as the library's: run when the tests are
 * configured; those of io_uring are left out where a sandbox or an old kernel refuses it. */
#include <liburing.h>

int main(void)
{
    struct io_uring ring;
    const unsigned flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    if (io_uring_queue_init(8, &ring, flags) < 0) return 1;
    io_uring_queue_exit(&ring);
    return 0;
}
