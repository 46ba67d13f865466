/* SPDX-License-Identifier: MIT */
/* The command's log: one line to stderr, for what is worth knowing; as text, or as JSON.
 *
 *     2026-11-29T02:46:34.123Z info: refuse: origin not allowed address=192.0.2.1 path=/chat
 *     {"time":"2026-11-29T02:46:34.123Z","level":"info","kind":"refuse","text": … }
 *
 * Of each kind and level at most LOG_RATE_MAX lines a second are written, so that what strangers
 * cause hides nothing graver; a line then says how many were not.
 * Thread: any. */
#ifndef HAWSER_CMD_LOG_H
#define HAWSER_CMD_LOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum {
    LOG_TEXT_MAX = 1000, /* bytes of an escaped text, its end included */
    LOG_RATE_MAX = 100,  /* lines of one kind and level in one second */
    LOG_KIND_MAX = 32,   /* kinds at their levels that are counted apart */
};

/* The kind of what the library says without one. */
#define LOG_SERVER "server"

typedef struct log_kind {
    const char *name; /* static */
    int level;
    time_t second;  /* that is being counted */
    uint32_t count; /* lines in it */
    uint64_t suppressed;
} log_kind;

/* LOG_SINK is a good one. */
typedef struct log_sink {
    _Atomic int level; /* what is graver, or as grave, is written */
    _Atomic bool is_json;
    FILE *file; /* NULL: stderr */
    pthread_mutex_t lock;
    log_kind kinds[LOG_KIND_MAX]; /* under the lock */
} log_sink;

#define LOG_SINK                                                                                   \
    {                                                                                              \
        .level = 1, .lock = PTHREAD_MUTEX_INITIALIZER                                              \
    } /* warnings, as text */

/* Something that is known of what happened. */
typedef struct log_field {
    const char *name;
    const char *text; /* NULL: it is a number */
    int64_t number;
} log_field;

/* The level of a name: error, warning, info or debug.  Returns: false for any other. */
bool log_level(const char *name, int *level);

/* Copies `text` into `line`, with every byte that is not printable ASCII as \xNN: what a peer sent
 * can neither break a line nor steer a terminal, and escaped text can be told from plain text
 * because a backslash is escaped too.  What does not fit is cut off, which "..." shows.
 *
 * line_size  At least 8.
 * Returns: the length of the line, its final zero not counted. */
size_t log_escape(const char *text, char *line, size_t line_size);

/* One line, unless the level or the rate keeps it back.
 *
 * kind    What kind of thing happened, in one word: "refuse".  Static.
 * text    What happened, in words; it is escaped, and so are the fields. */
void log_say(log_sink *sink, int level, const char *kind, const char *text, const log_field *fields,
             size_t field_count);

/* The same at a time that the caller gives. */
void log_say_at(log_sink *sink, struct timespec now, int level, const char *kind, const char *text,
                const log_field *fields, size_t field_count);

/* Says how many lines were kept back since it was said last. */
void log_flush(log_sink *sink);

/* The on_log of a server; `user` is a log_sink. */
void log_write(int level, const char *text, void *user);

#endif /* HAWSER_CMD_LOG_H */
