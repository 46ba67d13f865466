/* SPDX-License-Identifier: MIT */
/* The command's log: one line to stderr, for what is worth knowing. */
#include "cmd/log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hawser/server.h"

static const char *const names[] = {
    [HWS_LOG_ERROR] = "error",
    [HWS_LOG_WARNING] = "warning",
    [HWS_LOG_INFO] = "info",
    [HWS_LOG_DEBUG] = "debug",
};

enum { NAME_COUNT = sizeof names / sizeof *names };

bool log_level(const char *name, int *level)
{
    for (int i = 0; i < NAME_COUNT; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *level = i;
        return true;
    }
    return false;
}

static bool is_plain(char byte)
{
    return byte >= ' ' && byte <= '~' && byte != '\\';
}

/* One byte, or the four of \xNN. */
static size_t escape_byte(char byte, char *escaped)
{
    static const char digits[] = "0123456789ABCDEF";
    if (is_plain(byte)) {
        escaped[0] = byte;
        return 1;
    }
    escaped[0] = '\\';
    escaped[1] = 'x';
    escaped[2] = digits[(unsigned char)byte >> 4];
    escaped[3] = digits[(unsigned char)byte & 0xF];
    return 4;
}

size_t log_escape(const char *text, char *line, size_t line_size)
{
    static const char mark[] = "...";
    assert(line_size >= 4 + sizeof mark);
    size_t size = 0;
    size_t cut = 0; /* where the mark goes when the rest does not fit */
    for (; *text != '\0'; text++) {
        char escaped[4];
        const size_t escaped_size = escape_byte(*text, escaped);
        if (size + escaped_size >= line_size) {
            memcpy(line + cut, mark, sizeof mark);
            return cut + sizeof mark - 1;
        }
        memcpy(line + size, escaped, escaped_size);
        size += escaped_size;
        if (size + sizeof mark <= line_size) cut = size;
    }
    line[size] = '\0';
    return size;
}

void log_write(int level, const char *text, void *user)
{
    const int *level_max = user;
    if (level < 0 || level >= NAME_COUNT || level > *level_max) return;

    char line[LOG_TEXT_MAX];
    log_escape(text, line, sizeof line);
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(stderr, "%s.%03ldZ %s: %s\n", stamp, now.tv_nsec / 1000000, names[level], line);
}
