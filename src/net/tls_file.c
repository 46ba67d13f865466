/* SPDX-License-Identifier: MIT */
#include "net/tls_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

enum { CALM_NS = 1000000000 }; /* without a change: whoever writes it has finished */

hws_status hws_tls_file_init(hws_tls_file *file, const hws_memory *memory, const char *path)
{
    const size_t size = strlen(path) + 1;
    char *copy = hws_memory_new(memory, size);
    if (!copy) return HWS_ERR_NO_MEMORY;
    memcpy(copy, path, size);
    *file = (hws_tls_file){.path = copy};
    return HWS_OK;
}

void hws_tls_file_release(hws_tls_file *file, const hws_memory *memory)
{
    if (file->path) hws_memory_free(memory, file->path, strlen(file->path) + 1);
    *file = (hws_tls_file){0};
}

static int64_t ns_of(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* A copy of `file` with what the kernel says of it now. */
static hws_tls_file stamped(const hws_tls_file *file, const struct stat *now)
{
    return (hws_tls_file){
        .path = file->path,
        .device = (uint64_t)now->st_dev,
        .inode = (uint64_t)now->st_ino,
        .size = (int64_t)now->st_size,
        .changed_ns = ns_of(now->st_mtim),
        .is_public = (now->st_mode & S_IROTH) != 0,
    };
}

static bool is_same(const hws_tls_file *a, const hws_tls_file *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed_ns == b->changed_ns;
}

/* A time that lies ahead comes from another clock, and says nothing. */
static bool is_calm(const hws_tls_file *file)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return true;
    const int64_t age_ns = ns_of(now) - file->changed_ns;
    return age_ns < 0 || age_ns >= CALM_NS;
}

bool hws_tls_file_has_changed(const hws_tls_file *file)
{
    if (!file->path) return false;
    struct stat now;
    if (stat(file->path, &now) != 0) return file->inode != 0;
    const hws_tls_file found = stamped(file, &now);
    return !is_same(file, &found) && is_calm(&found);
}

static hws_status read_all(int fd, hws_buffer *bytes, size_t size)
{
    while (bytes->size < size) {
        const ssize_t count = read(fd, bytes->data + bytes->size, size - bytes->size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return HWS_ERR_SYSTEM;
        if (count == 0) break;
        bytes->size += (size_t)count;
    }
    return HWS_OK;
}

static hws_status read_open(hws_tls_file *file, int fd, const hws_memory *memory, hws_buffer *bytes)
{
    struct stat now;
    if (fstat(fd, &now) != 0) return HWS_ERR_SYSTEM;
    *file = stamped(file, &now);
    if (!S_ISREG(now.st_mode)) return HWS_ERR_INVALID_ARGUMENT;
    if (now.st_size > HWS_TLS_FILE_MAX) return HWS_ERR_LIMIT;
    const size_t size = (size_t)now.st_size;
    const hws_status status = hws_buffer_reserve(bytes, memory, size + 1, HWS_TLS_FILE_MAX + 1);
    return status == HWS_OK ? read_all(fd, bytes, size) : status;
}

static hws_status explain(hws_status status, const char *path, int error, hws_tls_line line)
{
    switch ((int)status) {
    case HWS_OK:
    case HWS_ERR_NO_MEMORY:
        return status;
    case HWS_ERR_INVALID_ARGUMENT:
        hws_tls_say(line, "%s: not a file", path);
        break;
    case HWS_ERR_LIMIT:
        hws_tls_say(line, "%s: larger than any file of certificates", path);
        break;
    default:
        hws_tls_say(line, "%s: %s", path, strerror(error));
        break;
    }
    return HWS_ERR_TLS_FILE;
}

hws_status hws_tls_file_read(hws_tls_file *file, const hws_memory *memory, hws_buffer *bytes,
                             hws_tls_line line)
{
    *file = (hws_tls_file){.path = file->path};
    /* Nonblocking, lest a FIFO without a writer hold up the loop. */
    const int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return explain(HWS_ERR_SYSTEM, file->path, errno, line);
    const hws_status status = read_open(file, fd, memory, bytes);
    const int error = errno;
    close(fd);
    if (status != HWS_OK) hws_tls_file_wipe(bytes, memory);
    return explain(status, file->path, error, line);
}

void hws_tls_file_wipe(hws_buffer *bytes, const hws_memory *memory)
{
    if (bytes->data) explicit_bzero(bytes->data, bytes->capacity);
    hws_buffer_release(bytes, memory);
}
