/* SPDX-License-Identifier: MIT */
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cmocka.h"
#include "loop/state.h"

static hws_loop *loop;

static int set_up(void **state)
{
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    return 0;
}

/* E027: uniform.  With 255 degrees of freedom chi squared is under 420 but once in 10^10. */
static void test_a_million_keys_are_uniform(void **state)
{
    (void)state;
    enum { KEYS = 1000000 };
    static uint32_t count[256];
    for (int i = 0; i < KEYS; i++) {
        uint8_t key[4];
        assert_int_equal(hws_loop_random(loop, key, sizeof key), HWS_OK);
        for (size_t k = 0; k < sizeof key; k++) count[key[k]]++;
    }
    const double expected = KEYS * 4 / 256.0;
    double chi_squared = 0;
    for (size_t i = 0; i < 256; i++)
        chi_squared += (count[i] - expected) * (count[i] - expected) / expected;
    assert_true(chi_squared < 420);
}

/* No 16 bytes come twice, whatever sizes are asked for, and whole batches are used up. */
static void test_sizes_around_a_batch(void **state)
{
    (void)state;
    static uint8_t bytes[3][8192];
    const size_t sizes[] = {1, 16, 4091, 4092, 4093, 8192};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (size_t n = 0; n < 3; n++) {
            memset(bytes[n], 0, sizeof bytes[n]);
            assert_int_equal(hws_loop_random(loop, bytes[n], sizes[i]), HWS_OK);
            for (size_t k = sizes[i]; k < sizeof bytes[n]; k++) assert_int_equal(bytes[n][k], 0);
        }
        if (sizes[i] < 16) continue;
        assert_memory_not_equal(bytes[0], bytes[1], 16);
        assert_memory_not_equal(bytes[1], bytes[2], 16);
        assert_memory_not_equal(bytes[0] + sizes[i] - 16, bytes[1] + sizes[i] - 16, 16);
    }
    assert_int_equal(hws_loop_random(loop, bytes[0], 0), HWS_OK);
}

/* E027: a child does not repeat its parent. */
static void test_fork(void **state)
{
    (void)state;
    uint8_t parents[32];
    uint8_t childs[32];
    int ends[2];
    assert_int_equal(hws_loop_random(loop, parents, 1), HWS_OK); /* there is a batch */
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (hws_loop_random(loop, childs, sizeof childs) != HWS_OK) _exit(1);
        _exit(write(ends[1], childs, sizeof childs) != sizeof childs);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], childs, sizeof childs), sizeof childs);
    assert_int_equal(hws_loop_random(loop, parents, sizeof parents), HWS_OK);
    assert_memory_not_equal(parents, childs, sizeof childs);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_million_keys_are_uniform, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sizes_around_a_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fork, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
