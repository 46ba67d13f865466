/* SPDX-License-Identifier: MIT */
/* Row S022: what is given back is wiped, and no core is left. */
#include "cmd/secrets.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cmocka.h"

static const char SECRET[] = "what nobody else should know";

static const void *watched; /* a block, and where in it the secret is */
static size_t watched_at;
static int freed; /* it was, and how */
enum { WIPED = 1, AS_IT_WAS = 2 };

static bool malloc_fails;
static bool prctl_fails;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void __real_free(void *block);
void __wrap_free(void *block);
int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);

void *__wrap_malloc(size_t size)
{
    return malloc_fails ? NULL : __real_malloc(size);
}

void __wrap_free(void *block)
{
    if (block && block == watched) {
        const char *place = (const char *)block + watched_at;
        freed = memcmp(place, SECRET, sizeof SECRET) == 0 ? AS_IT_WAS : WIPED;
        watched = NULL;
    }
    __real_free(block);
}

int __wrap_prctl(int option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    const unsigned long value = va_arg(arguments, unsigned long);
    va_end(arguments);
    if (!prctl_fails) return __real_prctl(option, value, 0UL, 0UL, 0UL);
    errno = EPERM;
    return -1;
}

static void *resize(void *block, size_t old_size, size_t new_size)
{
    return secrets_memory.resize(secrets_memory.user, block, old_size, new_size);
}

static char *make(size_t size, size_t at)
{
    char *block = resize(NULL, 0, size);
    assert_non_null(block);
    memset(block, 'x', size);
    memcpy(block + at, SECRET, sizeof SECRET);
    watched = block;
    watched_at = at;
    freed = 0;
    return block;
}

static void test_freed(void **state)
{
    (void)state;
    enum { LARGEST = 128 << 10 };
    const size_t sizes[] = {sizeof SECRET, 1000, LARGEST, LARGEST + 1};
    for (size_t i = 0; i < 4; i++) {
        char *block = make(sizes[i], sizes[i] - sizeof SECRET);
        assert_null(resize(block, sizes[i], 0));
        assert_int_equal(freed, sizes[i] <= LARGEST ? WIPED : AS_IT_WAS);
    }
    assert_null(resize(NULL, 0, 0));
}

/* It is wiped where it was, and whole where it is. */
static void test_resized(void **state)
{
    (void)state;
    const size_t sizes[] = {sizeof SECRET, 500, 5000, 200000, 400000};
    for (size_t i = 0; i < 5; i++) {
        char *block = make(1000, 0);
        block = resize(block, 1000, sizes[i]);
        assert_int_equal(freed, WIPED);
        assert_memory_equal(block, SECRET, sizeof SECRET);
        if (sizes[i] > 1000) assert_int_equal(block[999], 'x');
        block = resize(block, sizes[i], 300000);
        assert_memory_equal(block, SECRET, sizeof SECRET);
        block = resize(block, 300000, 100);
        assert_memory_equal(block, SECRET, sizeof SECRET);
        assert_null(resize(block, 100, 0));
    }
    char *block = make(1000, 0);
    malloc_fails = true;
    assert_null(resize(block, 1000, 2000));
    malloc_fails = false;
    assert_int_equal(freed, 0);
    assert_memory_equal(block, SECRET, sizeof SECRET);
    assert_null(resize(block, 1000, 0));
}

static void test_json(void **state)
{
    (void)state;
    secrets_guard_json();
    json_t *text = json_string(SECRET);
    watched = json_string_value(text);
    watched_at = 0;
    freed = 0;
    assert_non_null(watched);
    json_decref(text);
    assert_int_equal(freed, WIPED);
}

/* Row O003: in a child, which ends. */
static void test_no_memory_for_json(void **state)
{
    (void)state;
    int ends[2];
    char told[64] = "";
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        secrets_guard_json();
        malloc_fails = true;
        _exit(json_string("x") != NULL);
    }
    close(ends[1]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_true(read(ends[0], told, sizeof told - 1) > 0);
    assert_string_equal(told, "hawser: no memory for JSON\n");
    close(ends[0]);
}

/* In a child, which keeps it to itself. */
static int forbid(void)
{
    const pid_t child = fork();
    if (child == 0) {
        struct rlimit limit;
        if (!secrets_forbid_core_dumps()) _exit(errno == EPERM ? 1 : 2);
        if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0)
            _exit(3);
        _exit(__real_prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0 ? 0 : 4);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_core_dumps(void **state)
{
    (void)state;
    assert_int_equal(forbid(), 0);
    prctl_fails = true;
    assert_int_equal(forbid(), 1);
    prctl_fails = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_freed),      cmocka_unit_test(test_resized),
        cmocka_unit_test(test_json),       cmocka_unit_test(test_no_memory_for_json),
        cmocka_unit_test(test_core_dumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
