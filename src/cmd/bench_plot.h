/* SPDX-License-Identifier: MIT */
/* Plots as SVG, within a page whose style sheet knows their classes. */
#ifndef HAWSER_CMD_BENCH_PLOT_H
#define HAWSER_CMD_BENCH_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/bench_text.h"

typedef struct bench_line {
    const char *name;
    const double *value; /* `count` of them */
} bench_line;

typedef struct bench_plot {
    const char *title;
    bench_text (*label)(double value); /* of the vertical axis */
    double width;                      /* what the horizontal axis goes to, from 0 */
    bench_text (*width_label)(double value);
    double width_begin; /* what it is labelled with where it begins */
    bool is_bars;       /* the first line, as bars */
    const bench_line *line;
    size_t line_count;
    size_t count;
} bench_plot;

void bench_plot_write(FILE *out, const bench_plot *it);

/* `text` with what HTML would take for its own escaped. */
void bench_plot_escape(FILE *out, const char *text);

#endif /* HAWSER_CMD_BENCH_PLOT_H */
