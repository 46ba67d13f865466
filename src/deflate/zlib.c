/* SPDX-License-Identifier: MIT */
/* zlib through the codec's table; what stands for itself goes out by a faster way, if there is one.
 *
 *     take ──▶ a kept context, reset, or a new one
 *     give ──▶ kept for the next, while there are few; else freed
 *
 * zlib asks for its memory here, and so through the hook, which wants to be told sizes: each block
 * begins with its own. */
#include "deflate/zlib.h"

#include <assert.h>
#include <limits.h>
#include <stdalign.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/span.h"
#include "deflate/fast.h"

enum {
    DEFLATERS_KEPT_MAX = 2, /* of each window */
    INFLATERS_KEPT_MAX = 4,
    BORROWED_LEVEL = 8,    /* of memory: a thread has few, and large messages go faster */
    DEFLATER_STATE = 6656, /* bytes beside windows and tables */
    INFLATER_STATE = 7680,
};

/* What both kinds of context begin with. */
typedef struct context {
    struct context *next; /* while it is kept */
    hws_codec_pool *pool;
    size_t size; /* bytes of memory, its own too */
    uint8_t window_bits;
    bool is_own;
    z_stream stream;
} context;

struct hws_deflater {
    context base;
};

struct hws_inflater {
    context base;
    bool has_ended; /* a last block, and nothing has come since */
};

typedef struct shelf {
    context *first;
    size_t count;
} shelf;

struct hws_codec_pool {
    const hws_memory *memory;
    hws_deflate_budget *budget;
    int level;
    int memory_level;
    size_t out_count; /* contexts that are borrowed, or owned */
    shelf deflaters[HWS_DEFLATE_BITS_MAX + 1];
    shelf inflaters;
    hws_fast *fast; /* NULL: not needed yet, or there is none */
};

typedef struct block {
    alignas(max_align_t) size_t size;
} block;

static voidpf allocate(voidpf opaque, uInt count, uInt item_size)
{
    context *it = opaque;
    const size_t size = sizeof(block) + (size_t)count * item_size;
    block *made = hws_memory_new(it->pool->memory, size);
    if (!made) return Z_NULL;
    made->size = size;
    it->size += size;
    return made + 1;
}

static void release(voidpf opaque, voidpf address)
{
    context *it = opaque;
    block *gone = (block *)address - 1;
    it->size -= gone->size;
    hws_memory_free(it->pool->memory, gone, gone->size);
}

/* Making and keeping. */

static void *context_new(hws_codec_pool *pool, size_t own_size, uint8_t window_bits, bool is_own)
{
    context *made = hws_memory_new_zeroed(pool->memory, own_size);
    if (!made) return NULL;
    made->pool = pool;
    made->size = own_size;
    made->window_bits = window_bits;
    made->is_own = is_own;
    made->stream.zalloc = allocate;
    made->stream.zfree = release;
    made->stream.opaque = made;
    return made;
}

/* What a connection owns it has reserved itself. */
static bool reserve(const hws_codec_pool *pool, size_t cost, bool is_own)
{
    return is_own || !pool->budget || hws_deflate_reserve(pool->budget, cost);
}

static void give_back(const hws_codec_pool *pool, size_t cost, bool is_own)
{
    if (!is_own && pool->budget) hws_deflate_return(pool->budget, cost);
}

static context *take_kept(shelf *from)
{
    context *it = from->first;
    if (!it) return NULL;
    from->first = it->next;
    from->count--;
    return it;
}

static bool keep(shelf *on, context *it, size_t count_max)
{
    if (it->is_own || on->count >= count_max) return false;
    it->next = on->first;
    on->first = it;
    on->count++;
    return true;
}

/* Compressing. */

static size_t deflater_cost(int memory_level, uint8_t window_bits)
{
    return ((size_t)4 << window_bits) + ((size_t)512 << memory_level) + DEFLATER_STATE;
}

size_t hws_codec_deflater_cost(const hws_deflate_options *options, uint8_t window_bits)
{
    return deflater_cost(options->memory_level, window_bits);
}

static int memory_level_of(const hws_codec_pool *pool, bool is_own)
{
    return is_own ? pool->memory_level : BORROWED_LEVEL;
}

static void free_deflater(context *it)
{
    const hws_codec_pool *pool = it->pool;
    (void)deflateEnd(&it->stream);
    give_back(pool, deflater_cost(memory_level_of(pool, it->is_own), it->window_bits), it->is_own);
    hws_memory_free(pool->memory, it, sizeof(hws_deflater));
}

static hws_deflater *make_deflater(hws_codec_pool *pool, uint8_t window_bits, bool is_own)
{
    hws_deflater *made = context_new(pool, sizeof *made, window_bits, is_own);
    if (!made) return NULL;
    if (deflateInit2(&made->base.stream, pool->level, Z_DEFLATED, -window_bits,
                     memory_level_of(pool, is_own), Z_DEFAULT_STRATEGY) == Z_OK)
        return made;
    hws_memory_free(pool->memory, made, sizeof *made);
    return NULL;
}

static hws_deflater *new_deflater(hws_codec_pool *pool, uint8_t window_bits, bool is_own)
{
    const size_t cost = deflater_cost(memory_level_of(pool, is_own), window_bits);
    if (!reserve(pool, cost, is_own)) return NULL;
    hws_deflater *made = make_deflater(pool, window_bits, is_own);
    if (!made) give_back(pool, cost, is_own);
    return made;
}

static void reset_deflater(hws_deflater *deflater)
{
    const int status = deflateReset(&deflater->base.stream);
    assert(status == Z_OK);
    (void)status;
}

static hws_deflater *take_deflater(hws_codec_pool *pool, uint8_t window_bits, bool is_own)
{
    assert(window_bits > HWS_DEFLATE_BITS_MIN && window_bits <= HWS_DEFLATE_BITS_MAX);
    context *kept = is_own ? NULL : take_kept(&pool->deflaters[window_bits]);
    hws_deflater *taken = kept ? (hws_deflater *)kept : new_deflater(pool, window_bits, is_own);
    if (!taken) return NULL;
    if (kept) reset_deflater(taken);
    pool->out_count++;
    return taken;
}

static void give_deflater(hws_codec_pool *pool, hws_deflater *deflater)
{
    context *it = &deflater->base;
    pool->out_count--;
    if (!keep(&pool->deflaters[it->window_bits], it, DEFLATERS_KEPT_MAX)) free_deflater(it);
}

static uInt at_most(size_t size)
{
    return size < UINT_MAX ? (uInt)size : UINT_MAX;
}

static size_t compress_all(hws_deflater *deflater, hws_span input, uint8_t *output, size_t size_max)
{
    z_stream *stream = &deflater->base.stream;
    size_t size = 0;
    stream->next_in = input.data;
    for (;;) {
        const uInt had = at_most(input.size);
        const uInt room = at_most(size_max - size);
        stream->avail_in = had;
        stream->next_out = output + size;
        stream->avail_out = room;
        const int status = deflate(stream, input.size > had ? Z_NO_FLUSH : Z_SYNC_FLUSH);
        size += room - stream->avail_out;
        input.size -= had - stream->avail_in;
        /* With room left it has flushed all: what was asked for, and no more. */
        if (input.size == 0 && stream->avail_out > 0) return size;
        if (size == size_max || (status != Z_OK && status != Z_BUF_ERROR)) return 0;
    }
}

/* One is enough: nothing else happens while it works. */
static hws_fast *fast_of(hws_codec_pool *pool)
{
    const size_t size = hws_fast_size();
    if (pool->fast || size == 0 || pool->level != 1) return pool->fast;
    if (!reserve(pool, size, false)) return NULL;
    pool->fast = hws_fast_new(pool->memory);
    if (!pool->fast) give_back(pool, size, false);
    return pool->fast;
}

static size_t compress_alone(hws_codec_pool *pool, uint8_t window_bits, hws_span input,
                             uint8_t *output, size_t size_max)
{
    hws_fast *fast = window_bits == HWS_DEFLATE_BITS_MAX ? fast_of(pool) : NULL;
    if (fast) return hws_fast_deflate(fast, input, output, size_max);
    hws_deflater *deflater = take_deflater(pool, window_bits, false);
    if (!deflater) return 0;
    const size_t size = compress_all(deflater, input, output, size_max);
    give_deflater(pool, deflater);
    return size;
}

static size_t deflater_size(const hws_deflater *deflater)
{
    return deflater->base.size;
}

/* Inflating. */

size_t hws_codec_inflater_cost(uint8_t window_bits)
{
    return ((size_t)1 << window_bits) + INFLATER_STATE;
}

static void free_inflater(context *it)
{
    const hws_codec_pool *pool = it->pool;
    (void)inflateEnd(&it->stream);
    give_back(pool, hws_codec_inflater_cost(it->window_bits), it->is_own);
    hws_memory_free(pool->memory, it, sizeof(hws_inflater));
}

/* A message that was agreed on must be read: it counts, and may go over the budget, which then lets
 * in nobody new; the limit of all memory holds. */
static hws_inflater *new_inflater(hws_codec_pool *pool, uint8_t window_bits, bool is_own)
{
    hws_inflater *made = context_new(pool, sizeof *made, window_bits, is_own);
    if (!made) return NULL;
    if (inflateInit2(&made->base.stream, -window_bits) != Z_OK) {
        hws_memory_free(pool->memory, made, sizeof *made);
        return NULL;
    }
    if (!is_own && pool->budget)
        hws_deflate_overdraw(pool->budget, hws_codec_inflater_cost(window_bits));
    return made;
}

/* What is borrowed has the widest window: it serves any connection, and a peer that goes beyond the
 * window it promised does no harm. */
static hws_inflater *take_inflater(hws_codec_pool *pool, uint8_t window_bits, bool is_own)
{
    assert(window_bits >= HWS_DEFLATE_BITS_MIN && window_bits <= HWS_DEFLATE_BITS_MAX);
    if (!is_own) window_bits = HWS_DEFLATE_BITS_MAX;
    context *kept = is_own ? NULL : take_kept(&pool->inflaters);
    hws_inflater *taken = kept ? (hws_inflater *)kept : new_inflater(pool, window_bits, is_own);
    if (!taken) return NULL;
    if (kept) {
        const int status = inflateReset(&kept->stream);
        assert(status == Z_OK);
        (void)status;
    }
    taken->has_ended = false;
    pool->out_count++;
    return taken;
}

static void give_inflater(hws_codec_pool *pool, hws_inflater *inflater)
{
    context *it = &inflater->base;
    pool->out_count--;
    if (!keep(&pool->inflaters, it, INFLATERS_KEPT_MAX)) free_inflater(it);
}

/* §7.2.3.5: behind a last block the stream goes on at the next byte, and its window is the same. */
static bool go_on(hws_inflater *inflater)
{
    inflater->has_ended = true;
    return inflateResetKeep(&inflater->base.stream) == Z_OK;
}

static hws_status inflate_some(hws_inflater *inflater, hws_span *input, uint8_t *output,
                               size_t size_max, size_t *size)
{
    z_stream *stream = &inflater->base.stream;
    *size = 0;
    do {
        const uInt had = at_most(input->size);
        const uInt room = at_most(size_max - *size);
        stream->next_in = input->data;
        stream->avail_in = had;
        stream->next_out = output + *size;
        stream->avail_out = room;
        if (had > 0) inflater->has_ended = false;
        const int status = inflate(stream, Z_SYNC_FLUSH);
        *size += room - stream->avail_out;
        (void)hws_span_take(input, had - stream->avail_in);
        if (status == Z_MEM_ERROR) return HWS_ERR_NO_MEMORY;
        if (status == Z_STREAM_END ? !go_on(inflater) : status != Z_OK && status != Z_BUF_ERROR)
            return HWS_ERR_DEFLATE;
    } while (*size < size_max && input->size > 0);
    return HWS_OK;
}

static bool has_ended(const hws_inflater *inflater)
{
    return inflater->has_ended;
}

/* zlib tells how many bits wait (the low six), and, by 128, that a block has just ended. */
static bool is_whole(const hws_inflater *inflater)
{
    const int state = inflater->base.stream.data_type;
    return inflater->has_ended || ((state & 128) != 0 && (state & 63) == 0);
}

static size_t inflater_size(const hws_inflater *inflater)
{
    return inflater->base.size;
}

static size_t own_size(const hws_codec_pool *pool, hws_deflate_terms terms)
{
    return (terms.send_takeover ? deflater_cost(pool->memory_level, terms.send_bits) : 0) +
           (terms.receive_takeover ? hws_codec_inflater_cost(terms.receive_bits) : 0);
}

static const hws_codec ZLIB = {
    .name = "zlib",
    .take_deflater = take_deflater,
    .give_deflater = give_deflater,
    .deflate = compress_all,
    .deflate_alone = compress_alone,
    .reset_deflater = reset_deflater,
    .take_inflater = take_inflater,
    .give_inflater = give_inflater,
    .inflate = inflate_some,
    .has_ended = has_ended,
    .is_whole = is_whole,
    .deflater_size = deflater_size,
    .inflater_size = inflater_size,
    .own_size = own_size,
};

const hws_codec *hws_codec_zlib(void)
{
    return &ZLIB;
}

/* The pool. */

hws_status hws_codec_pool_new(const hws_memory *memory, const hws_deflate_options *options,
                              hws_deflate_budget *budget, hws_codec_pool **pool)
{
    hws_codec_pool *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->memory = memory;
    made->budget = budget;
    made->level = options->level;
    made->memory_level = options->memory_level;
    *pool = made;
    return HWS_OK;
}

static void empty(shelf *from, void (*free_context)(context *it))
{
    for (context *it = take_kept(from); it; it = take_kept(from)) free_context(it);
}

void hws_codec_pool_free(hws_codec_pool *pool)
{
    if (!pool) return;
    assert(pool->out_count == 0);
    for (size_t i = 0; i <= HWS_DEFLATE_BITS_MAX; i++) empty(&pool->deflaters[i], free_deflater);
    empty(&pool->inflaters, free_inflater);
    if (pool->fast) {
        give_back(pool, hws_fast_size(), false);
        hws_fast_free(pool->fast, pool->memory);
    }
    hws_memory_free(pool->memory, pool, sizeof *pool);
}
