/* SPDX-License-Identifier: MIT */
/* For demonstration: the pictures of the chat, which are too large for a publication and would not
 * be text.  A publication holds the address of one, and the server keeps its bytes for a while.
 *
 *     RPC picture.promise                a name that nobody can guess, to be kept within a minute
 *     PUT /hawser/pictures/NAME          its bytes, once: 201
 *     GET /hawser/pictures/NAME          its bytes, for who has read of it
 *
 * What is kept is a picture by what stands in it, whatever its sender calls it. */
#ifndef HAWSER_CMD_PICTURE_H
#define HAWSER_CMD_PICTURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "hawser/span.h"

enum {
    PICTURE_SIZE_MAX = 512 << 10,   /* bytes of one */
    PICTURE_TOTAL_MAX = 64 << 20,   /* bytes of all; the oldest make room */
    PICTURE_COUNT_MAX = 1024,       /* and so do they when there are more */
    PICTURE_AGE_MAX_MS = 86400000,  /* a day, as long as the history that names them */
    PICTURE_PROMISE_COUNT_MAX = 64, /* names that nothing was kept under yet */
    PICTURE_PROMISE_AGE_MS = 60000, /* how long one is good */
    PICTURE_NAME_SIZE = 32,         /* 16 random bytes in hex */
};

typedef struct picture {
    char name[PICTURE_NAME_SIZE];
    const char *type; /* "image/png" */
    uint8_t *bytes;
    size_t size;
    uint64_t kept_ms; /* when it came */
} picture;

typedef struct picture_promise {
    char name[PICTURE_NAME_SIZE];
    uint64_t until_ms; /* 0: none */
} picture_promise;

/* Zero holds nothing.  Thread: any, after pictures_init. */
typedef struct pictures {
    pthread_mutex_t lock;
    picture list[PICTURE_COUNT_MAX]; /* a ring: the oldest first */
    size_t first;
    size_t count;
    size_t total_size; /* bytes of all */
    picture_promise promises[PICTURE_PROMISE_COUNT_MAX];
} pictures;

typedef enum picture_verdict {
    PICTURE_KEPT,
    PICTURE_UNPROMISED, /* a name that was not promised, or no longer is */
    PICTURE_EMPTY,
    PICTURE_TOO_BIG,
    PICTURE_NONE, /* neither PNG nor JPEG, GIF, WebP */
    PICTURE_NO_MEMORY,
} picture_verdict;

/* The type that the bytes tell of; NULL: it is none of the four. */
const char *picture_type(const uint8_t *bytes, size_t size);

void pictures_init(pictures *it);
void pictures_release(pictures *it);

/* A name for a picture that is to come.  False: too many are to come already, or there are no
 * random bytes. */
bool pictures_promise(pictures *it, uint64_t now_ms, char name[PICTURE_NAME_SIZE + 1]);

/* Keeps a copy under that name, which is then no longer promised. */
picture_verdict pictures_keep(pictures *it, hws_text name, const void *bytes, size_t size,
                              uint64_t now_ms);

/* Calls `show` with a picture, which stays until that returns.  False: there is none. */
bool pictures_show(pictures *it, hws_text name, uint64_t now_ms,
                   void (*show)(const picture *shown, void *user), void *user);

#endif /* HAWSER_CMD_PICTURE_H */
