/* SPDX-License-Identifier: MIT */
/* What back ends answer: good, wrong, cut at every byte, and with each allocation failing. */
#include <stdio.h>

#include "base/text.h"
#include "lib/test_memory.h"
#include "webhook/answer.h"

static test_memory counter;
static hws_memory memory;

typedef struct sample {
    hws_question_kind kind;
    const char *text;
    hws_decision decision;
} sample;

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const hws_text CHANNELS[] = {TEXT("x"), TEXT("y:z")};

static const hws_decision_sub SUBS[] = {{TEXT("x"), TEXT("{\"seat\":1}"), TEXT("[1]")},
                                        {.channel = TEXT("y:z")},
                                        {.channel = TEXT("n")}};

static const sample GOOD[] = {
    {HWS_QUESTION_CONNECT, "{\"result\":{}}", {0}},
    {HWS_QUESTION_CONNECT,
     " {\"result\":{\"user\":\"ada\",\"expire_at\":5,\"info\":{\"a\": 1},\"data\":[ ],"
     "\"channels\":[\"x\",\"y:z\"],\"unknown\":1,\"subs\":{}}}\n",
     {.user = TEXT("ada"),
      .expire_at_s = 5,
      .info = TEXT("{\"a\":1}"),
      .data = TEXT("[]"),
      .channels = CHANNELS,
      .channel_count = 2}},
    {HWS_QUESTION_CONNECT,
     "{\"result\":{\"user\":null,\"expire_at\":null,\"info\":null,\"data\":null,\"channels\":null},"
     "\"error\":null,\"disconnect\":null}",
     {0}},
    {HWS_QUESTION_CONNECT,
     "{\"result\":{\"b64info\":\"eyJhIjogMX0=\",\"b64data\":\"WzJd\",\"channels\":[]}}",
     {.info = TEXT("{\"a\":1}"), .data = TEXT("[2]")}},
    {HWS_QUESTION_CONNECT,
     "{\"result\":{\"meta\":{\"a\": [1]},\"subs\":{\"x\":{\"info\":{\"seat\": "
     "1},\"b64data\":\"WzFd\","
     "\"override\":{}},\"y:z\":{},\"n\":null}}}",
     {.meta = TEXT("{\"a\":[1]}"), .subs = SUBS, .sub_count = 3}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"meta\":null,\"subs\":null}}", {0}},
    {HWS_QUESTION_CONNECT,
     "{\"error\":{\"code\":1999,\"message\":\"\\u00e9\",\"temporary\":true}}",
     {.error = 1999, .message = TEXT("\xC3\xA9"), .is_temporary = true}},
    {HWS_QUESTION_CONNECT, "{\"error\":{\"code\":100}}", {.error = 100}},
    {HWS_QUESTION_RPC,
     "{\"result\":{\"data\":1},\"disconnect\":{\"code\":3000,\"reason\":\"go\"},\"error\":{}}",
     {.disconnect = 3000, .reason = TEXT("go")}},
    {HWS_QUESTION_RPC, "{\"disconnect\":{\"code\":4999}}", {.disconnect = 4999}},
    {HWS_QUESTION_REFRESH,
     "{\"result\":{\"expired\":true,\"expire_at\":7,\"user\":5}}",
     {.has_expired = true, .expire_at_s = 7}},
    {HWS_QUESTION_SUBSCRIBE,
     "{\"result\":{\"info\":\"i\",\"data\":0,\"expire_at\":9,\"channels\":5}}",
     {.info = TEXT("\"i\""), .data = TEXT("0"), .expire_at_s = 9}},
    {HWS_QUESTION_PUBLISH,
     "{\"result\":{\"data\":{},\"skip_history\":true}}",
     {.data = TEXT("{}"), .skip_history = true}},
    {HWS_QUESTION_RPC, "{\"result\":{\"data\":\"a\\nb\"}}", {.data = TEXT("\"a\\nb\"")}},
};

static const sample BAD[] = {
    {HWS_QUESTION_CONNECT, "", {0}},
    {HWS_QUESTION_CONNECT, "null", {0}},
    {HWS_QUESTION_CONNECT, "[]", {0}},
    {HWS_QUESTION_CONNECT, "{}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{}}{}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{},\"result\":{}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":5}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":null}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"user\":5}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"user\":\"\\u0000\"}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"user\":\"\xFF\"}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"expire_at\":-1}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"expire_at\":1.5}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"expire_at\":\"5\"}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"channels\":{}}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"channels\":[\"x\",null]}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"b64info\":1}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"b64info\":\"\"}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"b64data\":\"ew==\"}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"b64data\":\"eyJhIjogMX0\"}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"meta\":[]}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"meta\":\"{}\"}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"subs\":[\"x\"]}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"result\":{\"subs\":{\"x\":5}}}", {0}},
    {HWS_QUESTION_CONNECT,
     "{\"result\":{\"subs\":{\"x\":{\"info\":1},\"y\":{\"b64data\":1}}}}",
     {0}},
    {HWS_QUESTION_CONNECT, "{\"error\":{\"code\":99}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"error\":{\"code\":2000}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"error\":{\"code\":4294967396}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"error\":{\"code\":\"100\"}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"error\":{\"code\":100,\"message\":1}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"error\":{\"code\":100,\"temporary\":1}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"error\":{}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"error\":1,\"result\":{}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"disconnect\":{\"code\":2999}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"disconnect\":{\"code\":5000}}", {0}},
    {HWS_QUESTION_CONNECT, "{\"disconnect\":false,\"result\":{}}", {0}},
    {HWS_QUESTION_REFRESH, "{\"result\":{\"expired\":1}}", {0}},
    {HWS_QUESTION_PUBLISH, "{\"result\":{\"skip_history\":\"x\"}}", {0}},
};

static hws_status read(hws_webhook_answer *answer, const sample *it, size_t size)
{
    memory = test_memory_hook(&counter);
    hws_webhook_answer_init(answer, &memory);
    return hws_webhook_answer_read(answer, it->kind, (hws_text){it->text, size});
}

static void release(hws_webhook_answer *answer)
{
    hws_webhook_answer_release(answer);
    assert_int_equal(counter.bytes_out, 0);
}

static void expect_text(hws_text a, hws_text b)
{
    assert_true((a.data != NULL) == (b.data != NULL));
    assert_true(hws_text_equal(a, b));
}

static void expect(const hws_decision *a, const hws_decision *b)
{
    assert_int_equal(a->error, b->error);
    assert_int_equal(a->is_temporary, b->is_temporary);
    assert_int_equal(a->disconnect, b->disconnect);
    assert_int_equal(a->expire_at_s, b->expire_at_s);
    assert_int_equal(a->has_expired, b->has_expired);
    assert_int_equal(a->skip_history, b->skip_history);
    expect_text(a->message, b->message);
    expect_text(a->reason, b->reason);
    expect_text(a->user, b->user);
    expect_text(a->info, b->info);
    expect_text(a->data, b->data);
    expect_text(a->meta, b->meta);
    assert_int_equal(a->sub_count, b->sub_count);
    for (size_t i = 0; i < a->sub_count; i++) {
        expect_text(a->subs[i].channel, b->subs[i].channel);
        expect_text(a->subs[i].info, b->subs[i].info);
        expect_text(a->subs[i].data, b->subs[i].data);
    }
    assert_int_equal(a->channel_count, b->channel_count);
    for (size_t i = 0; i < a->channel_count; i++) expect_text(a->channels[i], b->channels[i]);
}

static void good_ones(void **state)
{
    (void)state;
    hws_webhook_answer answer;
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        assert_int_equal(read(&answer, &GOOD[i], strlen(GOOD[i].text)), HWS_OK);
        expect(&answer.decision, &GOOD[i].decision);
        release(&answer);
    }
}

static void bad_ones(void **state)
{
    (void)state;
    hws_webhook_answer answer;
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        const hws_status status = read(&answer, &BAD[i], strlen(BAD[i].text));
        if (status != HWS_ERR_INVALID_ARGUMENT) fail_msg("%s", BAD[i].text);
        release(&answer);
    }
}

/* A part of an answer is none. */
static void cut_at_every_byte(void **state)
{
    (void)state;
    hws_webhook_answer answer;
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        size_t end = strlen(GOOD[i].text);
        while (GOOD[i].text[end - 1] != '}') end--;
        for (size_t size = 0; size < end; size++) {
            assert_int_equal(read(&answer, &GOOD[i], size), HWS_ERR_INVALID_ARGUMENT);
            release(&answer);
        }
    }
}

/* The first that would mean something elsewhere. */
static void what_is_not_known(void **state)
{
    (void)state;
    static const struct {
        sample asked;
        const char *unknown;
    } samples[] = {
        {{HWS_QUESTION_CONNECT, "{\"result\":{\"user\":\"x\",\"subs\":{\"x\":{}}}}", {0}}, NULL},
        {{HWS_QUESTION_CONNECT, "{\"result\":{\"caps\":null}}", {0}}, NULL},
        {{HWS_QUESTION_CONNECT, "{\"result\":{\"caps\":[],\"b\":1}}", {0}}, "caps"},
        {{HWS_QUESTION_CONNECT, "{\"result\":{\"subs\":{\"x\":{\"override\":{}}}}}", {0}},
         "override"},
        {{HWS_QUESTION_REFRESH, "{\"result\":{\"expired\":false,\"info\":{}}}", {0}}, "info"},
        {{HWS_QUESTION_SUBSCRIBE, "{\"result\":{\"override\":{}}}", {0}}, "override"},
        {{HWS_QUESTION_PUBLISH, "{\"result\":{\"tags\":{}}}", {0}}, "tags"},
        {{HWS_QUESTION_RPC, "{\"result\":{\"data\":1,\"b64data\":null}}", {0}}, NULL},
    };
    hws_webhook_answer answer;
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        const sample *it = &samples[i].asked;
        assert_int_equal(read(&answer, it, strlen(it->text)), HWS_OK);
        assert_int_equal(answer.unknown != NULL, samples[i].unknown != NULL);
        if (answer.unknown) assert_string_equal(answer.unknown, samples[i].unknown);
        release(&answer);
    }
}

static void bounds(void **state)
{
    (void)state;
    static char text[16384];
    hws_webhook_answer answer;
    const sample it = {HWS_QUESTION_CONNECT, text, {0}};
    for (int size = 255; size <= 256; size++) {
        snprintf(text, sizeof text, "{\"result\":{\"user\":\"%0*d\"}}", size, 0);
        assert_int_equal(read(&answer, &it, strlen(text)) == HWS_OK, size == 255);
        release(&answer);
        snprintf(text, sizeof text, "{\"error\":{\"code\":400,\"message\":\"%0*d\"}}", size, 0);
        assert_int_equal(read(&answer, &it, strlen(text)) == HWS_OK, size == 255);
        release(&answer);
    }
    for (int size = 123; size <= 124; size++) {
        snprintf(text, sizeof text, "{\"disconnect\":{\"code\":4000,\"reason\":\"%0*d\"}}", size,
                 0);
        assert_int_equal(read(&answer, &it, strlen(text)) == HWS_OK, size == 123);
        release(&answer);
    }
    for (int count = 1000; count <= 1001; count++) {
        int size = snprintf(text, sizeof text, "{\"result\":{\"channels\":[\"x\"");
        for (int i = 1; i < count; i++)
            size += snprintf(text + size, sizeof text - (size_t)size, ",\"x\"");
        snprintf(text + size, sizeof text - (size_t)size, "]}}");
        assert_int_equal(read(&answer, &it, strlen(text)) == HWS_OK, count == 1000);
        release(&answer);
        size = snprintf(text, sizeof text, "{\"result\":{\"subs\":{\"0\":{}");
        for (int i = 1; i < count; i++)
            size += snprintf(text + size, sizeof text - (size_t)size, ",\"%d\":{}", i);
        snprintf(text + size, sizeof text - (size_t)size, "}}}");
        assert_int_equal(read(&answer, &it, strlen(text)) == HWS_OK, count == 1000);
        release(&answer);
    }
    for (int size = HWS_DECISION_META_MAX; size <= HWS_DECISION_META_MAX + 1; size++) {
        snprintf(text, sizeof text, "{\"result\":{\"meta\":{\"a\":\"%0*d\"}}}", size - 8, 0);
        assert_int_equal(read(&answer, &it, strlen(text)) == HWS_OK, size == HWS_DECISION_META_MAX);
        release(&answer);
    }
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        for (size_t fails = 0;; fails++) {
            hws_webhook_answer answer;
            memory = test_memory_hook(&counter);
            counter.fail_after = fails;
            hws_webhook_answer_init(&answer, &memory);
            const hws_status status =
                hws_webhook_answer_read(&answer, GOOD[i].kind, hws_text_of(GOOD[i].text));
            release(&answer);
            if (status == HWS_OK) break;
            assert_int_equal(status, HWS_ERR_NO_MEMORY);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones),
        cmocka_unit_test(bad_ones),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(what_is_not_known),
        cmocka_unit_test(bounds),
        cmocka_unit_test(each_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
