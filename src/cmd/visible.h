/* SPDX-License-Identifier: MIT */
/* Text of a peer, for a terminal: what is written can be read, and steers nothing.
 *
 * An escape sequence could move the cursor, change the title, answer as if it were typed; a
 * character that turns the direction of writing makes one word look like another. */
#ifndef HAWSER_CMD_VISIBLE_H
#define HAWSER_CMD_VISIBLE_H

#include <stddef.h>
#include <stdio.h>

/* How it is written.  Zero: on one line, escapes like the rest. */
typedef struct visible_style {
    const char *line_begin;   /* behind a newline, which is then one; NULL: newlines are escaped */
    const char *escape_begin; /* before each run of escapes, and behind it: colours; NULL: none */
    const char *escape_end;
} visible_style;

/* Writes `text`: printable UTF-8 and tabs as they are; controls (C0, C1, DEL), line and paragraph
 * separators, directional marks, and what is not UTF-8, as \xNN for each byte.  A backslash is left
 * alone: escapes are told from it by their colour. */
void visible_write(FILE *file, const char *text, size_t size, const visible_style *style);

#endif /* HAWSER_CMD_VISIBLE_H */
