/* SPDX-License-Identifier: MIT */
#include "cmd/bench_plot.h"

enum {
    WIDTH = 720,
    HEIGHT = 240,
    LEFT = 90,
    RIGHT = 20,
    TOP = 34,
    BOTTOM = 30,
    GRID_COUNT = 4,
    INNER_WIDTH = WIDTH - LEFT - RIGHT,
    INNER_HEIGHT = HEIGHT - TOP - BOTTOM,
};

void bench_plot_escape(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

/* The least of 1, 2, 5 times a power of ten that is not less: an axis then ends at a round number,
 * and so do its quarters, nearly. */
static double round_up(double value)
{
    double power = 1;
    while (power * 10 <= value) power *= 10;
    while (power > value && power > 1e-9) power /= 10;
    static const double factors[] = {1, 2, 4, 6, 8};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        if (power * factors[i] >= value) return power * factors[i];
    return power * 10;
}

static double top_of(const bench_plot *it)
{
    double top = 0;
    for (size_t i = 0; i < it->line_count; i++)
        for (size_t j = 0; j < it->count; j++)
            if (it->line[i].value[j] > top) top = it->line[i].value[j];
    return top > 0 ? round_up(top) : 1;
}

static double y_of(double value, double top)
{
    return TOP + INNER_HEIGHT * (1 - value / top);
}

static void write_axes(FILE *out, const bench_plot *it, double top)
{
    for (int i = 0; i <= GRID_COUNT; i++) {
        const double value = top * i / GRID_COUNT;
        const double y = y_of(value, top);
        fprintf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, WIDTH - RIGHT);
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 8, y + 4,
                it->label(value).text);
    }
    for (int i = 0; i <= GRID_COUNT; i++)
        fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                LEFT + INNER_WIDTH * i / GRID_COUNT, HEIGHT - 10,
                it->width_label(it->width_begin + it->width * i / GRID_COUNT).text);
}

static void write_bars(FILE *out, const bench_plot *it, double top)
{
    const double width = (double)INNER_WIDTH / (double)it->count;
    for (size_t i = 0; i < it->count; i++) {
        const double value = it->line[0].value[i];
        if (value <= 0) continue;
        const double y = y_of(value, top);
        fprintf(out, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                LEFT + width * (double)i, y, width * 0.9, TOP + INNER_HEIGHT - y);
    }
}

static void write_line(FILE *out, const bench_plot *it, size_t number, double top)
{
    const bench_line *line = &it->line[number];
    const double width = (double)INNER_WIDTH / (double)it->count;
    fprintf(out, "<path class=\"line line%zu\" d=\"", number);
    for (size_t i = 0; i < it->count; i++)
        fprintf(out, "%c%.1f %.1f", i == 0 ? 'M' : 'L', LEFT + width * ((double)i + 0.5),
                y_of(line->value[i], top));
    fprintf(out, "\"/>\n<text class=\"name%zu\" x=\"%zu\" y=\"20\" text-anchor=\"end\">%s</text>\n",
            number, WIDTH - RIGHT - 70 * number, line->name);
}

void bench_plot_write(FILE *out, const bench_plot *it)
{
    if (it->count == 0) return;
    const double top = top_of(it);
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", WIDTH, HEIGHT,
            it->title);
    fprintf(out, "<text class=\"title\" x=\"%d\" y=\"20\">%s</text>\n", LEFT, it->title);
    write_axes(out, it, top);
    if (it->is_bars) {
        write_bars(out, it, top);
    } else {
        for (size_t i = 0; i < it->line_count; i++) write_line(out, it, i, top);
    }
    fputs("</svg>\n", out);
}
