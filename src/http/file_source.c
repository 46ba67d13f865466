/* SPDX-License-Identifier: MIT */
#include "http/file_source.h"

#include <errno.h>
#include <unistd.h>

#include "base/memory.h"

enum { PIECE_SIZE = 64 * 1024 };

typedef struct file_source {
    hws_source source; /* first */
    const hws_memory *memory;
    uint64_t offset;
    int fd;
} file_source;

static ssize_t read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
    ssize_t count;
    do count = pread(fd, bytes, size, (off_t)offset);
    while (count < 0 && errno == EINTR);
    return count;
}

/* A file that has become shorter has no more bytes to keep the promise with. */
static hws_status fill(hws_source *source, hws_queue *queue)
{
    file_source *file = (file_source *)source;
    const size_t size = source->left < PIECE_SIZE ? (size_t)source->left : PIECE_SIZE;
    uint8_t *room = hws_queue_reserve(queue, size);
    if (!room) return HWS_ERR_NO_MEMORY;
    const ssize_t count = read_at(file->fd, room, size, file->offset);
    if (count <= 0) {
        hws_queue_commit(queue, 0);
        return HWS_ERR_SYSTEM;
    }
    hws_queue_commit(queue, (size_t)count);
    file->offset += (size_t)count;
    source->left -= (size_t)count;
    return HWS_OK;
}

static void close_source(hws_source *source)
{
    file_source *file = (file_source *)source;
    close(file->fd);
    hws_memory_free(file->memory, file, sizeof *file);
}

hws_status hws_file_source_new(const hws_memory *memory, int fd, uint64_t offset, uint64_t size,
                               hws_source **source)
{
    file_source *file = hws_memory_new(memory, sizeof *file);
    if (!file) {
        close(fd);
        return HWS_ERR_NO_MEMORY;
    }
    *file = (file_source){
        .source = {.left = size, .fill = fill, .close = close_source},
        .memory = memory,
        .offset = offset,
        .fd = fd,
    };
    *source = &file->source;
    return HWS_OK;
}
