/* SPDX-License-Identifier: MIT */
/* A log: lines with a level, a kind, a text and fields. */
#include "cmd/log.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

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

enum { STAMP_SIZE = 32 };

static void write_stamp(struct timespec now, char stamp[STAMP_SIZE])
{
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    const size_t size = strftime(stamp, STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(stamp + size, STAMP_SIZE - size, ".%03ldZ", now.tv_nsec / 1000000);
}

static void write_field(FILE *file, const log_field *field)
{
    char escaped[LOG_TEXT_MAX];
    if (!field->text) {
        fprintf(file, " %s=%" PRId64, field->name, field->number);
        return;
    }
    log_escape(field->text, escaped, sizeof escaped);
    fprintf(file, strchr(escaped, ' ') ? " %s=\"%s\"" : " %s=%s", field->name, escaped);
}

/* What the program says of itself needs no kind in front of it. */
static void write_text(FILE *file, const char *stamp, int level, const char *kind, const char *text,
                       const log_field *fields, size_t field_count)
{
    char escaped[LOG_TEXT_MAX];
    log_escape(text, escaped, sizeof escaped);
    const bool is_plain_kind = strcmp(kind, LOG_SERVER) == 0;
    fprintf(file, "%s %s: %s%s%s", stamp, names[level], is_plain_kind ? "" : kind,
            is_plain_kind ? "" : ": ", escaped);
    for (size_t i = 0; i < field_count; i++) write_field(file, &fields[i]);
    fputc('\n', file);
}

/* Escaped it is ASCII, which JSON takes as it is. */
static json_t *json_of(const char *text)
{
    char escaped[LOG_TEXT_MAX];
    log_escape(text, escaped, sizeof escaped);
    return json_string(escaped);
}

/* A member for which there is no memory is left out. */
static void write_json(FILE *file, const char *stamp, int level, const char *kind, const char *text,
                       const log_field *fields, size_t field_count)
{
    json_t *line = json_object();
    json_object_set_new(line, "time", json_string(stamp));
    json_object_set_new(line, "level", json_string(names[level]));
    json_object_set_new(line, "kind", json_string(kind));
    json_object_set_new(line, "text", json_of(text));
    for (size_t i = 0; i < field_count; i++)
        json_object_set_new(line, fields[i].name,
                            fields[i].text ? json_of(fields[i].text)
                                           : json_integer(fields[i].number));
    if (json_dumpf(line, file, JSON_COMPACT) == 0) fputc('\n', file);
    json_decref(line);
}

static void write_line(log_sink *sink, struct timespec now, int level, const char *kind,
                       const char *text, const log_field *fields, size_t field_count)
{
    FILE *file = sink->file ? sink->file : stderr;
    char stamp[STAMP_SIZE];
    write_stamp(now, stamp);
    if (sink->is_json)
        write_json(file, stamp, level, kind, text, fields, field_count);
    else
        write_text(file, stamp, level, kind, text, fields, field_count);
    fflush(file);
}

static bool is_kind(const log_kind *kind, const char *name, int level)
{
    return kind->level == level && strcmp(kind->name, name) == 0;
}

/* Kinds beyond what there is room for share the last place. */
static log_kind *find_kind(log_sink *sink, const char *name, int level)
{
    size_t i = 0;
    while (i < LOG_KIND_MAX - 1 && sink->kinds[i].name && !is_kind(&sink->kinds[i], name, level))
        i++;
    if (!sink->kinds[i].name) sink->kinds[i] = (log_kind){.name = name, .level = level};
    return &sink->kinds[i];
}

static void tell_suppressed(log_sink *sink, struct timespec now, log_kind *kind)
{
    if (kind->suppressed == 0) return;
    char text[64];
    const log_field of = {.name = "of", .text = kind->name};
    snprintf(text, sizeof text, "%" PRIu64 " more suppressed", kind->suppressed);
    kind->suppressed = 0;
    write_line(sink, now, kind->level, "log", text, &of, 1);
}

/* What was kept back in a second that is over is told now. */
static void begin_second(log_sink *sink, struct timespec now)
{
    for (size_t i = 0; i < LOG_KIND_MAX && sink->kinds[i].name; i++) {
        log_kind *kind = &sink->kinds[i];
        if (kind->second == now.tv_sec) continue;
        tell_suppressed(sink, now, kind);
        kind->second = now.tv_sec;
        kind->count = 0;
    }
}

void log_say_at(log_sink *sink, struct timespec now, int level, const char *kind, const char *text,
                const log_field *fields, size_t field_count)
{
    if (level < 0 || level >= NAME_COUNT || level > sink->level) return;
    pthread_mutex_lock(&sink->lock);
    log_kind *counted = find_kind(sink, kind, level);
    begin_second(sink, now);
    if (counted->count++ < LOG_RATE_MAX)
        write_line(sink, now, level, kind, text, fields, field_count);
    else
        counted->suppressed++;
    pthread_mutex_unlock(&sink->lock);
}

static struct timespec read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

void log_say(log_sink *sink, int level, const char *kind, const char *text, const log_field *fields,
             size_t field_count)
{
    log_say_at(sink, read_clock(), level, kind, text, fields, field_count);
}

void log_flush(log_sink *sink)
{
    pthread_mutex_lock(&sink->lock);
    for (size_t i = 0; i < LOG_KIND_MAX; i++) tell_suppressed(sink, read_clock(), &sink->kinds[i]);
    pthread_mutex_unlock(&sink->lock);
}

void log_write(int level, const char *text, void *user)
{
    log_say(user, level, LOG_SERVER, text, NULL, 0);
}
