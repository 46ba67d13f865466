/* SPDX-License-Identifier: MIT */
#include "client/clients.h"

#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_loop *loop;
static hws_clients *clients;

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    assert_int_equal(hws_clients_of(loop, &clients), HWS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static hws_tls_context *context_for(const hws_tls_options *options)
{
    char explain[256];
    hws_tls_context *context;
    assert_int_equal(hws_clients_tls(clients, options, explain, sizeof explain, &context), HWS_OK);
    return context;
}

/* To read the system's authorities takes tens of milliseconds: a thousand clients must not. */
static void test_trust_is_shared(void **state)
{
    (void)state;
    const hws_tls_options zero = {.insecure = false};
    const hws_tls_options any = {.insecure = true};
    const hws_tls_options named = {.name = "example.com"};
    hws_tls_context *const made[] = {
        context_for(&zero), context_for(&any), context_for(&named),
        context_for(&zero), context_for(&any), context_for(&named),
    };
    assert_ptr_equal(made[0], made[3]);
    assert_ptr_equal(made[1], made[4]);
    assert_ptr_not_equal(made[0], made[1]); /* who checks resumes no session of who does not */
    assert_ptr_not_equal(made[2], made[5]);
    assert_ptr_not_equal(made[0], made[2]);
    for (size_t i = 0; i < COUNT_OF(made); i++) hws_tls_context_unref(made[i]);
}

/* What could not be made is not kept, and can be made later. */
static void test_trust_without_memory(void **state)
{
    (void)state;
    const hws_tls_options any = {.insecure = true};
    char explain[256];
    hws_tls_context *context;
    counter.fail_after = 0;
    assert_int_equal(hws_clients_tls(clients, &any, explain, sizeof explain, &context),
                     HWS_ERR_NO_MEMORY);
    counter.fail_after = SIZE_MAX;
    hws_tls_context_unref(context_for(&any));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_trust_is_shared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_trust_without_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
