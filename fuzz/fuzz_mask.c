/* SPDX-License-Identifier: MIT */
/* Every kernel masks like a loop over bytes and tells whether ASCII came out, and a payload may be
 * cut anywhere.
 *
 * Bytes 0 to 3 are the key, 4 the place of the cut, 5 the offset and alignment, the rest is the
 * payload. */
#include <stdlib.h>
#include <string.h>

#include "wire/mask.h"

enum { HEAD_SIZE = 6, PAYLOAD_MAX = 4096, ALIGNMENT_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_SIZE || size - HEAD_SIZE > PAYLOAD_MAX) return 0;
    const uint8_t *payload = data + HEAD_SIZE;
    const size_t payload_size = size - HEAD_SIZE;
    const size_t cut = data[4] % (payload_size + 1);
    const uint64_t offset = data[5] / ALIGNMENT_MAX;
    const size_t align = data[5] % ALIGNMENT_MAX;

    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    for (size_t k = 0; k < count; k++) {
        static uint8_t arena[ALIGNMENT_MAX + PAYLOAD_MAX];
        uint8_t *bytes = arena + align;
        memcpy(bytes, payload, payload_size);
        bool ascii = hws_mask(list[k], (hws_span){bytes, cut}, data, offset);
        ascii &= hws_mask(list[k], (hws_span){bytes + cut, payload_size - cut}, data, offset + cut);
        uint8_t any = 0;
        for (size_t i = 0; i < payload_size; i++) {
            if (bytes[i] != (payload[i] ^ data[(offset + i) % 4])) abort();
            any |= bytes[i];
        }
        if (ascii != (any < 0x80)) abort();
    }
    return 0;
}
