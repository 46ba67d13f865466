/* SPDX-License-Identifier: MIT */
/* The steps by which a connection comes about, told one by one to who wants to know: for finding
 * out where it fails, and what takes its time. */
#ifndef HAWSER_STEP_H
#define HAWSER_STEP_H

#include <stdint.h>

#include "hawser/span.h"
#include "hawser/status.h"
#include "hawser/tls.h"

typedef enum hws_step_type {
    HWS_STEP_RESOLVE,   /* a name is being looked up; text: the name */
    HWS_STEP_RESOLVED,  /* text: the addresses, separated by spaces, or why there are none */
    HWS_STEP_CONNECT,   /* an address is being tried; text: "192.0.2.1 port 443" */
    HWS_STEP_CONNECTED, /* text: likewise; on failure ": " and why behind it */
    HWS_STEP_PROXY,     /* the proxy has opened the way, or not; text: which, how, or why not */
    HWS_STEP_TLS,       /* the handshake has ended; tls; on failure text says why */
    HWS_STEP_REQUEST,   /* bytes: the head of the request, as it goes out */
    HWS_STEP_RESPONSE,  /* bytes: the answer as it came in, as far as it came: its head, and of a
                           refusal's body up to HWS_CLIENT_BODY_MAX bytes; on failure text: why */
} hws_step_type;

/* Lifetime of it and of all that it points to: that of the callback. */
typedef struct hws_step {
    hws_step_type type;
    hws_status status;       /* HWS_OK, or how the step failed */
    uint64_t at_us;          /* microseconds since the attempt began */
    const char *text;        /* one line; "" when there is nothing to say */
    hws_text bytes;          /* of REQUEST and RESPONSE */
    const hws_tls_info *tls; /* of TLS; else NULL */
} hws_step;

#endif /* HAWSER_STEP_H */
