/* SPDX-License-Identifier: MIT */
/* A link without a network: what it would open is caught here, and what it sends. */
#include "cmd/demo_link.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/cmocka.h"

static hws_client_options caught;
static char sent[4 * DEMO_BATCH_SIZE_MAX];
static size_t message_count;
static size_t command_count;
static int ready_count;
static int end_count;
static char heard[128];

hws_status __wrap_hws_websocket_open(hws_loop *loop, const hws_client_options *options,
                                     hws_websocket *ws);
hws_status __wrap_hws_websocket_send(hws_websocket ws, const hws_message *message);
hws_status __wrap_hws_websocket_send_text(hws_websocket ws, const char *text);

hws_status __wrap_hws_websocket_open(hws_loop *loop, const hws_client_options *options,
                                     hws_websocket *ws)
{
    (void)loop;
    (void)ws;
    caught = *options;
    return HWS_OK;
}

hws_status __wrap_hws_websocket_send(hws_websocket ws, const hws_message *message)
{
    (void)ws;
    assert_true(message->size < sizeof sent);
    memcpy(sent, message->data, message->size);
    sent[message->size] = '\0';
    message_count++;
    command_count++;
    for (const char *at = sent; (at = strchr(at, '\n')); at++) command_count++;
    return HWS_OK;
}

hws_status __wrap_hws_websocket_send_text(hws_websocket ws, const char *text)
{
    (void)ws;
    snprintf(sent, sizeof sent, "%s", text);
    message_count++;
    return HWS_OK;
}

void __wrap_options_complain(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void __wrap_options_complain(const char *command, const char *format, ...)
{
    assert_string_equal(command, "demo-test");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(heard, sizeof heard, format, arguments);
    va_end(arguments);
}

static void on_ready(demo_link *link)
{
    (void)link;
    ready_count++;
}

static void on_end(demo_link *link)
{
    (void)link;
    end_count++;
}

static void on_publication(demo_link *link, const char *channel, const json_t *data)
{
    (void)link;
    snprintf(heard, sizeof heard, "%s %lld", channel, (long long)json_integer_value(data));
}

static void comes(demo_link *link, const char *text)
{
    const hws_message message = {
        .type = HWS_TEXT, .data = (const uint8_t *)text, .size = strlen(text)};
    caught.on_message(link->ws, &message, link);
}

static access_token token;

static demo_link *opened(void)
{
    static demo_link link;
    link = (demo_link){.command = "demo-test",
                       .url = "ws://there",
                       .token = &token,
                       .name = "pump",
                       .channel = {"devices:all", "devices:pump"},
                       .on_ready = on_ready,
                       .on_publication = on_publication,
                       .on_end = on_end};
    message_count = command_count = 0;
    ready_count = end_count = 0;
    heard[0] = '\0';
    assert_int_equal(demo_link_open(&link, NULL), HWS_OK);
    caught.on_open(link.ws, &link);
    return &link;
}

static demo_link *ready(void)
{
    demo_link *link = opened();
    comes(link,
          "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{}}\n{\"id\":3,\"subscribe\":{}}");
    return link;
}

static void test_it_greets_and_is_ready_when_all_is_answered(void **state)
{
    (void)state;
    demo_link *link = opened();
    assert_string_equal(
        sent, "{\"id\":1,\"connect\":{\"data\":{\"name\":\"pump\"},\"name\":\"hawser\"}}\n"
              "{\"id\":2,\"subscribe\":{\"channel\":\"devices:all\"}}\n"
              "{\"id\":3,\"subscribe\":{\"channel\":\"devices:pump\"}}");
    comes(link, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{}}");
    assert_int_equal(ready_count, 0);
    demo_link_publish(link, "c", "1");
    demo_link_flush(link);
    assert_int_equal(message_count, 1);
    comes(link, "{\"id\":3,\"subscribe\":{}}\n");
    assert_int_equal(ready_count, 1);
}

static void test_it_says_its_token(void **state)
{
    (void)state;
    static char text[SECRET_FILE_SIZE_MAX];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "a.b.", 4);
    token.given = token.text = text;
    opened();
    assert_int_equal(command_count, 3);
    static const char before[] = "{\"id\":1,\"connect\":{\"token\":\"";
    static const char behind[] = "\",\"data\":{\"name\":\"pump\"},\"name\":\"hawser\"}}\n";
    assert_memory_equal(sent, before, sizeof before - 1);
    assert_memory_equal(sent + sizeof before - 1, text, sizeof text - 1);
    assert_memory_equal(sent + sizeof before - 1 + sizeof text - 1, behind, sizeof behind - 1);
    token = (access_token){.file = "/nowhere/at/all"};
    opened();
    assert_int_equal(message_count, 0);
    assert_int_equal(end_count, 1);
    assert_non_null(strstr(heard, "--token-file: cannot open /nowhere/at/all: "));
    token = (access_token){.file = NULL};
}

static void test_publications_leave_in_few_messages(void **state)
{
    (void)state;
    demo_link *link = ready();
    message_count = command_count = 0;
    for (size_t i = 0; i < DEMO_BATCH_COUNT_MAX + 1; i++) demo_link_publish(link, "c", "{}");
    demo_link_flush(link);
    demo_link_flush(link);
    assert_int_equal(message_count, 2);
    assert_int_equal(command_count, DEMO_BATCH_COUNT_MAX + 1);
    assert_string_equal(sent, "{\"id\":68,\"publish\":{\"channel\":\"c\",\"data\":{}}}");
}

static void test_large_ones_too(void **state)
{
    (void)state;
    demo_link *link = ready();
    char data[DEMO_DATA_SIZE_MAX];
    memset(data, '1', sizeof data - 1);
    data[sizeof data - 1] = '\0';
    message_count = command_count = 0;
    for (size_t i = 0; i < DEMO_BATCH_COUNT_MAX; i++) demo_link_publish(link, "c", data);
    demo_link_flush(link);
    assert_int_equal(command_count, DEMO_BATCH_COUNT_MAX);
    assert_true(message_count > 1);
}

static void test_it_answers_pings_and_hears(void **state)
{
    (void)state;
    demo_link *link = ready();
    comes(link, "{}");
    assert_string_equal(sent, "{}");
    comes(link, "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":7}}}");
    assert_string_equal(heard, "c 7");
    comes(link, "{\"push\":{\"channel\":\"c\",\"join\":{}}}");
    assert_int_equal(end_count, 0);
}

static void test_what_is_refused_ends_it(void **state)
{
    (void)state;
    comes(opened(), "{\"id\":1,\"error\":{\"code\":103,\"message\":\"permission denied\"}}");
    assert_int_equal(end_count, 1);
    assert_string_equal(heard, "the server refuses: permission denied");
    comes(opened(), "hello");
    assert_int_equal(end_count, 1);
    assert_string_equal(heard, "ws://there: that is no server of channels");
}

static void test_it_greets_again_when_it_comes_back(void **state)
{
    (void)state;
    demo_link *link = ready();
    caught.on_retry(link->ws, NULL, 1, link);
    message_count = 0;
    demo_link_publish(link, "c", "1");
    demo_link_flush(link);
    assert_int_equal(message_count, 0);
    caught.on_open(link->ws, link);
    comes(link, "{\"id\":3,\"subscribe\":{}}");
    assert_int_equal(ready_count, 2);
}

static void test_its_end(void **state)
{
    (void)state;
    demo_link *link = ready();
    hws_close close = {.status = HWS_OK, .was_clean = true, .code = HWS_CLOSE_NORMAL, .cause = ""};
    caught.on_close(link->ws, &close, link);
    assert_int_equal(end_count, 1);
    assert_false(link->has_failed);
    link = ready();
    close.code = 3500; /* "invalid token": the server wants it no more */
    close.cause = "closed by the server";
    caught.on_close(link->ws, &close, link);
    assert_true(link->has_failed);
    assert_string_equal(heard, "ws://there: closed by the server");
    link = ready();
    caught.on_close(link->ws, &(hws_close){.status = HWS_ERR_TIMEOUT, .cause = "too late"}, link);
    assert_true(link->has_failed);
    assert_string_equal(heard, "ws://there: too late");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_greets_and_is_ready_when_all_is_answered),
        cmocka_unit_test(test_it_says_its_token),
        cmocka_unit_test(test_publications_leave_in_few_messages),
        cmocka_unit_test(test_large_ones_too),
        cmocka_unit_test(test_it_answers_pings_and_hears),
        cmocka_unit_test(test_what_is_refused_ends_it),
        cmocka_unit_test(test_it_greets_again_when_it_comes_back),
        cmocka_unit_test(test_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
