/* SPDX-License-Identifier: MIT */
/* How many connections there may be. */
#include <sys/resource.h>

#include "lib/echo_fixture.h"
#include "server/internal.h"

/* A014. */
static void test_connection_limit(void **state)
{
    (void)state;
    it.options.connection_count_max = 2;
    start();
    raw_client *a = open_client("/echo");
    raw_client *b = open_client("/echo");
    raw_client *c = raw_connect(it.loop, raw_port(it.server));
    char head[1024];
    raw_read_head(c, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 503 "));
    assert_non_null(strstr(head, "Retry-After: "));
    raw_free(c);
    raw_free(b);
    await(a, &it.closed, 1);
    b = open_client("/echo");
    raw_free(a);
    raw_free(b);
}

static char logged[512];

static void note_log(int level, const char *text, void *user)
{
    (void)level;
    (void)user;
    snprintf(logged, sizeof logged, "%s", text);
}

/* A026: of few descriptors half are kept free, of many 64. */
static void test_the_limit_fits_the_descriptors(void **state)
{
    (void)state;
    static const unsigned CASES[][2] = {{100, 50}, {127, 64}, {128, 64}, {129, 65}, {1000, 936}};
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    it.options.connection_count_max = 1000000;
    it.options.on_log = note_log;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct rlimit limit = {.rlim_cur = CASES[i][0], .rlim_max = before.rlim_max};
        char want[128];
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        start();
        snprintf(want, sizeof want, "the descriptor limit allows %u connections, not 1000000",
                 CASES[i][1]);
        assert_string_equal(logged, want);
        hws_server_free(it.server);
        it.server = NULL;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Who failed and does not go still has its descriptor, and counts. */
static void test_the_limit_counts_what_lingers(void **state)
{
    (void)state;
    it.options.connection_count_max = 2;
    start();
    raw_client *failed[2];
    for (size_t i = 0; i < COUNT_OF(failed); i++) failed[i] = open_client("/echo");
    for (size_t i = 0; i < COUNT_OF(failed); i++) {
        raw_send(failed[i], 0x83, "", 0);
        raw_expect_close(failed[i], 1002);
        raw_expect_end(failed[i]);
    }
    assert_int_equal(it.closed, 2);

    enum { ANSWERED = 16 };
    raw_client *late[ANSWERED + 1];
    for (size_t i = 0; i < COUNT_OF(late); i++) {
        char head[1024];
        late[i] = raw_connect(it.loop, raw_port(it.server));
        raw_read_head(late[i], head, sizeof head);
        assert_int_equal(strstr(head, "HTTP/1.1 503 ") != NULL, i < ANSWERED);
    }
    for (size_t i = 0; i < COUNT_OF(late); i++) raw_free(late[i]);
    for (size_t i = 0; i < COUNT_OF(failed); i++) raw_free(failed[i]);
    for (int turns = 0; hws_server_stream_count(it.server) > 0; turns++) {
        assert_true(turns < 60000);
        hws_loop_step(it.loop, 1);
    }
    raw_free(open_client("/echo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_connection_limit),
        TEST(test_the_limit_fits_the_descriptors),
        TEST(test_the_limit_counts_what_lingers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
