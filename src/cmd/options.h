/* SPDX-License-Identifier: MIT */
/* The options of a command: a table of names and of the variables that they set. */
#ifndef HAWSER_CMD_OPTIONS_H
#define HAWSER_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OPTION_COUNT_MAX = 96,
    OPTION_LIST_SIZE_MAX = 4096, /* bytes of all values of a list, with the spaces between them */
    OPTION_TEXT_COUNT_MAX = 32,  /* values that are kept apart */
    EXIT_MISUSE = 2,             /* what a command exits with when it could not begin */
};

/* The values of an option that may be given more than once, with spaces between them. */
typedef struct option_list {
    char text[OPTION_LIST_SIZE_MAX]; /* "" when it was not given */
} option_list;

/* The same, kept apart: for values that may hold spaces themselves. */
typedef struct option_texts {
    const char *text[OPTION_TEXT_COUNT_MAX + 1]; /* ended by NULL */
    size_t count;
} option_texts;

/* One option.  The pointer that is set says what its value is; a flag has none. */
typedef struct option_rule {
    const char *name; /* without the dashes */
    char letter;      /* a short name for it, such as the 'n' of -n; 0: none */
    bool by_hand;     /* makes no sense in a configuration file: --help, --config */
    bool *flag;
    const char **text;
    const char **argument; /* no option: what stands without dashes; `name` says what it is */
    option_list *list;
    option_texts *texts;
    int *log_level;
    const struct config_node **node; /* only in a configuration file: whatever stands there */
    uint64_t *size;        /* bytes, from `min` to `max` */
    uint64_t *duration_ms; /* from `min` to `max` */
    uint64_t *count;       /* from `min` to `max` */
    uint64_t min;
    uint64_t max;
} option_rule;

/* Where a value stands, for complaints about it. */
typedef struct option_place {
    const char *command;
    const char *file; /* NULL: on the command line */
    size_t line;
} option_place;

/* Reads all arguments; argv[0] is the command's own name.  Variables keep their values unless their
 * option is given.  -h is --help.  At most one rule is an `argument`; it may be left out.
 *
 * Returns: false when something is wrong; one line on stderr has said what to do. */
bool options_read(int argc, char **argv, const option_rule *rules, size_t rule_count);

/* The same, and tells which rules were given a value. */
bool options_read_given(int argc, char **argv, const option_rule *rules, size_t rule_count,
                        bool given[OPTION_COUNT_MAX]);

/* Gives the rule's variable a value; a list gets one more.  A flag is set, whatever the value.
 * Returns: as options_read. */
bool options_set(const option_place *place, const option_rule *rule, const char *value);

/* Whether two rules of the same kind have the same value. */
bool options_equal(const option_rule *a, const option_rule *b);

/* One line on stderr: "hawser COMMAND: ...". */
void options_complain(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* HAWSER_CMD_OPTIONS_H */
