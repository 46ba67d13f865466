/* SPDX-License-Identifier: MIT */
/* The options of a command: a table of names and of the variables that they set. */
#include "cmd/options.h"

#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/log.h"
#include "cmd/quantity.h"

enum { FIRST_RULE = 256 }; /* what getopt_long answers for rule 0: no character is as large */

void options_complain(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "hawser %s: ", command);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static bool append(const char *command, const option_rule *rule, const char *value)
{
    char *text = rule->list->text;
    const size_t size = strlen(text);
    const size_t space = size > 0 ? 1 : 0;
    const size_t value_size = strlen(value);
    if (size + space + value_size >= OPTION_LIST_SIZE_MAX) {
        options_complain(command, "too many or too long values of --%s", rule->name);
        return false;
    }
    if (space) text[size] = ' ';
    memcpy(text + size + space, value, value_size + 1);
    return true;
}

static bool is_within(const char *command, const option_rule *rule, uint64_t value,
                      const char *unit)
{
    if (value >= rule->min && value <= rule->max) return true;
    options_complain(command, "--%s goes from %" PRIu64 " to %" PRIu64 " %s", rule->name, rule->min,
                     rule->max, unit);
    return false;
}

static bool set_size(const char *command, const option_rule *rule, const char *value)
{
    uint64_t size;
    if (!quantity_size(value, &size)) {
        options_complain(command, "--%s: '%s' is not a size; write it like 65536, 64K or 16M",
                         rule->name, value);
        return false;
    }
    if (!is_within(command, rule, size, "bytes")) return false;
    *rule->size = size;
    return true;
}

static bool set_duration(const char *command, const option_rule *rule, const char *value)
{
    uint64_t duration_ms;
    if (!quantity_duration(value, &duration_ms)) {
        options_complain(command, "--%s: '%s' is not a duration; write it like 25s, 500ms or 2m",
                         rule->name, value);
        return false;
    }
    if (!is_within(command, rule, duration_ms, "milliseconds")) return false;
    *rule->duration_ms = duration_ms;
    return true;
}

static bool set_log_level(const char *command, const option_rule *rule, const char *value)
{
    if (log_level(value, rule->log_level)) return true;
    options_complain(command, "--%s: '%s' is not a level; it is error, warning, info or debug",
                     rule->name, value);
    return false;
}

static bool set(const char *command, const option_rule *rule, const char *value)
{
    if (rule->flag) *rule->flag = true;
    if (rule->text) *rule->text = value;
    if (rule->list) return append(command, rule, value);
    if (rule->log_level) return set_log_level(command, rule, value);
    if (rule->size) return set_size(command, rule, value);
    if (rule->duration_ms) return set_duration(command, rule, value);
    return true;
}

/* The table in getopt_long's form; its last entry stays zero. */
static void translate(const option_rule *rules, size_t rule_count, struct option *table)
{
    for (size_t i = 0; i < rule_count; i++) {
        table[i] = (struct option){
            .name = rules[i].name,
            .has_arg = rules[i].flag ? no_argument : required_argument,
            .val = strcmp(rules[i].name, "help") == 0 ? 'h' : FIRST_RULE + (int)i,
        };
    }
}

static const option_rule *find_rule(const option_rule *rules, const struct option *table, int found)
{
    for (size_t i = 0; table[i].name; i++) {
        if (table[i].val == found) return &rules[i];
    }
    return NULL;
}

bool options_read(int argc, char **argv, const option_rule *rules, size_t rule_count)
{
    assert(rule_count <= OPTION_COUNT_MAX);
    struct option table[OPTION_COUNT_MAX + 1] = {0};
    translate(rules, rule_count, table);

    const char *command = argv[0];
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
        const option_rule *rule = find_rule(rules, table, found);
        if (rule) {
            if (!set(command, rule, optarg)) return false;
            continue;
        }
        if (found == ':') {
            options_complain(command, "%s needs a value", argv[optind - 1]);
        } else {
            options_complain(command, "no such option: %s ('hawser %s --help' lists them)",
                             argv[optind - 1], command);
        }
        return false;
    }
    if (optind < argc) {
        options_complain(command, "'%s' is one argument too many ('hawser %s --help' says more)",
                         argv[optind], command);
        return false;
    }
    return true;
}
