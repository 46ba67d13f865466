/* SPDX-License-Identifier: MIT */
/* Quantities as people read them: "1.25 ms", "612,345", "48.2 MB". */
#ifndef HAWSER_CMD_BENCH_TEXT_H
#define HAWSER_CMD_BENCH_TEXT_H

#include <stdint.h>

typedef struct bench_text {
    char text[32];
} bench_text;

/* Three digits and a unit, from "17 ns" to "3600 s". */
bench_text bench_text_duration(double ns);

/* A whole number with a comma before every three digits. */
bench_text bench_text_count(double count);

/* Powers of 1000: B, kB, MB, GB. */
bench_text bench_text_size(double bytes);

#endif /* HAWSER_CMD_BENCH_TEXT_H */
