/* SPDX-License-Identifier: MIT */
/* The options of a command: a table of names and of the variables that they set. */
#ifndef HAWSER_CMD_OPTIONS_H
#define HAWSER_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OPTION_COUNT_MAX = 32,
    OPTION_LIST_SIZE_MAX = 4096, /* bytes of all values of a list, with the spaces between them */
    EXIT_MISUSE = 2,             /* what a command exits with when it could not begin */
};

/* The values of an option that may be given more than once, with spaces between them. */
typedef struct option_list {
    char text[OPTION_LIST_SIZE_MAX]; /* "" when it was not given */
} option_list;

/* One option.  The pointer that is set says what its value is; a flag has none. */
typedef struct option_rule {
    const char *name; /* without the dashes */
    bool *flag;
    const char **text;
    option_list *list;
    int *log_level;
    uint64_t *size;        /* bytes, from `min` to `max` */
    uint64_t *duration_ms; /* from `min` to `max` */
    uint64_t min;
    uint64_t max;
} option_rule;

/* Reads all arguments; argv[0] is the command's own name.  Variables keep their values unless their
 * option is given.  -h is --help.
 *
 * Returns: false when something is wrong; one line on stderr has said what to do. */
bool options_read(int argc, char **argv, const option_rule *rules, size_t rule_count);

/* One line on stderr: "hawser COMMAND: ...". */
void options_complain(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* HAWSER_CMD_OPTIONS_H */
