/* SPDX-License-Identifier: MIT */
/* What was parsed and written again means the same; and what an origin wrote is that origin.
 *
 * Byte 0 picks a URL, an address to listen on, or an origin; the rest is the text. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "hawser/url.h"

static void try_url(hws_text text, hws_status (*parse)(hws_text text, hws_url *url))
{
    hws_url url;
    if (parse(text, &url) != HWS_OK) return;
    assert(text.size <= HWS_URL_SIZE_MAX && url.host.size > 0);
    assert(url.path.size > 0 && url.path.data[0] == '/');

    char written[HWS_URL_SIZE_MAX + 16]; /* "/" and a port may be added to what was there */
    size_t size = 0;
    if (hws_url_write(&url, written, sizeof written, &size) != HWS_OK) abort();
    if (size > HWS_URL_SIZE_MAX) return;
    hws_url again;
    if (parse((hws_text){written, size}, &again) != HWS_OK) abort();
    assert(again.scheme == url.scheme && again.host_kind == url.host_kind);
    assert(again.port == url.port && hws_text_equal(again.host, url.host));
    assert(hws_text_equal(again.path, url.path) && hws_text_equal(again.query, url.query));
    assert((again.query.data == NULL) == (url.query.data == NULL));
}

static void try_origin(hws_text text)
{
    hws_origin origin;
    if (hws_origin_parse(text, &origin) != HWS_OK) return;
    char written[512];
    size_t size = 0;
    if (hws_origin_write(&origin, written, sizeof written, &size) != HWS_OK) abort();
    hws_origin again;
    if (hws_origin_parse((hws_text){written, size}, &again) != HWS_OK) abort();
    assert(hws_origin_equal(&origin, &again));

    /* An origin is a URL that ends there. */
    hws_url url;
    if (hws_url_parse((hws_text){written, size}, &url) != HWS_OK) abort();
    assert(url.port == origin.port && !url.query.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    char *copy = malloc(size);
    assert(copy);
    memcpy(copy, data + 1, size - 1);
    const hws_text text = {copy, size - 1};
    if (data[0] % 3 == 0) try_url(text, hws_url_parse);
    if (data[0] % 3 == 1) try_url(text, hws_url_parse_listen);
    if (data[0] % 3 == 2) try_origin(text);
    free(copy);
    return 0;
}
