/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_banner.h"

#include "lib/cmocka.h"

static void check(doctor_speech speech, const char *name, const char *bytes, size_t size)
{
    /* Exactly so many bytes: reading on would be seen. */
    char *copy = test_malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    const char *found = "";
    assert_int_equal(doctor_banner_read(copy, size, &found), speech);
    assert_string_equal(found, name);
    test_free(copy);
}

#define CHECK(speech, name, bytes) check(speech, name, bytes, sizeof bytes - 1)

static void test_banners(void **state)
{
    (void)state;
    CHECK(DOCTOR_SPEECH_HTTP, "", "HTTP/1.1 101 Switching");
    CHECK(DOCTOR_SPEECH_HTTP, "", "HTTP/");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "HTTP");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "");
    CHECK(DOCTOR_SPEECH_TLS, "", "\x15\x03\x03");
    CHECK(DOCTOR_SPEECH_TLS, "", "\x16\x03\x01\x00");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "\x15\x03");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "\x15\x04\x03");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "\x17\x03\x03");
    CHECK(DOCTOR_SPEECH_HTTP2, "", "\0\0\0\x04\0\0\0\0\0");
    CHECK(DOCTOR_SPEECH_HTTP2, "", "\0\0\x08\x07\0\0\0\0\0");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "\0\0\0\x04\0\0\0\0");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "\0\0\0\x04\0\0\0\0\1");
    CHECK(DOCTOR_SPEECH_OTHER, "SSH", "SSH-2.0-OpenSSH");
    CHECK(DOCTOR_SPEECH_OTHER, "SMTP (mail)", "220 mail.example.com ESMTP Postfix\r\n");
    CHECK(DOCTOR_SPEECH_OTHER, "FTP", "220 (vsFTPd 3.0.3)\r\n");
    CHECK(DOCTOR_SPEECH_OTHER, "Redis", "-ERR unknown command 'GET'");
    CHECK(DOCTOR_SPEECH_OTHER, "MySQL",
          "\x4a\0\0\0\x0a"
          "8.0");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "\x4a\0\0\0\x0a"); /* without its version */
    CHECK(DOCTOR_SPEECH_UNKNOWN, "",
          "\x4a\0\1\0\x0a"
          "8");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "",
          "\x4a\0\0\1\x0a"
          "8");
    CHECK(DOCTOR_SPEECH_OTHER, "PostgreSQL", "E\0\0\0\x8eSFATAL");
    CHECK(DOCTOR_SPEECH_UNKNOWN, "", "Hello");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_banners)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
