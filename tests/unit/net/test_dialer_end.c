/* SPDX-License-Identifier: MIT */
/* Out of time, given up, out of memory: at every place of the way. */
#include "lib/dial_fixture.h"

static void test_no_name_in_time(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "proxy.example");
    hws_dial_target target = {.host = "chat.example", .port = 443, .connect_timeout_ms = 60};
    names_hold(AF_INET, true);
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_NAME_TEMPORARY,
                  "chat.example: no answer from the name servers within 60 ms");
    assert_non_null(strstr(it.steps, "resolved failed chat.example: no answer"));
    target.proxy = &proxy;
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_NAME_TEMPORARY,
                  "the proxy proxy.example: no answer from the name servers within 60 ms");
}

static void test_no_connection_in_time(void **state)
{
    (void)state;
    int fillers[2];
    hws_address address;
    assert_true(hws_address_literal((hws_text){"127.0.0.1", 9}, there.port, &address));
    const int listener = there.listener;
    there.listener = -1; /* nobody accepts */
    assert_int_equal(listen(listener, 0), 0);
    for (int i = 0; i < 2; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(fillers[i], &address.any, address.size);
    }
    hws_dial_target target = {.host = "127.0.0.1", .port = there.port, .connect_timeout_ms = 1000};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_TIMEOUT, "connecting to 127.0.0.1 port %u: no answer within 1 s",
                  there.port);
    char line[128];
    snprintf(line, sizeof line, "connected failed 127.0.0.1 port %u: no answer within 1 s\n",
             there.port);
    assert_non_null(strstr(it.steps, line));

    names_found(AF_INET6, "::1");
    names_found(AF_INET, "127.0.0.1");
    target =
        (hws_dial_target){.host = "chat.example", .port = there.port, .connect_timeout_ms = 1000};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_TIMEOUT,
                  "connecting to chat.example: [::1] port %u: connection refused; 127.0.0.1 port "
                  "%u: no answer within 1 s",
                  there.port, there.port);
    target.host = "127.0.0.1";
    it.cancels_at = 2; /* in the step that tells of it */
    dial_to_the_end(&target);
    assert_string_equal(it.text, "");
    for (int i = 0; i < 2; i++) close(fillers[i]);
    close(listener);
}

static void test_no_proxy_in_time(void **state)
{
    (void)state;
    hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    hws_dial_target target = {.host = "chat.example",
                              .port = 443,
                              .proxy = &proxy,
                              .proxy_tls = trusting,
                              .tls = trusting,
                              .connect_timeout_ms = 50,
                              .tls_timeout_ms = 5000};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_TIMEOUT, "the proxy 127.0.0.1 port %u: no answer within 50 ms",
                  there.port);
    proxy.kind = HWS_PROXY_HTTPS;
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_TIMEOUT,
                  "TLS with the proxy 127.0.0.1 port %u: the handshake has not ended within 50 ms",
                  there.port);
}

static void test_no_tls_in_time(void **state)
{
    (void)state;
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1",
                                       .port = there.port,
                                       .tls = trusting,
                                       .connect_timeout_ms = 5000,
                                       .tls_timeout_ms = 50});
    assert_failed(HWS_ERR_CONNECT_TIMEOUT,
                  "TLS with 127.0.0.1 port %u: the handshake has not ended within 50 ms",
                  there.port);
    assert_non_null(strstr(it.steps, "\ntls failed the handshake has not ended within 50 ms\n"));
}

/* The loop's end is the end of time. */
/* A deadline counts from the call, however long the turn has taken before it. */

static void dial_late_in_a_turn(hws_deferred *deferred)
{
    const uint64_t begun_ms = hws_loop_now_ms(loop);
    while (hws_clock_ms() < begun_ms + 3) {
    }
    const uint64_t called_ms = hws_clock_ms();
    const hws_dial_target target = {.host = "127.0.0.1", .port = 1};
    assert_int_equal(dial(&target), HWS_OK);
    const uint64_t until_ms = hws_alarm_at_ms(&it.dial->deadline, loop);
    assert_true(until_ms >= called_ms + it.dial->target.connect_timeout_ms);
    hws_dial_cancel(it.dial);
    it.is_done = true;
    (void)deferred;
}

static void test_late_in_a_turn(void **state)
{
    (void)state;
    hws_deferred deferred = {.call = dial_late_in_a_turn};
    hws_loop_defer(loop, &deferred);
    step();
    assert_true(it.is_done);
}

static void test_the_loop_ends(void **state)
{
    (void)state;
    names_hold(AF_INET, true);
    assert_int_equal(dial(&(hws_dial_target){.host = "chat.example", .port = 443}), HWS_OK);
    step();
    peer_close();
    hws_tls_context_unref(server);
    hws_tls_context_unref(trusting);
    hws_tls_context_unref(strict);
    hws_loop_free(loop);
    assert_int_equal(it.status, HWS_ERR_NAME_TEMPORARY);
    names_hold(AF_INET, false);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    make_contexts();
}

/* Giving up, and running short: at every place of the longest way. */

static hws_proxy long_proxy;
static hws_dial_target long_way;

static void prepare_the_long_way(void)
{
    names_found(AF_INET6, "::1");
    names_found(AF_INET, "127.0.0.1");
    long_proxy = proxy_of(HWS_PROXY_HTTPS, "proxy.example");
    long_way = (hws_dial_target){.host = "chat.example",
                                 .port = 443,
                                 .proxy = &long_proxy,
                                 .proxy_tls = trusting,
                                 .tls = trusting};
    ANSWER("\r\n\r\n", OPENED);
    there.secures = 2;
    there.talks_in_tls = true;
}

static void leave_the_long_way(void)
{
    if (it.stream) hws_stream_close(it.stream, 0);
    it.stream = NULL;
    peer_close();
    for (int i = 0; i < 3; i++) assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(loop->io_count, 0);
    peer_listen();
}

static void test_cancel_in_each_step(void **state)
{
    (void)state;
    size_t n = 0;
    do {
        prepare_the_long_way();
        it.cancels_at = ++n;
        dial_to_the_end(&long_way);
        assert_string_equal(it.text, "");
        leave_the_long_way();
    } while (it.step_count == n);
    assert_in_range(n, 10, 11); /* when the two families are heard of one after the other */
}

static void test_cancel_in_each_turn(void **state)
{
    (void)state;
    for (int turns = 0;; turns++) {
        prepare_the_long_way();
        assert_int_equal(dial(&long_way), HWS_OK);
        for (int i = 0; i < turns && !it.is_done; i++) step();
        const bool is_done = it.is_done;
        if (!is_done) hws_dial_cancel(it.dial);
        it.dial = NULL;
        leave_the_long_way();
        if (is_done) break;
        assert_false(it.is_done);
    }
}

/* The n-th allocation fails, and all that follow in its turn. */
static void test_no_memory(void **state)
{
    (void)state;
    int failed_count = 0;
    for (size_t n = 0;; n++) {
        prepare_the_long_way();
        counter.fail_after = n;
        const hws_status status = dial(&long_way);
        if (status < HWS_OK) {
            assert_int_equal(status, HWS_ERR_NO_MEMORY);
            counter.fail_after = SIZE_MAX;
            leave_the_long_way();
            continue;
        }
        while (!it.is_done) {
            assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
            const size_t left = counter.fail_after;
            counter.fail_after = SIZE_MAX; /* the peer has enough, and posts come again */
            peer_turn();
            counter.fail_after = left > 0 ? left : SIZE_MAX;
        }
        const bool was_enough = counter.fail_after != SIZE_MAX;
        failed_count += !it.stream;
        counter.fail_after = SIZE_MAX;
        leave_the_long_way();
        if (was_enough) break;
    }
    assert_true(failed_count >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_name_in_time),     TEST(test_no_connection_in_time),
        TEST(test_no_proxy_in_time),    TEST(test_no_tls_in_time),
        TEST(test_late_in_a_turn),      TEST(test_the_loop_ends),
        TEST(test_cancel_in_each_step), TEST(test_cancel_in_each_turn),
        TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
