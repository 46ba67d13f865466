/* SPDX-License-Identifier: MIT */
/* Row O003: a conversation with channels, again and again, each time with another allocation of
 * jansson that fails: the client gets an error or is closed, and the next client is served.  Each
 * conversation is a child's, for jansson's own parser, which the library does without, would write
 * behind its buffers or assert that it does not (docs/decisions/0040). */
#include <jansson.h>
#include <sys/wait.h>

#include "lib/hub_fixture.h"

static struct {
    size_t asked;
    size_t fails; /* the one that fails, from 1; 0: none */
    long blocks;
} json;

static void *json_new(size_t size)
{
    if (++json.asked == json.fails) return NULL;
    void *made = malloc(size);
    json.blocks += made != NULL;
    return made;
}

static void json_gone(void *block)
{
    json.blocks -= block != NULL;
    free(block);
}

static void on_rpc(hws_rpc *rpc, void *user)
{
    (void)user;
    if (hws_rpc_answer(rpc, hws_rpc_data(rpc)) != HWS_OK) (void)hws_rpc_fail(rpc, 1000, "no");
}

static const char *const COMMANDS[][2] = {
    {"{\"id\":1,\"connect\":{\"name\":\"a client\",\"version\":\"1\"}}", "\"connect\":{"},
    {"{\"id\":2,\"subscribe\":{\"channel\":\"a-channel-with-a-name-of-some-length\"}}",
     "\"subscribe\":{"},
    {"{\"id\":3,\"publish\":{\"channel\":\"a-channel-with-a-name-of-some-length\","
     "\"data\":{\"text\":\"more than sixteen bytes\",\"list\":[1,2.5,true,null]}}}",
     "\"id\":3"},
    {"{\"id\":4,\"history\":{\"channel\":\"a-channel-with-a-name-of-some-length\",\"limit\":5}}",
     "\"id\":4"},
    {"{\"id\":5,\"presence\":{\"channel\":\"a-channel-with-a-name-of-some-length\"}}", "\"id\":5"},
    {"{\"id\":6,\"rpc\":{\"method\":\"m\",\"data\":[{\"a\":\"\\u00e4\"}]}}", "\"id\":6"},
    {"{\"id\":7,\"unsubscribe\":{\"channel\":\"a-channel-with-a-name-of-some-length\"}}",
     "\"id\":7"},
};

enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

/* The next answer to a command, publications aside.  False: the connection has ended. */
static bool await_answer(raw_client *client, const char *id, char *text, size_t size)
{
    uint8_t first;
    hws_span payload;
    do {
        if (!raw_read(client, &first, &payload) || (first & 15) == 8) return false;
        snprintf(text, size, "%.*s", (int)payload.size, (const char *)payload.data);
    } while (!strstr(text, id));
    return true;
}

/* Whether each command was answered as it should be. */
static bool converse(void)
{
    bool is_good = true, is_open = true;
    raw_client *client = connect_client();
    for (size_t i = 0; i < COMMAND_COUNT && is_open; i++) {
        char text[4096], id[16];
        snprintf(id, sizeof id, "\"id\":%zu", i + 1);
        raw_send_text(client, COMMANDS[i][0]);
        is_open = await_answer(client, id, text, sizeof text);
        is_good = is_good && is_open && strstr(text, COMMANDS[i][1]) && !strstr(text, "\"error\"");
    }
    raw_free(client);
    return is_good;
}

static void begin(void)
{
    static const hws_namespace namespaces[] = {
        {.history_size = 10, .recovery = true, .publish = HWS_WHO_SUBSCRIBERS}};
    const hws_hub_options options = {
        .namespaces = namespaces, .namespace_count = 1, .on_rpc = on_rpc};
    memory = test_memory_hook(&counter);
    hub_fixture_begin(&options, 0);
}

/* In the child. */
static void live(size_t fails)
{
    begin();
    json.asked = 0;
    json.fails = fails;
    const bool was_good = converse();
    json.fails = 0;
    if (fails == 0) assert_true(was_good);
    assert_true(converse());
    hub_fixture_end();
    assert_int_equal(json.blocks, 0);
}

static void expect_good_end(pid_t child, int from, size_t fails)
{
    char told[4096];
    size_t size = 0;
    for (ssize_t more; (more = read(from, told + size, sizeof told - 1 - size)) > 0;)
        size += (size_t)more;
    told[size] = 0;
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("allocation %zu: status %x: %s", fails, (unsigned)status, told);
}

static void live_in_a_child(size_t fails)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        live(fails);
        _exit(0);
    }
    close(ends[1]);
    expect_good_end(child, ends[0], fails);
    close(ends[0]);
}

static void test_one_of_jansson_fails(void **state)
{
    (void)state;
    begin();
    json.asked = 0;
    assert_true(converse());
    const size_t all = json.asked;
    hub_fixture_end();
    assert_true(all > 50);
    for (size_t n = 0; n <= all; n++) live_in_a_child(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_of_jansson_fails)};
    json_set_alloc_funcs(json_new, json_gone);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
