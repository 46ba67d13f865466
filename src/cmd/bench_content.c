/* SPDX-License-Identifier: MIT */
#include "cmd/bench_content.h"

#include <stdio.h>
#include <string.h>

static void fill_ascii(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)('a' + i % 26);
}

static void fill_chinese(uint8_t *bytes, size_t size)
{
    /* "Heaven and earth, dark and yellow; the universe, vast and waste": the Thousand Characters */
    static const char text[] = "天地玄黄宇宙洪荒日月盈昃辰宿列张";
    const size_t whole = size - size % 3;
    for (size_t i = 0; i < whole; i++) bytes[i] = (uint8_t)text[i % (sizeof text - 1)];
    fill_ascii(bytes + whole, size - whole);
}

/* xorshift64*: the same numbers every time, and good enough to have no pattern. */
static uint64_t next_number(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static void fill_json(uint8_t *bytes, size_t size)
{
    static const char *const names[] = {"AAPL", "MSFT", "NVDA", "SAP", "ASML", "TM"};
    uint64_t state = 1;
    for (size_t at = 0; at < size;) {
        char record[128];
        const uint64_t number = next_number(&state);
        const int record_size = snprintf(
            record, sizeof record,
            "{\"symbol\":\"%s\",\"price\":%u.%02u,\"volume\":%u,\"time\":\"09:3%u:%02u.%03u\"},",
            names[number % 6], (unsigned)(number >> 8) % 900 + 100, (unsigned)(number >> 20) % 100,
            (unsigned)(number >> 30) % 100000, (unsigned)(at / 4096) % 10, (unsigned)(at / 64) % 60,
            (unsigned)(number >> 50) % 1000);
        const size_t left = size - at;
        const size_t take = (size_t)record_size < left ? (size_t)record_size : left;
        memcpy(bytes + at, record, take);
        at += take;
    }
}

static void fill_random(uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t state = 2;
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)digits[next_number(&state) >> 58];
}

typedef struct kind {
    const char *name;
    void (*fill)(uint8_t *bytes, size_t size);
} kind;

static const kind kinds[] = {
    [BENCH_CONTENT_ASCII] = {"ascii", fill_ascii},
    [BENCH_CONTENT_CHINESE] = {"chinese", fill_chinese},
    [BENCH_CONTENT_JSON] = {"json", fill_json},
    [BENCH_CONTENT_RANDOM] = {"random", fill_random},
};

bool bench_content_named(const char *name, bench_content *content)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) != 0) continue;
        *content = (bench_content)i;
        return true;
    }
    return false;
}

void bench_content_fill(bench_content content, uint8_t *bytes, size_t size)
{
    kinds[content].fill(bytes, size);
}
