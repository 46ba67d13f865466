/* SPDX-License-Identifier: MIT */
/* Offers that were read and written again, in the plainest form, are the same offers. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/offer.h"
#include "wire/writer.h"

enum { PLAIN_MAX = 1 << 16 };

/* "a;b=c,d": no white space, no quotes.  Returns its size, or SIZE_MAX for what is malformed. */
static size_t write_plain(hws_text text, char plain[PLAIN_MAX])
{
    hws_writer writer = {plain, PLAIN_MAX, 0};
    hws_offer_list offers;
    hws_offer offer;
    hws_offer_parameter parameter;
    bool more = false;
    hws_offer_list_init_text(&offers, text);
    for (int i = 0;; i++) {
        if (hws_offer_next(&offers, &offer, &more) != HWS_OK) return SIZE_MAX;
        if (!more) break;
        if (i > 0) hws_writer_add_string(&writer, ",");
        assert(hws_text_is_token(offer.name));
        hws_writer_add(&writer, offer.name);
        while (hws_offer_next_parameter(&offer, &parameter)) {
            assert(hws_text_is_token(parameter.name));
            hws_writer_add_string(&writer, ";");
            hws_writer_add(&writer, parameter.name);
            if (!parameter.value.data) continue;
            assert(hws_text_is_token(parameter.value));
            hws_writer_add_string(&writer, "=");
            hws_writer_add(&writer, parameter.value);
        }
    }
    return writer.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char plain[PLAIN_MAX];
    static char again[PLAIN_MAX];
    char *copy = malloc(size + 1);
    assert(copy);
    if (size > 0) memcpy(copy, data, size);
    const size_t plain_size = write_plain((hws_text){copy, size}, plain);
    if (plain_size <= size) { /* and not SIZE_MAX: writing plainly never adds */
        const size_t again_size = write_plain((hws_text){plain, plain_size}, again);
        if (again_size != plain_size || memcmp(plain, again, plain_size) != 0) abort();
    } else if (plain_size != SIZE_MAX) {
        abort();
    }
    free(copy);
    return 0;
}
