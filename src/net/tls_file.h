/* SPDX-License-Identifier: MIT */
/* A file of certificates or keys: read whole, and looked at again. */
#ifndef HAWSER_NET_TLS_FILE_H
#define HAWSER_NET_TLS_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "net/tls_line.h"

enum { HWS_TLS_FILE_MAX = 4 << 20 }; /* bytes; the authorities of a whole system are 220 KB */

/* Zero is no file. */
typedef struct hws_tls_file {
    char *path;
    /* As it was when it was last read, or tried to be; zeros: it could not be found. */
    uint64_t device;
    uint64_t inode;
    int64_t size;
    int64_t changed_ns;
    bool is_public; /* everybody on this machine may read it */
} hws_tls_file;

/* Copies `path`.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_file_init(hws_tls_file *file, const hws_memory *memory,
                                            const char *path);

/* Zero again. */
void hws_tls_file_release(hws_tls_file *file, const hws_memory *memory);

/* Whether it is another one than was read.  One that was changed less than a second ago may be half
 * written: it is not called changed yet. */
bool hws_tls_file_has_changed(const hws_tls_file *file);

/* Reads all of it into `bytes`, which is empty.  It may hold a key: hws_tls_file_wipe it.
 *
 * Errors: HWS_ERR_TLS_FILE (with a line that names the file), HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_file_read(hws_tls_file *file, const hws_memory *memory,
                                            hws_buffer *bytes, hws_tls_line line);

void hws_tls_file_wipe(hws_buffer *bytes, const hws_memory *memory);

#endif /* HAWSER_NET_TLS_FILE_H */
