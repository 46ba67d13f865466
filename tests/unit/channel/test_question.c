/* SPDX-License-Identifier: MIT */
/* A hub whose program decides, over loopback: now and later, in order, with each allocation failing
 * once, and with clients that go before they are answered. */
#include <time.h>

#include "channel/guest.h"
#include "hawser/channel.h"
#include "lib/raw_client.h"
#include "lib/test_memory.h"

enum { OPEN_MAX = 8 };

static test_memory counter;
static hws_memory memory;
static hws_loop *loop;
static hws_hub *hub;
static hws_server *server;

static hws_question *open_questions[OPEN_MAX]; /* in the order in which they came */
static size_t open_count;
static int cancel_count;
static int asked_count;
static const hws_decision *at_once; /* NULL: later */

static void on_question(hws_question *question, void *user)
{
    assert_ptr_equal(user, &counter);
    assert_null(hws_question_context(question));
    hws_question_set_context(question, &open_count);
    assert_ptr_equal(hws_question_loop(question), loop);
    assert_int_equal(hws_question_client(question).size, 32);
    asked_count++;
    if (at_once) {
        if (hws_question_answer(question, at_once) != HWS_OK) hws_question_fail(question);
        return;
    }
    assert_true(open_count < OPEN_MAX);
    open_questions[open_count++] = question;
}

static void forget(const hws_question *question)
{
    size_t kept = 0;
    for (size_t i = 0; i < open_count; i++)
        if (open_questions[i] != question) open_questions[kept++] = open_questions[i];
    assert_int_equal(kept, open_count - 1);
    open_count = kept;
}

static void on_cancel(hws_question *question, void *user)
{
    assert_ptr_equal(user, &counter);
    assert_ptr_equal(hws_question_context(question), &open_count);
    forget(question);
    cancel_count++;
}

static const char *const HEADERS[] = {"Cookie", "X-Forwarded-For", "x-other", NULL};

static const hws_decider DECIDER = {
    .asks = HWS_ASKS(HWS_QUESTION_KIND_COUNT) - 1,
    .on_question = on_question,
    .on_cancel = on_cancel,
    .user = &counter,
    .headers = HEADERS,
};

static void begin(const hws_decider *decider)
{
    static const hws_namespace namespaces[] = {
        {.history_size = 10, .recovery = true},
        {.name = "all", .subscribe = HWS_WHO_ALL, .publish = HWS_WHO_ALL}};
    char explain[256];
    const hws_hub_options options = {
        .namespaces = namespaces,
        .namespace_count = 2,
        .decider = decider,
        .connect_timeout_ms = 1000,
        .memory = &memory,
    };
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    assert_int_equal(hws_hub_new(&options, explain, sizeof explain, &hub), HWS_OK);
    const hws_server_options server_options = {
        .listen = "http://127.0.0.1:0",
        .route = {hws_hub_route(hub), hws_hub_stream_route(hub), hws_hub_emulation_route(hub)},
    };
    assert_int_equal(hws_server_new(loop, &server_options, explain, sizeof explain, &server),
                     HWS_OK);
    open_count = 0;
    cancel_count = 0;
    asked_count = 0;
    at_once = NULL;
}

static void end(void)
{
    hws_server_free(server);
    hws_hub_free(hub);
    hws_loop_free(loop);
    assert_int_equal(open_count, 0);
    assert_int_equal(counter.bytes_out, 0);
}

static int setup(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    begin(&DECIDER);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    end();
    return 0;
}

static raw_client *connect_client(void)
{
    return raw_open(loop, server, "/connection/websocket");
}

/* The next message as text; NULL: the connection ended, or ends. */
static const char *receive(raw_client *client)
{
    static char text[4096];
    uint8_t first;
    hws_span payload;
    if (!raw_read(client, &first, &payload) || (first & 15) == 8) return NULL;
    snprintf(text, sizeof text, "%.*s", (int)payload.size, (const char *)payload.data);
    return text;
}

static void expect(raw_client *client, const char *part)
{
    const char *text = receive(client);
    assert_non_null(text);
    if (!strstr(text, part)) fail_msg("%s is not in %s", part, text);
}

static void expect_close(raw_client *client, int code)
{
    uint8_t first;
    hws_span payload;
    assert_true(raw_read(client, &first, &payload));
    assert_int_equal(first & 15, 8);
    assert_int_equal(payload.data[0] << 8 | payload.data[1], code);
}

static void wait_for(size_t count)
{
    for (int turns = 0; open_count < count; turns++) {
        assert_true(turns < 60000);
        assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    }
}

static hws_text text_of(const char *text)
{
    return (hws_text){text, strlen(text)};
}

static bool is_text(hws_text text, const char *expected)
{
    return text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0;
}

/* The oldest that is open. */
static void answer(const hws_decision *decision)
{
    wait_for(1);
    hws_question *question = open_questions[0];
    forget(question);
    assert_int_equal(hws_question_answer(question, decision), HWS_OK);
}

static raw_client *let_in(const char *user)
{
    raw_client *client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    answer(&(hws_decision){.user = text_of(user)});
    expect(client, "{\"id\":1,\"connect\":{");
    return client;
}

static void who_connects(void **state)
{
    (void)state;
    raw_client *client = raw_connect(loop, raw_port(server));
    char head[2048];
    raw_ask(client, "/connection/websocket",
            "Origin: http://localhost\r\nCookie: a=1\r\nCookie: b=2\r\n"
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n"
            "Authorization: x\r\n");
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, " 101 "));
    raw_send_text(client, "{\"id\":1,\"connect\":{\"data\":{\"a\": 1}}}\n{\"id\":2,\"ping\":{}}");
    wait_for(1);
    const hws_question *question = open_questions[0];
    assert_int_equal(hws_question_kind_of(question), HWS_QUESTION_CONNECT);
    assert_string_equal(hws_question_transport(question), "websocket");
    assert_true(is_text(hws_question_data(question), "{\"a\":1}"));
    assert_true(is_text(hws_question_header(question, "cookie"), "a=1; b=2"));
    assert_true(is_text(hws_question_header(question, "X-Forwarded-For"),
                        "192.0.2.1, 192.0.2.2, 127.0.0.1"));
    assert_null(hws_question_header(question, "X-Other").data);
    assert_null(hws_question_header(question, "Authorization").data);
    assert_int_equal(hws_question_user(question).size, 0);
    const hws_text channels[] = {text_of("x"), text_of("none:x"), text_of("all:y")};
    answer(&(hws_decision){
        .user = text_of("ada"),
        .info = text_of("{\"name\":\n\"Ada\"}"),
        .data = text_of("[1,\n2]"),
        .expire_at_s = (uint64_t)time(NULL) + 1000,
        .channels = channels,
        .channel_count = 3,
    });
    const char *reply = receive(client);
    assert_non_null(reply);
    assert_non_null(strstr(reply, "\"data\":[1,2]"));
    assert_non_null(strstr(reply, "\"subs\":{\"x\":{"));
    assert_non_null(strstr(reply, "\"all:y\":{"));
    assert_null(strstr(reply, "none"));
    assert_null(strstr(reply, "expires")); /* that is not for the client to see to */
    for (int i = 0; i < 2; i++) expect(client, "\"join\":{\"info\":");
    expect(client, "{\"id\":2,\"ping\":{}}"); /* it waited */
    raw_send_text(client, "{\"id\":3,\"presence\":{\"channel\":\"x\"}}");
    expect(client, "\"user\":\"ada\",\"conn_info\":{\"name\":\"Ada\"}");
    raw_free(client);
}

/* What came with the connect comes with what is asked later, and is told to nobody else. */
static void what_is_kept_for_who_decides(void **state)
{
    (void)state;
    const hws_decision_sub subs[] = {
        {text_of("x"), text_of("{ \"seat\": 1 }"), text_of("[ 7 ]")},
        {.channel = text_of("none:x")},
        {.channel = text_of("all:y")},
    };
    const hws_text channel = text_of("x"); /* twice is once */
    raw_client *client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    wait_for(1);
    assert_null(hws_question_meta(open_questions[0]).data);
    answer(&(hws_decision){
        .user = text_of("ada"),
        .channels = &channel,
        .channel_count = 1,
        .subs = subs,
        .sub_count = COUNT_OF(subs),
        .meta = text_of("{ \"tenant\": 5 }"),
    });
    const char *reply = receive(client);
    assert_non_null(reply);
    assert_non_null(strstr(reply, "\"x\":{\"recoverable\":true,"));
    assert_non_null(strstr(reply, "\"data\":[7]"));
    assert_non_null(strstr(reply, "\"all:y\":{"));
    assert_null(strstr(reply, "none"));
    assert_null(strstr(reply, "tenant"));
    expect(client, "\"chan_info\":{\"seat\":1}"); /* its own join */
    expect(client, "\"channel\":\"all:y\",\"join\"");
    raw_send_text(client, "{\"id\":2,\"rpc\":{\"method\":\"m\"}}");
    wait_for(1);
    assert_true(is_text(hws_question_meta(open_questions[0]), "{\"tenant\":5}"));
    answer(&(hws_decision){0});
    expect(client, "{\"id\":2,\"rpc\":{");
    raw_free(client);
}

/* Who came together, and is to be asked about at the same moment, is asked about over a tenth of
 * the time until then, a minute at most. */
static void refreshes_are_spread(void **state)
{
    (void)state;
    enum { CLIENTS = 40 };
    static const struct {
        uint64_t life_s, lead_max_s;
    } lives[] = {{5, 0}, {100, 10}, {100000, 60}};
    hws_guest *client = hws_guest_new(hub, loop, HWS_FORMAT_WEBSOCKET);
    assert_non_null(client);
    client->is_vouched = true;
    for (size_t i = 0; i < COUNT_OF(lives); i++) {
        uint64_t least = UINT64_MAX;
        uint64_t most = 0;
        const uint64_t expires_s = (uint64_t)time(NULL) + lives[i].life_s;
        for (int each = 0; each < CLIENTS; each++) {
            hws_guest_set_expiry(client, expires_s);
            assert_int_equal(client->expires_s, expires_s);
            if (client->ask_s < least) least = client->ask_s;
            if (client->ask_s > most) most = client->ask_s;
        }
        assert_true(most <= expires_s && least >= expires_s - lives[i].lead_max_s);
        assert_int_equal(most > least, lives[i].lead_max_s > 0); /* else once in 10^41 */
    }
    hws_guest_set_expiry(client, 0);
    assert_int_equal(client->ask_s, 0);
    hws_guest_free(client);
}

/* Each of these, with what the client hears. */
static void refusals(void **state)
{
    (void)state;
    raw_client *client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"connect\":{}}\n"
                          "{\"id\":3,\"connect\":{}}");
    answer(&(hws_decision){.error = 1999, .message = text_of("not \"you\""), .is_temporary = true});
    expect(client,
           "{\"id\":1,\"error\":{\"code\":1999,\"message\":\"not \\u0022you\\u0022\",\"temporary\":"
           "true}}");
    answer(&(hws_decision){.error = 100});
    expect(client, "{\"id\":2,\"error\":{\"code\":100,\"message\":\"\"}}");
    answer(&(hws_decision){.disconnect = 4999, .reason = text_of("go")});
    expect_close(client, 4999);
    raw_free(client);
    client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    wait_for(1);
    hws_question *question = open_questions[0];
    forget(question);
    hws_question_fail(question);
    expect(client, "\"code\":100,\"message\":\"internal server error\",\"temporary\":true");
    raw_send_text(client, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}");
    expect_close(client, 3501); /* it has not come in */
    raw_free(client);
}

static void answers_that_are_none(void **state)
{
    (void)state;
    static const char long_text[300];
    static const hws_text channel = {"x", 1};
    const hws_decision bad[] = {
        {.error = 99},
        {.error = 2000},
        {.disconnect = 2999},
        {.disconnect = 5000},
        {.user = {long_text, 256}},
        {.message = {long_text, 256}},
        {.reason = {long_text, 124}},
        {.user = {"\xFF", 1}},
        {.error = 400, .message = {"\xFF", 1}},
        {.disconnect = 4000, .reason = {"\xFF", 1}},
        {.info = {"{", 1}},
        {.data = {"", 0}},
        {.data = {"1 2", 3}},
        {.channel_count = 1},
        {.sub_count = 1},
        {.subs = &(const hws_decision_sub){.channel = {"x", 1}, .info = {"{", 1}}, .sub_count = 1},
        {.subs = &(const hws_decision_sub){.channel = {"x", 1}, .data = {"", 0}}, .sub_count = 1},
        {.meta = {"[]", 2}},
        {.meta = {"{", 1}},
        {.meta = {long_text, sizeof long_text}},
    };
    raw_client *client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    wait_for(1);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(hws_question_answer(open_questions[0], &bad[i]), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_question_answer(open_questions[0], NULL), HWS_ERR_INVALID_ARGUMENT);
    answer(&(hws_decision){.channels = &channel, .channel_count = 0});
    expect(client, "\"connect\":{");
    raw_free(client);
}

static void a_slow_decision_about_a_connect(void **state)
{
    (void)state;
    raw_client *client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    wait_for(1);
    const uint64_t until_ms = hws_loop_now_ms(loop) + 1200; /* connect_timeout_ms is 1000 */
    while (hws_loop_now_ms(loop) < until_ms) assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
    answer(&(hws_decision){0});
    expect(client, "\"connect\":{");
    raw_free(client);
}

static void subscribing(void **state)
{
    (void)state;
    raw_client *client = let_in("ada");
    raw_send_text(client, "{\"id\":2,\"subscribe\":{\"channel\":\"x\",\"data\":5}}\n"
                          "{\"id\":3,\"subscribe\":{\"channel\":\"x\"}}\n"
                          "{\"id\":4,\"subscribe\":{\"channel\":\"all:x\"}}\n"
                          "{\"id\":5,\"subscribe\":{\"channel\":\"x#ben\"}}\n"
                          "{\"id\":6,\"subscribe\":{\"channel\":\"x#ada\"}}");
    wait_for(1);
    assert_int_equal(hws_question_kind_of(open_questions[0]), HWS_QUESTION_SUBSCRIBE);
    assert_true(is_text(hws_question_channel(open_questions[0]), "x"));
    assert_true(is_text(hws_question_user(open_questions[0]), "ada"));
    assert_true(is_text(hws_question_data(open_questions[0]), "5"));
    answer(&(hws_decision){.info = text_of("7"),
                           .data = text_of("{\"a\":1}"),
                           .expire_at_s = (uint64_t)time(NULL) + 1000});
    expect(client, "\"publications\":[],\"data\":{\"a\":1},\"expires\":true,\"ttl\":");
    expect(client, "{\"id\":3,\"error\":{\"code\":105,");
    expect(client, "{\"id\":4,\"subscribe\":{");
    expect(client, "{\"id\":5,\"error\":{\"code\":103,");
    wait_for(1);
    assert_true(is_text(hws_question_channel(open_questions[0]), "x#ada"));
    answer(&(hws_decision){.error = 403, .message = text_of("no")});
    expect(client, "{\"id\":6,\"error\":{\"code\":403,\"message\":\"no\"}}");
    raw_send_text(client, "{\"id\":7,\"presence\":{\"channel\":\"x\"}}");
    expect(client, "\"chan_info\":7");
    raw_free(client);
}

static void publishing(void **state)
{
    (void)state;
    raw_client *client = let_in("ada");
    raw_send_text(client, "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}");
    answer(&(hws_decision){0});
    expect(client, "\"subscribe\":{");
    raw_send_text(client, "{\"id\":3,\"publish\":{\"channel\":\"x\",\"data\":{\"a\": 1}}}\n"
                          "{\"id\":4,\"publish\":{\"channel\":\"x\",\"data\":2}}\n"
                          "{\"id\":5,\"publish\":{\"channel\":\"x\",\"data\":3}}\n"
                          "{\"id\":6,\"publish\":{\"channel\":\"y#ada\",\"data\":3}}\n"
                          "{\"id\":7,\"publish\":{\"channel\":\"x\"}}\n"
                          "{\"id\":8,\"publish\":{\"channel\":\"all:x\",\"data\":3}}");
    wait_for(1);
    assert_int_equal(open_count, 1); /* one after the other */
    assert_int_equal(hws_question_kind_of(open_questions[0]), HWS_QUESTION_PUBLISH);
    assert_true(is_text(hws_question_data(open_questions[0]), "{\"a\":1}"));
    answer(&(hws_decision){0});
    const char *text = receive(client);
    assert_true(strstr(text, "\"id\":3") || strstr(text, "\"pub\":{\"data\":{\"a\":1}"));
    (void)receive(client);
    answer(&(hws_decision){.data = text_of("[\n2]"), .skip_history = true});
    text = receive(client);
    if (strstr(text, "\"id\":4"))
        text = receive(client);
    else
        expect(client, "\"id\":4");
    answer(&(hws_decision){.error = 400});
    expect(client, "{\"id\":5,\"error\":{\"code\":400");
    expect(client, "{\"id\":6,\"error\":{\"code\":103");
    expect(client, "{\"id\":7,\"error\":{\"code\":107");
    expect(client, "{\"id\":8,\"publish\":{}}");
    raw_send_text(client, "{\"id\":9,\"history\":{\"channel\":\"x\",\"limit\":9}}");
    text = receive(client);
    assert_non_null(strstr(text, "\"data\":{\"a\":1}"));
    assert_null(strstr(text, "[2]"));
    static char large[70000];
    snprintf(large, sizeof large,
             "{\"id\":10,\"publish\":{\"channel\":\"x\",\"data\":\"%060000d\"}}", 0);
    raw_send_text(client, large);
    static char data[70003];
    memset(data, '1', sizeof data - 1);
    data[0] = data[sizeof data - 2] = '"';
    answer(&(hws_decision){.data = text_of(data)});
    expect(client, "{\"id\":10,\"error\":{\"code\":106");
    raw_free(client);
}

static void procedures(void **state)
{
    (void)state;
    raw_client *client = let_in("");
    raw_send_text(client, "{\"id\":2,\"rpc\":{\"method\":\"m\",\"data\":[1]}}");
    wait_for(1);
    assert_int_equal(hws_question_kind_of(open_questions[0]), HWS_QUESTION_RPC);
    assert_true(is_text(hws_question_method(open_questions[0]), "m"));
    answer(&(hws_decision){.data = text_of("{\"b\" :2}")});
    expect(client, "{\"id\":2,\"rpc\":{\"data\":{\"b\":2}}}");
    raw_send_text(client, "{\"id\":3,\"rpc\":{}}");
    answer(&(hws_decision){0});
    expect(client, "{\"id\":3,\"rpc\":{}}");
    raw_free(client);
}

static void refreshing(void **state)
{
    (void)state;
    raw_client *client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    answer(&(hws_decision){.user = text_of("ada"), .expire_at_s = (uint64_t)time(NULL) - 1});
    expect(client, "\"connect\":{");
    wait_for(1);
    assert_int_equal(hws_question_kind_of(open_questions[0]), HWS_QUESTION_REFRESH);
    assert_true(is_text(hws_question_user(open_questions[0]), "ada"));
    raw_send_text(client, "{\"id\":2,\"ping\":{}}"); /* which does not wait for it */
    expect(client, "{\"id\":2,\"ping\":{}}");
    answer(&(hws_decision){.expire_at_s = (uint64_t)time(NULL) - 1});
    answer(&(hws_decision){.expire_at_s = (uint64_t)time(NULL) - 1});
    answer(&(hws_decision){.has_expired = true});
    expect_close(client, 3005);
    raw_free(client);
    client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    answer(&(hws_decision){.expire_at_s = 1}); /* long ago: there is no grace left */
    expect(client, "\"connect\":{");
    expect_close(client, 3005);
    raw_free(client);
    client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    answer(&(hws_decision){.expire_at_s = (uint64_t)time(NULL) - 1});
    expect(client, "\"connect\":{");
    answer(&(hws_decision){.error = 100});
    answer(&(hws_decision){.has_expired = true}); /* asked again, five seconds later */
    expect_close(client, 3005);
    raw_free(client);
}

static void what_waits_is_bounded(void **state)
{
    (void)state;
    static char large[50000];
    raw_client *client = connect_client();
    raw_send_text(client, "{\"id\":1,\"connect\":{}}");
    wait_for(1);
    for (int id = 2; id < 6; id++) {
        snprintf(large, sizeof large, "{\"id\":%d,\"rpc\":{\"method\":\"%040000d\"}}", id, 0);
        raw_send_text(client, large);
    }
    expect(client, "{\"id\":5,\"error\":{\"code\":111,");
    answer(&(hws_decision){0});
    expect(client, "{\"id\":1,\"connect\":{");
    for (int id = 2; id < 5; id++) {
        char part[32];
        snprintf(part, sizeof part, "{\"id\":%d,\"rpc\":{}}", id);
        answer(&(hws_decision){0});
        expect(client, part);
    }
    raw_send_text(client, "{}"); /* a pong waits for nobody, and one before connect is wrong */
    raw_free(client);
}

static void a_client_that_goes(void **state)
{
    (void)state;
    raw_client *client = let_in("ada");
    raw_send_text(client, "{\"id\":2,\"rpc\":{}}\n{\"id\":3,\"rpc\":{}}");
    wait_for(1);
    raw_free(client);
    for (int turns = 0; cancel_count == 0; turns++) {
        assert_true(turns < 60000);
        assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    }
    assert_int_equal(open_count, 0);
    assert_int_equal(hws_hub_client_count(hub), 0);
}

static void a_server_that_goes(void **state)
{
    (void)state;
    raw_client *client = let_in("ada");
    raw_send_text(client, "{\"id\":2,\"rpc\":{}}\n{\"id\":3,\"rpc\":{}}");
    wait_for(1);
    end();
    assert_int_equal(cancel_count, 1);
    raw_free(client);
    begin(&DECIDER);
}

static void streams(void **state)
{
    (void)state;
    raw_client *stream = raw_connect(loop, raw_port(server));
    char head[1024];
    raw_print(stream,
              "GET /connection/uni_sse?cf_connect=%7B%22subs%22%3A%7B%22x%22%3A%7B%7D%7D%7D "
              "HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nCookie: c\r\n\r\n");
    raw_read_head(stream, head, sizeof head);
    wait_for(1);
    assert_string_equal(hws_question_transport(open_questions[0]), "uni_sse");
    assert_true(is_text(hws_question_header(open_questions[0], "Cookie"), "c"));
    answer(&(hws_decision){.user = text_of("ada")});
    while (!memmem(stream->bytes, stream->size, "data: {\"connect\":{", 18)) raw_turn(stream);
    assert_null(memmem(stream->bytes, stream->size, "\"x\"", 3)); /* it was not asked about that */
    raw_free(stream);
    stream = raw_connect(loop, raw_port(server));
    raw_print(stream, "GET /connection/uni_sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
    raw_read_head(stream, head, sizeof head);
    answer(&(hws_decision){.error = 1000, .message = text_of("x")});
    while (!memmem(stream->bytes, stream->size, "\"disconnect\":{\"code\":3503", 25))
        raw_turn(stream);
    raw_free(stream);
}

/* Without its own answer to connect, somebody else's keys do not matter: nobody is local. */
static void deciders_that_are_none(void **state)
{
    (void)state;
    char explain[256];
    hws_hub *other;
    const char *many[HWS_DECIDER_HEADER_MAX + 2] = {0};
    for (size_t i = 0; i <= HWS_DECIDER_HEADER_MAX; i++) many[i] = "x";
    const hws_namespace by_hook[] = {{.publish = HWS_WHO_HOOK}, {.subscribe = HWS_WHO_HOOK}};
    const hws_decider deciders[] = {
        {.asks = 1},
        {.asks = HWS_ASKS(HWS_QUESTION_KIND_COUNT), .on_question = on_question},
        {.headers = many},
    };
    for (size_t i = 0; i < COUNT_OF(deciders); i++) {
        const hws_hub_options options = {.decider = &deciders[i]};
        assert_int_equal(hws_hub_new(&options, explain, sizeof explain, &other),
                         HWS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(explain, "decider"));
        assert_int_equal(hws_hub_new(&options, NULL, 0, &other), HWS_ERR_INVALID_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT_OF(by_hook); i++) {
        const hws_hub_options options = {.namespaces = &by_hook[i], .namespace_count = 1};
        assert_int_equal(hws_hub_new(&options, explain, sizeof explain, &other),
                         HWS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(explain, "by hook"));
    }
}

/* Everything that is asked, answered at once or later, until something ends it. */
static void converse(bool is_at_once)
{
    static const char several[] = "{\"id\":2,\"subscribe\":{\"channel\":\"x\"}}\n"
                                  "{\"id\":3,\"ping\":{}}\n"
                                  "{\"id\":4,\"rpc\":{}}";
    static const char *const talk[] = {
        "{\"id\":1,\"connect\":{\"data\":1}}",
        several,
        "{\"id\":5,\"publish\":{\"channel\":\"x\",\"data\":1}}",
    };
    static const hws_text channel = {"y", 1};
    const hws_decision decision = {
        .user = text_of("ada"),
        .info = text_of("1"),
        .data = text_of("2"),
        .channels = &channel,
        .channel_count = 1,
    };
    at_once = is_at_once ? &decision : NULL;
    raw_client *client = raw_connect(loop, raw_port(server));
    char head[2048];
    raw_ask(client, "/connection/websocket", "Origin: http://localhost\r\nCookie: a\r\n");
    raw_read_head(client, head, sizeof head);
    for (size_t i = 0; i < COUNT_OF(talk) && strstr(head, " 101 ") && !client->ended; i++) {
        raw_send_text(client, talk[i]);
        for (int turns = 0; turns < 8; turns++) {
            raw_turn(client);
            while (open_count > 0) {
                hws_question *question = open_questions[0];
                forget(question);
                if (hws_question_answer(question, &decision) != HWS_OK) hws_question_fail(question);
            }
        }
    }
    raw_free(client);
    for (int i = 0; i < 8; i++) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    for (int is_at_once = 0; is_at_once < 2; is_at_once++) {
        converse(is_at_once);
        const size_t before = counter.calls;
        const int asked_before = asked_count;
        converse(is_at_once);
        assert_int_equal(asked_count - asked_before, 4);
        const size_t calls = counter.calls - before;
        for (size_t fails = 0; fails <= calls; fails++) {
            counter.fail_after = fails;
            converse(is_at_once);
            counter.fail_after = SIZE_MAX;
            for (int turns = 0; hws_hub_client_count(hub) > 0; turns++) {
                assert_true(turns < 60000);
                assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
            }
            assert_int_equal(open_count, 0);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_connects),
        TEST(refusals),
        TEST(answers_that_are_none),
        TEST(a_slow_decision_about_a_connect),
        TEST(subscribing),
        TEST(publishing),
        TEST(procedures),
        TEST(what_is_kept_for_who_decides),
        TEST(refreshes_are_spread),
        TEST(refreshing),
        TEST(what_waits_is_bounded),
        TEST(a_client_that_goes),
        TEST(a_server_that_goes),
        TEST(streams),
        TEST(deciders_that_are_none),
        TEST(each_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
