/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_deflate.h"

#include "lib/doctor_stage.h"

static void begin(void)
{
    stage_url("ws://localhost/");
    stage_healthy_talk();
    stage.talk.deflate = (hws_deflate_info){.agreed = true};
    stage.talk.sample = DOCTOR_ECHO_SAME;
}

static void test_healthy(void **state)
{
    (void)state;
    begin();
    check_healthy();
    stage.talk.sample = DOCTOR_ECHO_NOT_TRIED;
    check_healthy();
}

static void test_does_not_inflate(void **state)
{
    (void)state;
    begin();
    stage.talk.status = HWS_ERR_DEFLATE;
    check_fault(DOCTOR_FAULT, "deflate-broken", "decompressed", "--no-deflate");
}

static void test_reserved_bit(void **state)
{
    (void)state;
    begin();
    stage.talk.status = HWS_ERR_FRAME_RSV;
    check_fault(DOCTOR_FAULT, "frame-reserved-bit", "compressed", "--no-deflate");
    stage.talk.deflate.agreed = false;
    check_fault(DOCTOR_FAULT, "frame-reserved-bit", "no extension was agreed on", "");
}

static void test_sample(void **state)
{
    (void)state;
    begin();
    stage.talk.sample = DOCTOR_ECHO_NONE;
    check_fault(DOCTOR_FAULT, "deflate-broken", "did not", "--no-deflate");
    stage.talk.sample = DOCTOR_ECHO_OTHER;
    check_fault(DOCTOR_FAULT, "deflate-broken", "changed", "--no-deflate");
    stage.talk.is_closed_by_us = false;
    stage.talk.code = 1002;
    check_fault(DOCTOR_FAULT, "deflate-broken", "code 1002", "--no-deflate");
    stage.talk.code = HWS_CLOSE_TOO_BIG;
    check_fault(DOCTOR_NOTE, "closed-on-message", "1009", "");
}

static void test_refused(void **state)
{
    (void)state;
    stage_url("ws://localhost/");
    stage_answer("HTTP/1.1 400 Bad Request\r\n\r\n");
    stage_trial(DOCTOR_TRIAL_NO_DEFLATE, "", false);
    check_fault(DOCTOR_FAULT, "bad-request", "400", "");
    stage.trial[0].is_open = true;
    check_fault(DOCTOR_FAULT, "deflate-refused", "opens only when", "--no-deflate");
}

static void test_describe(void **state)
{
    (void)state;
    char text[256];
    begin();
    doctor_deflate_describe(&stage, text, sizeof text);
    assert_string_equal(text, "");
    stage.talk.deflate.sent_size = 1000;
    stage.talk.deflate.sent_deflated_size = 375;
    doctor_deflate_describe(&stage, text, sizeof text);
    assert_string_equal(text, "1000 bytes went as 375 (38 %)");
    stage.talk.deflate.received_size = 200;
    stage.talk.deflate.received_deflated_size = 100;
    doctor_deflate_describe(&stage, text, sizeof text);
    assert_string_equal(text, "1000 bytes went as 375 (38 %), 200 bytes came as 100 (50 %)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),      cmocka_unit_test(test_does_not_inflate),
        cmocka_unit_test(test_reserved_bit), cmocka_unit_test(test_sample),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_describe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
