/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "lib/vectors.h"
#include "net/proxy.h"

/* The environment of a vector, cut into strings, each from a place of its own. */
typedef struct variables {
    char *lines[8];
    size_t count;
} variables;

static void variables_init(variables *all, const vector *it)
{
    hws_text text = vector_get(it, "environment");
    *all = (variables){.count = 0};
    while (text.size > 0) {
        const char *end = memchr(text.data, '\n', text.size);
        if (!end || all->count == 8) VECTOR_FAIL(it, "lines end with \\n, and there are eight\n");
        const size_t size = (size_t)(end - text.data);
        all->lines[all->count] = strndup(text.data, size);
        assert_non_null(all->lines[all->count++]);
        text = (hws_text){end + 1, text.size - size - 1};
    }
}

static void variables_release(variables *all)
{
    for (size_t i = 0; i < all->count; i++) free(all->lines[i]);
}

static const char *variable(void *user, const char *name)
{
    const variables *all = user;
    const size_t size = strlen(name);
    for (size_t i = 0; i < all->count; i++)
        if (strncmp(all->lines[i], name, size) == 0 && all->lines[i][size] == '=')
            return all->lines[i] + size + 1;
    return NULL;
}

static void check(const vector *it)
{
    static story told;
    variables all;
    variables_init(&all, it);
    const hws_text text = vector_get(it, "url");
    char *copy = malloc(text.size); /* where reading past its end is noticed */
    assert_non_null(copy);
    memcpy(copy, text.data, text.size);
    hws_url url;
    assert_int_equal(hws_url_parse((hws_text){copy, text.size}, &url), HWS_OK);

    hws_proxy proxy = {.port = 7};
    const hws_status status = hws_proxy_of_environment(&url, variable, &all, &proxy);
    told.size = 0;
    if (status != HWS_OK) {
        assert_int_equal(proxy.port, 7); /* untouched */
        story_add_string(&told, status_name(status));
    } else if (proxy.kind == HWS_PROXY_NONE) {
        assert_null(proxy.host.data);
        story_add_string(&told, "none");
    } else {
        story_add(&told, proxy.host.data, proxy.host.size);
        story_add_string(&told, " ");
        story_add_number(&told, proxy.port);
    }
    assert_non_null(vector_get(it, "want").data);
    vector_expect(it, "want", told.text, told.size);
    variables_release(&all);
    free(copy);
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/proxy_environment.txt", check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
