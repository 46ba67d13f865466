/* SPDX-License-Identifier: MIT */
/* Row V015: several servers in one process know nothing of each other, and the library leaves when
 * it is not needed any more: no thread, no handler at exit, nothing that holds it. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "hawser/hawser.h"
#include "lib/cmocka.h"

/* The library as it was loaded. */
typedef struct library {
    void *handle;
    __typeof__(&hws_loop_new) loop_new;
    __typeof__(&hws_loop_step) loop_step;
    __typeof__(&hws_loop_free) loop_free;
    __typeof__(&hws_hub_new) hub_new;
    __typeof__(&hws_hub_route) hub_route;
    __typeof__(&hws_hub_free) hub_free;
    __typeof__(&hws_server_new) server_new;
    __typeof__(&hws_server_url) server_url;
    __typeof__(&hws_server_free) server_free;
} library;

typedef struct instance {
    hws_loop *loop;
    hws_hub *hub;
    hws_server *server;
} instance;

static void *find(const library *it, const char *name)
{
    void *found = dlsym(it->handle, name);
    if (!found) fail_msg("%s", dlerror());
    return found;
}

static library load(void)
{
    library it = {.handle = dlopen(getenv("LIBRARY"), RTLD_NOW | RTLD_LOCAL)};
    if (!it.handle) fail_msg("%s", dlerror());
    *(void **)&it.loop_new = find(&it, "hws_loop_new");
    *(void **)&it.loop_step = find(&it, "hws_loop_step");
    *(void **)&it.loop_free = find(&it, "hws_loop_free");
    *(void **)&it.hub_new = find(&it, "hws_hub_new");
    *(void **)&it.hub_route = find(&it, "hws_hub_route");
    *(void **)&it.hub_free = find(&it, "hws_hub_free");
    *(void **)&it.server_new = find(&it, "hws_server_new");
    *(void **)&it.server_url = find(&it, "hws_server_url");
    *(void **)&it.server_free = find(&it, "hws_server_free");
    return it;
}

static instance begin(const library *with, const char *listen)
{
    char explain[256] = "";
    instance it;
    assert_int_equal(with->loop_new(NULL, &it.loop), HWS_OK);
    assert_int_equal(with->hub_new(&(hws_hub_options){0}, explain, sizeof explain, &it.hub),
                     HWS_OK);
    const hws_server_options options = {
        .listen = listen,
        .tls = {.self_signed = true},
        .thread_count = 2,
        .route = {with->hub_route(it.hub)},
    };
    if (with->server_new(it.loop, &options, explain, sizeof explain, &it.server) != HWS_OK)
        fail_msg("%s", explain);
    assert_int_equal(with->loop_step(it.loop, 0), HWS_OK);
    return it;
}

static void end(const library *with, const instance *it)
{
    with->server_free(it->server);
    with->hub_free(it->hub);
    with->loop_free(it->loop);
}

static size_t count_lines(const char *path, const char *part)
{
    char line[4096];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) count += strstr(line, part) != NULL;
    fclose(file);
    return count;
}

static void test_two_at_once(void **state)
{
    (void)state;
    const library with = load();
    const instance one = begin(&with, "http://127.0.0.1:0");
    const instance two = begin(&with, "https://127.0.0.1:0");
    assert_string_not_equal(with.server_url(one.server, 0), with.server_url(two.server, 0));
    end(&with, &one);
    for (int i = 0; i < 3; i++) assert_int_equal(with.loop_step(two.loop, 0), HWS_OK);
    const instance three = begin(&with, "https://127.0.0.1:0");
    end(&with, &two);
    end(&with, &three);
    assert_int_equal(dlclose(with.handle), 0);
}

static void test_it_comes_and_goes(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        const library with = load();
        const instance it = begin(&with, "https://127.0.0.1:0");
        assert_true(count_lines("/proc/self/maps", "libhawser") > 0);
        end(&with, &it);
        assert_int_equal(count_lines("/proc/self/status", "Threads:\t1\n"), 1);
        assert_int_equal(dlclose(with.handle), 0);
        assert_int_equal(count_lines("/proc/self/maps", "libhawser"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_at_once),
        cmocka_unit_test(test_it_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
