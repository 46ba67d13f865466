/* SPDX-License-Identifier: MIT */
/* What it costs to inflate a message and to deflate it again, with nothing around: zlib on the
 * bytes that `hawser bench --content json` sends, as an echo without takeover has to do it.
 *
 *     bench_deflate [SIZE] [SECONDS] [LEVEL] [MEMORY_LEVEL]
 *
 * Prints the `cpu_ns` of both for a message, and of either; the baseline of bench/deflate.  The
 * state of both is made once and reset for each message, which is the least that zlib can do. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <zlib.h>

#include "cmd/bench_content.h"

enum { BATCH = 64, TAIL_SIZE = 4 };

typedef struct codec {
    z_stream deflater;
    z_stream inflater;
    uint8_t *plain;
    uint8_t *packed;
    uint8_t *back;
    size_t plain_size;
    size_t packed_size;
    size_t packed_room;
} codec;

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_deflate: %s\n", what);
    exit(1);
}

static void *need(size_t size)
{
    void *made = malloc(size);
    if (!made) fail("out of memory");
    return made;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void pack(codec *it)
{
    z_stream *z = &it->deflater;
    z->next_in = it->plain;
    z->avail_in = (uInt)it->plain_size;
    z->next_out = it->packed;
    z->avail_out = (uInt)it->packed_room;
    if (deflateReset(z) != Z_OK || deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_out == 0)
        fail("deflate");
    it->packed_size = it->packed_room - z->avail_out;
}

/* What arrives lacks the tail; here it is still there. */
static void unpack(codec *it)
{
    z_stream *z = &it->inflater;
    z->next_in = it->packed;
    z->avail_in = (uInt)it->packed_size;
    z->next_out = it->back;
    z->avail_out = (uInt)it->plain_size + 1;
    if (inflateReset(z) != Z_OK || inflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_out != 1)
        fail("inflate");
}

static double measure(codec *it, double seconds, void (*one)(codec *), void (*two)(codec *))
{
    const uint64_t begin = now_ns();
    uint64_t passed = 0;
    uint64_t count = 0;
    while ((double)passed < seconds * 1e9) {
        for (int i = 0; i < BATCH; i++) {
            one(it);
            if (two) two(it);
        }
        count += BATCH;
        passed = now_ns() - begin;
    }
    return (double)passed / (double)count;
}

static unsigned long argument(int argc, char **argv, int at, unsigned long otherwise)
{
    return argc > at ? strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    codec it = {.plain_size = argument(argc, argv, 1, 1024)};
    const double seconds = argc > 2 ? strtod(argv[2], NULL) : 1;
    const int level = (int)argument(argc, argv, 3, 1);
    const int memory_level = (int)argument(argc, argv, 4, 8);
    if (deflateInit2(&it.deflater, level, Z_DEFLATED, -15, memory_level, Z_DEFAULT_STRATEGY) !=
            Z_OK ||
        inflateInit2(&it.inflater, -15) != Z_OK)
        fail("zlib cannot begin");
    it.packed_room = deflateBound(&it.deflater, it.plain_size) + 64;
    it.plain = need(it.plain_size + 1);
    it.packed = need(it.packed_room);
    it.back = need(it.plain_size + 1);
    bench_content_fill(BENCH_CONTENT_JSON, it.plain, it.plain_size);
    pack(&it);
    printf("cpu_ns %.0f\n", measure(&it, seconds, unpack, pack));
    printf("inflate_ns %.0f\n", measure(&it, seconds / 4, unpack, NULL));
    printf("deflate_ns %.0f\n", measure(&it, seconds / 4, pack, NULL));
    printf("size %zu\npacked_size %zu\n", it.plain_size, it.packed_size - TAIL_SIZE);
    deflateEnd(&it.deflater);
    inflateEnd(&it.inflater);
    free(it.plain);
    free(it.packed);
    free(it.back);
    return 0;
}
