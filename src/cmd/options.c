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

/* "hawser serve: --name: ...", or "hawser serve: hawser.yaml:7: name: ...". */
__attribute__((format(printf, 3, 4))) static bool
reject(const option_place *place, const option_rule *rule, const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (place->file)
        options_complain(place->command, "%s:%zu: %s: %s", place->file, place->line, rule->name,
                         what);
    else
        options_complain(place->command, "--%s: %s", rule->name, what);
    return false;
}

static bool append(const option_place *place, const option_rule *rule, const char *value)
{
    char *text = rule->list->text;
    const size_t size = strlen(text);
    const size_t space = size > 0 ? 1 : 0;
    const size_t value_size = strlen(value);
    if (size + space + value_size >= OPTION_LIST_SIZE_MAX)
        return reject(place, rule, "too many or too long values");
    if (space) text[size] = ' ';
    memcpy(text + size + space, value, value_size + 1);
    return true;
}

static bool keep(const option_place *place, const option_rule *rule, const char *value)
{
    option_texts *texts = rule->texts;
    if (texts->count == OPTION_TEXT_COUNT_MAX)
        return reject(place, rule, "may be given %d times at most", OPTION_TEXT_COUNT_MAX);
    texts->text[texts->count++] = value;
    return true;
}

static bool is_within(const option_place *place, const option_rule *rule, uint64_t value,
                      const char *unit)
{
    if (value >= rule->min && value <= rule->max) return true;
    return reject(place, rule, "goes from %" PRIu64 " to %" PRIu64 "%s", rule->min, rule->max,
                  unit);
}

static bool set_size(const option_place *place, const option_rule *rule, const char *value)
{
    uint64_t size;
    if (!quantity_size(value, &size))
        return reject(place, rule, "'%.60s' is not a size; write it like 65536, 64K or 16M", value);
    if (!is_within(place, rule, size, " bytes")) return false;
    *rule->size = size;
    return true;
}

static bool set_duration(const option_place *place, const option_rule *rule, const char *value)
{
    uint64_t duration_ms;
    if (!quantity_duration(value, &duration_ms))
        return reject(place, rule, "'%.60s' is not a duration; write it like 25s, 500ms or 2m",
                      value);
    if (!is_within(place, rule, duration_ms, " milliseconds")) return false;
    *rule->duration_ms = duration_ms;
    return true;
}

static bool set_count(const option_place *place, const option_rule *rule, const char *value)
{
    uint64_t count;
    if (!quantity_count(value, &count))
        return reject(place, rule, "'%.60s' is not a number", value);
    if (!is_within(place, rule, count, "")) return false;
    *rule->count = count;
    return true;
}

static bool set_log_level(const option_place *place, const option_rule *rule, const char *value)
{
    if (log_level(value, rule->log_level)) return true;
    return reject(place, rule, "'%.60s' is not a level; it is error, warning, info or debug",
                  value);
}

bool options_set(const option_place *place, const option_rule *rule, const char *value)
{
    if (rule->flag) *rule->flag = true;
    if (rule->text) *rule->text = value;
    if (rule->list) return append(place, rule, value);
    if (rule->texts) return keep(place, rule, value);
    if (rule->log_level) return set_log_level(place, rule, value);
    if (rule->size) return set_size(place, rule, value);
    if (rule->duration_ms) return set_duration(place, rule, value);
    if (rule->count) return set_count(place, rule, value);
    return true;
}

static bool texts_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool lists_equal(const option_texts *a, const option_texts *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!texts_equal(a->text[i], b->text[i])) return false;
    return true;
}

bool options_equal(const option_rule *a, const option_rule *b)
{
    if (a->flag) return *a->flag == *b->flag;
    if (a->text) return texts_equal(*a->text, *b->text);
    if (a->list) return strcmp(a->list->text, b->list->text) == 0;
    if (a->texts) return lists_equal(a->texts, b->texts);
    if (a->node) return true; /* for who knows what stands there */
    if (a->log_level) return *a->log_level == *b->log_level;
    if (a->size) return *a->size == *b->size;
    if (a->duration_ms) return *a->duration_ms == *b->duration_ms;
    return !a->count || *a->count == *b->count;
}

/* The rules in getopt_long's two forms: the long names, and ":h" with the letters behind it. */
typedef struct grammar {
    struct option table[OPTION_COUNT_MAX + 1]; /* the last entry stays zero */
    char letters[2 + 2 * OPTION_COUNT_MAX + 1];
} grammar;

static void translate(const option_rule *rules, size_t rule_count, grammar *to)
{
    *to = (grammar){.letters = ":h"};
    struct option *entry = to->table;
    char *letter = to->letters + strlen(to->letters);
    for (size_t i = 0; i < rule_count; i++) {
        if (rules[i].argument || rules[i].node) continue;
        const int has_value = rules[i].flag ? no_argument : required_argument;
        *entry++ = (struct option){
            .name = rules[i].name, .has_arg = has_value, .val = FIRST_RULE + (int)i};
        if (rules[i].letter == '\0') continue;
        *letter++ = rules[i].letter;
        if (has_value == required_argument) *letter++ = ':';
    }
}

static const option_rule *find_rule(const option_rule *rules, size_t rule_count, int found)
{
    if (found >= FIRST_RULE) return &rules[found - FIRST_RULE];
    for (size_t i = 0; i < rule_count; i++) {
        const bool is_help = found == 'h' && strcmp(rules[i].name, "help") == 0;
        if (is_help || (rules[i].letter != '\0' && rules[i].letter == found)) return &rules[i];
    }
    return NULL;
}

/* `found` is ':' for a value that is missing, '?' for an option that there is not. */
static void complain_about(const char *command, char **argv, int found)
{
    const bool is_letter = optopt > 0 && optopt < FIRST_RULE;
    const char letter[] = {'-', (char)optopt, '\0'};
    const char *name = is_letter ? letter : argv[optind - 1];
    if (found == ':') {
        options_complain(command, "%s needs a value", name);
    } else {
        options_complain(command, "no such option: %s ('hawser %s --help' lists them)", name,
                         command);
    }
}

/* What stands without dashes, which getopt_long has sorted to the end. */
static bool read_argument(int argc, char **argv, const option_rule *rules, size_t rule_count)
{
    for (size_t i = 0; i < rule_count && optind < argc; i++)
        if (rules[i].argument) *rules[i].argument = argv[optind++];
    if (optind >= argc) return true;
    options_complain(argv[0], "'%s' is one argument too many ('hawser %s --help' says more)",
                     argv[optind], argv[0]);
    return false;
}

bool options_read(int argc, char **argv, const option_rule *rules, size_t rule_count)
{
    bool given[OPTION_COUNT_MAX];
    return options_read_given(argc, argv, rules, rule_count, given);
}

bool options_read_given(int argc, char **argv, const option_rule *rules, size_t rule_count,
                        bool given[OPTION_COUNT_MAX])
{
    assert(rule_count <= OPTION_COUNT_MAX);
    grammar known;
    translate(rules, rule_count, &known);
    memset(given, false, OPTION_COUNT_MAX * sizeof *given);
    const option_place place = {.command = argv[0]};

    optind = 0; /* forget what was read before, in glibc and musl */
    int found;
    while ((found = getopt_long(argc, argv, known.letters, known.table, NULL)) != -1) {
        const option_rule *rule = find_rule(rules, rule_count, found);
        if (!rule) {
            complain_about(argv[0], argv, found);
            return false;
        }
        given[rule - rules] = true;
        if (!options_set(&place, rule, optarg)) return false;
    }
    return read_argument(argc, argv, rules, rule_count);
}
