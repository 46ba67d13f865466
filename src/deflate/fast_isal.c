/* SPDX-License-Identifier: MIT */
/* ISA-L needs no allocator: a stream is one block, and its level has another. */
#include <isa-l/igzip_lib.h>
#include <limits.h>

#include "base/memory.h"
#include "deflate/fast.h"
#include "wire/deflate.h"

struct hws_fast {
    struct isal_zstream stream;
    uint8_t level[ISAL_DEF_LVL1_DEFAULT];
};

size_t hws_fast_size(void)
{
    return sizeof(hws_fast);
}

hws_fast *hws_fast_new(const hws_memory *memory)
{
    hws_fast *made = hws_memory_new(memory, sizeof *made);
    if (!made) return NULL;
    isal_deflate_init(&made->stream);
    made->stream.level = 1;
    made->stream.level_buf = made->level;
    made->stream.level_buf_size = sizeof made->level;
    made->stream.flush = SYNC_FLUSH;
    return made;
}

void hws_fast_free(hws_fast *fast, const hws_memory *memory)
{
    hws_memory_free(memory, fast, sizeof *fast);
}

/* With room left, and behind the tail, all has been written. */
static bool is_done(const struct isal_zstream *stream, const uint8_t *output)
{
    const size_t size = stream->total_out;
    return stream->avail_in == 0 && stream->avail_out > 0 && size > HWS_DEFLATE_TAIL_SIZE &&
           memcmp(output + size - HWS_DEFLATE_TAIL_SIZE, hws_deflate_tail, HWS_DEFLATE_TAIL_SIZE) ==
               0;
}

size_t hws_fast_deflate(hws_fast *fast, hws_span input, uint8_t *output, size_t size_max)
{
    struct isal_zstream *stream = &fast->stream;
    if (input.size > INT_MAX) return 0; /* its counts have 32 bits */
    isal_deflate_reset(stream);
    stream->next_in = input.data;
    stream->avail_in = (uint32_t)input.size;
    stream->next_out = output;
    stream->avail_out = size_max < INT_MAX ? (uint32_t)size_max : INT_MAX;
    const int status = isal_deflate(stream);
    return status == COMP_OK && is_done(stream, output) ? stream->total_out : 0;
}
