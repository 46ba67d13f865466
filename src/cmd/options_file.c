/* SPDX-License-Identifier: MIT */
#include "cmd/options_file.h"

#include <string.h>

#include "cmd/nearest.h"

typedef struct reader {
    const char *command;
    const config *config;
    const option_rule *rules;
    size_t rule_count;
} reader;

static bool is_key(const option_rule *rule)
{
    return !rule->by_hand && !rule->argument;
}

static const option_rule *find(const reader *it, const char *key)
{
    for (size_t i = 0; i < it->rule_count; i++)
        if (is_key(&it->rules[i]) && strcmp(it->rules[i].name, key) == 0) return &it->rules[i];
    return NULL;
}

static const char *nearest(const reader *it, const char *key)
{
    const char *best = NULL;
    for (size_t i = 0; i < it->rule_count; i++) {
        const char *name = it->rules[i].name;
        if (!is_key(&it->rules[i]) || !nearest_is_close(key, name)) continue;
        if (!best || nearest_distance(key, name) < nearest_distance(key, best)) best = name;
    }
    return best;
}

static bool complain_of_key(const reader *it, const config_node *node)
{
    const char *meant = nearest(it, node->key);
    options_complain(it->command, "%s:%zu: there is no option '%.60s'; %s%s%s", it->config->file,
                     node->line, node->key, meant ? "did you mean " : "'hawser ",
                     meant ? meant : it->command, meant ? "?" : " --help' lists them");
    return false;
}

static bool complain(const reader *it, const config_node *node, const char *name, const char *what)
{
    options_complain(it->command, "%s:%zu: %s: %s", it->config->file, node->line, name, what);
    return false;
}

static bool set_flag(const reader *it, const option_rule *rule, const config_node *node)
{
    const bool is_true = node->kind == CONFIG_TEXT && strcmp(node->text, "true") == 0;
    const bool is_false = node->kind == CONFIG_TEXT && strcmp(node->text, "false") == 0;
    if (!is_true && !is_false) return complain(it, node, rule->name, "it is true or false");
    *rule->flag = is_true;
    return true;
}

static bool set_one(const reader *it, const option_rule *rule, const config_node *node)
{
    const option_place place = {it->command, it->config->file, node->line};
    if (node->kind != CONFIG_TEXT)
        return complain(it, node, rule->name,
                        rule->list || rule->texts ? "one value, or a list of values"
                                                  : "one value, and no list or map");
    if (node->text[0] == '\0') return complain(it, node, rule->name, "it needs a value");
    return options_set(&place, rule, node->text);
}

static bool set(const reader *it, const option_rule *rule, const config_node *node)
{
    if (rule->node) {
        *rule->node = node;
        return true;
    }
    if (rule->flag) return set_flag(it, rule, node);
    if (node->kind != CONFIG_LIST || !(rule->list || rule->texts)) return set_one(it, rule, node);
    for (const config_node *each = node->first; each; each = each->next)
        if (!set_one(it, rule, each)) return false;
    return true;
}

bool options_file_apply(const char *command, const config *from, const option_rule *rules,
                        size_t rule_count, const bool given[OPTION_COUNT_MAX])
{
    const reader it = {command, from, rules, rule_count};
    for (const config_node *node = from->root->first; node; node = node->next) {
        const option_rule *rule = find(&it, node->key);
        if (!rule) return complain_of_key(&it, node);
        if (!given[rule - rules] && !set(&it, rule, node)) return false;
    }
    return true;
}
