/* SPDX-License-Identifier: MIT */
/* JSON that strangers send, read strictly: no key twice, no "\u0000", nothing behind it,
 * at most HWS_JSON_DEPTH_MAX arrays and objects in one another. */
#ifndef HAWSER_CHANNEL_JSON_H
#define HAWSER_CHANNEL_JSON_H

#include <stdbool.h>

#include <jansson.h>

#include "hawser/export.h"
#include "hawser/span.h"
#include "hawser/status.h"

enum { HWS_JSON_DEPTH_MAX = 32 };

/* Reads any value; whole numbers have 64 bits, others are finite.
 *
 * Owns:   The caller: json_decref.
 * Errors: HWS_ERR_INVALID_ARGUMENT (no such JSON), HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_json_read(hws_text text, json_t **value);

/* The text of a string; absent for anything else. */
hws_text hws_json_text(const json_t *value);

/* A member that may be missing.
 *
 * Returns: false if it is there, but no string (number from 0 on, boolean); the variable is then as
 *          it was, as it is when the member is missing. */
HWS_MUST_CHECK bool hws_json_get_text(const json_t *object, const char *key, hws_text *text);
HWS_MUST_CHECK bool hws_json_get_number(const json_t *object, const char *key, uint64_t *number);
HWS_MUST_CHECK bool hws_json_get_flag(const json_t *object, const char *key, bool *flag);

/* Overwrites the text of a string, if there is one: a secret that nobody needs any more. */
void hws_json_wipe(const json_t *object, const char *key);

#endif /* HAWSER_CHANNEL_JSON_H */
