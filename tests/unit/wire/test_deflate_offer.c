/* SPDX-License-Identifier: MIT */
/* Rows L001 to L011 and L013: what is offered, answered and judged, as it stands in the header. */
#include "wire/deflate_offer.h"

#include <stdio.h>

#include "base/text.h"
#include "lib/heads.h"

static hws_deflate_options complete(hws_deflate_options options)
{
    options.enabled = true;
    assert_int_equal(hws_deflate_options_complete(&options), HWS_OK);
    return options;
}

static hws_deflate_options plain(void)
{
    return complete((hws_deflate_options){0});
}

static hws_deflate_options keeping(void)
{
    return complete((hws_deflate_options){.send_takeover = true, .receive_takeover = true});
}

/* A head with that value; absent: without the field. */
static void open_head(hws_http_head *head, hws_http_kind kind, const char *value,
                      const hws_memory *memory)
{
    char text[16384];
    const char *start = kind == HWS_HTTP_REQUEST ? "GET / HTTP/1.1\r\nHost: a" : "HTTP/1.1 101 ";
    const int size = snprintf(text, sizeof text, "%s\r\n%s%s%s\r\n", start,
                              value ? "Sec-WebSocket-Extensions: " : "", value ? value : "",
                              value ? "\r\n" : "");
    assert_true(size > 0 && (size_t)size < sizeof text);
    assert_int_equal(head_open(head, kind, (hws_text){text, (size_t)size}, memory), HWS_OK);
}

static bool answer(const hws_deflate_options *options, const char *offers, hws_deflate_offer *taken)
{
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_http_head head;
    open_head(&head, HWS_HTTP_REQUEST, offers, &memory);
    const bool agreed = hws_deflate_answer(options, &head, taken);
    hws_http_head_release(&head);
    return agreed;
}

static void expect_answer(const hws_deflate_options *options, const char *offers, const char *want)
{
    hws_deflate_offer taken;
    char text[HWS_DEFLATE_TEXT_MAX + 1] = "";
    if (answer(options, offers, &taken)) text[hws_deflate_write(&taken, text)] = 0;
    if (strcmp(text, want ? want : "") != 0)
        fail_msg("%s: \"%s\", not \"%s\"", offers ? offers : "nothing", text, want ? want : "");
}

#define D "permessage-deflate"
#define ALONE "; server_no_context_takeover; client_no_context_takeover"

static void test_first_good_offer(void **state)
{
    (void)state;
    const hws_deflate_options options = plain();
    expect_answer(&options, NULL, NULL);
    expect_answer(&options, D, D ALONE);
    expect_answer(&options, "Permessage-Deflate", D ALONE); /* §9.1: tokens of any case */
    expect_answer(&options, D ALONE, D ALONE);
    expect_answer(&options, "x-webkit-deflate-frame", NULL); /* L013 */
    expect_answer(&options, "deflate-stream, " D ", " D "; server_max_window_bits=9", D ALONE);

    /* Rows L001, L002, L005, L006: an offer that is wrong is passed over for the next. */
    expect_answer(&options, D "; nonsense", NULL);
    expect_answer(&options, D "; nonsense=1, " D "; server_max_window_bits=10",
                  D ALONE "; server_max_window_bits=10");
    expect_answer(&options, D "; server_no_context_takeover; server_no_context_takeover", NULL);
    expect_answer(&options, D "; client_no_context_takeover; client_no_context_takeover", NULL);
    expect_answer(&options, D "; client_max_window_bits; client_max_window_bits=10", NULL);
    expect_answer(&options, D "; server_max_window_bits=9; server_max_window_bits=9", NULL);
    expect_answer(&options, D "; server_no_context_takeover=1", NULL);
    expect_answer(&options, D "; client_no_context_takeover=true", NULL);
    expect_answer(&options, D "; SERVER_NO_CONTEXT_TAKEOVER", NULL);

    const hws_deflate_options off = {0};
    expect_answer(&off, D, NULL);
}

static void test_server_window(void **state)
{
    (void)state;
    const hws_deflate_options options = plain();
    static const char *const BAD[] = {"",      "=7",  "=16",   "=08",
                                      "=1e1",  "=-8", "=1000", "=99999999999",
                                      "=15.0", "=0",  "=+9",   "=a"}; /* row L003 */
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        char offer[128];
        snprintf(offer, sizeof offer, D "; server_max_window_bits%s", BAD[i]);
        expect_answer(&options, offer, NULL);
        if (!BAD[i][0]) continue; /* row L005; without a value it is good */
        snprintf(offer, sizeof offer, D "; client_max_window_bits%s", BAD[i]);
        expect_answer(&options, offer, NULL);
    }
    expect_answer(&options, D "; server_max_window_bits=\"15\"",
                  D ALONE "; server_max_window_bits=15");
    expect_answer(&options, D "; server_max_window_bits=8", NULL); /* L007 */
    expect_answer(&options, D "; server_max_window_bits=8, " D, D ALONE);
    for (int bits = 9; bits <= 15; bits++) {
        char offer[128];
        char want[256];
        snprintf(offer, sizeof offer, D "; server_max_window_bits=%d", bits);
        snprintf(want, sizeof want, D ALONE "; server_max_window_bits=%d", bits);
        expect_answer(&options, offer, want);
    }
    const hws_deflate_options small = complete((hws_deflate_options){.send_window_bits = 11});
    expect_answer(&small, D, D ALONE "; server_max_window_bits=11");
    expect_answer(&small, D "; server_max_window_bits=15", D ALONE "; server_max_window_bits=11");
    expect_answer(&small, D "; server_max_window_bits=10", D ALONE "; server_max_window_bits=10");
}

static void test_client_window(void **state)
{
    (void)state;
    const hws_deflate_options options = plain();
    expect_answer(&options, D "; client_max_window_bits", D ALONE); /* L004: a hint */
    expect_answer(&options, D "; client_max_window_bits=8", D ALONE "; client_max_window_bits=8");
    expect_answer(&options, D "; client_max_window_bits=15", D ALONE "; client_max_window_bits=15");

    const hws_deflate_options small =
        complete((hws_deflate_options){.receive_window_bits = 10, .receive_takeover = true});
    const char *const kept = D "; server_no_context_takeover; client_max_window_bits=10";
    expect_answer(&small, D "; client_max_window_bits", kept);
    expect_answer(&small, D "; client_max_window_bits=12", kept);
    expect_answer(&small, D "; client_max_window_bits=9",
                  D "; server_no_context_takeover; client_max_window_bits=9");
    expect_answer(&small, D, D ALONE); /* who cannot be limited keeps none */
}

static void test_takeover(void **state)
{
    (void)state;
    const hws_deflate_options options = keeping();
    expect_answer(&options, D, D);
    expect_answer(&options, D "; server_no_context_takeover", D "; server_no_context_takeover");
    expect_answer(&options, D "; client_no_context_takeover", D "; client_no_context_takeover");

    hws_deflate_offer taken;
    assert_true(answer(&options, D "; server_max_window_bits=9; client_max_window_bits=8", &taken));
    const hws_deflate_terms terms = hws_deflate_terms_of(&taken, HWS_ROLE_SERVER, &options);
    assert_int_equal(terms.send_bits, 9);
    assert_int_equal(terms.receive_bits, 8);
    assert_true(terms.send_takeover && terms.receive_takeover);
    const hws_deflate_offer shown = hws_deflate_terms_as_answer(terms, HWS_ROLE_SERVER);
    assert_memory_equal(&shown, &taken, sizeof shown);
}

/* Row L008: a hundred offers, 8 KiB: each is looked at once, the first good one wins. */
static void test_many_offers(void **state)
{
    (void)state;
    static const char BAD[] = D "; server_max_window_bits=8; client_bits=19, ";
    static const char GOOD[] = D "; server_max_window_bits=12";
    char offers[100 * (sizeof BAD - 1) + sizeof GOOD];
    for (size_t i = 0; i < 100; i++) memcpy(offers + i * (sizeof BAD - 1), BAD, sizeof BAD);
    memcpy(offers + sizeof offers - sizeof GOOD, GOOD, sizeof GOOD);
    const hws_deflate_options options = plain();
    expect_answer(&options, offers, D ALONE "; server_max_window_bits=12");
}

static void test_options(void **state)
{
    (void)state;
    static const hws_deflate_options BAD[] = {
        {.send_window_bits = 8},
        {.send_window_bits = 16},
        {.receive_window_bits = 7},
        {.receive_window_bits = 16},
        {.level = 10},
        {.memory_level = 10},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        hws_deflate_options options = BAD[i];
        assert_int_equal(hws_deflate_options_complete(&options), HWS_ERR_INVALID_ARGUMENT);
    }
    complete((hws_deflate_options){
        .send_window_bits = 9, .receive_window_bits = 8, .level = 9, .memory_level = 9});
    const hws_deflate_options options = plain();
    assert_int_equal(options.send_window_bits, 15);
    assert_int_equal(options.receive_window_bits, 15);
    assert_int_equal(options.level, 1);
    assert_int_equal(options.memory_level, 5);
    assert_int_equal(options.size_min, 128);
}

/* The client's side. */

static void expect_asked(const hws_deflate_options *options, const char *want)
{
    char text[HWS_DEFLATE_TEXT_MAX + 1];
    text[hws_deflate_ask(options, text)] = 0;
    assert_string_equal(text, want);
}

static void test_asking(void **state)
{
    (void)state;
    hws_deflate_options options = {0};
    expect_asked(&options, "");
    options = plain();
    expect_asked(&options, D ALONE "; client_max_window_bits, " D
                                   "; client_no_context_takeover; client_max_window_bits");
    options = keeping();
    expect_asked(&options, D "; client_max_window_bits");
    options = complete((hws_deflate_options){.send_takeover = true,
                                             .receive_takeover = true,
                                             .send_window_bits = 10,
                                             .receive_window_bits = 11});
    expect_asked(&options, D "; server_max_window_bits=11; client_max_window_bits=10, " D
                             "; client_max_window_bits=10");
    options = complete((hws_deflate_options){.send_window_bits = 10, .receive_window_bits = 11});
    char text[HWS_DEFLATE_TEXT_MAX];
    assert_true(hws_deflate_ask(&options, text) <= sizeof text); /* the longest there is */
}

static hws_status verify(const hws_deflate_options *options, const char *value,
                         hws_deflate_offer *taken, bool *agreed)
{
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_http_head head;
    open_head(&head, HWS_HTTP_RESPONSE, value, &memory);
    const hws_status status = hws_deflate_verify(options, &head, taken, agreed);
    hws_http_head_release(&head);
    return status;
}

static void expect_refused(const hws_deflate_options *options, const char *value)
{
    hws_deflate_offer taken;
    bool agreed;
    if (verify(options, value, &taken, &agreed) != HWS_ERR_HANDSHAKE_EXTENSION)
        fail_msg("%s was taken", value);
}

static hws_deflate_terms expect_taken(const hws_deflate_options *options, const char *value)
{
    hws_deflate_offer taken;
    bool agreed = false;
    if (verify(options, value, &taken, &agreed) != HWS_OK || !agreed)
        fail_msg("%s was not taken", value);
    return hws_deflate_terms_of(&taken, HWS_ROLE_CLIENT, options);
}

static void test_good_answers(void **state)
{
    (void)state;
    const hws_deflate_options options = plain();
    hws_deflate_offer taken;
    bool agreed = true;
    assert_int_equal(verify(&options, NULL, &taken, &agreed), HWS_OK);
    assert_false(agreed);

    hws_deflate_terms terms = expect_taken(&options, D ALONE);
    assert_true(terms.send_bits == 15 && terms.receive_bits == 15);
    assert_true(!terms.send_takeover && !terms.receive_takeover);
    terms = expect_taken(&options, D); /* to the second of our offers */
    assert_true(!terms.send_takeover && terms.receive_takeover);
    terms = expect_taken(&options, D "; client_max_window_bits=9; server_max_window_bits=10");
    assert_true(terms.send_bits == 9 && terms.receive_bits == 10);

    const hws_deflate_options kept = keeping();
    terms = expect_taken(&kept, D);
    assert_true(terms.send_takeover && terms.receive_takeover);
    terms =
        expect_taken(&kept, D "; server_no_context_takeover"); /* L011: not asked for, allowed */
    assert_true(terms.send_takeover && !terms.receive_takeover);
    terms = expect_taken(&kept, D "; client_no_context_takeover; server_max_window_bits=8");
    assert_true(!terms.send_takeover && terms.receive_bits == 8);
    terms =
        expect_taken(&kept, D "; client_max_window_bits=8"); /* zlib could keep no such window */
    assert_true(terms.send_bits == 8 && !terms.send_takeover);

    const hws_deflate_options small = complete((hws_deflate_options){.send_window_bits = 10});
    terms = expect_taken(&small, D); /* what the hint promised holds */
    assert_int_equal(terms.send_bits, 10);
}

static void test_bad_answers(void **state)
{
    (void)state;
    const hws_deflate_options options = plain();
    static const char *const BAD[] = {
        D "; nonsense",
        D "; client_max_window_bits", /* an answer has a value (§7.1.2.2) */
        D "; client_max_window_bits=7",
        D "; client_max_window_bits=16",
        D "; server_max_window_bits",
        D "; server_max_window_bits=16",
        D "; server_no_context_takeover=1",
        D "; server_no_context_takeover; server_no_context_takeover",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) expect_refused(&options, BAD[i]);

    const hws_deflate_options small = complete((hws_deflate_options){.send_window_bits = 10});
    expect_refused(&small, D "; client_max_window_bits=11");

    /* Row L010: no client of ours asks without client_max_window_bits, so an answer of one that
     * did is one to nothing. */
    const hws_deflate_options off = {0};
    expect_refused(&off, D);
    expect_refused(&off, D "; client_max_window_bits=10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_good_offer), cmocka_unit_test(test_server_window),
        cmocka_unit_test(test_client_window),    cmocka_unit_test(test_takeover),
        cmocka_unit_test(test_many_offers),      cmocka_unit_test(test_options),
        cmocka_unit_test(test_asking),           cmocka_unit_test(test_good_answers),
        cmocka_unit_test(test_bad_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
