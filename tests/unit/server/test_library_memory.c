/* SPDX-License-Identifier: MIT */
/* Row O003: a whole life of a server and a client over TLS, with messages that are deflated, again
 * and again, each time with another allocation of OpenSSL that fails, or all from then on; then of
 * zlib, which asks the hook.  Whatever fails, nothing turns for ever, nothing of ours leaks, each
 * on_open has its on_close, and the next life is a good one. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdatomic.h>

#include "hawser/hawser.h"
#include "lib/certificates.h"
#include "lib/descriptors.h"
#include "lib/folder.h"
#include "lib/test_memory.h"

enum {
    IDLE_MAX = 5,
    TURNS_MAX = 100000,
    LIVES_MAX = 600, /* of a kind: of many allocations as many, evenly spread */
    LONG_MESSAGE = 20000,
};

static struct {
    hws_loop *loop;
    hws_server *server;
    test_memory counter;
    hws_memory memory;
    folder place;
    int opened;
    int closed;
    int echoes;
    bool was_deflated;
    bool client_is_closed;
    bool server_is_done;
} it;

static char long_message[LONG_MESSAGE + 1];

/* OpenSSL's memory. */

static struct {
    size_t asked;
    size_t fails; /* the one that fails, from 1; 0: none */
    bool for_ever;
    long blocks;
} ssl;

static bool ssl_fails(void)
{
    ssl.asked++;
    return ssl.fails > 0 && (ssl.asked == ssl.fails || (ssl.for_ever && ssl.asked > ssl.fails));
}

static void *ssl_new(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    if (ssl_fails()) return NULL;
    void *made = malloc(size);
    ssl.blocks += made != NULL;
    return made;
}

static void *ssl_resize(void *block, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    if (size > 0 && ssl_fails()) return NULL;
    void *made = realloc(block, size);
    ssl.blocks += (made != NULL) - (block != NULL);
    return made;
}

static void ssl_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    ssl.blocks -= block != NULL;
    free(block);
}

/* The server. */

static void on_open(hws_websocket ws, void *user)
{
    (void)ws, (void)user;
    it.opened++;
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    hws_deflate_info terms;
    if (hws_websocket_deflate(ws, &terms) == HWS_OK && terms.received_deflated_size > 0)
        it.was_deflated = true;
    (void)hws_websocket_send(ws, message);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws, (void)close, (void)user;
    it.closed++;
}

static void set_done(void *user)
{
    (void)user;
    it.server_is_done = true;
}

/* The client. */

static void client_opened(hws_websocket ws, void *user)
{
    (void)user;
    (void)hws_websocket_send_text(ws, "text");
    (void)hws_websocket_send_text(ws, long_message);
}

static void client_heard(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    if (message->size != 4 && message->size != LONG_MESSAGE) fail_msg("it is not what was sent");
    if (++it.echoes == 2) (void)hws_websocket_close(ws, 1000, "done");
}

static void client_closed(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws, (void)close, (void)user;
    it.client_is_closed = true;
}

static bool is_idle(void)
{
    struct pollfd loop = {.fd = hws_loop_fd(it.loop), .events = POLLIN};
    return hws_loop_timeout_ms(it.loop) != 0 && poll(&loop, 1, 1) == 0;
}

static void turn_until(const bool *flag)
{
    for (int idle = 0, turns = 0; !*flag && idle < IDLE_MAX; turns++) {
        idle = is_idle() ? idle + 1 : 0;
        (void)hws_loop_step(it.loop, 0);
        if (turns > TURNS_MAX) fail_msg("it turns for ever");
    }
}

static hws_status start_server(void)
{
    const hws_server_options options = {
        .listen = "https://127.0.0.1:0",
        .tls.pair = {{folder_path(&it.place, "cert.pem"), folder_path(&it.place, "key.pem")}},
        .route =
            {{.path = "/", .on_open = on_open, .on_message = on_message, .on_close = on_close}},
        .deflate = {.enabled = true},
    };
    return hws_server_new(it.loop, &options, NULL, 0, &it.server);
}

static hws_status open_client(void)
{
    hws_websocket ws;
    const hws_client_options options = {
        .url = hws_server_url(it.server, 0),
        .proxy = "none",
        .tls.authorities = folder_path(&it.place, "cert.pem"),
        .deflate = {.enabled = true},
        .on_open = client_opened,
        .on_message = client_heard,
        .on_close = client_closed,
    };
    return hws_websocket_open(it.loop, &options, &ws);
}

/* Returns: whether all went as if nothing had failed. */
static bool live(void)
{
    it.opened = it.closed = it.echoes = 0;
    it.was_deflated = it.client_is_closed = it.server_is_done = false;
    it.server = NULL;
    it.loop = NULL;
    if (hws_loop_new(&(hws_loop_options){.memory = &it.memory}, &it.loop) != HWS_OK) return false;
    if (start_server() == HWS_OK && open_client() == HWS_OK) {
        turn_until(&it.client_is_closed);
        hws_server_close(it.server, 1001, set_done, NULL);
        turn_until(&it.server_is_done);
    }
    hws_server_free(it.server);
    hws_loop_free(it.loop);
    assert_int_equal(it.opened, it.closed);
    return it.echoes == 2 && it.server_is_done && it.was_deflated;
}

static bool live_and_leave_nothing(void)
{
    const int descriptors = descriptors_open();
    ssl.asked = 0;
    const bool was_good = live();
    ssl.fails = 0;
    if (it.counter.bytes_out != 0) fail_msg("it leaks %zu bytes", it.counter.bytes_out);
    if (descriptors_open() != descriptors) fail_msg("it leaks a descriptor");
    ERR_clear_error();
    return was_good;
}

static void fail_each_of_ssl(bool for_ever)
{
    assert_true(live_and_leave_nothing());
    const size_t all = ssl.asked;
    assert_true(all > 100);
    ssl.for_ever = for_ever;
    const size_t step = (all + LIVES_MAX - 1) / LIVES_MAX;
    size_t good = 0, lives = 0;
    for (size_t n = 1; n <= all; n += step) {
        ssl.fails = n;
        good += live_and_leave_nothing();
        lives++;
    }
    ssl.for_ever = false;
    print_message("# %zu allocations, %zu lives, %zu good\n", all, lives, good);
    assert_true(live_and_leave_nothing());
}

static void test_one_of_ssl_fails(void **state)
{
    (void)state;
    fail_each_of_ssl(false);
}

static void test_all_of_ssl_fail_from_then_on(void **state)
{
    (void)state;
    fail_each_of_ssl(true);
}

/* A life leaves OpenSSL as it found it. */
static void test_a_life_leaves_nothing_of_ssl(void **state)
{
    (void)state;
    assert_true(live_and_leave_nothing());
    const long before = ssl.blocks;
    for (int i = 0; i < 3; i++) assert_true(live_and_leave_nothing());
    assert_int_equal(ssl.blocks, before);
}

/* zlib's, among all that ask the hook. */
static void test_one_of_zlib_fails(void **state)
{
    (void)state;
    it.counter.calls = 0;
    assert_true(live_and_leave_nothing());
    const size_t all = it.counter.calls;
    for (size_t n = 0; n < all; n++) {
        it.counter.fail_after = n;
        live_and_leave_nothing();
        it.counter.fail_after = SIZE_MAX;
    }
    assert_true(live_and_leave_nothing());
}

static int set_up(void **state)
{
    (void)state;
    it.memory = test_memory_hook(&it.counter);
    memset(long_message, 'a', LONG_MESSAGE);
    folder_make(&it.place);
    certificate made =
        certificate_new(&(certificate_plan){.names = "IP:127.0.0.1", .is_authority = true});
    certificate_write(folder_path(&it.place, "cert.pem"), &made, NULL);
    certificate_write_key(folder_path(&it.place, "key.pem"), &made);
    certificate_free(&made);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(&it.place);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_of_ssl_fails),
        cmocka_unit_test(test_all_of_ssl_fail_from_then_on),
        cmocka_unit_test(test_a_life_leaves_nothing_of_ssl),
        cmocka_unit_test(test_one_of_zlib_fails),
    };
    /* Before anything has asked for memory. */
    if (CRYPTO_set_mem_functions(ssl_new, ssl_resize, ssl_free) != 1) return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
