/* SPDX-License-Identifier: MIT */
/* A configuration file: a part of YAML, read by libyaml into a tree that knows its lines.
 *
 *     listen:                       # a list
 *       - http://localhost:8080
 *       - unix:/run/hawser.sock
 *     ping-interval: 25s            # a text; every value is one until an option makes more of it
 *
 * Not taken, because nobody who writes a configuration needs it and whoever wants to do harm does:
 * anchors and aliases (a file of a kilobyte that means gigabytes), tags, keys that are no texts,
 * a key twice, a second document. */
#ifndef HAWSER_CMD_CONFIG_H
#define HAWSER_CMD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CONFIG_SIZE_MAX = 1 << 20,     /* bytes of a file */
    CONFIG_DEPTH_MAX = 16,         /* lists in maps in lists … */
    CONFIG_EXPLANATION_SIZE = 512, /* bytes that any explanation fits into, terminated */
};

typedef enum config_kind {
    CONFIG_TEXT,
    CONFIG_LIST, /* its children have no keys */
    CONFIG_MAP,
} config_kind;

typedef struct config_node config_node;

struct config_node {
    config_kind kind;
    char *key; /* in the map that it stands in; NULL elsewhere */
    char *text;
    size_t line; /* where it begins, its key if it has one; from 1 */
    config_node *parent;
    config_node *first; /* child, in the order of the file */
    config_node *last;
    config_node *next;
    config_node *made_before; /* of the whole tree: how it is freed */
};

typedef struct config {
    const char *file;  /* as it was named; the caller's */
    config_node *root; /* a map; an empty file is an empty map */
    config_node *newest;
} config;

/* Reads `file`.  On failure `explain` has one line: the file, the line, and what would be right. */
config *config_read(const char *file, char explain[CONFIG_EXPLANATION_SIZE]);

void config_free(config *it); /* NULL is let pass */

/* Whether two trees say the same; NULL says nothing. */
bool config_equal(const config_node *a, const config_node *b);

/* NULL: there is none. */
const config_node *config_find(const config_node *map, const char *key);

#endif /* HAWSER_CMD_CONFIG_H */
