/* SPDX-License-Identifier: MIT */
/* The line that a person types, and what is written above it meanwhile.
 *
 * libedit asks for each key by a call of ours, and that is where the loop turns: so a lone Escape,
 * which may begin a longer key, does not hold up what comes from the network. */
#include "cmd/connect_terminal.h"

#include <histedit.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "cmd/connect_history.h"

enum {
    COLUMN_COUNT_DEFAULT = 80,
    TAB_SIZE = 8,
    CONTROL_WIDTH = 2, /* ^A */
};

struct connect_terminal {
    connect_terminal_options options;
    EditLine *edit;
    History *history;
    char *line;
    bool is_waiting; /* for a key: the line is on the screen, or hidden */
    bool is_hidden;
};

/* The prompt is the mark of what is sent. */
static char PROMPT[] = "> ";

static char *prompt(EditLine *edit)
{
    (void)edit;
    return PROMPT;
}

static size_t column_count(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMN_COUNT_DEFAULT;
    return size.ws_col;
}

/* The columns that libedit gives a character that stands in `column`. */
static size_t width_of(wchar_t character, size_t column)
{
    if (character == L'\t') return TAB_SIZE - column % TAB_SIZE;
    if (character < L' ' || character == 0x7F) return CONTROL_WIDTH;
    const int width = wcwidth(character);
    if (width >= 0) return (size_t)width;
    return character > 0xFFFF ? sizeof "\\U+12345" - 1 : sizeof "\\U+1234" - 1;
}

/* How many rows below its first one the line is at `end`. */
static size_t row_of(const wchar_t *begin, const wchar_t *end)
{
    const size_t columns = column_count();
    size_t row = 0;
    size_t column = sizeof PROMPT - 1;
    for (const wchar_t *at = begin; at < end; at++) {
        if (*at == L'\n') { /* libedit's search shows what it looks for in a second row */
            row++;
            column = 0;
            continue;
        }
        const size_t width = width_of(*at, column);
        if (column + width > columns) {
            row++;
            column = 0;
        }
        column += width;
        if (column < columns) continue;
        row++;
        column = 0;
    }
    return row;
}

/* From somewhere in the line, to its first column `rows` above, and all from there. */
static void erase(size_t rows)
{
    if (rows > 0) printf("\x1b[%zuA", rows);
    fputs("\r\x1b[J", stdout);
}

void connect_terminal_hide(connect_terminal *it)
{
    if (!it->is_waiting || it->is_hidden) return;
    it->is_hidden = true;
    const LineInfoW *line = el_wline(it->edit);
    erase(row_of(line->buffer, line->cursor));
}

void connect_terminal_show(connect_terminal *it)
{
    if (!it->is_waiting || !it->is_hidden) return;
    it->is_hidden = false;
    el_set(it->edit, EL_REFRESH);
}

void connect_terminal_resize(connect_terminal *it)
{
    connect_terminal_hide(it);
    el_resize(it->edit);
    connect_terminal_show(it);
}

void connect_terminal_stop(connect_terminal *it)
{
    connect_terminal_hide(it);
    fflush(stdout);
    el_set(it->edit, EL_PREP_TERM, 0);
    raise(SIGSTOP);
    el_set(it->edit, EL_PREP_TERM, 1);
    connect_terminal_resize(it);
    connect_terminal_show(it);
}

/* Turns the loop until there is input.  The line stands on the screen before and after. */
static bool wait_for_input(connect_terminal *it)
{
    it->is_waiting = true;
    it->is_hidden = false;
    const bool is_there = it->options.wait(it->options.user);
    if (is_there)
        connect_terminal_show(it);
    else
        connect_terminal_hide(it);
    it->is_waiting = false;
    return is_there;
}

/* libedit's call for a key: 1, or 0 at the end.  Bytes that are no UTF-8 are let pass. */
static int read_key(EditLine *edit, wchar_t *key)
{
    void *user = NULL;
    if (el_get(edit, EL_CLIENTDATA, &user) != 0) return 0;
    connect_terminal *it = user;
    mbstate_t state = {0};
    for (;;) {
        char byte;
        if (!wait_for_input(it)) return 0;
        if (read(STDIN_FILENO, &byte, 1) != 1) return 0;
        const size_t size = mbrtowc(key, &byte, 1, &state);
        if (size == 0 || size == 1) return 1; /* 0: the zero byte, of Ctrl-Space */
        if (size == (size_t)-1) state = (mbstate_t){0};
    }
}

static bool set_up_history(connect_terminal *it)
{
    HistEvent event;
    it->history = history_init();
    if (!it->history) return false;
    history(it->history, &event, H_SETSIZE, CONNECT_HISTORY_COUNT_MAX);
    history(it->history, &event, H_SETUNIQUE, 1);
    if (it->options.history_path) connect_history_load(it->history, it->options.history_path);
    return el_set(it->edit, EL_HIST, history, it->history) == 0;
}

static bool set_up(connect_terminal *it)
{
    it->edit = el_init("hawser", stdin, stdout, stderr);
    if (!it->edit) return false;
    el_set(it->edit, EL_CLIENTDATA, it);
    el_set(it->edit, EL_PROMPT, prompt);
    el_set(it->edit, EL_EDITOR, "emacs");
    el_set(it->edit, EL_GETCFN, read_key);
    el_source(it->edit, NULL); /* the person's own keys, of ~/.editrc */
    return set_up_history(it);
}

connect_terminal *connect_terminal_new(const connect_terminal_options *options)
{
    setlocale(LC_CTYPE, "C.UTF-8"); /* a text is UTF-8, whatever the locale says */
    connect_terminal *it = calloc(1, sizeof *it);
    if (!it) return NULL;
    it->options = *options;
    if (set_up(it)) return it;
    connect_terminal_free(it);
    return NULL;
}

char *connect_terminal_line(connect_terminal *it)
{
    int count;
    free(it->line);
    it->line = NULL;
    const char *line = el_gets(it->edit, &count);
    if (!line || count <= 0) {
        erase(0); /* of Ctrl-D libedit leaves a trace */
        fflush(stdout);
        return NULL;
    }
    const LineInfoW *wide = el_wline(it->edit);
    const wchar_t *end = wide->lastchar;
    if (end > wide->buffer && end[-1] == L'\n') end--;
    erase(row_of(wide->buffer, end) + 1);

    it->line = strdup(line);
    if (!it->line) return NULL;
    it->line[strcspn(it->line, "\n")] = '\0';
    connect_history_add(it->history, it->line);
    return it->line;
}

void connect_terminal_free(connect_terminal *it)
{
    if (!it) return;
    if (it->history && it->options.history_path)
        (void)connect_history_save(it->history, it->options.history_path); /* no reason to fail */
    if (it->edit) el_end(it->edit);
    if (it->history) history_end(it->history);
    free(it->line);
    free(it);
}
