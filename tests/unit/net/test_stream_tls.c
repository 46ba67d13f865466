/* SPDX-License-Identifier: MIT */
#include "net/stream_tls.h"

#include <malloc.h>

#include "lib/tls_stream_fixture.h"
#include "lib/tls_tcp_fixture.h"

static const int VERSIONS[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void test_both_roles(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        set_version(VERSIONS[i]);
        open_both();
        assert_string_equal(server.stream->kind->name, "tls");
        assert_true(server.stream->secure);
        assert_int_equal(hws_stream_fd(server.stream), -1);
        exchange();
        assert_int_equal(server.ready_calls, 1);
        assert_int_equal(client.ready_calls, 1);
        say(&client, "question");
        exchange();
        assert_heard(&server, "question");
        say(&server, "ans");
        say(&server, "wer");
        exchange();
        assert_heard(&client, "answer");
        assert_int_equal(client.receive_calls, 1);

        hws_tls_info info;
        hws_tls_info_store *store;
        assert_int_equal(hws_stream_tls_info(client.stream, &info, &store), HWS_OK);
        assert_string_equal(info.version, i == 0 ? "TLSv1.2" : "TLSv1.3");
        hws_tls_info_store_free(store);
        close_both(0);
        turn();
    }
}

/* A client says hello before its owner receives; a server waits for its owner. */
static void test_who_begins(void **state)
{
    (void)state;
    assert_int_equal(side_open(&client), HWS_OK);
    assert_int_equal(side_open(&server), HWS_OK);
    assert_false(client.fake.receiving);
    assert_true(client.fake.flush_asked);
    assert_false(server.fake.flush_asked);
    turn();
    assert_true(client.fake.stream.queue.size > 0);
    exchange();
    assert_int_equal(server.ready_calls, 0);
    hws_stream_receive(server.stream, true);
    exchange();
    assert_int_equal(server.fake.output_size - server.carried, server.fake.output_size);
    assert_true(server.fake.output_size > 0); /* its answer waits for the client's owner */
    hws_stream_receive(client.stream, true);
    exchange();
    assert_int_equal(server.ready_calls, 1);
    assert_int_equal(client.ready_calls, 1);
}

/* What is queued during the handshake waits for its end, and counts as blocked. */
static void test_early_words(void **state)
{
    (void)state;
    open_both();
    assert_false(client.stream->blocked);
    say(&client, "early");
    say(&server, "bird");
    turn();
    assert_true(client.stream->blocked);
    assert_true(server.stream->blocked);
    assert_int_equal(client.stream->queue.size, 5);
    exchange();
    assert_heard(&server, "early");
    assert_heard(&client, "bird");
    assert_false(client.stream->blocked);
    assert_false(server.stream->blocked);
    assert_true(client.sent_calls > 0);
}

/* Deferred one behind the other, encrypting and sending are done in one turn. */
static void test_leaves_in_the_same_turn(void **state)
{
    (void)state;
    shake_hands();
    say(&client, "now");
    assert_int_equal(client.fake.stream.queue.size, 0);
    assert_true(client.fake.flush_asked);
    turn();
    assert_true(client.fake.stream.queue.size > 3);
    assert_int_equal(client.stream->queue.size, 0);
    assert_int_equal(hws_loop_timeout_ms(loop), -1); /* nothing is left to do */
}

/* However the network cuts it, the same is heard. */
static void converse(size_t cut)
{
    static const char QUESTION[] = "a question of some length, so that it can be cut";
    open_both();
    server.echoes = true;
    say(&client, QUESTION);
    exchange_cut(cut);
    say(&client, "!");
    exchange_cut(cut);
    hws_stream_shutdown(client.stream);
    exchange_cut(cut);
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_OK);
    assert_memory_equal(client.heard, QUESTION, sizeof QUESTION - 1);
    assert_int_equal(client.heard_size, sizeof QUESTION);
    assert_int_equal(client.end_calls, 0);
    close_both(0);
    turn();
}

static void test_every_size_of_piece(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        set_version(VERSIONS[i]);
        for (size_t cut = 1; cut <= 40; cut++) converse(cut);
        for (size_t cut = 41; cut < 1500; cut += 97) converse(cut);
    }
}

/* The first `at` bytes of `from`, then the others. */
static bool carry_cut_at(tls_side *from, tls_side *to, size_t *at)
{
    fake_stream_take(&from->fake, SIZE_MAX);
    const size_t there = from->fake.output_size - from->carried;
    if (*at == 0 || *at >= there) {
        *at -= there < *at ? there : *at;
        return carry(from, to, SIZE_MAX);
    }
    assert_true(fake_stream_give(&to->fake, from->fake.output + from->carried, *at));
    from->carried += *at;
    *at = 0;
    turn();
    carry(from, to, SIZE_MAX);
    return true;
}

/* Returns whether the cut was within what was said. */
static bool converse_cut_at(size_t client_at, size_t server_at)
{
    size_t left = client_at + server_at;
    open_both();
    say(&client, "question");
    say(&server, "answer");
    bool moved;
    do {
        turn();
        moved = carry_cut_at(&client, &server, &client_at);
        moved = carry_cut_at(&server, &client, &server_at) || moved;
    } while (moved || hws_loop_timeout_ms(loop) == 0);
    assert_heard(&server, "question");
    assert_heard(&client, "answer");
    left = client_at + server_at;
    close_both(0);
    turn();
    return left == 0;
}

static void test_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        set_version(VERSIONS[i]);
        for (size_t at = 1; converse_cut_at(at, 0); at++) continue;
        for (size_t at = 1; converse_cut_at(0, at); at++) continue;
    }
}

/* Closing. */

/* Whoever closes, wherever, at once or lingering: nobody is called any more, and nothing is lost or
 * touched that has gone (the sanitizers look on). */
static void test_close_in_every_call(void **state)
{
    (void)state;
    static const unsigned CALLS[] = {IN_RECEIVE, IN_END, IN_SENT, IN_READY};
    for (size_t i = 0; i < 2 * COUNT_OF(CALLS) * 2 * 2; i++) {
        set_version(VERSIONS[i % 2]);
        open_both();
        tls_side *closing = i / 2 % 2 == 0 ? &server : &client;
        tls_side *other = i / 2 % 2 == 0 ? &client : &server;
        closing->closes_in = CALLS[i / 4 % COUNT_OF(CALLS)];
        closing->linger_ms = i / 4 / COUNT_OF(CALLS) == 0 ? 0 : 1000;
        say(closing, "last words");
        exchange();
        if (closing->stream) say(other, "more");
        exchange();
        if (closing->stream) hws_stream_shutdown(other->stream);
        exchange();
        assert_null(closing->stream);
        assert_true(closing->fake.closed);
        assert_int_equal(closing->fake.linger_ms, closing->linger_ms);
        if (closing->linger_ms > 0) {
            carry(closing, other, SIZE_MAX);
            exchange();
            assert_heard(other, "last words");
            assert_int_equal(other->end_calls, 1);
            assert_int_equal(other->why, HWS_OK);
        }
        close_both(0);
        turn();
    }
}

static void test_closing_outside_of_calls(void **state)
{
    (void)state;
    shake_hands();
    assert_int_equal(hws_queue_append(&client.stream->queue, "whole", 5), HWS_OK);
    assert_false(client.fake.flush_asked);
    hws_stream_close(client.stream, 5000);
    client.stream = NULL;
    assert_false(client.fake.closed);     /* the end of the turn does it, */
    assert_true(client.fake.flush_asked); /* and the lower sends in the same */
    turn();
    assert_true(client.fake.closed);
    assert_int_equal(client.fake.linger_ms, 5000);
    carry(&client, &server, SIZE_MAX);
    assert_heard(&server, "whole");
    assert_int_equal(server.why, HWS_OK);
    assert_int_equal(server.end_calls, 1);

    say(&server, "dropped");
    hws_stream_close(server.stream, 0);
    server.stream = NULL;
    assert_true(server.fake.closed);
    assert_int_equal(server.fake.linger_ms, 0);
    assert_int_equal(server.fake.output_size, 0);
}

/* What came behind, in the same piece, is for nobody: words, an end, a failure. */
static void test_close_before_the_rest(void **state)
{
    (void)state;
    static uint8_t bytes[100000]; /* more than one call's */
    for (int i = 0; i < 3 * 2; i++) {
        shake_hands();
        server.closes_in = IN_RECEIVE;
        server.linger_ms = i % 2 == 0 ? 0 : 1000;
        say_bytes(&client, bytes, i / 2 == 0 ? sizeof bytes : 5);
        if (i / 2 == 1) hws_stream_shutdown(client.stream);
        while (client.stream->queue.size > 0 || client.fake.stream.queue.size > 0) {
            turn();
            fake_stream_take(&client.fake, SIZE_MAX);
        }
        if (i / 2 == 2) memset(client.fake.output + client.fake.output_size, 0, 40);
        if (i / 2 == 2) client.fake.output_size += 40;
        counter.fail_after = 0; /* none of it is kept */
        assert_true(fake_stream_give(&server.fake, client.fake.output, client.fake.output_size));
        counter.fail_after = SIZE_MAX;
        assert_int_equal(server.receive_calls, 1);
        assert_int_equal(server.end_calls, 0);
        client.fake.output_size = 0;
        turn();
        assert_true(server.fake.closed);
        close_both(0);
        turn();
    }
}

/* Reading on is done at the end of a turn, where closing is completed, too. */
static void test_close_while_reading_on(void **state)
{
    (void)state;
    static uint8_t bytes[100000];
    for (int i = 0; i < 2; i++) {
        shake_hands();
        server.pauses = true;
        say_bytes(&client, bytes, sizeof bytes);
        while (client.stream->queue.size > 0 || client.fake.stream.queue.size > 0) {
            turn();
            fake_stream_take(&client.fake, SIZE_MAX);
        }
        assert_true(fake_stream_give(&server.fake, client.fake.output, client.fake.output_size));
        client.fake.output_size = 0;
        assert_int_equal(server.receive_calls, 1);
        server.closes_in = IN_RECEIVE;
        server.linger_ms = i == 0 ? 0 : 1000;
        hws_stream_receive(server.stream, true);
        turn();
        assert_int_equal(server.receive_calls, 2);
        assert_true(server.fake.closed);
        turn(); /* nothing of it is left in the loop */
        close_both(0);
        turn();
    }
}

/* A handshake that cannot even begin. */
static void test_close_before_hello(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(side_open(&client), HWS_OK);
        SSL_set_min_proto_version(client.context->last, TLS1_3_VERSION);
        SSL_set_max_proto_version(client.context->last, TLS1_2_VERSION);
        client.closes_in = IN_END;
        client.linger_ms = i == 0 ? 0 : 1000;
        turn();
        assert_int_equal(client.end_calls, 1);
        assert_int_equal(client.why, HWS_ERR_TLS);
        turn();
        assert_true(client.fake.closed);
    }
}

/* Between the close and the end of its turn the lower may still have something to tell. */
static void test_deaf_once_closed(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        shake_hands();
        say(&server, "unheard");
        turn();
        say(&client, "said");
        turn();
        hws_stream_close(client.stream, 1000);
        client.stream = NULL;
        if (i == 0)
            carry(&server, &client, SIZE_MAX);
        else if (i == 1)
            fake_stream_end(&client.fake, HWS_ERR_CONNECTION_RESET);
        else
            fake_stream_take(&client.fake, SIZE_MAX);
        turn();
        assert_true(client.fake.closed);
        carry(&client, &server, SIZE_MAX);
        assert_heard(&server, "said");
        close_both(0);
        turn();
    }
}

/* Before the handshake is over there is no way for what is queued. */
static void test_lingering_close_within_the_handshake(void **state)
{
    (void)state;
    open_both();
    say(&client, "too early");
    hws_stream_close(client.stream, 1000);
    client.stream = NULL;
    turn();
    assert_true(client.fake.closed);
    assert_int_equal(client.fake.linger_ms, 1000);
}

static void test_each_side_ends_by_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        set_version(VERSIONS[i]);
        shake_hands();
        say(&client, "the end");
        hws_stream_shutdown(client.stream);
        turn();
        assert_true(client.fake.shut_down);
        exchange();
        assert_heard(&server, "the end");
        assert_int_equal(server.end_calls, 1);
        assert_int_equal(server.why, HWS_OK);
        fake_stream_end(&server.fake, HWS_OK); /* which changes nothing */
        say(&server, "still heard");
        exchange();
        if (i == 1) assert_heard(&client, "still heard");
        hws_stream_shutdown(server.stream);
        hws_stream_flush(server.stream); /* once more changes nothing */
        exchange();
        hws_stream_shutdown(server.stream);
        exchange();
        assert_int_equal(client.end_calls, 1);
        assert_int_equal(client.why, HWS_OK);
        fake_stream_end(&client.fake, HWS_OK); /* which is not told a second time */
        close_both(1000);
        turn();
        assert_true(server.fake.closed && client.fake.closed);
    }
}

static void test_shutdown_waits_for_the_handshake(void **state)
{
    (void)state;
    open_both();
    say(&client, "all");
    hws_stream_shutdown(client.stream);
    turn();
    assert_false(client.fake.shut_down);
    exchange();
    assert_true(client.fake.shut_down);
    assert_heard(&server, "all");
    assert_int_equal(server.why, HWS_OK);
    assert_int_equal(server.end_calls, 1);
}

/* Who counts the stream counts its descriptor, which is the lower's. */
static void test_counted_until_the_lower_goes(void **state)
{
    (void)state;
    hws_tally *tally;
    assert_int_equal(hws_tally_new(&memory, &tally), HWS_OK);
    shake_hands();
    hws_stream_count(server.stream, tally);
    hws_stream_close(server.stream, 1000);
    server.stream = NULL;
    turn();
    assert_ptr_equal(server.fake.stream.tally, tally);
    assert_int_equal(hws_tally_count(tally), 1);
    hws_tally_remove(server.fake.stream.tally);

    hws_stream_count(&client.fake.stream, tally); /* twice counted is once counted then */
    hws_stream_count(client.stream, tally);
    hws_stream_close(client.stream, 0);
    client.stream = NULL;
    assert_int_equal(hws_tally_count(tally), 1);
    hws_tally_remove(tally);
    hws_tally_free(tally);
}

/* Sessions. */

static SSL_SESSION *session;

static int keep_session(SSL *ssl, SSL_SESSION *made)
{
    (void)ssl;
    SSL_SESSION_free(session);
    session = made;
    return 1;
}

/* However a connection ends but by a failure of TLS: the next may resume it. */
static void test_a_lost_connection_can_be_resumed(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        set_version(VERSIONS[i]);
        SSL_CTX_set_session_cache_mode(client.context->ssl_context, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_new_cb(client.context->ssl_context, keep_session);
        shake_hands();
        assert_non_null(session);
        fake_stream_end(&client.fake, HWS_ERR_CONNECTION_RESET);
        close_both(0);
        turn();
        assert_true(SSL_SESSION_is_resumable(session));

        SSL_SESSION_free(session);
        session = NULL;
    }
}

/* Failing. */

static void test_no_begin(void **state)
{
    (void)state;
    client.context->begin_fails = HWS_ERR_TLS_NAME;
    assert_int_equal(side_open(&client), HWS_ERR_TLS_NAME);
    assert_null(client.stream);
    assert_true(client.fake.closed); /* the lower was ours, and is closed */
    assert_int_equal(client.fake.linger_ms, 0);
    assert_int_equal(client.context->reference_count, 1);
    client.context->begin_fails = HWS_OK;
    turn();
}

/* A talk that uses every allocation there is; whether all went well. */
static bool talk(void)
{
    static const uint8_t BYTES[100000]; /* more than the scratch: the rest is held */
    if (side_open(&server) != HWS_OK || side_open(&client) != HWS_OK) return false;
    hws_stream_receive(server.stream, true);
    hws_stream_receive(client.stream, true);
    server.echoes = true;
    client.pauses = true;
    exchange();
    if (hws_queue_append(&client.stream->queue, BYTES, sizeof BYTES) == HWS_OK)
        hws_stream_flush(client.stream);
    exchange();
    for (int i = 0; i < 10; i++) {
        hws_stream_receive(client.stream, true);
        exchange();
    }
    if (server.end_calls > 0) assert_true(server.why == HWS_ERR_NO_MEMORY);
    if (client.end_calls > 0) assert_true(client.why < HWS_OK);
    return client.end_calls == 0 && server.end_calls == 0 && client.heard_size == sizeof BYTES;
}

static void test_every_failing_allocation(void **state)
{
    (void)state;
    size_t failed = 0;
    for (bool well = false; !well; failed++) {
        hws_loop_free(loop); /* whose pools and scratch would hide an allocation */
        counter.fail_after = SIZE_MAX;
        assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
        client.fake.stream.kind = NULL;
        counter.fail_after = failed;
        well = talk();
        close_both(1000);
        turn();
        assert_true(server.fake.closed);
        assert_true(!client.fake.stream.kind || client.fake.closed);
        assert_true(failed < 100);
    }
    counter.fail_after = SIZE_MAX;
    assert_true(failed > 5);
}

/* What was told of it is in the status: the text may be lost for want of memory. */
static void test_failing_without_memory(void **state)
{
    (void)state;
    shake_hands();
    say(&client, "no room");
    counter.fail_after = 0;
    turn();
    assert_int_equal(client.end_calls, 1);
    assert_int_equal(client.why, HWS_ERR_NO_MEMORY);
    assert_string_equal(client.explanation, "");
    assert_int_equal(client.stream->queue.size, 0);
    assert_false(client.stream->blocked);
    hws_stream_close(client.stream, 0);
    client.stream = NULL;
    counter.fail_after = SIZE_MAX;
}

static void test_words_for_an_end(void **state)
{
    (void)state;
    open_both();
    fake_stream_end(&client.fake, HWS_OK);
    assert_int_equal(client.why, HWS_ERR_CONNECTION_LOST);
    assert_string_equal(client.explanation, "the connection ended during the TLS handshake");
    close_both(0);

    open_both();
    fake_stream_end(&client.fake, HWS_ERR_SEND_TIMEOUT);
    assert_int_equal(client.why, HWS_ERR_SEND_TIMEOUT);
    assert_string_equal(client.explanation, ""); /* the fake has no words for it */
}

/* TLS within TLS, as through a proxy that is spoken to in TLS: both decrypt to the same scratch. */
static void test_tls_within_tls(void **state)
{
    (void)state;
    open_both();
    hws_stream *outer[2] = {server.stream, client.stream};
    assert_int_equal(hws_stream_tls_new(outer[0], server.context, NULL, 0, &server.stream), HWS_OK);
    assert_int_equal(hws_stream_tls_new(outer[1], client.context, "localhost", 443, &client.stream),
                     HWS_OK);
    hws_stream_own(server.stream, &SIDE_CALLS, &server);
    hws_stream_own(client.stream, &SIDE_CALLS, &client);
    hws_stream_receive(server.stream, true);
    hws_stream_receive(client.stream, true);
    server.echoes = true;
    static uint8_t bytes[200000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i % 251);
    say_bytes(&client, bytes, sizeof bytes);
    exchange_cut(16400);
    exchange();
    assert_int_equal(client.heard_size, sizeof bytes);
    assert_memory_equal(client.heard, bytes, sizeof bytes);
    hws_stream_close(client.stream, 1000);
    client.stream = NULL;
    turn();
    turn();
    assert_true(client.fake.closed);
    carry(&client, &server, SIZE_MAX);
    assert_int_equal(server.why, HWS_OK);
    assert_int_equal(server.end_calls, 1);
    hws_stream_close(server.stream, 1000);
    server.stream = NULL;
    turn();
    turn();
    assert_true(server.fake.closed);
}

/* What OpenSSL keeps is not counted by our hook. */
static void test_size(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    static tls_tcp_side sides[COUNT][2];
    size_t before = 0, ours = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (i == COUNT / 2) { /* what the first of them cost is not counted */
            before = mallinfo2().uordblks;
            ours = counter.bytes_out;
        }
        tls_tcp_open(&sides[i][0], &sides[i][1]);
        tls_tcp_say(&sides[i][0], "hello");
        while (sides[i][1].heard_size < 5) turn();
    }
    const size_t streams = COUNT / 2 * 2;
    print_message(
        "# an idle TLS stream costs %zu bytes, %zu of them ours and its socket's stream's\n",
        (mallinfo2().uordblks - before) / streams, (counter.bytes_out - ours) / streams);
    assert_true((mallinfo2().uordblks - before) / streams <= 24 * 1024);
    for (size_t i = 0; i < COUNT; i++) {
        hws_stream_close(sides[i][0].stream, 0);
        hws_stream_close(sides[i][1].stream, 0);
    }
    turn();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_roles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_begins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_early_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leaves_in_the_same_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_size_of_piece, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_in_every_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closing_outside_of_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_before_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_while_reading_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_before_hello, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deaf_once_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lingering_close_within_the_handshake, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_each_side_ends_by_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shutdown_waits_for_the_handshake, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_counted_until_the_lower_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lost_connection_can_be_resumed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_begin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_failing_allocation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words_for_an_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls_within_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_size, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
