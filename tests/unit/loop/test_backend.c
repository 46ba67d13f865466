/* SPDX-License-Identifier: MIT */
/* Which backend a loop gets. */
#include "loop/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/cmocka.h"
#include "loop/loop.h"

static hws_status make(uint8_t asked, const char *environment, char name[16])
{
    hws_loop *loop = NULL;
    if (environment)
        setenv("HAWSER_BACKEND", environment, 1);
    else
        unsetenv("HAWSER_BACKEND");
    const hws_status status = hws_loop_new(&(hws_loop_options){.backend = asked}, &loop);
    snprintf(name, 16, "%s", status == HWS_OK ? hws_loop_backend(loop) : "");
    hws_loop_free(loop);
    return status;
}

/* io_uring may be forbidden here, or not built; that is an answer, too, and the only other one. */
static void check(uint8_t asked, const char *environment, const char *expected)
{
    char name[16];
    const hws_status status = make(asked, environment, name);
    if (status == HWS_ERR_BACKEND && strcmp(expected, "io_uring") == 0) return;
    assert_int_equal(status, HWS_OK);
    assert_string_equal(name, expected);
}

static void test_the_choice(void **state)
{
    (void)state;
    check(HWS_BACKEND_ANY, NULL, "epoll");
    check(HWS_BACKEND_ANY, "", "epoll");
    check(HWS_BACKEND_ANY, "epoll", "epoll");
    check(HWS_BACKEND_ANY, "io_uring", "io_uring");
    check(HWS_BACKEND_EPOLL, "io_uring", "epoll"); /* the program knows better */
    check(HWS_BACKEND_IO_URING, "epoll", "io_uring");
    check(HWS_BACKEND_EPOLL, "nonsense", "epoll");
}

static void test_there_is_none_of_that_name(void **state)
{
    (void)state;
    static const char *const names[] = {"nonsense", "uring", "EPOLL", "epoll ", "0"};
    char name[16];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        errno = 0;
        assert_int_equal(make(HWS_BACKEND_ANY, names[i], name), HWS_ERR_BACKEND);
        assert_int_equal(errno, EINVAL);
    }
    assert_int_equal(make(HWS_BACKEND_IO_URING + 1, NULL, name), HWS_ERR_BACKEND);
    assert_int_equal(make(UINT8_MAX, "epoll", name), HWS_ERR_BACKEND);
}

/* A worker's loop is made like that of the server. */
static void test_a_loop_like_another(void **state)
{
    (void)state;
    hws_loop *first;
    hws_loop *second;
    setenv("HAWSER_BACKEND", "nonsense", 1);
    const hws_loop_options options = {.backend = HWS_BACKEND_EPOLL};
    assert_int_equal(hws_loop_new(&options, &first), HWS_OK);
    assert_int_equal(hws_loop_new_like(first, &second), HWS_OK);
    assert_string_equal(hws_loop_backend(second), "epoll");
    hws_loop_free(second);
    hws_loop_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_choice),
        cmocka_unit_test(test_there_is_none_of_that_name),
        cmocka_unit_test(test_a_loop_like_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
