/* SPDX-License-Identifier: MIT */
#include "net/proxied.h"

#include "lib/fake_stream.h"
#include "lib/test_memory.h"
#include "loop/state.h"

#define LINE "PROXY TCP4 192.0.2.1 203.0.113.9 56324 443\r\n"
enum { START_MS = 1000000, TIME_MS = 5000 };

static struct {
    test_memory counter;
    hws_memory memory;
    hws_loop *loop;
    size_t bytes_before;
    fake_stream peer;
    hws_proxied *proxied;
    int headers;
    int ends;
    hws_status why;
    hws_proxy_header header;
    char rest[64];
    char passed_on[64];
} it;

static void next_receives(void *owner, hws_span bytes)
{
    assert_ptr_equal(owner, &it.peer);
    assert_true(bytes.size < sizeof it.passed_on);
    memcpy(it.passed_on, bytes.data, bytes.size);
    it.passed_on[bytes.size] = 0;
}

static void on_header(void *owner, hws_stream *stream, const hws_proxy_header *header,
                      hws_span rest)
{
    static const hws_stream_owner NEXT = {.on_receive = next_receives};
    assert_ptr_equal(owner, &it);
    assert_ptr_equal(stream, &it.peer.stream);
    assert_int_equal(it.counter.bytes_out, it.bytes_before); /* it has freed itself */
    assert_true(it.peer.receiving);
    it.headers++;
    it.header = *header;
    it.proxied = NULL;
    assert_true(rest.size < sizeof it.rest);
    if (rest.size > 0) memcpy(it.rest, rest.data, rest.size);
    it.rest[rest.size] = 0;
    hws_stream_own(stream, &NEXT, &it.peer);
    hws_stream_pass_on(stream, rest);
}

static void on_end(void *owner, const hws_address *peer, hws_status why)
{
    assert_ptr_equal(owner, &it);
    assert_int_equal(peer->any.sa_family, AF_UNSPEC); /* the fake's */
    assert_true(it.peer.closed);
    assert_int_equal(it.counter.bytes_out, it.bytes_before);
    it.ends++;
    it.why = why;
    it.proxied = NULL;
}

static const hws_proxied_owner CALLS = {.on_header = on_header, .on_end = on_end};

static int set_up(void **state)
{
    (void)state;
    memset(&it, 0, sizeof it);
    it.memory = test_memory_hook(&it.counter);
    if (hws_loop_new(&(hws_loop_options){.memory = &it.memory}, &it.loop) != HWS_OK) return -1;
    it.loop->in_turn = true;
    it.loop->now_ms = START_MS;
    it.bytes_before = it.counter.bytes_out;
    fake_stream_init(&it.peer, it.loop);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(hws_alarms_next_ms(it.loop), UINT64_MAX);
    it.loop->in_turn = false;
    hws_loop_free(it.loop);
    assert_int_equal(it.counter.bytes_out, 0);
    return 0;
}

static void begin(void)
{
    assert_int_equal(
        hws_proxied_new(&it.memory, &it.peer.stream, START_MS + TIME_MS, &CALLS, &it, &it.proxied),
        HWS_OK);
    assert_true(it.peer.receiving);
}

static void give(const char *text)
{
    assert_true(fake_stream_give(&it.peer, text, strlen(text)));
}

static void pass(uint64_t ms)
{
    it.loop->now_ms += ms;
    hws_alarms_ring(it.loop);
}

static void expect_end(hws_status why)
{
    assert_int_equal(it.headers, 0);
    assert_int_equal(it.ends, 1);
    assert_int_equal(it.why, why);
    assert_int_equal(it.peer.linger_ms, 0);
    assert_int_equal(it.peer.output_size, 0); /* not a word */
}

static void test_a_header_and_what_follows(void **state)
{
    (void)state;
    begin();
    give(LINE "GET");
    assert_int_equal(it.headers, 1);
    assert_true(it.header.has_source);
    assert_int_equal(hws_address_port(&it.header.source), 56324);
    assert_string_equal(it.rest, "GET");
    assert_string_equal(it.passed_on, "GET");
    give(" /");
    assert_string_equal(it.passed_on, " /");
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    begin();
    for (const char *at = LINE; *at; at++) {
        assert_int_equal(it.headers, 0);
        assert_true(fake_stream_give(&it.peer, at, 1));
        it.loop->now_ms++;
    }
    assert_int_equal(it.headers, 1);
    assert_string_equal(it.rest, "");
    assert_string_equal(it.passed_on, "");
    pass(TIME_MS);
    assert_int_equal(it.ends, 0);
}

static void test_no_header(void **state)
{
    (void)state;
    begin();
    give("GET / HTTP/1.1\r\n\r\n");
    expect_end(HWS_ERR_PROXY_HEADER);
}

/* The first byte that cannot be is enough. */
static void test_a_header_that_breaks_off(void **state)
{
    (void)state;
    begin();
    give("PROXY ");
    assert_int_equal(it.ends, 0);
    give("\n");
    expect_end(HWS_ERR_PROXY_HEADER);
}

static void test_it_goes_away_at_once(void **state)
{
    (void)state;
    begin();
    fake_stream_end(&it.peer, HWS_OK);
    expect_end(HWS_OK);
}

static void test_it_is_reset_at_once(void **state)
{
    (void)state;
    begin();
    fake_stream_end(&it.peer, HWS_ERR_CONNECTION_RESET);
    expect_end(HWS_OK);
}

static void test_it_ends_in_the_middle(void **state)
{
    (void)state;
    begin();
    give("PROXY");
    fake_stream_end(&it.peer, HWS_OK);
    expect_end(HWS_ERR_CONNECTION_LOST);
}

static void test_it_is_reset_in_the_middle(void **state)
{
    (void)state;
    begin();
    give("PROXY");
    fake_stream_end(&it.peer, HWS_ERR_CONNECTION_RESET);
    expect_end(HWS_ERR_CONNECTION_RESET);
}

/* Each byte in time does not help when all of them are not. */
static void test_it_is_too_slow(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 5; i++) {
        pass(TIME_MS / 5 - 1);
        give((const char[]){LINE[i], 0});
    }
    pass(4);
    assert_int_equal(it.ends, 0);
    pass(1);
    expect_end(HWS_ERR_HANDSHAKE_TIMEOUT);
}

static void test_it_says_nothing(void **state)
{
    (void)state;
    begin();
    pass(TIME_MS - 1);
    assert_int_equal(it.ends, 0);
    pass(1);
    expect_end(HWS_OK);
}

static void test_it_is_closed(void **state)
{
    (void)state;
    begin();
    give("PROXY");
    hws_proxied_close(it.proxied);
    assert_true(it.peer.closed);
    assert_int_equal(it.ends + it.headers, 0);
    assert_int_equal(it.counter.bytes_out, it.bytes_before);
}

/* Sets as many alarms as the heap has room for; unsets them. */
static hws_alarm others[4096];

static void fill_alarms(void)
{
    size_t count = 0;
    it.counter.fail_after = 0;
    while (hws_alarm_set(&others[count], it.loop, UINT64_MAX - 1) == HWS_OK) {
        count++;
        assert_true(count < sizeof others / sizeof *others);
    }
    it.counter.fail_after = SIZE_MAX;
}

static void empty_alarms(void)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        hws_alarm_unset(&others[i], it.loop);
}

/* Row O001: its own memory, then that of the alarm. */
static void test_no_memory(void **state)
{
    (void)state;
    fill_alarms();
    for (size_t n = 0;; n++) {
        fake_stream_init(&it.peer, it.loop);
        it.counter.fail_after = n;
        const hws_status status = hws_proxied_new(&it.memory, &it.peer.stream, START_MS + TIME_MS,
                                                  &CALLS, &it, &it.proxied);
        it.counter.fail_after = SIZE_MAX;
        if (status == HWS_OK) {
            assert_int_equal(n, 2);
            hws_proxied_close(it.proxied);
            break;
        }
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        assert_true(it.peer.closed);
        assert_int_equal(it.counter.bytes_out, it.bytes_before);
    }
    empty_alarms();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_header_and_what_follows),
        TEST(test_byte_by_byte),
        TEST(test_no_header),
        TEST(test_a_header_that_breaks_off),
        TEST(test_it_goes_away_at_once),
        TEST(test_it_is_reset_at_once),
        TEST(test_it_ends_in_the_middle),
        TEST(test_it_is_reset_in_the_middle),
        TEST(test_it_is_too_slow),
        TEST(test_it_says_nothing),
        TEST(test_it_is_closed),
        TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
