/* SPDX-License-Identifier: MIT */
/* A hub in a server, over loopback: a conversation, with each allocation failing once; procedures
 * of the program; what the program publishes. */
#include "hawser/channel_metrics.h"
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

static const char *token; /* of access; NULL: none */

static void on_login(hws_login_result result, const char *address, void *user);

static void begin(void)
{
    static const hws_namespace namespaces[] = {{.history_size = 10, .recovery = true},
                                               {.name = "slow", .batch_interval_ms = 1}};
    const hws_hub_options options = {
        .namespaces = namespaces,
        .namespace_count = 2,
        .on_rpc = on_rpc,
        .user = &counter,
        .access_token = {token, token ? strlen(token) : 0},
        .on_login = on_login,
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

/* The API from within. */

static void take_answer(hws_text json, void *user)
{
    snprintf(user, 512, "%.*s", (int)json.size, json.data);
}

static void call(hws_status wanted, const char *method, const char *parameters, const char *part)
{
    char answer[512] = "";
    const hws_text text = {parameters, strlen(parameters)};
    assert_int_equal(hws_hub_call(hub, method, text, take_answer, answer), wanted);
    if (!strstr(answer, part)) fail_msg("%s is not in %s", part, answer);
    if (wanted != HWS_OK) assert_string_equal(answer, "");
}

static void the_program_calls(void **state)
{
    (void)state;
    raw_client *client = connect_client();
    assert_true(ask(client, "{\"id\":1,\"connect\":{}}", "\"connect\":{"));
    assert_true(ask(client, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}", "\"subscribe\":{"));
    call(HWS_OK, "publish", "{\"channel\":\"x\",\"data\":1}", "{\"result\":{\"offset\":1,");
    assert_true(receive(client, "\"pub\":{\"data\":1,"));
    call(HWS_OK, "presence_stats", "{\"channel\":\"x\"}", "{\"result\":{\"num_clients\":1,");
    call(HWS_OK, "presence", "{\"channel\":\"no:x\"}", "{\"error\":{\"code\":102,");
    call(HWS_OK, "batch", "{\"commands\":[{\"info\":{}}]}", "{\"replies\":[{\"info\":{");
    call(HWS_ERR_INVALID_ARGUMENT, "presences", "{}", "");
    call(HWS_ERR_INVALID_ARGUMENT, "", "{}", "");
    call(HWS_ERR_INVALID_ARGUMENT, "info", "[]", "");
    call(HWS_ERR_INVALID_ARGUMENT, "info", "{", "");
    counter.fail_after = 0;
    call(HWS_ERR_NO_MEMORY, "info", "{}", "");
    counter.fail_after = SIZE_MAX;
    raw_free(client);
}

static void the_largest_channels_come_first(void **state)
{
    (void)state;
    static const char *const names[] = {"b", "a", "c", "d"};
    static const size_t sizes[] = {2, 2, 3, 1};
    hws_channel_figures top[HWS_TOP_MAX + 1];
    raw_client *clients[3];
    char command[100];
    assert_int_equal(hws_hub_top(hub, top, HWS_TOP_MAX + 1), 0);
    for (size_t i = 0; i < 3; i++) {
        clients[i] = connect_client();
        assert_true(ask(clients[i], "{\"id\":1,\"connect\":{}}", "\"connect\":{"));
        for (size_t j = 0; j < 4; j++) {
            if (i >= sizes[j]) continue;
            snprintf(command, sizeof command, "{\"id\":2,\"subscribe\":{\"channel\":\"%s\"}}",
                     names[j]);
            assert_true(ask(clients[i], command, "\"subscribe\":{"));
        }
    }
    assert_int_equal(publish("c", "1", NULL), HWS_OK);
    for (size_t i = 0; i < 3; i++) assert_true(receive(clients[i], "\"data\":1"));
    assert_int_equal(hws_hub_top(hub, top, HWS_TOP_MAX + 1), 4);
    static const char *const order[] = {"c", "a", "b", "d"};
    static const uint64_t subscribers[] = {3, 2, 2, 1};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(top[i].name, order[i]);
        assert_int_equal(top[i].subscriber_count, subscribers[i]);
        assert_int_equal(top[i].delivery_total, i == 0 ? 3 : 0);
    }
    assert_int_equal(hws_hub_top(hub, top, 2), 2);
    assert_string_equal(top[1].name, "a");
    assert_int_equal(hws_hub_top(hub, top, 0), 0);
    for (size_t fails = 0; fails < 4; fails++) { /* fewer of them */
        counter.fail_after = fails;
        assert_true(hws_hub_top(hub, top, 4) < 4);
    }
    counter.fail_after = SIZE_MAX;
    for (size_t i = 0; i < 3; i++) raw_free(clients[i]);
}

/* Enough channels that a table is looked through in several parts. */
static void many_channels_are_all_looked_at(void **state)
{
    (void)state;
    enum { CLIENTS = 24, CHANNELS = 100 };
    raw_client *clients[CLIENTS];
    char command[100];
    hws_channel_figures top[3];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = connect_client();
        assert_true(ask(clients[i], "{\"id\":1,\"connect\":{}}", "\"connect\":{"));
        for (int j = 0; j < CHANNELS; j++) {
            snprintf(command, sizeof command, "{\"id\":2,\"subscribe\":{\"channel\":\"c%d\"}}",
                     i * CHANNELS + j);
            assert_true(ask(clients[i], command, "\"subscribe\":{"));
        }
    }
    assert_true(ask(clients[0], "{\"id\":3,\"subscribe\":{\"channel\":\"c2345\"}}", "\"sub"));
    hws_hub_metrics now;
    hws_hub_count(hub, &now);
    assert_int_equal(now.client_count, CLIENTS);
    assert_int_equal(now.namespaces[0].channel_count, CLIENTS * CHANNELS);
    assert_int_equal(now.namespaces[0].subscription_count, CLIENTS * CHANNELS + 1);
    assert_int_equal(hws_hub_top(hub, top, 3), 3);
    assert_string_equal(top[0].name, "c2345");
    assert_string_equal(top[1].name, "c0");
    assert_string_equal(top[2].name, "c1");
    for (int i = 0; i < CLIENTS; i++) raw_free(clients[i]);
}

/* A hub of one token: the others are in test_admin.py. */

static hws_login_result last_login;

static void on_login(hws_login_result result, const char *address, void *user)
{
    assert_string_equal(address, "127.0.0.1");
    assert_ptr_equal(user, &counter);
    last_login = result;
}

static void one_token_lets_in(void **state)
{
    (void)state;
    hub_fixture_end();
    token = "0123456789abcdef";
    begin();
    raw_client *client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{\"token\":\"0123456789abcdeg\"}}");
    raw_expect_close(client, 3500);
    assert_int_equal(last_login, HWS_LOGIN_REFUSED);
    raw_free(client);
    client = connect_client();
    assert_true(
        ask(client, "{\"id\":1,\"connect\":{\"token\":\"0123456789abcdef\"}}", "\"connect\":{"));
    assert_int_equal(last_login, HWS_LOGIN_ACCEPTED);
    hws_hub_metrics now;
    hws_hub_count(hub, &now);
    assert_int_equal(now.login_total[HWS_LOGIN_ACCEPTED], 1);
    assert_int_equal(now.login_total[HWS_LOGIN_REFUSED], 1);
    /* What the namespaces leave open is closed, as with keys. */
    assert_true(ask(client, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}", "\"code\":103"));
    raw_free(client);
    for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    hub_fixture_end();
    token = NULL;
    begin();
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
        {.access_token = {"short", 5}},
        {.access_token = {"0123456789abcdef", 16}, .token_keys = &key, .token_key_count = 1},
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
        for (int turns = 0; hws_hub_client_count(hub) > 0; turns++) {
            assert_true(turns < 60000);
            assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
        }
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
    for (int turns = 0;
         !memmem(stream->bytes, stream->size, "data: {\"channel\":\"x\",\"pub\":", 27); turns++) {
        assert_true(turns < 60000);
        raw_turn(stream);
    }
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
        TEST(the_program_calls),
        TEST(the_largest_channels_come_first),
        TEST(many_channels_are_all_looked_at),
        TEST(one_token_lets_in),
        TEST(options_that_are_none),
        TEST(each_allocation_fails_once),
        TEST(the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
