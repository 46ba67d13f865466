/* SPDX-License-Identifier: MIT */
/* What was seen of one attempt to open a WebSocket, and of how it went on: the facts, from which
 * doctor_diagnosis.h concludes.  Everything is copied; what is longer than its place is cut. */
#ifndef HAWSER_CMD_DOCTOR_REPORT_H
#define HAWSER_CMD_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/deflate.h"
#include "hawser/endpoint.h"
#include "hawser/step.h"
#include "hawser/url.h"

enum {
    DOCTOR_LINE_SIZE = 256,   /* bytes of a line, its zero included */
    DOCTOR_NAMES_SIZE = 512,  /* of the names in a certificate */
    DOCTOR_HEAD_SIZE = 20480, /* of a request, or of an answer with the start of its body */
    DOCTOR_URL_SIZE = 1024,   /* of a URL that is shown, or tried */
    DOCTOR_STEP_MAX = 96,     /* steps that are kept */
    DOCTOR_ADDRESS_MAX = 32,  /* addresses of a host */
    DOCTOR_TRIAL_MAX = 3,     /* attempts behind the first */
    DOCTOR_REASON_SIZE = 124, /* of a Close frame, its zero included */
};

/* What was asked for.  Texts outlive the report. */
typedef struct doctor_question {
    const char *url;
    const char *origin;           /* NULL: none was named */
    const char *const *protocols; /* offered, ended by NULL; NULL: none */
    const char *proxy;            /* NULL: what the environment says */
    const char *unix_path;
    bool has_credentials; /* a token, a cookie, an Authorization: something to be let in by */
    bool has_certificate; /* a client certificate */
    bool has_authorities;
    bool is_insecure;
    bool offers_deflate;
} doctor_question;

typedef struct doctor_step {
    hws_step_type type;
    hws_status status;
    uint64_t at_us;
    uint64_t took_us; /* since what it is the end of; 0 when that was not seen */
    char text[DOCTOR_LINE_SIZE];
} doctor_step;

/* An address of the host, and what came of connecting to it. */
typedef struct doctor_address {
    char text[DOCTOR_LINE_SIZE]; /* "192.0.2.1 port 443", "2001:db8::1 port 443" */
    bool is_ipv6;
    bool is_done;
    hws_status status;
    uint64_t took_us;
} doctor_address;

typedef struct doctor_certificate {
    char subject[DOCTOR_LINE_SIZE];
    char issuer[DOCTOR_LINE_SIZE];
    char names[DOCTOR_NAMES_SIZE];
    int64_t not_before_s;
    int64_t not_after_s;
} doctor_certificate;

typedef struct doctor_tls {
    bool is_seen;
    char version[16];
    char cipher[64];
    char alpn[16];
    bool is_trusted;
    char distrust[DOCTOR_LINE_SIZE];
    char why[DOCTOR_LINE_SIZE]; /* of a handshake that failed */
    doctor_certificate chain[HWS_TLS_CHAIN_MAX];
    size_t chain_count;
} doctor_tls;

/* Bytes as they went over the wire. */
typedef struct doctor_bytes {
    char data[DOCTOR_HEAD_SIZE];
    size_t size;
} doctor_bytes;

typedef enum doctor_echo {
    DOCTOR_ECHO_NOT_TRIED,
    DOCTOR_ECHO_SAME,
    DOCTOR_ECHO_OTHER, /* something came, but not that */
    DOCTOR_ECHO_NONE,
} doctor_echo;

/* How it went on after the 101, and how it ended. */
typedef struct doctor_talk {
    bool is_open; /* on_open was called */
    char protocol[DOCTOR_LINE_SIZE];
    char extensions[DOCTOR_LINE_SIZE];
    uint32_t message_count; /* that came unasked */
    bool is_pinged;
    bool is_ponged;
    uint64_t pong_us; /* there and back */
    doctor_echo echo;
    uint64_t echo_us;
    hws_deflate_info deflate; /* as it was before it closed */
    doctor_echo sample;       /* of a compressed message, sent to who sent the first one back */
    uint64_t sample_us;
    bool is_closed_by_us; /* we began it */
    uint64_t close_us;    /* until the end, since we began it, or since it was open */
    int code;
    bool was_clean;
    hws_status status; /* HWS_OK, or how it failed, at whatever step */
    int http_status;   /* of an answer that refused; 0: there was none */
    char reason[DOCTOR_REASON_SIZE];
    char cause[DOCTOR_LINE_SIZE];
} doctor_talk;

/* Another attempt, with one thing changed, to find out whether that helps. */
typedef enum doctor_trial_kind {
    DOCTOR_TRIAL_SCHEME,     /* ws for wss, or the other way; without credentials */
    DOCTOR_TRIAL_OWN_ORIGIN, /* with the Origin of the URL's own pages */
    DOCTOR_TRIAL_NO_ORIGIN,
    DOCTOR_TRIAL_SLASH,     /* a slash at the path's end, or none */
    DOCTOR_TRIAL_SOCKET_IO, /* Socket.IO's path; without credentials */
    DOCTOR_TRIAL_NO_PROXY,
    DOCTOR_TRIAL_NO_DEFLATE,
} doctor_trial_kind;

typedef struct doctor_trial {
    doctor_trial_kind kind;
    char url[DOCTOR_URL_SIZE];
    char origin[DOCTOR_LINE_SIZE]; /* "" for none */
    bool is_open;
    bool is_answered; /* by HTTP, whatever the answer was */
    int http_status;  /* 0: none */
    hws_status status;
} doctor_trial;

typedef struct doctor_report {
    doctor_question question;
    hws_url url;                 /* of the question, parsed */
    char host[DOCTOR_LINE_SIZE]; /* of the URL */
    int64_t now_s;               /* seconds since 1970, for certificates */
    uint64_t timeout_ms;

    doctor_step step[DOCTOR_STEP_MAX];
    size_t step_count;
    doctor_address address[DOCTOR_ADDRESS_MAX];
    size_t address_count;
    doctor_tls tls;
    doctor_bytes request;
    doctor_bytes answer;
    doctor_talk talk;
    doctor_trial trial[DOCTOR_TRIAL_MAX];
    size_t trial_count;
} doctor_report;

/* Begins a report on what `question` asks for.  Errors: HWS_ERR_URL_*. */
hws_status doctor_report_init(doctor_report *report, const doctor_question *question, int64_t now_s,
                              uint64_t timeout_ms);

/* Takes a step down, and what it says of addresses, TLS and heads.  Steps over DOCTOR_STEP_MAX are
 * dropped. */
void doctor_report_add_step(doctor_report *report, const hws_step *step);

/* The address of that text, "192.0.2.1 port 443", without brackets; a new one when it was not
 * there; NULL when there are too many. */
doctor_address *doctor_report_address(doctor_report *report, const char *text);

/* Takes down that it opened, and with what. */
void doctor_report_open(doctor_report *report, const char *protocol, const char *extensions);

/* Takes down how it ended, `close_us` after we began to close or, when we did not, after it was
 * open. */
void doctor_report_end(doctor_report *report, const hws_close *close, uint64_t close_us);

/* The last step of that type; NULL when there was none. */
const doctor_step *doctor_report_step(const doctor_report *report, hws_step_type type);

/* Whether the way went through a proxy, or failed on the way to one. */
bool doctor_report_has_proxy(const doctor_report *report);

/* Whether the URL is one of wss or https. */
bool doctor_report_is_secure(const doctor_report *report);

/* The trial of that kind; NULL when there was none. */
const doctor_trial *doctor_report_trial(const doctor_report *report, doctor_trial_kind kind);

/* Copies a text into `size` bytes, cut where it must be.  NULL is "". */
void doctor_copy(char *to, size_t size, const char *from);

#endif /* HAWSER_CMD_DOCTOR_REPORT_H */
