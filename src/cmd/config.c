/* SPDX-License-Identifier: MIT */
#include "cmd/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

typedef struct reader {
    config *made;
    yaml_parser_t parser;
    config_node *open; /* the list or map that what comes next belongs to; NULL: none yet */
    char *key;         /* that was read and waits for its value */
    size_t key_line;
    unsigned depth;
    bool has_ended; /* the document */
    char *explain;
} reader;

__attribute__((format(printf, 3, 4))) static bool complain(reader *it, size_t line,
                                                           const char *format, ...)
{
    char what[CONFIG_EXPLANATION_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const int size = snprintf(it->explain, CONFIG_EXPLANATION_SIZE, "%.200s:%zu: %s",
                              it->made->file, line, what);
    (void)size;
    return false;
}

static bool complain_of_memory(reader *it)
{
    return complain(it, it->parser.mark.line + 1, "out of memory");
}

static config_node *new_node(reader *it, config_kind kind, size_t line)
{
    config_node *node = calloc(1, sizeof *node);
    if (!node) return NULL;
    node->made_before = it->made->newest;
    it->made->newest = node;
    node->kind = kind;
    node->line = line;
    return node;
}

/* Keys that open lists and maps go with them. */
static void append(reader *it, config_node *node)
{
    config_node *parent = it->open;
    if (it->key) {
        node->key = it->key;
        node->line = it->key_line;
        it->key = NULL;
    }
    node->parent = parent;
    if (!parent) {
        it->made->root = node;
        return;
    }
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
}

static bool check_properties(reader *it, const yaml_char_t *anchor, const yaml_char_t *tag,
                             size_t line)
{
    if (anchor) return complain(it, line, "anchors are not taken: write '&%.60s' out", anchor);
    if (tag) return complain(it, line, "tags are not taken: leave out '%.60s'", tag);
    return true;
}

static char *copy(const yaml_event_t *event)
{
    const size_t size = event->data.scalar.length;
    char *text = malloc(size + 1);
    if (!text) return NULL;
    memcpy(text, event->data.scalar.value, size);
    text[size] = '\0';
    return text;
}

static bool take_key(reader *it, const yaml_event_t *event, size_t line)
{
    const config_node *known = config_find(it->open, (const char *)event->data.scalar.value);
    if (known)
        return complain(it, line, "'%.60s' stands in line %zu already; leave out one of them",
                        known->key, known->line);
    it->key = copy(event);
    it->key_line = line;
    return it->key || complain_of_memory(it);
}

static bool take_scalar(reader *it, const yaml_event_t *event, size_t line)
{
    if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
        return complain(it, line, "a zero byte in a text");
    if (!it->open) {
        if (event->data.scalar.length == 0) return true; /* "---" and nothing behind it */
        return complain(it, line, "not a map; write each option like 'listen: http://*:8080'");
    }
    if (it->open->kind == CONFIG_MAP && !it->key) return take_key(it, event, line);
    config_node *node = new_node(it, CONFIG_TEXT, line);
    if (!node) return complain_of_memory(it);
    append(it, node);
    node->text = copy(event);
    return node->text || complain_of_memory(it);
}

static bool begin(reader *it, config_kind kind, size_t line)
{
    if (it->open && it->open->kind == CONFIG_MAP && !it->key)
        return complain(it, line, "a key must be a text");
    if (!it->open && kind != CONFIG_MAP)
        return complain(it, line, "not a map; write each option like 'listen: http://*:8080'");
    if (++it->depth > CONFIG_DEPTH_MAX)
        return complain(it, line, "more than %d lists and maps in each other", CONFIG_DEPTH_MAX);
    config_node *node = new_node(it, kind, line);
    if (!node) return complain_of_memory(it);
    append(it, node);
    it->open = node;
    return true;
}

static void end(reader *it)
{
    it->depth--;
    it->open = it->open->parent;
}

static bool take(reader *it, const yaml_event_t *event)
{
    const size_t line = event->start_mark.line + 1;
    switch ((int)event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return !it->has_ended || complain(it, line, "a second document; one is enough");
    case YAML_DOCUMENT_END_EVENT:
        it->has_ended = true;
        return true;
    case YAML_ALIAS_EVENT:
        return complain(it, line, "aliases are not taken: write '*%.60s' out, or quote it",
                        event->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        return check_properties(it, event->data.scalar.anchor, event->data.scalar.tag, line) &&
               take_scalar(it, event, line);
    case YAML_SEQUENCE_START_EVENT:
        return check_properties(it, event->data.sequence_start.anchor,
                                event->data.sequence_start.tag, line) &&
               begin(it, CONFIG_LIST, line);
    case YAML_MAPPING_START_EVENT:
        return check_properties(it, event->data.mapping_start.anchor, event->data.mapping_start.tag,
                                line) &&
               begin(it, CONFIG_MAP, line);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        end(it);
        return true;
    default:
        return true;
    }
}

static bool complain_of_yaml(reader *it)
{
    const yaml_parser_t *parser = &it->parser;
    if (parser->error == YAML_MEMORY_ERROR) return complain_of_memory(it);
    const size_t line =
        parser->problem_mark.line > 0 ? parser->problem_mark.line : parser->mark.line;
    return complain(it, line + 1, "not YAML: %s", parser->problem ? parser->problem : "unreadable");
}

static bool read_events(reader *it)
{
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&it->parser, &event)) return complain_of_yaml(it);
        more = event.type != YAML_STREAM_END_EVENT;
        const bool is_good = take(it, &event);
        yaml_event_delete(&event);
        if (!is_good) return false;
    }
    if (!it->made->root) it->made->root = new_node(it, CONFIG_MAP, 1);
    return it->made->root || complain_of_memory(it);
}

static bool read_stream(config *made, FILE *stream, char *explain)
{
    reader it = {.made = made, .explain = explain};
    if (!yaml_parser_initialize(&it.parser)) return complain_of_memory(&it);
    yaml_parser_set_input_file(&it.parser, stream);
    const bool is_good = read_events(&it);
    yaml_parser_delete(&it.parser);
    free(it.key);
    return is_good;
}

/* A pipe, a device or a folder could hang us, or never end. */
static const char *misfit(FILE *stream)
{
    struct stat status;
    if (!stream || fstat(fileno(stream), &status) < 0) return strerror(errno);
    if (!S_ISREG(status.st_mode)) return "not a file";
    if (status.st_size > CONFIG_SIZE_MAX) return "larger than 1 MiB";
    return NULL;
}

config *config_read(const char *file, char explain[CONFIG_EXPLANATION_SIZE])
{
    FILE *stream = fopen(file, "re");
    const char *why_not = misfit(stream);
    config *made = calloc(1, sizeof *made);
    bool is_read = false;
    if (why_not || !made) {
        snprintf(explain, CONFIG_EXPLANATION_SIZE, "cannot read %.300s: %s", file,
                 why_not ? why_not : strerror(ENOMEM));
    } else {
        made->file = file;
        is_read = read_stream(made, stream, explain);
    }
    if (stream) fclose(stream);
    if (is_read) return made;
    config_free(made);
    return NULL;
}

void config_free(config *it)
{
    if (!it) return;
    while (it->newest) {
        config_node *node = it->newest;
        it->newest = node->made_before;
        free(node->key);
        free(node->text);
        free(node);
    }
    free(it);
}

static bool texts_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool nodes_equal(const config_node *a, const config_node *b)
{
    return a->kind == b->kind && texts_equal(a->key, b->key) && texts_equal(a->text, b->text);
}

/* The one behind it in the order of the file, within `root`; NULL: there is none. */
static const config_node *next_of(const config_node *node, const config_node *root, size_t *depth)
{
    if (node->first) {
        ++*depth;
        return node->first;
    }
    while (node != root && !node->next) {
        node = node->parent;
        --*depth;
    }
    return node != root ? node->next : NULL;
}

bool config_equal(const config_node *a, const config_node *b)
{
    if (!a || !b) return a == b;
    const config_node *one = a;
    const config_node *other = b;
    size_t one_depth = 0;
    size_t other_depth = 0;
    while (one && other && one_depth == other_depth && nodes_equal(one, other)) {
        one = next_of(one, a, &one_depth);
        other = next_of(other, b, &other_depth);
    }
    return !one && !other;
}

const config_node *config_find(const config_node *map, const char *key)
{
    const config_node *node = map->first;
    while (node && strcmp(node->key, key) != 0) node = node->next;
    return node;
}
