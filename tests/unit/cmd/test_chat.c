/* SPDX-License-Identifier: MIT */
/* The chat on a fake server: what clients get, when timers run out, and when memory does. */
#include "cmd/chat.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "hawser/hawser.h"
#include "lib/cmocka.h"

enum { SOCKET_COUNT = 3, TOPIC_COUNT_MAX = 8, SENT_SIZE_MAX = 4096 };

/* ---- The fake: sockets that write down what happens to them, a timer for each ---- */

struct hws_timer {
    void (*call)(void *user);
    void *user;
    uint64_t delay_ms; /* 0: does not run */
};

typedef struct fake_socket {
    void *user;
    hws_timer *timer;
    int code;                 /* of its close; 0: open */
    char sent[SENT_SIZE_MAX]; /* each message with a newline */
    size_t sent_size;
    char topics[TOPIC_COUNT_MAX][16];
    hws_status send_status; /* what sends answer */
} fake_socket;

static fake_socket sockets[SOCKET_COUNT];
static hws_timer *last_timer;
static size_t allocations_left = SIZE_MAX;
static bool was_refused;
static hws_status subscribe_status;
static size_t publish_count;

static bool may_allocate(void)
{
    if (allocations_left == 0) {
        was_refused = true;
        return false;
    }
    if (allocations_left != SIZE_MAX) allocations_left--;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

static void *json_malloc_or_not(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

static hws_websocket handle(size_t index)
{
    return (hws_websocket){.slot = (uint32_t)index + 1};
}

static fake_socket *at(hws_websocket ws)
{
    return &sockets[ws.slot - 1];
}

static void write_down(fake_socket *it, const char *text, size_t size)
{
    assert_true(it->sent_size + size + 2 <= SENT_SIZE_MAX);
    memcpy(it->sent + it->sent_size, text, size);
    it->sent_size += size;
    memcpy(it->sent + it->sent_size, "\n", 2);
    it->sent_size++;
}

hws_status hws_websocket_send_text(hws_websocket ws, const char *text)
{
    if (at(ws)->code) return HWS_ERR_NOT_OPEN;
    if (at(ws)->send_status < 0) return at(ws)->send_status;
    write_down(at(ws), text, strlen(text));
    return HWS_OK;
}

hws_status hws_websocket_close(hws_websocket ws, int code, const char *reason)
{
    assert_true(strlen(reason) <= HWS_CLOSE_REASON_MAX);
    assert_int_equal(at(ws)->code, 0);
    at(ws)->code = code;
    return HWS_OK;
}

hws_status hws_websocket_set_user(hws_websocket ws, void *user)
{
    at(ws)->user = user;
    return HWS_OK;
}

static char *find_topic(fake_socket *it, const char *topic)
{
    for (size_t i = 0; i < TOPIC_COUNT_MAX; i++) {
        if (strcmp(it->topics[i], topic) == 0) return it->topics[i];
    }
    return NULL;
}

hws_status hws_websocket_subscribe(hws_websocket ws, const char *topic)
{
    if (subscribe_status < 0) return subscribe_status;
    if (!may_allocate()) return HWS_ERR_NO_MEMORY;
    assert_null(find_topic(at(ws), topic));
    memcpy(find_topic(at(ws), ""), topic, strlen(topic) + 1);
    return HWS_OK;
}

hws_status hws_websocket_unsubscribe(hws_websocket ws, const char *topic)
{
    char *found = find_topic(at(ws), topic);
    if (found) *found = '\0';
    return HWS_OK;
}

hws_status hws_server_publish(hws_server *server, const char *topic, const hws_message *message)
{
    assert_ptr_equal(server, &sockets);
    assert_int_equal(message->type, HWS_TEXT);
    if (!may_allocate()) return HWS_ERR_NO_MEMORY;
    publish_count++;
    for (size_t i = 0; i < SOCKET_COUNT; i++) {
        fake_socket *it = &sockets[i];
        if (it->code == 0 && find_topic(it, topic))
            write_down(it, (const char *)message->data, message->size);
    }
    return HWS_OK;
}

hws_status hws_timer_new(hws_loop *loop, void (*call)(void *user), void *user, hws_timer **timer)
{
    assert_ptr_equal(loop, &last_timer);
    hws_timer *it = malloc(sizeof *it);
    if (!it) return HWS_ERR_NO_MEMORY;
    *it = (hws_timer){.call = call, .user = user};
    *timer = last_timer = it;
    return HWS_OK;
}

hws_status hws_timer_start(hws_timer *timer, uint64_t delay_ms, uint64_t repeat_ms)
{
    assert_int_equal(repeat_ms, 0);
    if (!may_allocate()) return HWS_ERR_NO_MEMORY;
    timer->delay_ms = delay_ms;
    return HWS_OK;
}

void hws_timer_stop(hws_timer *timer)
{
    timer->delay_ms = 0;
}

void hws_timer_free(hws_timer *timer)
{
    free(timer);
}

const char *hws_status_text(hws_status status)
{
    (void)status;
    return "some status";
}

const char *hws_version(void)
{
    return "9.9";
}

/* ---- What the tests say ---- */

static chat *the_chat;
static hws_route route;

static int set_up(void **state)
{
    (void)state;
    memset(sockets, 0, sizeof sockets);
    allocations_left = SIZE_MAX;
    subscribe_status = HWS_OK;
    json_set_alloc_funcs(json_malloc_or_not, free);
    the_chat = chat_new((hws_loop *)(void *)&last_timer);
    assert_non_null(the_chat);
    chat_begin(the_chat, (hws_server *)(void *)&sockets);
    route = chat_route(the_chat);
    return 0;
}

static void open_socket(size_t index)
{
    sockets[index].user = route.user;
    last_timer = NULL;
    route.on_open(handle(index), route.user);
    sockets[index].timer = last_timer;
}

/* As the server does it: the topics go first. */
static void close_socket(size_t index)
{
    fake_socket *it = &sockets[index];
    if (!it->code) it->code = HWS_CLOSE_ABNORMAL;
    memset(it->topics, 0, sizeof it->topics);
    route.on_close(handle(index), &(hws_close){.code = it->code}, it->user);
    it->user = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    allocations_left = SIZE_MAX;
    for (size_t i = 0; i < SOCKET_COUNT; i++) {
        if (sockets[i].user) close_socket(i);
    }
    chat_free(the_chat);
    return 0;
}

/* A copy without a byte more, so that a sanitizer sees who reads on. */
static void say(size_t index, const char *text)
{
    const size_t size = strlen(text);
    uint8_t *copy = __real_malloc(size);
    memcpy(copy, text, size);
    route.on_message(handle(index), &(hws_message){.type = HWS_TEXT, .data = copy, .size = size},
                     sockets[index].user);
    free(copy);
}

static void connect_as(size_t index, const char *name)
{
    char text[100];
    snprintf(text, sizeof text, "{\"id\":1,\"connect\":{\"data\":{\"name\":\"%s\"}}}", name);
    open_socket(index);
    say(index, text);
}

static void enter(size_t index, const char *channel)
{
    char text[100];
    snprintf(text, sizeof text, "{\"id\":2,\"subscribe\":{\"channel\":\"%s\"}}", channel);
    say(index, text);
}

static void forget(size_t index)
{
    sockets[index].sent_size = 0;
    sockets[index].sent[0] = '\0';
}

static void run_out(size_t index, uint64_t expected_ms)
{
    hws_timer *timer = sockets[index].timer;
    assert_int_equal(timer->delay_ms, expected_ms);
    timer->delay_ms = 0;
    timer->call(timer->user);
}

static void test_replies(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    assert_non_null(strstr(sockets[0].sent, "{\"id\":1,\"connect\":{\"client\":\""));
    assert_non_null(strstr(sockets[0].sent, "\"version\":\"9.9\",\"ping\":25,\"pong\":true}}\n"));
    forget(0);
    enter(0, "pier");
    assert_ptr_equal(strstr(sockets[0].sent, "{\"id\":2,\"subscribe\":{}}\n"), sockets[0].sent);
    assert_non_null(
        strstr(sockets[0].sent, "{\"push\":{\"channel\":\"pier\",\"join\":{\"info\":{"));
    assert_null(strstr(sockets[0].sent, "\"error\""));
    forget(0);
    say(0, "{\"id\":3,\"publish\":{\"channel\":\"pier\",\"data\":[1]}}");
    assert_non_null(strstr(sockets[0].sent, "\"pub\":{\"data\":[1],\"info\":{\"client\":\""));
    assert_non_null(strstr(sockets[0].sent, "\"conn_info\":{\"name\":\"Ada\"}"));
    assert_non_null(strstr(sockets[0].sent, "\n{\"id\":3,\"publish\":{}}\n"));
    assert_null(strstr(sockets[0].sent, "\"error\""));
    forget(0);
    say(0, "{\"id\":4,\"unsubscribe\":{\"channel\":\"pier\"}}");
    assert_string_equal(sockets[0].sent, "{\"id\":4,\"unsubscribe\":{}}\n");
}

/* A connection on which that alone was said after connect: how it was closed, or not. */
static int code_after(const char *text)
{
    connect_as(0, "Ada");
    say(0, text);
    const int code = sockets[0].code;
    close_socket(0);
    memset(&sockets[0], 0, sizeof sockets[0]);
    return code;
}

static void test_who_breaks_the_protocol_is_closed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "\n",
        "x",
        "[]",
        "{}\n\n",
        "\n{}",
        "{}x",
        "{\"id\":1,\"id\":1}",
        "{\"unsubscribe\":{}}",
        "{\"id\":0,\"unsubscribe\":{}}",
        "{\"id\":1.5,\"unsubscribe\":{}}",
        "{\"id\":\"1\",\"unsubscribe\":{}}",
        "{\"id\":7,\"connect\":{}}",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (code_after(bad[i]) != 3501) fail_msg("'%s' was let pass", bad[i]);
    }
    static const char *const good[] = {"{}", "{}\n", "{}\n{}", " {} ", "{\"id\":-1}", "{\"id\":1}"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (code_after(good[i]) != 0) fail_msg("'%s' was refused", good[i]);
    }
}

static void test_before_connect_there_is_nothing_else(void **state)
{
    (void)state;
    static const char *const early[] = {"{}", "{\"id\":1}",
                                        "{\"id\":1,\"unsubscribe\":{\"channel\":\"x\"}}",
                                        "{\"connect\":{}}", "{\"id\":0,\"connect\":{}}"};
    for (size_t i = 0; i < COUNT_OF(early); i++) {
        open_socket(0);
        say(0, early[i]);
        assert_int_equal(sockets[0].code, 3501);
        close_socket(0);
        memset(&sockets[0], 0, sizeof sockets[0]);
    }
}

static void test_commands_of_a_message(void **state)
{
    (void)state;
    char text[65 * 3 + 1] = "";
    for (int i = 0; i < 64; i++) memcpy(text + i * 3, "{}\n", 4);
    assert_int_equal(code_after(text), 0);
    memcpy(text + sizeof text - 1 - 3, "{}", 3); /* a 65th, without a newline */
    assert_int_equal(code_after(text), 3501);
    memcpy(text + sizeof text - 1 - 3, "{}\n", 4);
    assert_int_equal(code_after(text), 3501);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
    } rows[] = {
        {"{\"id\":-1,\"unsubscribe\":{\"channel\":\"x\"}}", 107},
        {"{\"id\":9}", 104},
        {"{\"id\":9,\"sing\":{}}", 104},
        {"{\"id\":9,\"subscribe\":[]}", 107},
        {"{\"id\":9,\"subscribe\":{}}", 107},
        {"{\"id\":9,\"subscribe\":{\"channel\":\"\"}}", 107},
        {"{\"id\":9,\"unsubscribe\":{\"channel\":7}}", 107},
        {"{\"id\":9,\"publish\":{\"channel\":\"x\",\"data\":1}}", 103},
        {"{\"id\":9,\"publish\":{\"channel\":\"pier\"}}", 107},
        {"{\"id\":9,\"presence\":{}}", 107},
        {"{\"id\":9,\"presence\":{\"channel\":\"x\"}}", 103},
        {"{\"id\":9,\"presence_stats\":{\"channel\":\"x\"}}", 103},
        {"{\"id\":9,\"subscribe\":{\"channel\":\"pier\"}}", 105},
    };
    connect_as(0, "Ada");
    enter(0, "pier");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        forget(0);
        say(0, rows[i].text);
        char expected[100];
        const int id = i == 0 ? -1 : 9;
        snprintf(expected, sizeof expected, "{\"id\":%d,\"error\":{\"code\":%d,", id, rows[i].code);
        if (strstr(sockets[0].sent, expected) != sockets[0].sent ||
            strchr(sockets[0].sent, '\n') != sockets[0].sent + sockets[0].sent_size - 1)
            fail_msg("'%s' got '%s'", rows[i].text, sockets[0].sent);
    }
    assert_int_equal(sockets[0].code, 0);
}

static void test_names(void **state)
{
    (void)state;
    open_socket(0);
    static const char *const bad[] = {"\"\"", "7", "null", "\"a\\u0007\""};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char text[100];
        forget(0);
        snprintf(text, sizeof text, "{\"id\":1,\"connect\":{\"data\":{\"name\":%s}}}", bad[i]);
        say(0, text);
        assert_non_null(strstr(sockets[0].sent, "\"code\":107"));
    }
    forget(0);
    say(0, "{\"id\":1,\"connect\":{}}");
    assert_non_null(strstr(sockets[0].sent, "\"connect\":{\"client\":"));
}

static void test_binary_is_not_taken(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    route.on_message(handle(0),
                     &(hws_message){.type = HWS_BINARY, .data = (const uint8_t *)"{}", .size = 2},
                     sockets[0].user);
    assert_int_equal(sockets[0].code, 1003);
}

static void test_ids_differ_and_are_hex(void **state)
{
    (void)state;
    static const char before[] = "\"client\":\"";
    char ids[2][33];
    for (size_t i = 0; i < 2; i++) {
        connect_as(i, "Ada");
        memcpy(ids[i], strstr(sockets[i].sent, before) + sizeof before - 1, 32);
        ids[i][32] = '\0';
        assert_int_equal(strspn(ids[i], "0123456789abcdef"), 32);
        assert_true(strspn(ids[i] + 2, "0") < 30);
    }
    assert_string_not_equal(ids[0], ids[1]);
}

/* In an empty room nobody is told; the fake would write it down. */
static void test_the_last_leaves_in_silence(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    enter(0, "pier");
    publish_count = 0;
    close_socket(0);
    assert_int_equal(publish_count, 0);
}

static void test_who_never_connects_is_stale(void **state)
{
    (void)state;
    open_socket(0);
    run_out(0, 10000);
    assert_int_equal(sockets[0].code, 3502);
}

static void test_ping_and_pong(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    for (int i = 0; i < 3; i++) {
        forget(0);
        run_out(0, 25000);
        assert_string_equal(sockets[0].sent, "{}\n");
        say(0, "{}");
        assert_int_equal(sockets[0].code, 0);
    }
    run_out(0, 25000);
    enter(0, "pier"); /* talks, but does not answer */
    run_out(0, 8000);
    assert_int_equal(sockets[0].code, 3012);
}

static void test_a_pong_too_many_does_not_put_off_the_ping(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    sockets[0].timer->delay_ms = 1234; /* what is left of it, say */
    say(0, "{}");
    assert_int_equal(sockets[0].timer->delay_ms, 1234);
}

static void test_leaves_are_told(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    connect_as(1, "Ben");
    enter(0, "pier");
    enter(1, "pier");
    forget(0);
    close_socket(1);
    assert_non_null(strstr(sockets[0].sent, "{\"push\":{\"channel\":\"pier\",\"leave\":"));
    assert_non_null(strstr(sockets[0].sent, "\"Ben\""));
}

static void test_at_the_end_they_are_not(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    connect_as(1, "Ben");
    enter(0, "pier");
    enter(1, "pier");
    forget(0);
    chat_end(the_chat);
    close_socket(1);
    assert_string_equal(sockets[0].sent, "");
}

static void test_a_slow_reader_is_closed(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    sockets[0].send_status = HWS_ERR_QUEUE_FULL;
    enter(0, "pier");
    assert_int_equal(sockets[0].code, 3008);
    say(0, "{\"id\":3,\"publish\":{\"channel\":\"pier\",\"data\":1}}"); /* is not obeyed */
}

static void test_a_reader_who_is_gone_is_let_go(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    sockets[0].send_status = HWS_ERR_NOT_OPEN;
    enter(0, "pier");
    assert_int_equal(sockets[0].code, 0);
}

static void test_what_topics_refuse(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    forget(0);
    subscribe_status = HWS_ERR_LIMIT;
    enter(0, "pier");
    assert_non_null(strstr(sockets[0].sent, "\"code\":106"));
    subscribe_status = HWS_ERR_INVALID_ARGUMENT;
    enter(0, "pier");
    assert_non_null(strstr(sockets[0].sent, "\"code\":100"));
    subscribe_status = HWS_OK;
    forget(0);
    enter(0, "pier"); /* the room was left again each time */
    assert_non_null(strstr(sockets[0].sent, "\"subscribe\":{}"));
}

/* A whole conversation in which the n-th allocation fails, for every n: whoever is concerned is
 * closed with 1011, nobody else is, and nothing is left behind. */
static bool converse(size_t allocation_count)
{
    connect_as(1, "Ben");
    enter(1, "pier");
    allocations_left = allocation_count;
    was_refused = false;
    connect_as(0, "Ada");
    enter(0, "pier");
    say(0, "{\"id\":3,\"publish\":{\"channel\":\"pier\",\"data\":{\"a\":[1,\"b\"]}}}\n"
           "{\"id\":4,\"presence\":{\"channel\":\"pier\"}}\n"
           "{\"id\":5,\"presence_stats\":{\"channel\":\"pier\"}}\n"
           "{\"id\":6,\"nonsense\":{}}\n"
           "{\"id\":7,\"unsubscribe\":{\"channel\":\"pier\"}}");
    if (sockets[0].code == 0 && sockets[0].timer) run_out(0, 25000);
    if (sockets[0].code == 0) say(0, "{}");
    allocations_left = SIZE_MAX;
    return !was_refused;
}

static void test_no_memory_to_parse_is_not_their_fault(void **state)
{
    (void)state;
    connect_as(0, "Ada");
    allocations_left = 0;
    say(0, "{\"id\":9,\"unsubscribe\":{\"channel\":\"x\"}}");
    allocations_left = SIZE_MAX;
    assert_int_equal(sockets[0].code, HWS_CLOSE_INTERNAL_ERROR);
}

static void test_no_memory(void **state)
{
    size_t count = 0;
    for (bool enough = false; !enough; count++) {
        assert_true(count < 1000);
        enough = converse(count);
        assert_int_equal(sockets[1].code, 0);
        if (enough) {
            assert_int_equal(sockets[0].code, 0);
        } else if (sockets[0].code != 3501) { /* what the parser took for bad text */
            assert_int_equal(sockets[0].code, HWS_CLOSE_INTERNAL_ERROR);
        }
        tear_down(state);
        set_up(state);
    }
    assert_true(count > 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_replies),
        TEST(test_who_breaks_the_protocol_is_closed),
        TEST(test_before_connect_there_is_nothing_else),
        TEST(test_commands_of_a_message),
        TEST(test_errors),
        TEST(test_names),
        TEST(test_binary_is_not_taken),
        TEST(test_ids_differ_and_are_hex),
        TEST(test_the_last_leaves_in_silence),
        TEST(test_who_never_connects_is_stale),
        TEST(test_ping_and_pong),
        TEST(test_a_pong_too_many_does_not_put_off_the_ping),
        TEST(test_leaves_are_told),
        TEST(test_at_the_end_they_are_not),
        TEST(test_a_slow_reader_is_closed),
        TEST(test_a_reader_who_is_gone_is_let_go),
        TEST(test_what_topics_refuse),
        TEST(test_no_memory_to_parse_is_not_their_fault),
        TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
