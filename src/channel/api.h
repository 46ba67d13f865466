/* SPDX-License-Identifier: MIT */
/* The methods of the API for back ends, whatever brings them. */
#ifndef HAWSER_CHANNEL_API_H
#define HAWSER_CHANNEL_API_H

#include <jansson.h>

#include "channel/error.h"
#include "channel/hub.h"

enum {
    HWS_API_CHANNEL_MAX = 1000, /* channels of a broadcast, or in an answer */
    HWS_API_BATCH_MAX = 1000,   /* commands of a batch */
};

/* One call, and what comes of it. */
typedef struct hws_api_call {
    hws_hub *hub;
    const json_t *parameters; /* an object */
    hws_text channel;         /* that it publishes in */
    hws_writer result;        /* JSON, if there is no error */
    hws_error error;
    bool is_too_much; /* it asks for more than one call may */
    bool is_whole;    /* the result is all of the answer: a batch's */
} hws_api_call;

typedef void hws_api_method(hws_api_call *call);

/* HWS_API_UNKNOWN: there is no such method. */
hws_api_kind hws_api_find(hws_text name);

/* Counts the call, and makes it; what is unknown fails. */
void hws_api_run(hws_api_call *call, hws_api_kind kind);

void hws_api_count_error(hws_hub *hub, hws_error error);

/* {"result":…} or {"error":…}, which is counted. */
void hws_api_write_answer(hws_api_call *call, hws_writer *to);

/* In api_order.c, api_survey.c. */
void hws_api_subscribe(hws_api_call *call);
void hws_api_unsubscribe(hws_api_call *call);
void hws_api_disconnect(hws_api_call *call);
void hws_api_refresh(hws_api_call *call);
void hws_api_channels(hws_api_call *call);
void hws_api_info(hws_api_call *call);

#endif /* HAWSER_CHANNEL_API_H */
