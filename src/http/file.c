/* SPDX-License-Identifier: MIT */
/* Answering with files.
 *
 *     path ──▶ no hidden name in it ──▶ openat2 beneath the folder ──▶ a regular file ──▶ answer
 *                                                └──▶ a folder ──▶ its index.html, or "/" first
 */
#include "http/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "http/condition.h"
#include "http/file_source.h"
#include "http/h1_state.h"
#include "http/location.h"
#include "http/mime.h"
#include "http/range.h"

struct hws_files {
    const hws_memory *memory;
    int folder;
};

/* Opening. */

/* Nonblocking, lest a FIFO without a writer hold up the loop. */
static int open_beneath(int folder, const char *path)
{
    enum { ATTEMPTS = 3 }; /* EAGAIN: something on the way was renamed meanwhile */
    const struct open_how how = {
        .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;
    for (int i = 0; i < ATTEMPTS; i++) {
        fd = syscall(SYS_openat2, folder, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return (int)fd;
}

static hws_status open_status(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return HWS_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return HWS_ERR_PERMISSION;
    case ENOMEM:
        return HWS_ERR_NO_MEMORY;
    default:
        return HWS_ERR_SYSTEM;
    }
}

/* A kernel without openat2 is found out here, not by the first request. */
static hws_status open_folder(const char *path, int *folder)
{
    const int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return open_status(errno);
    const int probe = open_beneath(fd, ".");
    if (probe < 0) {
        const int error = errno;
        close(fd);
        errno = error;
        return open_status(error);
    }
    close(probe);
    *folder = fd;
    return HWS_OK;
}

hws_status hws_files_open(const hws_memory *memory, const char *folder, hws_files **out)
{
    hws_files *files = hws_memory_new(memory, sizeof *files);
    if (!files) return HWS_ERR_NO_MEMORY;
    files->memory = memory;
    const hws_status status = open_folder(folder, &files->folder);
    if (status < HWS_OK) {
        hws_memory_free(memory, files, sizeof *files);
        return status;
    }
    *out = files;
    return HWS_OK;
}

void hws_files_close(hws_files *files)
{
    if (!files) return;
    close(files->folder);
    hws_memory_free(files->memory, files, sizeof *files);
}

/* Finding. */

typedef struct found_file {
    int fd;
    struct stat about;
    const char *type; /* its media type */
    bool needs_slash; /* an index was found, but the path lacks its "/" */
} found_file;

/* A name that begins with a dot is not for the public (.git, .env, .htpasswd), but for the one
 * that is meant for it (RFC 8615). */
static bool is_hidden(hws_text path)
{
    static const char WELL_KNOWN[] = "/.well-known/";
    const size_t known_size = sizeof WELL_KNOWN - 1;
    size_t i = 0;
    if (path.size >= known_size && memcmp(path.data, WELL_KNOWN, known_size) == 0)
        i = known_size - 1;
    for (; i + 1 < path.size; i++)
        if (path.data[i] == '/' && path.data[i + 1] == '.') return true;
    return false;
}

/* What the kernel says of a path that leads nowhere, or out, is all one to the peer. */
static hws_status find_status(int error)
{
    if (error == EMFILE || error == ENFILE || error == EAGAIN) return HWS_ERR_LIMIT;
    if (error == ENOMEM) return HWS_ERR_NO_MEMORY;
    return HWS_ERR_NOT_FOUND;
}

static hws_status open_and_look(int folder, const char *name, found_file *found)
{
    const int fd = open_beneath(folder, name);
    if (fd < 0) return find_status(errno);
    if (fstat(fd, &found->about) < 0) {
        close(fd);
        return HWS_ERR_NOT_FOUND;
    }
    found->fd = fd;
    return HWS_OK;
}

static hws_status only_regular(found_file *found)
{
    if (S_ISREG(found->about.st_mode)) return HWS_OK;
    close(found->fd);
    return HWS_ERR_NOT_FOUND;
}

/* `name` is relative to the folder, or empty for the folder itself, with room for more. */
static hws_status find_named(int folder, char *name, size_t name_size, found_file *found)
{
    static const char INDEX[] = "/index.html";
    found->type = hws_mime_type(hws_text_of(name));
    HWS_TRY(open_and_look(folder, name_size > 0 ? name : ".", found));
    if (!S_ISDIR(found->about.st_mode)) return only_regular(found);

    close(found->fd);
    const bool has_slash = name_size == 0 || name[name_size - 1] == '/';
    memcpy(name + name_size, has_slash ? INDEX + 1 : INDEX, sizeof INDEX - has_slash);
    HWS_TRY(open_and_look(folder, name, found));
    found->type = hws_mime_type(hws_text_of(INDEX));
    found->needs_slash = !has_slash;
    return only_regular(found);
}

static hws_status find(const hws_files *files, hws_text path, found_file *found)
{
    enum { MORE = 16 }; /* for "/index.html" */
    char name[PATH_MAX];
    if (path.size == 0 || path.data[0] != '/' || is_hidden(path)) return HWS_ERR_NOT_FOUND;
    const size_t name_size = path.size - 1;
    if (name_size + MORE > sizeof name) return HWS_ERR_NOT_FOUND;
    memcpy(name, path.data + 1, name_size);
    name[name_size] = '\0';
    if (strlen(name) != name_size) return HWS_ERR_NOT_FOUND;
    *found = (found_file){.fd = -1};
    return find_named(files->folder, name, name_size, found);
}

/* Answering. */

enum { HEADER_MAX = 8 };

typedef struct file_answer {
    hws_response response;
    hws_header headers[HEADER_MAX];
    char etag[64];
    char modified[HWS_HTTP_DATE_SIZE + 1];
    char content_range[72];
    hws_range range;
} file_answer;

static void add_header(file_answer *answer, const char *name, const char *value)
{
    answer->headers[answer->response.header_count++] = (hws_header){name, value};
}

static void describe(file_answer *answer, const struct stat *about)
{
    const int64_t year_10000 = 253402300800;
    const struct timespec at = about->st_mtim;
    snprintf(answer->etag, sizeof answer->etag, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"",
             (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec, (uint64_t)about->st_size,
             (uint64_t)about->st_ino);
    add_header(answer, "ETag", answer->etag);
    if (at.tv_sec >= 0 && at.tv_sec < year_10000) {
        hws_http_date_write(at.tv_sec, answer->modified);
        add_header(answer, "Last-Modified", answer->modified);
    }
    /* Keep it, but ask: what is deployed is seen at once. */
    add_header(answer, "Cache-Control", "no-cache");
}

static void describe_part(file_answer *answer, uint64_t file_size)
{
    snprintf(answer->content_range, sizeof answer->content_range,
             "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, answer->range.first,
             answer->range.first + answer->range.size - 1, file_size);
    add_header(answer, "Content-Range", answer->content_range);
    answer->response.status = 206;
}

/* RFC 9110 §15.5.17: says how long it really is. */
static void refuse_range(hws_request *request, uint64_t file_size)
{
    char value[40];
    snprintf(value, sizeof value, "bytes */%" PRIu64, file_size);
    const hws_header header = {"Content-Range", value};
    hws_request_respond_text(request, 416, "range not satisfiable", &header, 1, false);
}

/* Which part of the file is asked for.  Returns: false when the request was answered. */
static bool choose_part(hws_request *request, const hws_validator *validator, uint64_t file_size,
                        file_answer *answer)
{
    answer->range = (hws_range){0, file_size};
    if (request->is_head) return true; /* Range is a matter of GET alone (§14.2) */
    if (!hws_condition_allows_range(&request->head, validator)) return true;
    const hws_text field = hws_request_header(request, "Range");
    const hws_range_kind kind = hws_range_parse(field, file_size, &answer->range);
    if (kind == HWS_RANGE_UNSATISFIABLE) {
        refuse_range(request, file_size);
        return false;
    }
    if (kind == HWS_RANGE_PART) describe_part(answer, file_size);
    return true;
}

/* Without memory the request stays unanswered, and gets 500 for that. */
static void send_file(hws_files *files, hws_request *request, file_answer *answer, int fd)
{
    hws_source *source;
    hws_status status =
        hws_file_source_new(files->memory, fd, answer->range.first, answer->range.size, &source);
    if (status == HWS_OK) status = hws_request_respond_from(request, &answer->response, source);
    if (status == HWS_ERR_NO_MEMORY) hws_request_refuse(request, status);
}

static void answer_condition(hws_request *request, file_answer *answer, int status)
{
    if (status == 412) {
        hws_request_respond_text(request, 412, "precondition failed", NULL, 0, false);
        return;
    }
    answer->response.status = status;
    const hws_status answered = hws_request_respond(request, &answer->response);
    (void)answered;
}

/* Closes or passes on the descriptor. */
static void respond_with(hws_files *files, hws_request *request, const found_file *found)
{
    const struct stat *about = &found->about;
    file_answer answer = {.response = {.status = 200}};
    answer.response.headers = answer.headers;
    describe(&answer, about);
    const hws_validator validator = {
        .etag = answer.etag, .modified = about->st_mtim.tv_sec, .now = time(NULL)};
    const int status = hws_condition_status(&request->head, &validator);
    if (status != 200) {
        answer_condition(request, &answer, status);
        close(found->fd);
        return;
    }
    answer.response.type = found->type;
    add_header(&answer, "Accept-Ranges", "bytes");
    add_header(&answer, "X-Content-Type-Options", "nosniff");
    if (choose_part(request, &validator, (uint64_t)about->st_size, &answer))
        send_file(files, request, &answer, found->fd);
    else
        close(found->fd);
}

static void redirect(hws_files *files, hws_request *request)
{
    hws_buffer location = {0};
    const hws_status status = hws_location_write(
        &location, files->memory, hws_request_path(request), hws_request_query(request));
    if (status == HWS_OK) {
        const hws_header header = {"Location", (const char *)location.data};
        hws_request_respond_text(request, 301, "moved", &header, 1, false);
    } else {
        hws_request_refuse(request, status);
    }
    hws_buffer_release(&location, files->memory);
}

static bool is_method(const hws_request *request, const char *method)
{
    return hws_text_equal(hws_request_method(request), hws_text_of(method));
}

static void respond_found(hws_files *files, hws_request *request, const found_file *found)
{
    if (found->needs_slash) {
        close(found->fd);
        redirect(files, request);
        return;
    }
    respond_with(files, request, found);
}

void hws_files_respond(hws_files *files, hws_request *request)
{
    if (!is_method(request, "GET") && !is_method(request, "HEAD")) {
        hws_request_refuse(request, HWS_ERR_HTTP_METHOD_NOT_ALLOWED);
        return;
    }
    found_file found;
    const hws_status status = find(files, hws_request_path(request), &found);
    if (status == HWS_OK)
        respond_found(files, request, &found);
    else if (status == HWS_ERR_NOT_FOUND)
        hws_request_respond_text(request, 404, hws_status_text(status), NULL, 0, false);
    else
        hws_request_refuse(request, status);
}
