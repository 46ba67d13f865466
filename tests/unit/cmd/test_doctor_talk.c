/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_talk.h"

#include "lib/doctor_stage.h"

static void begin(void)
{
    stage_url("ws://localhost/");
    stage_healthy_talk();
}

static void test_healthy(void **state)
{
    (void)state;
    begin();
    check_healthy();
    stage.talk.echo = DOCTOR_ECHO_NONE;
    check_healthy();
    stage.talk.is_pinged = stage.talk.is_ponged = false;
    check_healthy();
}

static void close_early(int code, const char *reason, doctor_echo echo)
{
    begin();
    stage.talk.is_closed_by_us = false;
    stage.talk.echo = echo;
    stage.talk.code = code;
    doctor_copy(stage.talk.reason, sizeof stage.talk.reason, reason);
}

static void test_closed_at_once(void **state)
{
    (void)state;
    static const struct {
        int code;
        const char *text;
        const char *remedy;
    } cases[] = {
        {1000, "it was done", "log"},        {1001, "goes away", "again"},
        {1002, "broke the protocol", "bug"}, {1006, "without a Close frame", "crashed"},
        {1008, "policy", "--bearer"},        {1011, "failed", "log"},
        {1012, "restarts", "again"},         {1013, "overloaded", "longer"},
        {3000, "unauthorized", "--bearer"},  {3999, "framework", "--bearer"},
        {4000, "application", "--bearer"},   {4001, "application", "--bearer"},
        {1099, "without a meaning", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char code[32];
        snprintf(code, sizeof code, "at once: code %d (", cases[i].code);
        close_early(cases[i].code, "", DOCTOR_ECHO_NOT_TRIED);
        check_fault(DOCTOR_FAULT, "closed-at-once", code, cases[i].remedy);
        assert_non_null(strstr(stage_faults.fault[0].text, cases[i].text));
    }
    close_early(1008, "no token", DOCTOR_ECHO_NOT_TRIED);
    check_fault(DOCTOR_FAULT, "closed-at-once", "), \"no token\".", "");
}

static void test_closed_on_message(void **state)
{
    (void)state;
    close_early(1003, "JSON, please", DOCTOR_ECHO_NONE);
    check_fault(DOCTOR_NOTE, "closed-on-message", "1003", "--no-message");
    close_early(1006, "", DOCTOR_ECHO_NONE);
    check_fault(DOCTOR_FAULT, "closed-on-message", "1006", "");
}

static void test_frames(void **state)
{
    (void)state;
    static const struct {
        hws_status status;
        const char *name;
    } cases[] = {
        {HWS_ERR_FRAME_MASK, "frame-masked"},    {HWS_ERR_FRAME_RSV, "frame-reserved-bit"},
        {HWS_ERR_FRAME_OPCODE, "frame-opcode"},  {HWS_ERR_FRAME_CONTROL, "frame-control"},
        {HWS_ERR_FRAME_LENGTH, "frame-length"},  {HWS_ERR_MESSAGE_SEQUENCE, "frame-sequence"},
        {HWS_ERR_UTF8, "text-not-utf8"},         {HWS_ERR_CLOSE_BODY, "close-malformed"},
        {HWS_ERR_CLOSE_CODE, "close-malformed"}, {HWS_ERR_CONTROL_RATE, "control-flood"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin();
        stage.talk.is_closed_by_us = false;
        stage.talk.status = cases[i].status;
        check_fault(DOCTOR_FAULT, cases[i].name, "The server ", "library");
    }
}

static void test_pong(void **state)
{
    (void)state;
    begin();
    stage.talk.is_ponged = false;
    check_fault(DOCTOR_FAULT, "no-pong", "ping", "5.5.2");
}

static void test_close(void **state)
{
    (void)state;
    begin();
    stage.talk.status = HWS_ERR_CLOSE_TIMEOUT;
    stage.talk.was_clean = false;
    check_fault(DOCTOR_FAULT, "close-unanswered", "Close", "5.5.1");
    assert_int_equal(stage_faults.count, 1);
    begin();
    stage.talk.was_clean = false;
    check_fault(DOCTOR_WARNING, "close-unclean", "1006", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),
        cmocka_unit_test(test_closed_at_once),
        cmocka_unit_test(test_closed_on_message),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_pong),
        cmocka_unit_test(test_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
