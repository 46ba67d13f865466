/* SPDX-License-Identifier: MIT */
/* What a program wants of a client, checked, completed and copied: nothing of it is the program's
 * any more. */
#ifndef HAWSER_CLIENT_SETTINGS_H
#define HAWSER_CLIENT_SETTINGS_H

#include "hawser/client.h"
#include "hawser/handshake.h"

typedef struct hws_settings hws_settings;

/* One block of memory with all texts behind it. */
struct hws_settings {
    hws_client_options options; /* no zero where there is a default; texts are copies */
    size_t size;                /* of the block */
};

/* Errors: as hws_websocket_open. */
HWS_MUST_CHECK hws_status hws_settings_new(const hws_client_options *options,
                                           const hws_memory *memory, hws_settings **settings);
void hws_settings_free(hws_settings *settings, const hws_memory *memory); /* NULL is let pass */

/* What on_attempt may change from one attempt to the next: a copy, too. */
typedef struct hws_destination {
    const char *url;
    const char *bearer;        /* NULL: none */
    const hws_header *headers; /* the program's own */
    size_t header_count;
    size_t size; /* of the block */
} hws_destination;

/* Errors: HWS_ERR_NO_MEMORY, HWS_ERR_URL_*, HWS_ERR_INVALID_ARGUMENT (a header). */
HWS_MUST_CHECK hws_status hws_destination_new(const hws_attempt *attempt, const hws_memory *memory,
                                              hws_destination **destination);
void hws_destination_free(hws_destination *destination, const hws_memory *memory);

#endif /* HAWSER_CLIENT_SETTINGS_H */
