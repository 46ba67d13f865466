/* SPDX-License-Identifier: MIT */
/* A hub in a server, over loopback: a conversation, with each allocation failing once; procedures
 * of the program; what the program publishes. */
#include "lib/hub_fixture.h"

static void on_rpc(hws_rpc *rpc, void *user)
{
    assert_ptr_equal(user, &counter);
    const hws_text method = hws_rpc_method(rpc);
    const hws_text data = hws_rpc_data(rpc);
    assert_int_equal(hws_rpc_client(rpc).size, 32);
    assert_int_equal(hws_rpc_user(rpc).size, 0);
    if (method.size == 4) { /* "back" */
        assert_int_equal(hws_rpc_answer(rpc, (hws_text){"no JSON", 7}), HWS_ERR_INVALID_ARGUMENT);
        const hws_status status = hws_rpc_answer(rpc, data);
        if (status == HWS_OK) assert_int_equal(hws_rpc_answer(rpc, data), HWS_ERR_INVALID_ARGUMENT);
    } else if (method.size == 5) { /* "wrong" */
        assert_int_equal(hws_rpc_fail(rpc, 399, "x"), HWS_ERR_INVALID_ARGUMENT);
        assert_int_equal(hws_rpc_fail(rpc, 2000, "x"), HWS_ERR_INVALID_ARGUMENT);
        assert_int_equal(hws_rpc_fail(rpc, 1000, "not \"you\""), HWS_OK);
        assert_int_equal(hws_rpc_fail(rpc, 1000, "x"), HWS_ERR_INVALID_ARGUMENT);
    }
}

static void begin(void)
{
    static const hws_namespace namespaces[] = {{.history_size = 10, .recovery = true},
                                               {.name = "slow", .batch_interval_ms = 1}};
    const hws_hub_options options = {
        .namespaces = namespaces,
        .namespace_count = 2,
        .on_rpc = on_rpc,
        .user = &counter,
    };
    hub_fixture_begin(&options, 0);
}

static int setup(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hub_fixture_end();
    return 0;
}

static void procedures(void **state)
{
    (void)state;
    raw_client *client = connect_client();
    assert_true(ask(client, "{\"id\":1,\"connect\":{}}", "\"connect\":{"));
    assert_true(ask(client, "{\"id\":2,\"rpc\":{\"method\":\"back\",\"data\":{\"a\":[1]}}}",
                    "{\"id\":2,\"rpc\":{\"data\":{\"a\":[1]}}}"));
    assert_true(ask(client, "{\"id\":3,\"rpc\":{\"method\":\"wrong\"}}",
                    "{\"id\":3,\"error\":{\"code\":1000,\"message\":\"not \\u0022you\\u0022\"}}"));
    assert_true(ask(client, "{\"id\":4,\"rpc\":{\"method\":\"\"}}", "\"code\":108"));
    raw_free(client);
}

static hws_status publish(const char *channel, const char *data, hws_position *position)
{
    return hws_hub_publish(hub, channel, (hws_text){data, strlen(data)}, NULL, position);
}

static void the_program_publishes(void **state)
{
    (void)state;
    hws_position position;
    raw_client *client = connect_client();
    assert_true(ask(client, "{\"id\":1,\"connect\":{}}", "\"connect\":{"));
    assert_true(ask(client, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}", "\"subscribe\":{"));
    assert_int_equal(hws_hub_client_count(hub), 1);
    assert_int_equal(publish("x", "{\"a\":1}", &position), HWS_OK);
    assert_int_equal(position.offset, 1);
    assert_true(receive(client, "\"pub\":{\"data\":{\"a\":1},\"offset\":1}"));

    const hws_hub_publish_options once = {.idempotency_key = "k", .skip_history = true};
    for (int i = 0; i < 2; i++)
        assert_int_equal(hws_hub_publish(hub, "x", (hws_text){"2", 1}, &once, &position), HWS_OK);
    assert_int_equal(publish("x", "3", NULL), HWS_OK);
    assert_true(receive(client, "{\"data\":2}"));
    assert_true(receive(client, "{\"data\":3,\"offset\":2}"));

    assert_int_equal(publish("a b", "1", NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(publish("", "1", NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(publish("x", "", NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(publish("x", "{", NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(publish("no:x", "1", NULL), HWS_ERR_NOT_FOUND);
    static char large[70000];
    memset(large, '1', sizeof large - 1);
    large[0] = large[sizeof large - 2] = '"';
    assert_int_equal(publish("x", large, NULL), HWS_ERR_MESSAGE_TOO_BIG);
    raw_free(client);
}

static void options_that_are_none(void **state)
{
    (void)state;
    char explain[256];
    hws_hub *other;
    const hws_namespace twice[] = {{.name = "a"}, {.name = "a"}};
    const hws_token_key key = {.text = {"a secret of no less than 32 bytes", 33}};
    const hws_token_key short_key = {.text = {"short", 5}};
    const hws_hub_options bad[] = {
        {.namespace_count = 1},
        {.token_key_count = 1},
        {.namespaces = twice, .namespace_count = 2},
        {.token_keys = &short_key, .token_key_count = 1},
        {.api_key = {"short", 5}},
        {.token_audience = "us"}, /* which nobody would check */
        {.token_issuer = "them"},
        {.token_without_exp = true},
        {.token_keys = &key, .token_key_count = 1, .token_audience = ""},
    };
    assert_int_equal(hws_hub_new(NULL, NULL, 0, &other), HWS_ERR_INVALID_ARGUMENT);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(hws_hub_new(&bad[i], explain, sizeof explain, &other),
                         HWS_ERR_INVALID_ARGUMENT);
        assert_int_equal(hws_hub_new(&bad[i], NULL, 0, &other), HWS_ERR_INVALID_ARGUMENT);
    }
    hws_hub_free(NULL);
    for (size_t fails = 0; fails < 2; fails++) {
        counter.fail_after = fails;
        assert_int_equal(
            hws_hub_new(&(hws_hub_options){.memory = &memory}, explain, sizeof explain, &other),
            HWS_ERR_NO_MEMORY);
    }
    counter.fail_after = SIZE_MAX;
}

/* Everything that a client asks for, until something ends it. */
static void converse(void)
{
    static const struct {
        const char *command;
        const char *part;
    } talk[] = {
        {"{\"id\":1,\"connect\":{\"data\":{\"name\":\"Ada\"}}}", "\"id\":1,"},
        {"{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}", "\"id\":2,"},
        {"{\"id\":3,\"subscribe\":{\"channel\":\"slow:x\"}}", "\"id\":3,"},
        {"{\"id\":4,\"presence\":{\"channel\":\"x\"}}", "\"id\":4,"},
        {"{\"id\":5,\"presence_stats\":{\"channel\":\"x\"}}", "\"id\":5,"},
        {"{\"id\":6,\"history\":{\"channel\":\"x\",\"limit\":5}}", "\"id\":6,"},
        {"{\"id\":7,\"rpc\":{\"method\":\"back\",\"data\":1}}", "\"id\":7,"},
        {"{\"id\":8,\"unsubscribe\":{\"channel\":\"slow:x\"}}", "\"id\":8,"},
        {"{\"id\":9,\"publish\":{\"channel\":\"x\",\"data\":1}}", "\"id\":9,"},
    };
    raw_client *client = connect_client();
    for (size_t i = 0; i < sizeof talk / sizeof *talk; i++)
        if (!ask(client, talk[i].command, talk[i].part)) break;
    raw_free(client);
    for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
}

/* The number of the allocation that fails, and everything works again afterwards. */
static void each_allocation_fails_once(void **state)
{
    (void)state;
    converse();
    const size_t before = counter.calls;
    converse();
    const size_t calls = counter.calls - before;
    assert_true(calls > 30);
    for (size_t fails = 0; fails <= calls; fails++) {
        counter.fail_after = fails;
        converse();
        counter.fail_after = SIZE_MAX;
        raw_client *client = connect_client();
        assert_true(ask(client, "{\"id\":1,\"connect\":{}}", "\"connect\":{"));
        assert_true(ask(client, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}", "\"subscribe\":{"));
        raw_free(client);
        for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
        assert_int_equal(hws_hub_client_count(hub), 0);
    }
}

/* The end of a server with clients in it, from above. */
static void the_end(void **state)
{
    (void)state;
    raw_client *client = connect_client();
    assert_true(ask(client, "{\"id\":1,\"connect\":{}}", "\"connect\":{"));
    assert_true(ask(client, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}", "\"subscribe\":{"));
    raw_client *stream = raw_connect(loop, raw_port(server));
    char head[1024];
    raw_print(stream,
              "GET /connection/uni_sse?cf_connect=%7B%22subs%22%3A%7B%22x%22%3A%7B%7D%7D%7D "
              "HTTP/1.1\r\nHost: localhost\r\n\r\n");
    raw_read_head(stream, head, sizeof head);
    assert_non_null(strstr(head, "text/event-stream"));
    assert_int_equal(publish("x", "1", NULL), HWS_OK);
    for (int i = 0; i < 5; i++) raw_turn(stream);
    assert_non_null(memmem(stream->bytes, stream->size, "data: {\"channel\":\"x\",\"pub\":", 27));
    assert_int_equal(publish("x", "2", NULL), HWS_OK); /* a letter that nobody reads */
    hws_hub_end(hub);
    hub_fixture_end();
    raw_free(stream);
    raw_free(client);
    begin();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(procedures),
        TEST(the_program_publishes),
        TEST(options_that_are_none),
        TEST(each_allocation_fails_once),
        TEST(the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
