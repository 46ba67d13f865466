/* SPDX-License-Identifier: MIT */
/* What somebody may have meant who wrote a name that there is not. */
#ifndef HAWSER_CMD_NEAREST_H
#define HAWSER_CMD_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/* How many letters must be changed, added, left out, or exchanged with their neighbour to make `b`
 * of `a`; `a` and `b` are looked at up to 63 bytes. */
size_t nearest_distance(const char *a, const char *b);

/* Whether `name` is close enough to `known` to be offered in its place. */
bool nearest_is_close(const char *name, const char *known);

#endif /* HAWSER_CMD_NEAREST_H */
