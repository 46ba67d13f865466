/* SPDX-License-Identifier: MIT */
/* The line that a person types, and what is written above it meanwhile (libedit, decision 0018).
 *
 *     while ((line = connect_terminal_line(terminal))) obey(line);
 *
 * Whenever a key is waited for, `wait` is called and turns the loop; what it writes stands between
 * connect_terminal_hide and connect_terminal_show. */
#ifndef HAWSER_CMD_CONNECT_TERMINAL_H
#define HAWSER_CMD_CONNECT_TERMINAL_H

#include <stdbool.h>

typedef struct connect_terminal connect_terminal;

typedef struct connect_terminal_options {
    bool (*wait)(void *user); /* true: standard input can be read; false: it is over */
    void *user;
    const char *history_path; /* NULL: no history is read or written; lives as long */
} connect_terminal_options;

/* On the standard input and output.
 *
 * Returns: NULL: no memory, or no terminal that libedit knows. */
connect_terminal *connect_terminal_new(const connect_terminal_options *options);

/* The next line, in UTF-8, without its end.  It is gone from the screen; who wants it there writes
 * it again.  It may be written to, and lives until the next call.
 *
 * Returns: NULL: the end: Ctrl-D on an empty line, or `wait` said so. */
char *connect_terminal_line(connect_terminal *terminal);

/* Takes the line that is being typed from the screen, and puts it back: nothing happens when there
 * is none, or when it is so already. */
void connect_terminal_hide(connect_terminal *terminal);
void connect_terminal_show(connect_terminal *terminal);

/* The window has another size. */
void connect_terminal_resize(connect_terminal *terminal);

/* Leaves the terminal as it was found while the process is stopped (Ctrl-Z), and comes back. */
void connect_terminal_stop(connect_terminal *terminal);

/* Writes the history, and leaves the terminal as it was found.  NULL is let pass. */
void connect_terminal_free(connect_terminal *terminal);

#endif /* HAWSER_CMD_CONNECT_TERMINAL_H */
