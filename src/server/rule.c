/* SPDX-License-Identifier: MIT */
#include "server/rule.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

typedef struct hws_rule rule;

struct hws_rule {
    hws_table_entry entry;      /* first; of one that is no pattern */
    rule *before;               /* that was made before */
    hws_interest_name interest; /* of one that retains */
    hws_topic_options options;
    uint64_t number;
    uint32_t name_size;
    char name[];
};

void hws_rules_init(hws_rules *rules, const hws_memory *memory, hws_topics *topics)
{
    *rules = (hws_rules){.topics = topics};
    hws_table_init(&rules->exact, memory);
    hws_patterns_init(&rules->patterns, memory, &topics->key);
}

static hws_text name_of(const rule *it)
{
    return (hws_text){it->name, it->name_size};
}

static void free_rule(const hws_rules *rules, rule *it)
{
    hws_memory_free(rules->exact.memory, it, sizeof *it + it->name_size);
}

static void withdraw(hws_rules *rules, rule *it)
{
    if (it->options.retain) hws_interest_remove(&rules->topics->interest, &it->interest);
    if (it->options.is_pattern)
        hws_patterns_remove(&rules->patterns, name_of(it));
    else
        hws_table_remove(&rules->exact, &it->entry);
}

void hws_rules_release(hws_rules *rules)
{
    for (rule *it = rules->last, *before; it; it = before) {
        before = it->before;
        withdraw(rules, it);
        free_rule(rules, it);
    }
    hws_table_release(&rules->exact);
    hws_patterns_release(&rules->patterns);
}

static rule *find_exact(const hws_rules *rules, hws_text name, uint64_t hash)
{
    hws_table_entry *entry = hws_table_find(&rules->exact, hash);
    while (entry && !hws_text_equal(name_of((rule *)(void *)entry), name))
        entry = hws_table_find_next(entry);
    return (rule *)(void *)entry;
}

/* What is to be retained is wanted though nobody subscribes. */
static void set_options(const hws_rules *rules, rule *it, const hws_topic_options *options)
{
    if (it->options.retain && !options->retain)
        hws_interest_remove(&rules->topics->interest, &it->interest);
    if (!it->options.retain && options->retain)
        hws_topics_take_interest(rules->topics, &it->interest, name_of(it), options->is_pattern);
    it->options = *options;
}

static hws_status enter(hws_rules *rules, rule *it, uint64_t hash)
{
    if (it->options.is_pattern) return hws_patterns_add(&rules->patterns, name_of(it), it);
    HWS_TRY(hws_table_reserve(&rules->exact));
    hws_table_add(&rules->exact, &it->entry, hash);
    return HWS_OK;
}

static hws_status add(hws_rules *rules, hws_text name, uint64_t hash,
                      const hws_topic_options *options)
{
    rule *it = hws_memory_new(rules->exact.memory, sizeof *it + name.size);
    if (!it) return HWS_ERR_NO_MEMORY;
    *it = (rule){
        .before = rules->last, .number = ++rules->set_count, .name_size = (uint32_t)name.size};
    memcpy(it->name, name.data, name.size);
    it->options.is_pattern = options->is_pattern;
    const hws_status status = enter(rules, it, hash);
    if (status != HWS_OK) {
        free_rule(rules, it);
        return status;
    }
    rules->last = it;
    set_options(rules, it, options);
    return HWS_OK;
}

hws_status hws_rules_set(hws_rules *rules, hws_text name, const hws_topic_options *options)
{
    const uint64_t hash = hws_hash(&rules->topics->key, name.data, name.size);
    rule *it = options->is_pattern ? hws_patterns_find(&rules->patterns, name)
                                   : find_exact(rules, name, hash);
    if (!it) return add(rules, name, hash, options);
    set_options(rules, it, options);
    it->number = ++rules->set_count;
    return HWS_OK;
}

static void choose_later(void *value, void *user)
{
    const rule *it = value;
    const rule **chosen = user;
    if (!*chosen || it->number > (*chosen)->number) *chosen = it;
}

const hws_topic_options *hws_rules_find(const hws_rules *rules, const hws_topic_name *topic)
{
    static const hws_topic_options none;
    if (!rules->last) return &none;
    const rule *chosen = find_exact(rules, topic->text, topic->hash);
    if (!chosen) hws_patterns_match(&rules->patterns, topic->text, choose_later, &chosen);
    return chosen ? &chosen->options : &none;
}
