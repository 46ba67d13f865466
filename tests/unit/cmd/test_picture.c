/* SPDX-License-Identifier: MIT */
#include "cmd/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmocka.h"

static pictures kept;
static char name[PICTURE_NAME_SIZE + 1];
static size_t shown_size; /* of the last that was shown */
static const char *shown_type;
static bool malloc_fails;
static bool getentropy_fails;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return malloc_fails ? NULL : __real_malloc(size);
}

int __real_getentropy(void *bytes, size_t size);
int __wrap_getentropy(void *bytes, size_t size);
int __wrap_getentropy(void *bytes, size_t size)
{
    errno = EIO;
    return getentropy_fails ? -1 : __real_getentropy(bytes, size);
}

static int set_up(void **state)
{
    (void)state;
    malloc_fails = getentropy_fails = false;
    pictures_init(&kept);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pictures_release(&kept);
    return 0;
}

static void note(const picture *shown, void *user)
{
    assert_ptr_equal(user, &kept);
    shown_size = shown->size;
    shown_type = shown->type;
}

static hws_text text_of(const char *text)
{
    return (hws_text){text, strlen(text)};
}

static bool is_shown(const char *wanted, uint64_t now_ms)
{
    return pictures_show(&kept, text_of(wanted), now_ms, note, &kept);
}

static picture_verdict keep(const char *wanted, const void *bytes, size_t size, uint64_t now_ms)
{
    return pictures_keep(&kept, text_of(wanted), bytes, size, now_ms);
}

/* A GIF of `size` bytes under a name that was promised. */
static void keep_gif(size_t size, uint64_t now_ms)
{
    static uint8_t gif[PICTURE_SIZE_MAX] = "GIF89a";
    assert_true(pictures_promise(&kept, now_ms, name));
    assert_int_equal(keep(name, gif, size, now_ms), PICTURE_KEPT);
}

static void check_type(const char *expected, const char *bytes, size_t size)
{
    uint8_t *exact = malloc(size + 1); /* a read behind it is seen by sanitizers */
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    const char *type = picture_type(exact, size);
    if (expected)
        assert_string_equal(type, expected);
    else
        assert_null(type);
    free(exact);
}

static void test_types(void **state)
{
    (void)state;
    check_type("image/png", "\x89PNG\r\n\x1a\n", 8);
    check_type(NULL, "\x89PNG\r\n\x1a", 7);
    check_type(NULL, "\x89PNG\n\x1a\n\n", 8);
    check_type("image/jpeg", "\xff\xd8\xff", 3);
    check_type(NULL, "\xff\xd8", 2);
    check_type("image/gif", "GIF87a", 6);
    check_type("image/gif", "GIF89a", 6);
    check_type(NULL, "GIF89", 5);
    check_type("image/webp", "RIFF\0\0\0\0WEBP", 12);
    check_type(NULL, "RIFF\0\0\0\0WEB", 11);
    check_type(NULL, "RIFF\0\0\0\0WAVE", 12);
    check_type(NULL, "", 0);
    check_type(NULL, "<svg onload=alert(1)>", 21);
    check_type(NULL, "<html><!--GIF89a", 16);
    check_type(NULL, " \xff\xd8\xff", 4);
}

static void test_a_picture(void **state)
{
    (void)state;
    assert_true(pictures_promise(&kept, 10, name));
    assert_int_equal(strlen(name), PICTURE_NAME_SIZE);
    assert_int_equal(strspn(name, "0123456789abcdef"), PICTURE_NAME_SIZE);
    assert_false(is_shown(name, 10));
    assert_int_equal(keep(name, "GIF89a", 6, 11), PICTURE_KEPT);
    assert_true(is_shown(name, 12));
    assert_int_equal(shown_size, 6);
    assert_string_equal(shown_type, "image/gif");
    assert_int_equal(keep(name, "GIF89a", 6, 13), PICTURE_UNPROMISED); /* once */
    name[PICTURE_NAME_SIZE - 1] ^= 1;
    assert_false(is_shown(name, 14));
    name[PICTURE_NAME_SIZE - 1] = '\0';
    assert_false(is_shown(name, 14));
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static uint8_t big[PICTURE_SIZE_MAX + 1] = "GIF89a";
    const char *unknown = "00112233445566778899aabbccddeeff";
    assert_int_equal(keep(unknown, "GIF89a", 6, 1), PICTURE_UNPROMISED);
    assert_int_equal(keep("", "GIF89a", 6, 1), PICTURE_UNPROMISED);
    assert_true(pictures_promise(&kept, 1, name));
    assert_int_equal(keep(name, "", 0, 1), PICTURE_EMPTY);
    assert_int_equal(keep(name, "<svg/>", 6, 1), PICTURE_NONE);
    assert_int_equal(keep(name, big, sizeof big, 1), PICTURE_TOO_BIG);
    malloc_fails = true;
    assert_int_equal(keep(name, "GIF89a", 6, 1), PICTURE_NO_MEMORY);
    malloc_fails = false;
    assert_int_equal(keep(name, big, sizeof big - 1, 1), PICTURE_KEPT); /* the promise stood */
}

static void test_promises(void **state)
{
    (void)state;
    char first[PICTURE_NAME_SIZE + 1];
    getentropy_fails = true;
    assert_false(pictures_promise(&kept, 5, first));
    getentropy_fails = false;
    assert_true(pictures_promise(&kept, 5, first));
    for (size_t i = 1; i < PICTURE_PROMISE_COUNT_MAX; i++)
        assert_true(pictures_promise(&kept, 6, name));
    assert_string_not_equal(first, name);
    assert_false(pictures_promise(&kept, 6, name));
    assert_false(pictures_promise(&kept, 4 + PICTURE_PROMISE_AGE_MS, name));
    assert_int_equal(keep(first, "GIF89a", 6, 5 + PICTURE_PROMISE_AGE_MS), PICTURE_UNPROMISED);
    assert_true(pictures_promise(&kept, 5 + PICTURE_PROMISE_AGE_MS, name));
    assert_int_equal(keep(name, "GIF89a", 6, 4 + 2 * PICTURE_PROMISE_AGE_MS), PICTURE_KEPT);
}

static void test_the_oldest_make_room(void **state)
{
    (void)state;
    char first[PICTURE_NAME_SIZE + 1];
    char second[PICTURE_NAME_SIZE + 1];
    const size_t count = PICTURE_TOTAL_MAX / PICTURE_SIZE_MAX;
    keep_gif(PICTURE_SIZE_MAX, 1);
    memcpy(first, name, sizeof first);
    keep_gif(PICTURE_SIZE_MAX, 1);
    memcpy(second, name, sizeof second);
    for (size_t i = 2; i < count; i++) keep_gif(PICTURE_SIZE_MAX, 2);
    assert_int_equal(kept.total_size, PICTURE_TOTAL_MAX);
    assert_true(is_shown(first, 3));
    keep_gif(6, 3);
    assert_false(is_shown(first, 3));
    assert_true(is_shown(second, 3));
    assert_int_equal(kept.count, count);
}

static void test_there_are_only_so_many(void **state)
{
    (void)state;
    char first[PICTURE_NAME_SIZE + 1];
    keep_gif(6, 1);
    memcpy(first, name, sizeof first);
    for (size_t i = 1; i < PICTURE_COUNT_MAX; i++) keep_gif(6, 1);
    assert_true(is_shown(first, 1));
    keep_gif(7, 1);
    assert_false(is_shown(first, 1));
    assert_true(is_shown(name, 1));
    assert_int_equal(shown_size, 7);
    assert_int_equal(kept.count, PICTURE_COUNT_MAX);
    assert_int_equal(kept.total_size, 6 * (PICTURE_COUNT_MAX - 1) + 7);
}

static void test_they_grow_old(void **state)
{
    (void)state;
    char first[PICTURE_NAME_SIZE + 1];
    keep_gif(6, 1);
    memcpy(first, name, sizeof first);
    keep_gif(6, 2);
    assert_true(is_shown(first, 1 + PICTURE_AGE_MAX_MS));
    assert_false(is_shown(first, 2 + PICTURE_AGE_MAX_MS));
    assert_true(is_shown(name, 2 + PICTURE_AGE_MAX_MS));
    keep_gif(6, 3 + PICTURE_AGE_MAX_MS);
    assert_int_equal(kept.count, 1);
    assert_int_equal(kept.total_size, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test_setup_teardown(test_a_picture, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_promises, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_oldest_make_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_there_are_only_so_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_they_grow_old, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
