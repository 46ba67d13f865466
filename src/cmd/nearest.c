/* SPDX-License-Identifier: MIT */
/* The distance of Damerau and Levenshtein, with neighbours exchanged at most once, row by row. */
#include "cmd/nearest.h"

#include <string.h>

enum { SIZE_MAX_LOOKED_AT = 63 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t nearest_distance(const char *a, const char *b)
{
    const size_t a_size = strnlen(a, SIZE_MAX_LOOKED_AT);
    const size_t b_size = strnlen(b, SIZE_MAX_LOOKED_AT);
    size_t rows[3][SIZE_MAX_LOOKED_AT + 1] = {{0}}; /* two before, one before, and this one */
    for (size_t j = 0; j <= b_size; j++) rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            const size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = smaller(change, smaller(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

/* A third of the letters may be wrong, and one always. */
bool nearest_is_close(const char *name, const char *known)
{
    return nearest_distance(name, known) <= 1 + strlen(known) / 3;
}
