/* SPDX-License-Identifier: MIT */
#include "cmd/picture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first bytes of a file, of which '?' may be anything. */
typedef struct signature {
    const char *type;
    const char *bytes;
    size_t size;
} signature;

static const signature signatures[] = {
    {"image/png", "\x89PNG\r\n\x1a\n", 8},
    {"image/jpeg", "\xff\xd8\xff", 3},
    {"image/gif", "GIF8?a", 6},
    {"image/webp", "RIFF????WEBP", 12},
};

static bool fits(const signature *it, const uint8_t *bytes)
{
    for (size_t i = 0; i < it->size; i++) {
        const uint8_t wanted = (uint8_t)it->bytes[i];
        if (wanted != '?' && wanted != bytes[i]) return false;
    }
    return true;
}

const char *picture_type(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const signature *it = &signatures[i];
        if (size >= it->size && fits(it, bytes)) return it->type;
    }
    return NULL;
}

void pictures_init(pictures *it)
{
    memset(it, 0, sizeof *it);
    pthread_mutex_init(&it->lock, NULL);
}

static void forget_oldest(pictures *it)
{
    picture *oldest = &it->list[it->first];
    it->total_size -= oldest->size;
    free(oldest->bytes);
    *oldest = (picture){.bytes = NULL};
    it->first = (it->first + 1) % PICTURE_COUNT_MAX;
    it->count--;
}

void pictures_release(pictures *it)
{
    while (it->count > 0) forget_oldest(it);
    pthread_mutex_destroy(&it->lock);
}

static void forget_old(pictures *it, uint64_t now_ms)
{
    while (it->count > 0 && now_ms - it->list[it->first].kept_ms > PICTURE_AGE_MAX_MS)
        forget_oldest(it);
}

static bool name_is(const char name[PICTURE_NAME_SIZE], hws_text other)
{
    return other.size == PICTURE_NAME_SIZE && memcmp(name, other.data, PICTURE_NAME_SIZE) == 0;
}

/* Promises. */

static bool make_name(char name[PICTURE_NAME_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t random[PICTURE_NAME_SIZE / 2];
    if (getentropy(random, sizeof random) != 0) return false;
    for (size_t i = 0; i < sizeof random; i++) {
        name[2 * i] = digits[random[i] >> 4];
        name[2 * i + 1] = digits[random[i] & 15];
    }
    name[PICTURE_NAME_SIZE] = '\0';
    return true;
}

static picture_promise *free_promise(pictures *it, uint64_t now_ms)
{
    for (size_t i = 0; i < PICTURE_PROMISE_COUNT_MAX; i++)
        if (it->promises[i].until_ms <= now_ms) return &it->promises[i];
    return NULL;
}

bool pictures_promise(pictures *it, uint64_t now_ms, char name[PICTURE_NAME_SIZE + 1])
{
    if (!make_name(name)) return false;
    pthread_mutex_lock(&it->lock);
    picture_promise *promise = free_promise(it, now_ms);
    if (promise) {
        memcpy(promise->name, name, PICTURE_NAME_SIZE);
        promise->until_ms = now_ms + PICTURE_PROMISE_AGE_MS;
    }
    pthread_mutex_unlock(&it->lock);
    return promise != NULL;
}

static picture_promise *find_promise(pictures *it, hws_text name, uint64_t now_ms)
{
    for (size_t i = 0; i < PICTURE_PROMISE_COUNT_MAX; i++) {
        picture_promise *each = &it->promises[i];
        if (each->until_ms > now_ms && name_is(each->name, name)) return each;
    }
    return NULL;
}

/* Pictures. */

static void add(pictures *it, const picture *kept)
{
    while (it->count == PICTURE_COUNT_MAX || it->total_size + kept->size > PICTURE_TOTAL_MAX)
        forget_oldest(it);
    it->list[(it->first + it->count) % PICTURE_COUNT_MAX] = *kept;
    it->count++;
    it->total_size += kept->size;
}

/* Under the lock.  A promise stays good until something is kept. */
static picture_verdict keep(pictures *it, hws_text name, const picture *kept, uint64_t now_ms)
{
    picture_promise *promise = find_promise(it, name, now_ms);
    if (!promise) return PICTURE_UNPROMISED;
    promise->until_ms = 0;
    forget_old(it, now_ms);
    add(it, kept);
    return PICTURE_KEPT;
}

picture_verdict pictures_keep(pictures *it, hws_text name, const void *bytes, size_t size,
                              uint64_t now_ms)
{
    if (name.size != PICTURE_NAME_SIZE) return PICTURE_UNPROMISED;
    if (size == 0) return PICTURE_EMPTY;
    if (size > PICTURE_SIZE_MAX) return PICTURE_TOO_BIG;
    picture kept = {.type = picture_type(bytes, size), .size = size, .kept_ms = now_ms};
    if (!kept.type) return PICTURE_NONE;
    kept.bytes = malloc(size);
    if (!kept.bytes) return PICTURE_NO_MEMORY;
    memcpy(kept.bytes, bytes, size);
    memcpy(kept.name, name.data, PICTURE_NAME_SIZE);

    pthread_mutex_lock(&it->lock);
    const picture_verdict verdict = keep(it, name, &kept, now_ms);
    pthread_mutex_unlock(&it->lock);
    if (verdict != PICTURE_KEPT) free(kept.bytes);
    return verdict;
}

bool pictures_show(pictures *it, hws_text name, uint64_t now_ms,
                   void (*show)(const picture *shown, void *user), void *user)
{
    bool is_found = false;
    pthread_mutex_lock(&it->lock);
    forget_old(it, now_ms);
    for (size_t i = 0; i < it->count && !is_found; i++) {
        const picture *each = &it->list[(it->first + i) % PICTURE_COUNT_MAX];
        is_found = name_is(each->name, name);
        if (is_found) show(each, user);
    }
    pthread_mutex_unlock(&it->lock);
    return is_found;
}
