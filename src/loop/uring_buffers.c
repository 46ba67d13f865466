/* SPDX-License-Identifier: MIT */
/* The buffers that the kernel receives into, whoever it receives for: an idle connection has none.
 *
 * They lie side by side behind the ring that hands them to the kernel; each goes back as soon as
 * the callback that saw it has returned. */
#include <errno.h>

#include "base/memory.h"
#include "loop/uring.h"

enum {
    BUFFER_COUNT = 256,      /* a power of two */
    BUFFER_SIZE_MAX = 20480, /* 16 KiB, and what frames them */
    PAGE = 4096,             /* of the kernel's, at least; the ring must begin at one */
    GROUP = 0,
};

uint8_t *hws_uring_buffer(const hws_uring *self, unsigned index)
{
    return self->buffers.bytes + (size_t)index * self->buffers.size;
}

void hws_uring_buffer_free(hws_uring *self, unsigned index)
{
    struct io_uring_buf_ring *ring = self->buffers.ring;
    io_uring_buf_ring_add(ring, hws_uring_buffer(self, index), self->buffers.size,
                          (unsigned short)index, io_uring_buf_ring_mask(BUFFER_COUNT), 0);
    io_uring_buf_ring_advance(ring, 1);
}

static void *next_page(void *block)
{
    uint8_t *at = block;
    return at + (PAGE - (uintptr_t)at % PAGE) % PAGE;
}

static hws_status hand_over(hws_uring *self)
{
    struct io_uring_buf_reg registration = {
        .ring_addr = (uintptr_t)self->buffers.ring, .ring_entries = BUFFER_COUNT, .bgid = GROUP};
    const int result = io_uring_register_buf_ring(&self->ring, &registration, 0);
    if (result < 0) {
        errno = -result;
        return HWS_ERR_BACKEND;
    }
    io_uring_buf_ring_init(self->buffers.ring);
    for (unsigned i = 0; i < BUFFER_COUNT; i++) hws_uring_buffer_free(self, i);
    return HWS_OK;
}

hws_status hws_uring_buffers_init(hws_uring *self)
{
    hws_uring_buffers *buffers = &self->buffers;
    const uint32_t asked = self->loop->receive_size;
    const size_t ring_size = BUFFER_COUNT * sizeof(struct io_uring_buf);
    buffers->size = asked < BUFFER_SIZE_MAX ? asked : BUFFER_SIZE_MAX;
    buffers->block_size = PAGE + ring_size + (size_t)BUFFER_COUNT * buffers->size;
    /* Touched now, rather than by the connections that come first. */
    buffers->block = hws_memory_new_zeroed(self->loop->memory, buffers->block_size);
    if (!buffers->block) return HWS_ERR_NO_MEMORY;
    buffers->ring = next_page(buffers->block);
    buffers->bytes = (uint8_t *)buffers->ring + ring_size;
    return hand_over(self);
}

void hws_uring_buffers_release(hws_uring *self)
{
    hws_memory_free(self->loop->memory, self->buffers.block, self->buffers.block_size);
}
