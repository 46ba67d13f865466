/* SPDX-License-Identifier: MIT */
#include "net/tls_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/certificates.h"
#include "lib/descriptors.h"
#include "lib/folder.h"
#include "lib/test_memory.h"

static folder place;
static test_memory counter;
static hws_memory memory;
static hws_tls_file file;
static int descriptors_before;
static char text[200];
static const hws_tls_line line = {text, sizeof text};

static const char *path_of(const char *name)
{
    return folder_path(&place, name);
}

static int set_up(void **state)
{
    folder_make(&place);
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    text[0] = 0;
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_tls_file_release(&file, &memory);
    hws_tls_file_release(&file, &memory);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    folder_remove(&place);
    return 0;
}

static void name_it(const char *name)
{
    hws_tls_file_release(&file, &memory);
    assert_int_equal(hws_tls_file_init(&file, &memory, path_of(name)), HWS_OK);
}

static void assert_holds(const char *wanted)
{
    hws_buffer bytes = {0};
    assert_int_equal(hws_tls_file_read(&file, &memory, &bytes, line), HWS_OK);
    assert_int_equal(bytes.size, strlen(wanted));
    assert_memory_equal(bytes.data, wanted, bytes.size);
    hws_tls_file_wipe(&bytes, &memory);
    assert_null(bytes.data);
}

static void assert_unreadable(const char *why)
{
    hws_buffer bytes = {0};
    assert_int_equal(hws_tls_file_read(&file, &memory, &bytes, line), HWS_ERR_TLS_FILE);
    assert_null(bytes.data);
    assert_non_null(strstr(text, file.path));
    assert_non_null(strstr(text, why));
    assert_int_equal(hws_tls_file_read(&file, &memory, &bytes, (hws_tls_line){0}),
                     HWS_ERR_TLS_FILE);
}

static void test_reads_it_whole(void **state)
{
    (void)state;
    certificate_write_text(path_of("a"), "all of it");
    name_it("a");
    assert_holds("all of it");
    assert_false(file.is_public);
    certificate_write_text(path_of("a"), "");
    assert_holds("");
    assert_int_equal(chmod(path_of("a"), 0644), 0);
    assert_holds("");
    assert_true(file.is_public);
}

static void test_says_why_it_cannot(void **state)
{
    (void)state;
    name_it("nowhere");
    assert_unreadable("No such file");
    name_it(".");
    assert_unreadable("not a file");
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    name_it("pipe");
    assert_unreadable("not a file"); /* and nobody waits for a writer */
    certificate_write_text(path_of("large"), "");
    assert_int_equal(truncate(path_of("large"), HWS_TLS_FILE_MAX + 1), 0);
    name_it("large");
    assert_unreadable("larger");
    assert_int_equal(truncate(path_of("large"), HWS_TLS_FILE_MAX), 0);
    hws_buffer bytes = {0};
    assert_int_equal(hws_tls_file_read(&file, &memory, &bytes, line), HWS_OK);
    assert_int_equal(bytes.size, HWS_TLS_FILE_MAX);
    hws_tls_file_wipe(&bytes, &memory);
}

static void set_changed(const char *name, int64_t ago_ms)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    const int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - ago_ms * 1000000;
    const struct timespec then = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    const struct timespec times[2] = {then, then};
    assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void test_notices_a_change(void **state)
{
    (void)state;
    certificate_write_text(path_of("a"), "one");
    name_it("a");
    assert_true(hws_tls_file_has_changed(&file)); /* it was never read */
    assert_holds("one");
    assert_false(hws_tls_file_has_changed(&file));

    set_changed("a", 5000); /* the time alone */
    assert_true(hws_tls_file_has_changed(&file));
    assert_holds("one");
    assert_false(hws_tls_file_has_changed(&file));

    certificate_write_text(path_of("b"), "two"); /* another inode, by renaming */
    set_changed("b", 0);
    struct stat a;
    assert_int_equal(stat(path_of("a"), &a), 0);
    const struct timespec times[2] = {a.st_mtim, a.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path_of("b"), times, 0), 0);
    assert_int_equal(rename(path_of("b"), path_of("a")), 0);
    assert_true(hws_tls_file_has_changed(&file));
    assert_holds("two");

    assert_int_equal(truncate(path_of("a"), 1), 0); /* the size alone */
    assert_int_equal(utimensat(AT_FDCWD, path_of("a"), times, 0), 0);
    assert_true(hws_tls_file_has_changed(&file));
    assert_holds("t");
}

static int64_t age_ms(const char *name)
{
    struct timespec now;
    struct stat it;
    assert_int_equal(stat(path_of(name), &it), 0);
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    return (now.tv_sec - it.st_mtim.tv_sec) * 1000 + (now.tv_nsec - it.st_mtim.tv_nsec) / 1000000;
}

/* Unless it has grown calm under our hands, on a machine that holds us up. */
static void assert_is_left_alone(const char *name)
{
    const bool has_changed = hws_tls_file_has_changed(&file);
    if (age_ms(name) < 1000) assert_false(has_changed);
}

/* Row B024: what was written a moment ago may be half of it. */
static void test_waits_for_calm(void **state)
{
    (void)state;
    certificate_write_text(path_of("a"), "one");
    name_it("a");
    assert_holds("one");
    set_changed("a", 0);
    assert_is_left_alone("a");
    set_changed("a", 800);
    assert_is_left_alone("a");
    set_changed("a", 1001);
    assert_true(hws_tls_file_has_changed(&file));
    set_changed("a", -5000); /* a clock that is ahead of ours */
    assert_true(hws_tls_file_has_changed(&file));
}

static void test_notices_that_it_goes_and_comes(void **state)
{
    (void)state;
    certificate_write_text(path_of("a"), "one");
    name_it("a");
    assert_holds("one");
    assert_int_equal(unlink(path_of("a")), 0);
    assert_true(hws_tls_file_has_changed(&file));
    assert_unreadable("No such file");
    assert_false(hws_tls_file_has_changed(&file)); /* it is as gone as before */
    certificate_write_text(path_of("a"), "one");
    assert_true(hws_tls_file_has_changed(&file));
    assert_holds("one");
    hws_tls_file_release(&file, &memory);
    assert_false(hws_tls_file_has_changed(&file));
}

static void test_without_memory(void **state)
{
    (void)state;
    certificate_write_text(path_of("a"), "one");
    counter.fail_after = 0;
    assert_int_equal(hws_tls_file_init(&file, &memory, path_of("a")), HWS_ERR_NO_MEMORY);
    counter.fail_after = 1;
    name_it("a");
    hws_buffer bytes = {0};
    assert_int_equal(hws_tls_file_read(&file, &memory, &bytes, line), HWS_ERR_NO_MEMORY);
    counter.fail_after = SIZE_MAX;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_it_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_says_why_it_cannot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_notices_a_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_for_calm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_notices_that_it_goes_and_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("tls_file", tests, NULL, NULL);
}
