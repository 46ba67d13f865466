/* SPDX-License-Identifier: MIT */
/* A hub, its webhooks and a back end in one loop: questions and answers, each allocation failing
 * once, and ends in every order. */
#include "hawser/hawser.h"
#include "lib/raw_client.h"
#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_loop *loop;
static hws_loop *backend_loop;
static hws_server *backend;
static hws_webhooks *hooks;
static hws_hub *hub;
static hws_server *server;
static int asked_count;
static int log_count;
static const char *answer_text;

static void on_request(hws_request *request, void *user)
{
    (void)user;
    asked_count++;
    const hws_text body = hws_request_body(request);
    const hws_text secret = hws_request_header(request, "X-Secret");
    assert_non_null(memmem(body.data, body.size, "\"transport\":\"websocket\"", 23));
    assert_int_equal(secret.size, 4);
    assert_null(hws_request_header(request, "Cookie").data);
    if (!answer_text) return; /* 500 */
    (void)hws_request_respond(
        request, &(hws_response){.body = answer_text, .body_size = strlen(answer_text)});
}

static void on_log(int level, const char *text, void *user)
{
    assert_ptr_equal(user, &log_count);
    assert_int_equal(level, HWS_LOG_WARNING);
    assert_non_null(strstr(text, "webhook "));
    log_count++;
}

static const hws_header SECRET[] = {{"X-Secret", "5678"}};
static const char *const FORWARD[] = {"Cookie", NULL};

static hws_status make_hooks(const char *url)
{
    char explain[256];
    const hws_webhook_options options = {
        .urls = {url, url, url, url, url},
        .timeout_ms = 60000,
        .headers = SECRET,
        .header_count = 1,
        .forward = FORWARD,
        .on_log = on_log,
        .log_user = &log_count,
        .memory = &memory,
    };
    return hws_webhooks_new(&options, explain, sizeof explain, &hooks);
}

static void begin(void)
{
    char explain[256];
    char url[128];
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    assert_int_equal(hws_loop_new(NULL, &backend_loop), HWS_OK);
    const hws_server_options backend_options = {
        .listen = "http://127.0.0.1:0", .route = {{.path = "/hook", .on_request = on_request}}};
    assert_int_equal(
        hws_server_new(backend_loop, &backend_options, explain, sizeof explain, &backend), HWS_OK);
    snprintf(url, sizeof url, "%s/hook?a=b", hws_server_url(backend, 0));
    assert_int_equal(make_hooks(url), HWS_OK);
    const hws_hub_options hub_options = {.decider = hws_webhooks_decider(hooks), .memory = &memory};
    assert_int_equal(hws_hub_new(&hub_options, explain, sizeof explain, &hub), HWS_OK);
    const hws_server_options options = {.listen = "http://127.0.0.1:0",
                                        .route = {hws_hub_route(hub)}};
    assert_int_equal(hws_server_new(loop, &options, explain, sizeof explain, &server), HWS_OK);
    asked_count = 0;
    log_count = 0;
    answer_text = "{\"result\":{\"user\":\"ada\",\"data\":1}}";
}

static void end(void)
{
    hws_server_free(server);
    hws_hub_free(hub);
    hws_webhooks_free(hooks);
    hws_loop_free(loop);
    hws_server_free(backend);
    hws_loop_free(backend_loop);
    assert_int_equal(counter.bytes_out, 0);
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
    end();
    return 0;
}

static void turn(raw_client *client)
{
    assert_int_equal(hws_loop_step(backend_loop, 0), HWS_OK);
    raw_turn(client);
}

/* Without any memory left there may be no answer before some deadline. */
static bool is_out_of_memory(int turns)
{
    return counter.fail_after == 0 && turns > 50;
}

/* Until a whole message is there, and no more of it than that; NULL: the connection ended. */
static const char *ask(raw_client *client, const char *command)
{
    static char text[4096];
    raw_send_text(client, command);
    for (int turns = 0; client->size == 0 && !client->ended; turns++) {
        assert_true(turns < 60000);
        if (is_out_of_memory(turns)) return NULL;
        turn(client);
    }
    uint8_t first;
    hws_span payload;
    if (client->ended || !raw_read(client, &first, &payload) || (first & 15) == 8) return NULL;
    snprintf(text, sizeof text, "%.*s", (int)payload.size, (const char *)payload.data);
    return text;
}

static void questions_and_answers(void **state)
{
    (void)state;
    raw_client *client = raw_open(loop, server, "/connection/websocket");
    assert_non_null(strstr(ask(client, "{\"id\":1,\"connect\":{}}"), "\"data\":1"));
    assert_non_null(
        strstr(ask(client, "{\"id\":2,\"rpc\":{}}"), "{\"id\":2,\"rpc\":{\"data\":1}}"));
    assert_non_null(strstr(ask(client, "{\"id\":3,\"publish\":{\"channel\":\"x\",\"data\":5}}"),
                           "{\"id\":3,\"publish\":{}}"));
    answer_text = NULL;
    assert_non_null(strstr(ask(client, "{\"id\":4,\"rpc\":{}}"), "\"code\":100,"));
    answer_text = "{\"error\":{\"code\":400}}";
    assert_non_null(strstr(ask(client, "{\"id\":5,\"rpc\":{}}"), "\"code\":400,"));
    assert_int_equal(asked_count, 5);
    assert_int_equal(log_count, 3); /* of a "user" that has no effect, once for each kind */

    hws_webhook_metrics now;
    char text[HWS_WEBHOOK_METRICS_TEXT_MAX];
    hws_webhooks_count(hooks, &now);
    assert_int_equal(now.of[HWS_QUESTION_RPC].question_total, 3);
    assert_int_equal(now.of[HWS_QUESTION_RPC].refusal_total, 1);
    assert_int_equal(now.of[HWS_QUESTION_RPC].failure_total[HWS_WEBHOOK_CAUSE_STATUS], 1);
    const size_t size = hws_webhook_metrics_write(&now, text, sizeof text);
    assert_true(size == strlen(text) && size < sizeof text);
    assert_non_null(strstr(text, "hawser_webhook_questions_total{hook=\"rpc\"} 3\n"));
    assert_non_null(strstr(text, "failures_total{hook=\"rpc\",cause=\"status\"} 1\n"));
    assert_int_equal(hws_webhook_metrics_write(&now, NULL, 0), size);
    assert_int_equal(hws_webhook_metrics_write(&now, text, 10), size);
    assert_int_equal(strlen(text), 9);

    memset(&now, 0xFF, sizeof now); /* the longest numbers */
    assert_true(hws_webhook_metrics_write(&now, NULL, 0) < HWS_WEBHOOK_METRICS_TEXT_MAX);
    raw_free(client);
}

/* With a question on its way, one that nobody has answered. */
static void ends(void **state)
{
    (void)state;
    raw_client *client = raw_open(loop, server, "/connection/websocket");
    (void)ask(client, "{\"id\":1,\"connect\":{}}");
    raw_send_text(client, "{\"id\":2,\"rpc\":{}}");
    for (int i = 0; i < 20; i++) raw_turn(client); /* the back end does not turn */
    raw_free(client);
    hws_webhook_metrics now = {0};
    for (int turns = 0; now.of[HWS_QUESTION_RPC].cancel_total == 0; turns++) {
        assert_true(turns < 60000);
        assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
        hws_webhooks_count(hooks, &now);
    }
    client = raw_open(loop, server, "/connection/websocket");
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    for (int i = 0; i < 20; i++) raw_turn(client);
    end();
    raw_free(client);
    begin();
}

static void options_that_are_none(void **state)
{
    (void)state;
    char explain[256];
    hws_webhooks *other;
    static const char *many[HWS_DECIDER_HEADER_MAX + 2];
    for (size_t i = 0; i <= HWS_DECIDER_HEADER_MAX; i++) many[i] = "x";
    const hws_header bad_name = {"a b", ""};
    const hws_header bad_value = {"a", "\n"};
    const hws_header ours = {"sec-websocket-key", ""};
    const hws_header none = {0};
    const hws_tls_options nowhere = {.authorities = "/nowhere/at/all"};
    const char *const both[] = {"x-secret", NULL};
    const hws_webhook_options bad[] = {
        {.urls = {"ws://x"}},
        {.urls = {[HWS_QUESTION_RPC] = "x"}},
        {.urls = {"http://"}},
        {.headers = &bad_name, .header_count = 1},
        {.headers = &bad_value, .header_count = 1},
        {.headers = &ours, .header_count = 1},
        {.headers = &none, .header_count = 1},
        {.headers = SECRET, .header_count = HWS_WEBHOOK_HEADER_MAX + 1},
        {.header_count = 1},
        {.headers = SECRET, .header_count = 1, .forward = both},
        {.forward = many},
        {.urls = {"https://x"}, .tls = &nowhere},
    };
    assert_int_equal(hws_webhooks_new(NULL, NULL, 0, &other), HWS_ERR_INVALID_ARGUMENT);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_true(hws_webhooks_new(&bad[i], explain, sizeof explain, &other) < HWS_OK);
        assert_true(explain[0] != '\0');
        assert_true(hws_webhooks_new(&bad[i], NULL, 0, &other) < HWS_OK);
    }
    hws_webhooks_free(NULL);
    hws_webhooks *kept = hooks;
    for (size_t fails = 0;; fails++) {
        counter.fail_after = fails;
        const hws_status status = make_hooks("http://localhost/");
        counter.fail_after = SIZE_MAX;
        if (status == HWS_OK) break;
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
    }
    hws_webhooks_free(hooks);
    hooks = kept;
}

static bool is_opened(raw_client *client)
{
    const uint8_t *end = NULL;
    for (int turns = 0; !end && !client->ended; turns++) {
        assert_true(turns < 60000);
        if (is_out_of_memory(turns)) return false;
        turn(client);
        end = memmem(client->bytes, client->size, "\r\n\r\n", 4);
    }
    if (!end || !memmem(client->bytes, client->size, " 101 ", 5)) return false;
    raw_forget(client, (size_t)(end - client->bytes) + 4);
    return true;
}

/* Everything that is asked, until something ends it. */
static void converse(void)
{
    static const char *const talk[] = {
        "{\"id\":1,\"connect\":{}}",
        "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}",
        "{\"id\":3,\"rpc\":{\"method\":\"x\"}}",
    };
    raw_client *client = raw_connect(loop, raw_port(server));
    raw_ask(client, "/connection/websocket", "");
    const bool is_open = is_opened(client);
    for (size_t i = 0; i < COUNT_OF(talk) && is_open; i++) {
        const char *text = ask(client, talk[i]);
        if (!text) break;
        if (!strstr(text, "\"data\":1") && !strstr(text, "\"code\":100,")) fail_msg("%s", text);
    }
    raw_free(client);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
        assert_int_equal(hws_loop_step(backend_loop, 0), HWS_OK);
    }
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    const size_t before = counter.calls;
    converse(); /* the first time, which makes connections */
    const size_t calls = counter.calls - before;
    for (size_t fails = 0; fails <= calls; fails++) {
        end();
        begin();
        counter.fail_after = fails;
        converse();
        counter.fail_after = SIZE_MAX;
        converse();
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(questions_and_answers),
        TEST(ends),
        TEST(options_that_are_none),
        TEST(each_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
