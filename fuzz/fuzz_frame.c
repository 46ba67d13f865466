/* SPDX-License-Identifier: MIT */
/* A header that is read is written back as the same bytes, for there is but one way to write it;
 * and what is wrong with it is wrong however much of it has come.
 *
 * Byte 0 is the rules, the rest the header. */
#include <stdlib.h>
#include <string.h>

#include "hawser/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    const hws_frame_rules rules = {.rsv_allowed = data[0] & 7, .from_client = data[0] & 8};
    const uint8_t *bytes = data + 1;
    size--;

    hws_status before = HWS_OK;
    for (size_t cut = 0; cut <= size && cut <= HWS_FRAME_HEADER_MAX; cut++) {
        hws_frame_header header;
        size_t header_size;
        const hws_status status = hws_frame_header_read(bytes, cut, &rules, &header, &header_size);
        check(before == HWS_OK || status == before);
        before = status;
        if (status != HWS_OK || header_size == 0) continue;

        check(header_size <= cut);
        uint8_t written[HWS_FRAME_HEADER_MAX];
        check(hws_frame_header_write(&header, written) == header_size);
        check(memcmp(written, bytes, header_size) == 0);
    }
    return 0;
}
