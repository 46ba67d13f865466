/* SPDX-License-Identifier: MIT */
/* Random bytes, fetched by the page and wiped as they are handed out.
 *
 * The kernel wipes the page in a child after fork, so that parent and child never share a byte: an
 * empty page reads as one that is used up. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/try.h"
#include "loop/state.h"

enum { PAGE_SIZE = 4096 };

struct hws_random_page {
    uint32_t left; /* bytes not handed out yet: the last ones */
    uint8_t bytes[PAGE_SIZE - sizeof(uint32_t)];
};

hws_status hws_random_init(hws_loop *loop)
{
    void *page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return HWS_ERR_NO_MEMORY;
    if (madvise(page, PAGE_SIZE, MADV_WIPEONFORK) < 0) { /* before Linux 4.14: no batches then */
        munmap(page, PAGE_SIZE);
        page = NULL;
    }
    loop->random = page;
    return HWS_OK;
}

void hws_random_release(hws_loop *loop)
{
    if (!loop->random) return;
    explicit_bzero(loop->random, PAGE_SIZE);
    munmap(loop->random, PAGE_SIZE);
}

hws_status hws_random_fetch(void *to, size_t size)
{
    uint8_t *bytes = to;
    while (size > 0) {
        const ssize_t got = getrandom(bytes, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return HWS_ERR_RANDOM;
        bytes += got;
        size -= (size_t)got;
    }
    return HWS_OK;
}

hws_status hws_loop_random(hws_loop *loop, void *bytes, size_t size)
{
    hws_random_page *page = loop->random;
    if (!page || size > sizeof page->bytes) return hws_random_fetch(bytes, size);
    if (size > page->left) {
        page->left = 0; /* a failure leaves nothing half new */
        HWS_TRY(hws_random_fetch(page->bytes, sizeof page->bytes));
        page->left = sizeof page->bytes;
    }
    uint8_t *from = page->bytes + sizeof page->bytes - page->left;
    memcpy(bytes, from, size);
    explicit_bzero(from, size);
    page->left -= (uint32_t)size;
    return HWS_OK;
}
