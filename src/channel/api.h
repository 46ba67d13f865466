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
    hws_writer result;        /* JSON, if there is no error */
    hws_error error;
    bool is_too_much; /* it asks for more than one call may */
    bool is_whole;    /* the result is all of the answer: a batch's */
} hws_api_call;

typedef void hws_api_method(hws_api_call *call);

/* NULL: there is no such method.  The second knows batches, too. */
hws_api_method *hws_api_find(hws_text name);
hws_api_method *hws_api_find_outer(hws_text name);

/* {"result":…} or {"error":…}. */
void hws_api_write_answer(hws_api_call *call, hws_writer *to);

/* In api_order.c, api_survey.c. */
void hws_api_subscribe(hws_api_call *call);
void hws_api_unsubscribe(hws_api_call *call);
void hws_api_disconnect(hws_api_call *call);
void hws_api_refresh(hws_api_call *call);
void hws_api_channels(hws_api_call *call);
void hws_api_info(hws_api_call *call);

#endif /* HAWSER_CHANNEL_API_H */
