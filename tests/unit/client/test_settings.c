/* SPDX-License-Identifier: MIT */
#include "client/settings.h"

#include "base/text.h"
#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_settings *settings;

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    settings = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_settings_free(settings, &memory);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static hws_status make(const hws_client_options *options)
{
    hws_settings_free(settings, &memory);
    settings = NULL;
    return hws_settings_new(options, &memory, &settings);
}

static void expect_refused(const hws_client_options *options, hws_status want)
{
    assert_int_equal(make(options), want);
    assert_null(settings);
    assert_int_equal(counter.bytes_out, 0);
}

/* What the program owns, and will have overwritten and given back. */
typedef struct owned {
    char *block;
    size_t size;
    size_t used;
} owned;

static void *own(owned *it, const void *bytes, size_t size)
{
    it->used = (it->used + 15) / 16 * 16;
    assert_true(size <= it->size - it->used);
    void *made = memcpy(it->block + it->used, bytes, size);
    it->used += size;
    return made;
}

static const char *own_text(owned *it, const char *text)
{
    return own(it, text, strlen(text) + 1);
}

static owned owned_new(void)
{
    owned it = {.block = malloc(4096), .size = 4096};
    assert_non_null(it.block);
    return it;
}

static void owned_free(owned *it)
{
    memset(it->block, 0xEE, it->size);
    free(it->block);
}

static hws_client_options *own_options(owned *it)
{
    const hws_header headers[] = {
        {own_text(it, "User-Agent"), own_text(it, "x/1")},
        {own_text(it, "X-Empty"), own_text(it, "")},
    };
    const char *protocols[] = {own_text(it, "chat"), own_text(it, "superchat"), NULL};
    const hws_client_options options = {
        .url = own_text(it, "wss://example.com/chat"),
        .protocols = own(it, protocols, sizeof protocols),
        .origin = own_text(it, "https://example.com"),
        .headers = own(it, headers, sizeof headers),
        .header_count = COUNT_OF(headers),
        .cookies = own_text(it, "a=b"),
        .user_password = own_text(it, "user:password"),
        .proxy = own_text(it, "http://proxy:3128"),
        .tls = {.pair = {{own_text(it, "certificate.pem"), own_text(it, "key.pem")}},
                .authorities = own_text(it, "authorities.pem"),
                .insecure = true,
                .name = own_text(it, "other.example.com")},
        .user = it,
        .reconnect = true,
    };
    return own(it, &options, sizeof options);
}

static void everything_is_copied(void **state)
{
    (void)state;
    owned it = owned_new();
    assert_int_equal(make(own_options(&it)), HWS_OK);
    owned_free(&it);

    const hws_client_options *options = &settings->options;
    assert_string_equal(options->url, "wss://example.com/chat");
    assert_string_equal(options->protocols[0], "chat");
    assert_string_equal(options->protocols[1], "superchat");
    assert_null(options->protocols[2]);
    assert_string_equal(options->origin, "https://example.com");
    assert_int_equal(options->header_count, 2);
    assert_string_equal(options->headers[0].name, "User-Agent");
    assert_string_equal(options->headers[0].value, "x/1");
    assert_string_equal(options->headers[1].name, "X-Empty");
    assert_string_equal(options->headers[1].value, "");
    assert_string_equal(options->cookies, "a=b");
    assert_string_equal(options->user_password, "user:password");
    assert_string_equal(options->proxy, "http://proxy:3128");
    assert_string_equal(options->tls.pair[0].certificate, "certificate.pem");
    assert_string_equal(options->tls.pair[0].key, "key.pem");
    assert_string_equal(options->tls.authorities, "authorities.pem");
    assert_string_equal(options->tls.name, "other.example.com");
    assert_true(options->tls.insecure);
    assert_true(options->reconnect);
    assert_ptr_equal(options->user, &it);
    assert_null(options->bearer);
    assert_null(options->unix_path);
}

static void what_excludes_the_others_is_copied_too(void **state)
{
    (void)state;
    owned it = owned_new();
    const hws_client_options options = {
        .url = own_text(&it, "ws://localhost"),
        .bearer = own_text(&it, "token"),
        .unix_path = own_text(&it, "/run/socket"),
        .proxy = own_text(&it, "NONE"),
    };
    assert_int_equal(make(&options), HWS_OK);
    owned_free(&it);
    assert_string_equal(settings->options.url, "ws://localhost");
    assert_string_equal(settings->options.bearer, "token");
    assert_string_equal(settings->options.unix_path, "/run/socket");
    assert_string_equal(settings->options.proxy, "NONE");
}

static void lists_of_nothing_are_kept_as_nothing(void **state)
{
    (void)state;
    static const char *const protocols[] = {NULL};
    static const hws_header headers[] = {{"X", "y"}};
    assert_int_equal(
        make(&(hws_client_options){.url = "ws://a", .protocols = protocols, .headers = headers}),
        HWS_OK);
    assert_ptr_not_equal(settings->options.protocols, protocols);
    assert_null(settings->options.protocols[0]);
    assert_null(settings->options.headers);
    assert_int_equal(make(&(hws_client_options){.url = "ws://a"}), HWS_OK);
    assert_null(settings->options.protocols);
}

/* As include/hawser/client.h states them. */
static void zero_means_the_default(void **state)
{
    (void)state;
    assert_int_equal(make(&(hws_client_options){.url = "ws://a"}), HWS_OK);
    const hws_client_options *options = &settings->options;
    assert_int_equal(options->retry_delay_ms, 5000);
    assert_int_equal(options->retry_delay_max_ms, 60000);
    assert_int_equal(options->retry_count_max, 0);
    assert_int_equal(options->stable_ms, 10000);
    assert_int_equal(options->offline_size_max, 1048576);
    assert_int_equal(options->inbox_size_max, 1048576);
    assert_int_equal(options->message_size_max, 16777216);
    assert_int_equal(options->send_queue_max, 1048576);
    assert_int_equal(options->connect_timeout_ms, 10000);
    assert_int_equal(options->handshake_timeout_ms, 10000);
    assert_int_equal(options->ping_interval_ms, 20000);
    assert_int_equal(options->pong_timeout_ms, 20000);
    assert_int_equal(options->close_timeout_ms, 5000);
    assert_int_equal(options->message_timeout_ms, 30000);
    assert_int_equal(options->send_timeout_ms, 10000);
    assert_int_equal(options->redirect_count_max, 0);
    assert_false(options->reconnect);
    assert_false(options->blocking);
    assert_false(options->stream_parts);
    assert_false(options->protocol_optional);
}

static void what_is_said_is_no_default(void **state)
{
    (void)state;
    const hws_client_options said = {
        .url = "ws://a",
        .redirect_count_max = 5,
        .retry_delay_ms = 1,
        .retry_delay_max_ms = 1,
        .retry_count_max = 3,
        .stable_ms = 4,
        .offline_size_max = SIZE_MAX,
        .inbox_size_max = 6,
        .message_size_max = 7,
        .send_queue_max = 8,
        .connect_timeout_ms = 9,
        .handshake_timeout_ms = 10,
        .ping_interval_ms = UINT32_MAX,
        .pong_timeout_ms = 12,
        .close_timeout_ms = 13,
        .message_timeout_ms = 14,
        .send_timeout_ms = 15,
    };
    assert_int_equal(make(&said), HWS_OK);
    const hws_client_options *options = &settings->options;
    assert_int_equal(options->redirect_count_max, 5);
    assert_int_equal(options->retry_delay_ms, 1);
    assert_int_equal(options->retry_delay_max_ms, 1);
    assert_int_equal(options->retry_count_max, 3);
    assert_int_equal(options->stable_ms, 4);
    assert_true(options->offline_size_max == SIZE_MAX);
    assert_int_equal(options->inbox_size_max, 6);
    assert_int_equal(options->message_size_max, 7);
    assert_int_equal(options->send_queue_max, 8);
    assert_int_equal(options->connect_timeout_ms, 9);
    assert_int_equal(options->handshake_timeout_ms, 10);
    assert_int_equal(options->ping_interval_ms, UINT32_MAX);
    assert_int_equal(options->pong_timeout_ms, 12);
    assert_int_equal(options->close_timeout_ms, 13);
    assert_int_equal(options->message_timeout_ms, 14);
    assert_int_equal(options->send_timeout_ms, 15);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    static const hws_client_options CASES[] = {
        {.url = NULL},
        {.url = "ws://a", .bearer = "t", .user_password = "a:b"},
        {.url = "ws://a", .blocking = true, .stream_parts = true},
        {.url = "ws://a", .redirect_count_max = HWS_REDIRECT_MAX + 1},
        {.url = "ws://a", .retry_delay_ms = 2, .retry_delay_max_ms = 1},
        {.url = "ws://a", .retry_delay_ms = 60001},
        {.url = "ws://a", .retry_delay_max_ms = 4999},
        {.url = "ws://a", .unix_path = "/x", .proxy = "http://p"},
        {.url = "ws://a", .tls = {.self_signed = true}},
        {.url = "ws://a", .tls = {.clients = HWS_TLS_CLIENTS_ASKED}},
        {.url = "ws://a", .tls = {.clients = HWS_TLS_CLIENTS_REQUIRED}},
        {.url = "ws://a", .tls = {.pair = {{"a", "b"}, {"c", "d"}}}},
        {.url = "ws://a", .tls = {.pair = {{"a", "b"}, {NULL, "d"}}}},
        {.url = "ws://a", .tls = {.pair = {{NULL, "b"}}}},
        {.url = "ws://a", .header_count = 1},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        expect_refused(&CASES[i], HWS_ERR_INVALID_ARGUMENT);
}

static void what_only_looks_like_a_contradiction_is_not_refused(void **state)
{
    (void)state;
    static const hws_client_options CASES[] = {
        {.url = "ws://a", .retry_delay_ms = 60000},
        {.url = "ws://a", .retry_delay_max_ms = 5000},
        {.url = "ws://a", .blocking = true},
        {.url = "ws://a", .stream_parts = true},
        {.url = "ws://a", .unix_path = "/x"},
        {.url = "ws://a", .unix_path = "/x", .proxy = "none"},
        {.url = "ws://a", .unix_path = "/x", .proxy = "None"},
        {.url = "ws://a", .proxy = "socks5h://u:p@[::1]:1080"},
        {.url = "ws://a", .tls = {.pair = {{"a", NULL}}}},
        {.url = "ws://a", .tls = {.insecure = true, .authorities = "x"}},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) assert_int_equal(make(&CASES[i]), HWS_OK);
}

/* Behind the zero pair nothing is looked at, and nothing is kept. */
static void what_stands_behind_the_zero_pair_is_let_fall(void **state)
{
    (void)state;
    assert_int_equal(make(&(hws_client_options){
                         .url = "ws://a",
                         .tls = {.pair = {{"a", "b"}, {NULL, NULL}, {"c", "d"}}},
                     }),
                     HWS_OK);
    for (size_t i = 1; i < HWS_TLS_PAIR_MAX; i++) {
        assert_null(settings->options.tls.pair[i].certificate);
        assert_null(settings->options.tls.pair[i].key);
    }
    assert_string_equal(settings->options.tls.pair[0].key, "b");
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    static const char *const twice[] = {"a", "a", NULL};
    static const hws_header host[] = {{"Host", "b"}};
    static const struct {
        hws_client_options options;
        hws_status want;
    } CASES[] = {
        {{.url = "ftp://a"}, HWS_ERR_URL_SCHEME},
        {{.url = "ws://a/#x"}, HWS_ERR_URL_FRAGMENT},
        {{.url = "ws://a:0"}, HWS_ERR_URL_PORT},
        {{.url = "ws://u:p@a"}, HWS_ERR_URL_USERINFO},
        {{.url = "ws://"}, HWS_ERR_URL_HOST},
        {{.url = "ws://a/ "}, HWS_ERR_URL_PATH},
        {{.url = "ws://a", .protocols = twice}, HWS_ERR_HANDSHAKE_PROTOCOL},
        {{.url = "ws://a", .headers = host, .header_count = 1}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .cookies = "a\r\nb"}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .origin = "a\r\nb"}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .bearer = ""}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .user_password = "user"}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .proxy = ""}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .proxy = "ftp://p"}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .proxy = "http://p/x"}, HWS_ERR_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) expect_refused(&CASES[i].options, CASES[i].want);
}

static void a_url_of_64_kib_is_refused(void **state)
{
    (void)state;
    static char url[1 << 16] = "ws://a/";
    memset(url + 7, 'x', sizeof url - 8);
    expect_refused(&(hws_client_options){.url = url}, HWS_ERR_URL_TOO_LONG);
    url[HWS_URL_SIZE_MAX] = 0;
    assert_int_equal(make(&(hws_client_options){.url = url}), HWS_OK);
    assert_string_equal(settings->options.url, url);
}

static void as_many_headers_are_kept_as_may_be_added(void **state)
{
    (void)state;
    hws_header headers[HWS_CLIENT_HEADER_MAX + 1];
    for (size_t i = 0; i < COUNT_OF(headers); i++) headers[i] = (hws_header){"X", "y"};
    hws_client_options options = {.url = "ws://a", .headers = headers};
    options.header_count = HWS_CLIENT_HEADER_MAX;
    assert_int_equal(make(&options), HWS_OK);
    assert_string_equal(settings->options.headers[HWS_CLIENT_HEADER_MAX - 1].value, "y");
    options.header_count++;
    expect_refused(&options, HWS_ERR_INVALID_ARGUMENT);
}

static void settings_without_memory_are_none(void **state)
{
    (void)state;
    counter.fail_after = 0;
    expect_refused(&(hws_client_options){.url = "ws://a"}, HWS_ERR_NO_MEMORY);
    counter.fail_after = SIZE_MAX;
    assert_int_equal(counter.calls, 1); /* one block for all */
}

/* What on_attempt may change. */

static hws_destination *destination;

static hws_status aim(const hws_attempt *attempt)
{
    hws_destination_free(destination, &memory);
    destination = NULL;
    return hws_destination_new(attempt, &memory, &destination);
}

static void a_destination_is_copied(void **state)
{
    (void)state;
    owned it = owned_new();
    const hws_header headers[] = {{own_text(&it, "X"), own_text(&it, "y")},
                                  {own_text(&it, "Z"), own_text(&it, "")}};
    const hws_attempt attempt = {
        .url = own_text(&it, "ws://b/x"),
        .bearer = own_text(&it, "token"),
        .headers = own(&it, headers, sizeof headers),
        .header_count = COUNT_OF(headers),
    };
    assert_int_equal(aim(&attempt), HWS_OK);
    owned_free(&it);
    assert_string_equal(destination->url, "ws://b/x");
    assert_string_equal(destination->bearer, "token");
    assert_int_equal(destination->header_count, 2);
    assert_string_equal(destination->headers[0].name, "X");
    assert_string_equal(destination->headers[0].value, "y");
    assert_string_equal(destination->headers[1].name, "Z");
    assert_string_equal(destination->headers[1].value, "");

    /* What it leaves alone is of the last attempt. */
    hws_destination *last = destination;
    destination = NULL;
    assert_int_equal(aim(&(hws_attempt){.url = last->url,
                                        .bearer = last->bearer,
                                        .headers = last->headers,
                                        .header_count = last->header_count}),
                     HWS_OK);
    hws_destination_free(last, &memory);
    assert_string_equal(destination->url, "ws://b/x");
    assert_string_equal(destination->headers[0].value, "y");

    assert_int_equal(aim(&(hws_attempt){.url = "ws://c", .headers = headers}), HWS_OK);
    assert_null(destination->bearer);
    assert_null(destination->headers);
    hws_destination_free(destination, &memory);
    destination = NULL;
}

static void destinations_that_are_none_are_refused(void **state)
{
    (void)state;
    static const hws_header bad[] = {{"X", "y"}, {"Host", "b"}};
    static const hws_header no_value[] = {{"X", NULL}};
    static const struct {
        hws_attempt attempt;
        hws_status want;
    } CASES[] = {
        {{.url = NULL}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = ""}, HWS_ERR_URL_SCHEME},
        {{.url = "ws://a#"}, HWS_ERR_URL_FRAGMENT},
        {{.url = "ws://a", .header_count = 1}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .headers = bad, .header_count = 2}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .headers = bad, .header_count = 33}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .headers = no_value, .header_count = 1}, HWS_ERR_INVALID_ARGUMENT},
        {{.url = "ws://a", .bearer = "a b"}, HWS_ERR_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(aim(&CASES[i].attempt), CASES[i].want);
        assert_null(destination);
    }
    assert_int_equal(aim(&(hws_attempt){.url = "ws://a", .headers = bad, .header_count = 1}),
                     HWS_OK);
    hws_destination_free(destination, &memory);
    destination = NULL;
    counter.fail_after = 0;
    assert_int_equal(aim(&(hws_attempt){.url = "ws://a"}), HWS_ERR_NO_MEMORY);
    assert_null(destination);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_is_copied),
        TEST(what_excludes_the_others_is_copied_too),
        TEST(lists_of_nothing_are_kept_as_nothing),
        TEST(zero_means_the_default),
        TEST(what_is_said_is_no_default),
        TEST(contradictions_are_refused),
        TEST(what_only_looks_like_a_contradiction_is_not_refused),
        TEST(what_stands_behind_the_zero_pair_is_let_fall),
        TEST(what_cannot_be_sent_is_refused),
        TEST(a_url_of_64_kib_is_refused),
        TEST(as_many_headers_are_kept_as_may_be_added),
        TEST(settings_without_memory_are_none),
        TEST(a_destination_is_copied),
        TEST(destinations_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
