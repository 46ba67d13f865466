/* SPDX-License-Identifier: MIT */
/* Stages what was seen of a connection, for the doctor to conclude from. */
#ifndef HAWSER_TESTS_DOCTOR_STAGE_H
#define HAWSER_TESTS_DOCTOR_STAGE_H

#include <stdio.h>

#include "cmd/doctor_diagnosis.h"
#include "lib/cmocka.h"

/* 2026-11-21 00:00:00 UTC */
enum { STAGE_NOW_S = 1795219200, STAGE_DAY_S = 86400 };

static doctor_report stage;
static doctor_faults stage_faults;

static inline void stage_ask(const doctor_question *question)
{
    assert_int_equal(doctor_report_init(&stage, question, STAGE_NOW_S, 5000), HWS_OK);
}

static inline void stage_url(const char *url)
{
    stage_ask(&(doctor_question){.url = url});
}

static inline void stage_step(hws_step_type type, hws_status status, const char *text)
{
    doctor_report_add_step(&stage, &(hws_step){.type = type, .status = status, .text = text});
}

static inline void stage_end(hws_status status, const char *cause)
{
    doctor_report_end(
        &stage, &(hws_close){.code = HWS_CLOSE_ABNORMAL, .status = status, .cause = cause}, 0);
}

/* Key and accept are those of RFC 6455 §1.3. */
static inline void stage_request(const char *fields)
{
    char text[2048];
    const int size = snprintf(text, sizeof text,
                              "GET / HTTP/1.1\r\nHost: localhost\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                              fields);
    doctor_report_add_step(
        &stage, &(hws_step){.type = HWS_STEP_REQUEST, .text = "", .bytes = {text, (size_t)size}});
}

static inline void stage_bytes(const char *bytes, size_t size)
{
    doctor_report_add_step(
        &stage, &(hws_step){.type = HWS_STEP_RESPONSE, .text = "", .bytes = {bytes, size}});
}

static inline void stage_answer(const char *text)
{
    stage_request("");
    stage_bytes(text, strlen(text));
    stage_end(HWS_ERR_HANDSHAKE_STATUS, "the server did not switch protocols");
}

static inline doctor_trial *stage_trial(doctor_trial_kind kind, const char *text, bool is_open)
{
    doctor_trial *trial = &stage.trial[stage.trial_count++];
    *trial = (doctor_trial){.kind = kind, .is_open = is_open, .is_answered = is_open};
    const bool is_origin = kind == DOCTOR_TRIAL_OWN_ORIGIN || kind == DOCTOR_TRIAL_NO_ORIGIN;
    doctor_copy(is_origin ? trial->origin : trial->url,
                is_origin ? sizeof trial->origin : sizeof trial->url, text);
    return trial;
}

/* Opened, said pong, echoed, and closed in order. */
static inline void stage_healthy_talk(void)
{
    stage.talk = (doctor_talk){
        .is_open = true,
        .is_pinged = true,
        .is_ponged = true,
        .echo = DOCTOR_ECHO_SAME,
        .is_closed_by_us = true,
        .code = HWS_CLOSE_NORMAL,
        .was_clean = true,
    };
}

/* The first fault has that name, and says `text`, and `remedy` is in its remedy. */
static inline void check_fault(doctor_gravity gravity, const char *name, const char *text,
                               const char *remedy)
{
    doctor_diagnose(&stage, &stage_faults);
    if (stage_faults.count == 0) fail_msg("%s was not found", name);
    const doctor_fault *fault = &stage_faults.fault[0];
    if (strcmp(fault->name, name) != 0) fail_msg("%s, and not %s", fault->name, name);
    assert_int_equal(fault->gravity, gravity);
    if (!strstr(fault->text, text)) fail_msg("'%s' says not '%s'", fault->text, text);
    if (!strstr(fault->remedy, remedy)) fail_msg("'%s' says not '%s'", fault->remedy, remedy);
}

static inline void check_healthy(void)
{
    doctor_diagnose(&stage, &stage_faults);
    if (stage_faults.count > 0) fail_msg("%s", stage_faults.fault[0].text);
}

#endif /* HAWSER_TESTS_DOCTOR_STAGE_H */
