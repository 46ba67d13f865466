/* SPDX-License-Identifier: MIT */
/* Tells by its first bytes what a server speaks that does not speak HTTP/1. */
#include "cmd/doctor_banner.h"

#include <stdbool.h>
#include <string.h>

typedef struct banner {
    const char *begin;
    size_t begin_size;
    const char *part; /* somewhere behind it; NULL: nothing more is asked */
    const char *name;
} banner;

/* In the order in which they are tried: what says more comes first. */
static const banner banners[] = {
    {"SSH-", 4, NULL, "SSH"},           {"220", 3, "FTP", "FTP"},
    {"220", 3, NULL, "SMTP (mail)"},    {"554", 3, NULL, "SMTP (mail)"},
    {"* OK", 4, NULL, "IMAP (mail)"},   {"+OK", 3, NULL, "POP3 (mail)"},
    {"-ERR", 4, NULL, "Redis"},         {"-DENIED", 7, NULL, "Redis"},
    {"RFB 00", 6, NULL, "VNC"},         {"RTSP/", 5, NULL, "RTSP"},
    {"SIP/", 4, NULL, "SIP"},           {"AMQP", 4, NULL, "AMQP"},
    {"INFO {", 6, NULL, "NATS"},        {"ERROR\r\n", 7, NULL, "memcached"},
    {"E\0\0\0", 4, NULL, "PostgreSQL"}, {"\x05\xff", 2, NULL, "SOCKS"},
};

/* A packet of MySQL: its size, number 0, version 10 of the protocol. */
static bool is_mysql(const char *bytes, size_t size)
{
    return size > 5 && bytes[2] == 0 && bytes[3] == 0 && bytes[4] == 10;
}

/* An alert record: 15, the version 03 xx, 2 bytes (RFC 8446 §5.1); or a whole ServerHello. */
static bool is_tls(const char *bytes, size_t size)
{
    return size >= 3 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03;
}

/* SETTINGS of stream 0, the first frame of every server (RFC 9113 §3.4), or a GOAWAY. */
static bool is_http2(const char *bytes, size_t size)
{
    static const char no_stream[4] = {0};
    return size >= 9 && bytes[0] == 0 && (bytes[3] == 0x04 || bytes[3] == 0x07) && bytes[4] == 0 &&
           memcmp(bytes + 5, no_stream, sizeof no_stream) == 0;
}

static bool has_begin(const char *bytes, size_t size, const char *begin, size_t begin_size)
{
    return size >= begin_size && memcmp(bytes, begin, begin_size) == 0;
}

static bool is_banner(const banner *it, const char *bytes, size_t size)
{
    if (!has_begin(bytes, size, it->begin, it->begin_size)) return false;
    return !it->part || memmem(bytes, size, it->part, strlen(it->part)) != NULL;
}

doctor_speech doctor_banner_read(const char *bytes, size_t size, const char **name)
{
    if (has_begin(bytes, size, "HTTP/", 5)) return DOCTOR_SPEECH_HTTP;
    if (is_tls(bytes, size)) return DOCTOR_SPEECH_TLS;
    if (is_http2(bytes, size)) return DOCTOR_SPEECH_HTTP2;
    for (size_t i = 0; i < sizeof banners / sizeof *banners; i++) {
        if (!is_banner(&banners[i], bytes, size)) continue;
        *name = banners[i].name;
        return DOCTOR_SPEECH_OTHER;
    }
    if (!is_mysql(bytes, size)) return DOCTOR_SPEECH_UNKNOWN;
    *name = "MySQL";
    return DOCTOR_SPEECH_OTHER;
}
