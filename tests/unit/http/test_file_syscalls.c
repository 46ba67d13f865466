/* SPDX-License-Identifier: MIT */
/* Files when the system refuses, or does little at a time: this file stands between the library and
 * the calls syscall and pread. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http/file.h"
#include "lib/descriptors.h"
#include "lib/h1_fixture.h"

/* What the next calls answer: 0 lets them pass, anything else is their errno. */
static int open_errors[8];
static size_t open_error_count;
static int read_errors[8];
static size_t read_error_count;
static size_t read_size_max;

static int take_error(int *errors, size_t *count)
{
    if (*count == 0) return 0;
    const int error = errors[0];
    --*count;
    memmove(errors, errors + 1, *count * sizeof *errors);
    return error;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
ssize_t __real_pread64(int fd, void *bytes, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *bytes, size_t size, off_t offset);

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    const int folder = va_arg(arguments, int);
    const char *path = va_arg(arguments, const char *);
    void *how = va_arg(arguments, void *);
    const size_t size = va_arg(arguments, size_t);
    va_end(arguments);
    assert_int_equal(number, SYS_openat2);
    errno = take_error(open_errors, &open_error_count);
    return errno ? -1 : __real_syscall(number, folder, path, how, size);
}

ssize_t __wrap_pread64(int fd, void *bytes, size_t size, off_t offset)
{
    errno = take_error(read_errors, &read_error_count);
    if (errno) return -1;
    return __real_pread64(fd, bytes, size < read_size_max ? size : read_size_max, offset);
}

/* In pieces, for tools/check-tidy takes three of them for a leftover. */
static char folder_name[] = "/tmp/hawser-syscalls-"
                            "XX"
                            "XX"
                            "XX";
static char file_name[64];
static hws_files *files;
static int descriptors_before;
static char content[100000];

static void on_request(hws_request *request)
{
    hws_files_respond(files, request);
}

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder_name));
    snprintf(file_name, sizeof file_name, "%s/file", folder_name);
    memset(content, 'x', sizeof content);
    FILE *file = fopen(file_name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, sizeof content, file), sizeof content);
    return fclose(file);
}

static int remove_folder(void **state)
{
    (void)state;
    remove(file_name);
    return remove(folder_name);
}

static int set_up(void **state)
{
    (void)state;
    open_error_count = 0;
    read_error_count = 0;
    read_size_max = SIZE_MAX;
    descriptors_before = descriptors_open();
    it.options = (hws_h1_options){0};
    it.on_request = on_request;
    h1_fixture_loop();
    assert_int_equal(hws_files_open(&it.memory, folder_name, &files), HWS_OK);
    assert_int_equal(h1_fixture_connect(), HWS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    h1_fixture_disconnect();
    hws_files_close(files);
    h1_fixture_free();
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

static void fail_opening(int error, size_t count)
{
    for (size_t i = 0; i < count; i++) open_errors[i] = error;
    open_error_count = count;
}

static const char *get(void)
{
    h1_fixture_disconnect();
    assert_int_equal(h1_fixture_connect(), HWS_OK);
    h1_fixture_send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
    return h1_fixture_output();
}

static void check_status(const char *text, int status)
{
    assert_memory_equal(text, "HTTP/1.1 ", 9);
    assert_int_equal(strtol(text + 9, NULL, 10), status);
}

/* A kernel that cannot confine is told at the start. */
static void test_start_without_openat2(void **state)
{
    (void)state;
    static const struct {
        int error;
        hws_status status;
    } CASES[] = {
        {ENOSYS, HWS_ERR_SYSTEM},    {EACCES, HWS_ERR_PERMISSION}, {EPERM, HWS_ERR_PERMISSION},
        {ENOMEM, HWS_ERR_NO_MEMORY}, {EMFILE, HWS_ERR_SYSTEM},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        hws_files *none = NULL;
        fail_opening(CASES[i].error, 1);
        assert_int_equal(hws_files_open(&it.memory, folder_name, &none), CASES[i].status);
        assert_int_equal(errno, CASES[i].error);
        assert_null(none);
    }
}

static void test_open_is_tried_again(void **state)
{
    (void)state;
    fail_opening(EAGAIN, 2);
    check_status(get(), 200);
    fail_opening(EINTR, 2);
    check_status(get(), 200);
    fail_opening(EAGAIN, 3);
    check_status(get(), 503);
    assert_int_equal(open_error_count, 0);
}

static void test_open_fails(void **state)
{
    (void)state;
    static const struct {
        int error;
        int status;
    } CASES[] = {
        {EMFILE, 503}, {ENFILE, 503}, {ENOMEM, 503}, {ENOENT, 404}, {ENOTDIR, 404},
        {EXDEV, 404},  {ELOOP, 404},  {EACCES, 404}, {ENXIO, 404},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        fail_opening(CASES[i].error, 1);
        const char *text = get();
        check_status(text, CASES[i].status);
        assert_int_equal(strstr(text, "\r\nRetry-After: ") != NULL, CASES[i].status == 503);
        assert_int_equal(it.peer.closed, CASES[i].status == 503);
        assert_int_equal(open_error_count, 0); /* asked once */
    }
}

static void test_reads_that_are_short(void **state)
{
    (void)state;
    read_size_max = 999;
    read_errors[0] = EINTR;
    read_errors[1] = EINTR;
    read_error_count = 2;
    const char *text = get();
    check_status(text, 200);
    const char *body = strstr(text, "\r\n\r\n") + 4;
    assert_int_equal(strlen(body), sizeof content);
    assert_memory_equal(body, content, sizeof content);
    assert_false(it.peer.closed);
}

static void test_read_fails(void **state)
{
    (void)state;
    read_size_max = 50000;
    read_errors[0] = 0;
    read_errors[1] = EIO;
    read_error_count = 2;
    get();
    assert_true(it.peer.closed);
    assert_int_equal(it.peer.linger_ms, 0);
    assert_int_equal(it.close_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
        TEST(start_without_openat2), TEST(open_is_tried_again), TEST(open_fails),
        TEST(reads_that_are_short),  TEST(read_fails),
#undef TEST
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
