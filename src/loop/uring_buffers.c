/* SPDX-License-Identifier: MIT */
/* The buffers that the kernel receives into, whoever it receives for: an idle connection has none.
 *
 * They lie side by side behind the ring that hands them to the kernel.  Since Linux 6.12 they are
 * few and large, and filled by one receive after the other: much that one peer sent lies in one
 * piece, and what is short takes no more than it has.  Before, each receive takes a buffer of its
 * own, and there are many.  Either way what was received is used up when its callback has returned,
 * and completions come in the order of the bytes. */
#include <errno.h>
#include <stddef.h>

#include "base/memory.h"
#include "loop/uring.h"

enum {
    LARGE_SIZE = 798720,     /* three times 256 KiB, and the heads of their frames */
    LARGE_SIZE_MIN = 262144, /* with less there would be too little in all */
    SMALL_COUNT = 256,
    SMALL_SIZE_MAX = 20480, /* 16 KiB, and what frames them */
    PAGE = 4096,            /* of the kernel's, at least; the ring must begin at one */
    GROUP = 0,

    /* Newer liburings have the names. */
    FILLED_BY_AND_BY = 2,      /* IOU_PBUF_RING_INC */
    MORE_WILL_FOLLOW = 1 << 4, /* IORING_CQE_F_BUF_MORE */
};

static uint8_t *buffer_at(const hws_uring_buffers *buffers, unsigned index)
{
    return buffers->bytes + (size_t)index * buffers->size;
}

static void give(hws_uring_buffers *buffers, unsigned index)
{
    if (buffers->are_large) buffers->filled[index] = 0;
    io_uring_buf_ring_add(buffers->ring, buffer_at(buffers, index), buffers->size,
                          (unsigned short)index, io_uring_buf_ring_mask(buffers->count), 0);
    io_uring_buf_ring_advance(buffers->ring, 1);
}

static unsigned index_of(unsigned flags)
{
    return flags >> IORING_CQE_BUFFER_SHIFT;
}

/* Where the bytes of a completion begin, if all before it have been seen. */
static uint8_t *begin_of(const hws_uring_buffers *buffers, unsigned flags)
{
    const unsigned index = index_of(flags);
    return buffer_at(buffers, index) + (buffers->are_large ? buffers->filled[index] : 0);
}

/* Buffers are given back in the order in which they were filled, so that what does not fit into one
 * goes on in its neighbour, but for the last. */
bool hws_uring_join(hws_uring *self, unsigned flags, size_t size, unsigned next_flags,
                    size_t next_size)
{
    hws_uring_buffers *buffers = &self->buffers;
    const bool is_cut = buffers->are_large && !(flags & MORE_WILL_FOLLOW) &&
                        (flags & next_flags & IORING_CQE_F_BUFFER);
    if (!is_cut || buffers->joined_size + size + next_size > buffers->size) return false;
    if (begin_of(buffers, flags) + size != begin_of(buffers, next_flags)) return false;
    buffers->joined_size += (uint32_t)size;
    buffers->joined_count++;
    return true;
}

hws_span hws_uring_bytes(const hws_uring *self, unsigned flags, size_t size)
{
    const hws_uring_buffers *buffers = &self->buffers;
    const size_t joined = buffers->joined_size;
    return (hws_span){begin_of(buffers, flags) - joined, joined + size};
}

void hws_uring_drop(hws_uring *self, unsigned flags, size_t size)
{
    hws_uring_buffers *buffers = &self->buffers;
    const unsigned index = index_of(flags);
    if (!(flags & IORING_CQE_F_BUFFER)) return;
    for (unsigned i = buffers->joined_count; i > 0; i--) give(buffers, index - i);
    buffers->joined_size = buffers->joined_count = 0;
    if (flags & MORE_WILL_FOLLOW)
        buffers->filled[index] += (uint32_t)size;
    else
        give(buffers, index);
}

static void *next_page(void *block)
{
    uint8_t *at = block;
    return at + (PAGE - (uintptr_t)at % PAGE) % PAGE;
}

/* They have no name in liburing 2.3, but a place, which has to be 0 for kernels that know none. */
static void set_flags(struct io_uring_buf_reg *registration, uint16_t flags)
{
    const size_t at = offsetof(struct io_uring_buf_reg, bgid) + sizeof registration->bgid;
    memcpy((uint8_t *)registration + at, &flags, sizeof flags);
}

/* Errors: HWS_ERR_NO_MEMORY; HWS_ERR_BACKEND. */
static hws_status provide(hws_uring *self, uint32_t count, uint32_t size, uint16_t flags)
{
    hws_uring_buffers *buffers = &self->buffers;
    const size_t ring_size = count * sizeof(struct io_uring_buf);
    *buffers = (hws_uring_buffers){.count = count,
                                   .size = size,
                                   .are_large = flags != 0,
                                   .block_size = PAGE + ring_size + (size_t)count * size};
    /* Touched now, rather than by the connections that come first. */
    buffers->block = hws_memory_new_zeroed(self->loop->memory, buffers->block_size);
    if (!buffers->block) return HWS_ERR_NO_MEMORY;
    buffers->ring = next_page(buffers->block);
    buffers->bytes = (uint8_t *)buffers->ring + ring_size;

    struct io_uring_buf_reg registration = {
        .ring_addr = (uintptr_t)buffers->ring, .ring_entries = count, .bgid = GROUP};
    set_flags(&registration, flags);
    const int result = io_uring_register_buf_ring(&self->ring, &registration, 0);
    if (result < 0) {
        errno = -result;
        return HWS_ERR_BACKEND;
    }
    io_uring_buf_ring_init(buffers->ring);
    for (unsigned i = 0; i < count; i++) give(buffers, i);
    return HWS_OK;
}

hws_status hws_uring_buffers_init(hws_uring *self)
{
    const uint32_t asked = self->loop->receive_size;
    const uint32_t size = asked > 0 && asked < LARGE_SIZE ? asked : LARGE_SIZE;
    if (size >= LARGE_SIZE_MIN) {
        const hws_status status = provide(self, HWS_URING_LARGE_COUNT, size, FILLED_BY_AND_BY);
        if (status != HWS_ERR_BACKEND || errno != EINVAL) return status;
        hws_uring_buffers_release(self);
    }
    return provide(self, SMALL_COUNT, size < SMALL_SIZE_MAX ? size : SMALL_SIZE_MAX, 0);
}

void hws_uring_buffers_release(hws_uring *self)
{
    hws_memory_free(self->loop->memory, self->buffers.block, self->buffers.block_size);
    self->buffers.block = NULL;
}
