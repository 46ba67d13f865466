/* SPDX-License-Identifier: MIT */
/* Configuration files: what they come to, and what is said of those that are wrong. */
#include "cmd/options_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/nearest.h"
#include "hawser/server.h"
#include "lib/cmocka.h"

static char path[64];
static char explain[CONFIG_EXPLANATION_SIZE];

static config *read_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    explain[0] = '\0';
    return config_read(path, explain);
}

static config *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void refuses(const char *text, size_t line, const char *says)
{
    char place[128];
    config *made = read_text(text);
    snprintf(place, sizeof place, "%s:%zu: ", path, line);
    if (made || strncmp(explain, place, strlen(place)) != 0 || !strstr(explain, says))
        fail_msg("'%s': %s", text, explain);
}

static void test_trees(void **state)
{
    (void)state;
    config *made = read_text("# comment\n"
                             "listen:\n"
                             "  - http://*:1\n"
                             "  - 'unix:/x'\n"
                             "ping-interval: 25s\n"
                             "namespaces:\n"
                             "  - name: chat\n"
                             "    allow: {publish: no, subscribe: [a, b]}\n");
    assert_non_null(made);
    const config_node *listen = config_find(made->root, "listen");
    assert_int_equal(listen->kind, CONFIG_LIST);
    assert_int_equal(listen->line, 2);
    assert_string_equal(listen->first->text, "http://*:1");
    assert_int_equal(listen->first->line, 3);
    assert_string_equal(listen->first->next->text, "unix:/x");
    assert_null(listen->first->next->next);
    assert_string_equal(config_find(made->root, "ping-interval")->text, "25s");
    const config_node *chat = config_find(made->root, "namespaces")->first;
    assert_int_equal(chat->kind, CONFIG_MAP);
    const config_node *allow = config_find(chat, "allow");
    assert_string_equal(config_find(allow, "publish")->text, "no");
    assert_string_equal(config_find(allow, "subscribe")->last->text, "b");
    assert_int_equal(allow->line, 8);
    assert_null(config_find(made->root, "nothing"));
    config_free(made);
}

static void test_empty_files(void **state)
{
    (void)state;
    const char *const texts[] = {"", "# nothing\n", "---\n", "{}\n", "\xEF\xBB\xBF"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        config *made = read_text(texts[i]);
        if (!made) fail_msg("'%s': %s", texts[i], explain);
        assert_int_equal(made->root->kind, CONFIG_MAP);
        assert_null(made->root->first);
        config_free(made);
    }
}

static void test_s023_what_is_not_taken(void **state)
{
    (void)state;
    refuses("a: &x 1\n", 1, "anchors");
    refuses("a: 1\nb: *x\n", 2, "aliases");
    refuses("a: !!int 1\n", 1, "tags");
    refuses("a: !x [1]\n", 1, "tags");
    refuses("a: &x {b: 1}\n", 1, "anchors");
    refuses("a: 1\nb: 2\na: 3\n", 3, "'a' stands in line 1 already");
    refuses("? [a]\n: 1\n", 1, "a key must be a text");
    refuses("- a\n", 1, "not a map");
    refuses("listen\n", 1, "not a map");
    refuses("a: 1\n---\nb: 1\n", 2, "a second document");
    refuses("a: [1\nb: 2\n", 2, "not YAML");
    refuses("a: 1\n\tb: 2\n", 2, "not YAML");
    refuses("a: \"x\\0y\"\n", 1, "zero byte");
    refuses("a: \xff\n", 1, "not YAML");
    refuses("a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n", 1, "more than 16");
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    assert_null(config_read("/nowhere/hawser.yaml", explain));
    assert_string_equal(explain, "cannot read /nowhere/hawser.yaml: No such file or directory");
    assert_null(config_read("/dev/zero", explain));
    assert_string_equal(explain, "cannot read /dev/zero: not a file");
    assert_null(config_read("/tmp", explain));
    char *big = calloc(1, CONFIG_SIZE_MAX + 1);
    assert_non_null(big);
    memset(big, '\n', CONFIG_SIZE_MAX + 1);
    assert_null(read_bytes(big, CONFIG_SIZE_MAX + 1));
    assert_non_null(strstr(explain, "larger than 1 MiB"));
    config *made = read_bytes(big, CONFIG_SIZE_MAX);
    assert_non_null(made);
    config_free(made);
    free(big);
}

/* Every beginning of a file is read or refused, and nothing of it is left behind. */
static void test_cut_files(void **state)
{
    (void)state;
    static const char text[] =
        "a: {b: [c, 'd'], \"e\": f}\ng:\n  - h: i\n    j: [k]\n  - |\n   l\n";
    for (size_t size = 0; size <= sizeof text - 1; size++) {
        config *made = read_bytes(text, size);
        assert_true(made || explain[0] != '\0');
        config_free(made);
    }
}

typedef struct settings {
    bool flag;
    const char *text;
    option_list list;
    option_texts texts;
    uint64_t size;
    uint64_t duration_ms;
    uint64_t count;
    int log_level;
    bool help;
} settings;

static settings into;
static bool given[OPTION_COUNT_MAX];

/* The line on stderr; "" when all was well. */
static const char *apply(const char *yaml)
{
    const option_rule rules[] = {
        {.name = "flag", .flag = &into.flag},
        {.name = "text", .text = &into.text},
        {.name = "list", .list = &into.list},
        {.name = "texts", .texts = &into.texts},
        {.name = "size-max", .size = &into.size, .min = 1, .max = 1 << 20},
        {.name = "ping-interval", .duration_ms = &into.duration_ms, .max = 60000},
        {.name = "count", .count = &into.count, .max = 9},
        {.name = "log-level", .log_level = &into.log_level},
        {.name = "help", .flag = &into.help, .by_hand = true},
    };
    static char line[1024];
    config *made = read_text(yaml);
    if (!made) fail_msg("%s", explain);
    FILE *file = tmpfile();
    assert_non_null(file);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    const bool is_good =
        options_file_apply("serve", made, rules, sizeof rules / sizeof *rules, given);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    line[fread(line, 1, sizeof line - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(is_good, line[0] == '\0');
    if (into.text) assert_string_equal(into.text, "words"); /* they lie in the config */
    into.text = NULL;
    config_free(made);
    return line;
}

static void test_options_are_keys(void **state)
{
    (void)state;
    into = (settings){0};
    assert_string_equal(apply("flag: true\ntext: words\nlist: [a, b]\ntexts: one\nsize-max: 64K\n"
                              "ping-interval: 500ms\ncount: 7\nlog-level: debug\n"),
                        "");
    assert_true(into.flag);
    assert_string_equal(into.list.text, "a b");
    assert_int_equal(into.texts.count, 1);
    assert_int_equal(into.size, 65536);
    assert_int_equal(into.duration_ms, 500);
    assert_int_equal(into.count, 7);
    assert_int_equal(into.log_level, HWS_LOG_DEBUG);
    assert_string_equal(apply("flag: false\n"), "");
    assert_false(into.flag);
}

static void test_the_command_line_goes_first(void **state)
{
    (void)state;
    into = (settings){.count = 3};
    given[6] = true;
    assert_string_equal(apply("count: 7\nsize-max: 1K\n"), "");
    given[6] = false;
    assert_int_equal(into.count, 3);
    assert_int_equal(into.size, 1024);
}

static void complains(const char *yaml, const char *want)
{
    char whole[512];
    snprintf(whole, sizeof whole, "hawser serve: %s:%s\n", path, want);
    assert_string_equal(apply(yaml), whole);
}

static void test_s023_values_that_are_wrong(void **state)
{
    (void)state;
    into = (settings){0};
    complains("count: x\n", "1: count: 'x' is not a number");
    complains("\ncount: 10\n", "2: count: goes from 0 to 9");
    complains("size-max: 12Q\n",
              "1: size-max: '12Q' is not a size; write it like 65536, 64K or 16M");
    complains("ping-interval: 5d\n",
              "1: ping-interval: '5d' is not a duration; write it like 25s, 500ms or 2m");
    complains("log-level: loud\n",
              "1: log-level: 'loud' is not a level; it is error, warning, info or debug");
    complains("flag: yes\n", "1: flag: it is true or false");
    complains("count: [1]\n", "1: count: one value, and no list or map");
    complains("list: {a: b}\n", "1: list: one value, or a list of values");
    complains("list:\n - [a]\n", "2: list: one value, or a list of values");
    complains("text:\n", "1: text: it needs a value");
    complains("help: true\n", "1: there is no option 'help'; 'hawser serve --help' lists them");
    complains("pnig-interval: 5\n",
              "1: there is no option 'pnig-interval'; did you mean ping-interval?");
    complains("zzzzzz: 5\n", "1: there is no option 'zzzzzz'; 'hawser serve --help' lists them");
}

static void test_distances(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("", ""), 0);
    assert_int_equal(nearest_distance("abc", ""), 3);
    assert_int_equal(nearest_distance("", "abc"), 3);
    assert_int_equal(nearest_distance("listen", "listen"), 0);
    assert_int_equal(nearest_distance("lisetn", "listen"), 1); /* neighbours exchanged */
    assert_int_equal(nearest_distance("isten", "listen"), 1);
    assert_int_equal(nearest_distance("listens", "listen"), 1);
    assert_int_equal(nearest_distance("kitten", "sitting"), 3);
    char a[200];
    char b[200];
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    a[199] = b[199] = '\0';
    assert_int_equal(nearest_distance(a, b), 63);
    assert_true(nearest_is_close("hots", "host"));
    assert_true(nearest_is_close("ost", "host"));
    assert_false(nearest_is_close("chat", "listen"));
}

/* The file is one at a time, so the second is read when the first is a tree. */
static bool are_equal(const char *one, const char *other)
{
    config *a = read_text(one);
    config *b = read_text(other);
    assert_true(a && b);
    const bool is_equal = config_equal(a->root, b->root);
    assert_int_equal(config_equal(b->root, a->root), is_equal);
    config_free(a);
    config_free(b);
    return is_equal;
}

static void test_equal_trees(void **state)
{
    (void)state;
    assert_true(config_equal(NULL, NULL));
    assert_true(are_equal("", ""));
    assert_true(
        are_equal("a: 1\nb: {c: [2, 3]}\n", "a: 1\n\n# more\nb:\n  c:\n    - 2\n    - 3\n"));
    static const char *const different[] = {
        "",
        "a: 1",
        "a: 2",
        "b: 1",
        "a: [1]",
        "a: {b: 1}",
        "a: 1\nb: 2",
        "a: {b: 1}\nc: 2",
        "a: {b: 1, c: 2}",
        "a: {b: {c: 2}}",
        "a: {b: {}, c: 2}",
    };
    const size_t count = sizeof different / sizeof *different;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            assert_int_equal(are_equal(different[i], different[j]), i == j);
}

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/hawser-config-%d", (int)getpid());
    const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_empty_files),
        cmocka_unit_test(test_s023_what_is_not_taken),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_cut_files),
        cmocka_unit_test(test_options_are_keys),
        cmocka_unit_test(test_the_command_line_goes_first),
        cmocka_unit_test(test_s023_values_that_are_wrong),
        cmocka_unit_test(test_distances),
        cmocka_unit_test(test_equal_trees),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
