/* SPDX-License-Identifier: MIT */
/* Tells by its first bytes what a server speaks that does not speak HTTP/1. */
#ifndef HAWSER_CMD_DOCTOR_BANNER_H
#define HAWSER_CMD_DOCTOR_BANNER_H

#include <stddef.h>

typedef enum doctor_speech {
    DOCTOR_SPEECH_UNKNOWN,
    DOCTOR_SPEECH_HTTP,  /* HTTP/1, well-formed or not */
    DOCTOR_SPEECH_TLS,   /* an alert: it took our request for a ClientHello */
    DOCTOR_SPEECH_HTTP2, /* frames */
    DOCTOR_SPEECH_OTHER, /* as `name` says */
} doctor_speech;

/* `name` is set when it answers DOCTOR_SPEECH_OTHER: "SSH". */
doctor_speech doctor_banner_read(const char *bytes, size_t size, const char **name);

#endif /* HAWSER_CMD_DOCTOR_BANNER_H */
