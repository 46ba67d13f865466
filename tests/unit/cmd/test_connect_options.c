/* SPDX-License-Identifier: MIT */
#include "cmd/connect_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/folder.h"

static connect_options it;
static char complaint[512];
static char line[16384];
static folder files;
static const char *path;

/* Reads what stands in `words`, separated by ';'; stderr goes into `complaint`. */
static bool read_words(const char *words)
{
    static char command[] = "connect";
    static char *argv[128];
    int argc = 0;
    argv[argc++] = command;
    snprintf(line, sizeof line, "%s", words);
    for (char *rest = line; *words != '\0' && rest;) argv[argc++] = strsep(&rest, ";");
    argv[argc] = NULL;

    FILE *file = tmpfile();
    assert_non_null(file);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    const bool is_good = connect_options_read(argc, argv, &it);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    complaint[fread(complaint, 1, sizeof complaint - 1, file)] = '\0';
    fclose(file);
    return is_good;
}

static void check_bad(const char *words, const char *says)
{
    if (read_words(words)) fail_msg("'%s' was taken", words);
    if (!strstr(complaint, says)) fail_msg("'%s': %s", words, complaint);
    assert_ptr_equal(strchr(complaint, '\n'), complaint + strlen(complaint) - 1);
}

static void check_url(const char *words, const char *expected)
{
    if (!read_words(words)) fail_msg("'%s': %s", words, complaint);
    assert_string_equal(it.url, expected);
}

static void test_urls(void **state)
{
    (void)state;
    check_url("wss://a/b", "wss://a/b");
    check_url("http://a/b", "http://a/b");
    check_url("ftp://a/b", "ftp://a/b"); /* for the library to refuse */
    check_url("example.com/x", "wss://example.com/x");
    check_url("example.com:8080", "wss://example.com:8080");
    check_url("localhost", "ws://localhost");
    check_url("LocalHost:8080/echo", "ws://LocalHost:8080/echo");
    check_url("localhost?q", "ws://localhost?q");
    check_url("127.0.0.1/x", "ws://127.0.0.1/x");
    check_url("[::1]:8080/", "ws://[::1]:8080/");
    check_url("[::1]", "ws://[::1]");
    check_url("[::2]:8080/", "wss://[::2]:8080/");
    check_url("localhost.example.com", "wss://localhost.example.com");
    check_url("localhos", "wss://localhos");
    check_url("--unix;/run/x", "ws://localhost/");
    check_url("--unix;/run/x;ws://a/b", "ws://a/b");
    check_bad("", "where to?");
}

static void test_defaults(void **state)
{
    (void)state;
    assert_true(read_words("ws://a"));
    const hws_client_options options = connect_options_client(&it);
    assert_string_equal(options.url, "ws://a");
    assert_null(options.protocols);
    assert_null(options.headers);
    assert_int_equal(options.header_count, 0);
    assert_null(options.tls.pair[0].certificate);
    assert_int_equal(options.connect_timeout_ms, 10000);
    assert_int_equal(options.handshake_timeout_ms, 10000);
    assert_int_equal(options.close_timeout_ms, 10000);
    assert_int_equal(options.ping_interval_ms, 20000);
    assert_int_equal(options.message_size_max, 16 << 20);
    assert_int_equal(options.redirect_count_max, 0);
    assert_false(options.reconnect);
    assert_int_equal(it.wait_ms, 0);
    assert_int_equal(it.answer_count_max, 0);
}

static void test_all_that_is_passed_on(void **state)
{
    (void)state;
    assert_true(read_words("--protocol;a;--protocol;b;--origin;o;--cookie;c=d;--redirects;5;"
                           "--authorities;A;--certificate;C;--key;K;--insecure;--proxy;none;"
                           "--unix;/u;--reconnect;--timeout;3s;--ping-interval;0;"
                           "--message-size-max;1K;--user;x:y;ws://a"));
    const hws_client_options options = connect_options_client(&it);
    assert_string_equal(options.protocols[0], "a");
    assert_string_equal(options.protocols[1], "b");
    assert_null(options.protocols[2]);
    assert_string_equal(options.origin, "o");
    assert_string_equal(options.cookies, "c=d");
    assert_int_equal(options.redirect_count_max, 5);
    assert_string_equal(options.tls.authorities, "A");
    assert_string_equal(options.tls.pair[0].certificate, "C");
    assert_string_equal(options.tls.pair[0].key, "K");
    assert_true(options.tls.insecure);
    assert_string_equal(options.proxy, "none");
    assert_string_equal(options.unix_path, "/u");
    assert_true(options.reconnect);
    assert_int_equal(options.connect_timeout_ms, 3000);
    assert_int_equal(options.ping_interval_ms, UINT32_MAX);
    assert_int_equal(options.message_size_max, 1024);
    assert_string_equal(options.user_password, "x:y");
    assert_null(options.bearer);
}

static void test_headers(void **state)
{
    (void)state;
    assert_true(read_words("--header;A: b: c;--header;D:e;--header;F:  \t;ws://a"));
    const hws_client_options options = connect_options_client(&it);
    assert_int_equal(options.header_count, 3);
    assert_string_equal(options.headers[0].name, "A");
    assert_string_equal(options.headers[0].value, "b: c");
    assert_string_equal(options.headers[1].name, "D");
    assert_string_equal(options.headers[1].value, "e");
    assert_string_equal(options.headers[2].name, "F");
    assert_string_equal(options.headers[2].value, "");
    check_bad("--header;no colon;ws://a", "'Name: value'");
    check_bad("--header;: b;ws://a", "'Name: value'");
    check_bad("--header;;ws://a", "'Name: value'");

    static char words[8192] = "--header;A:";
    memset(words + strlen(words), 'x', OPTION_LIST_SIZE_MAX - 3);
    memcpy(words + strlen(words), ";ws://a", 8);
    assert_true(read_words(words));
    words[9] = 'x'; /* "A:" becomes "x:", and one byte more */
    memmove(words + 12, words + 11, strlen(words + 11) + 1);
    words[11] = 'x';
    check_bad(words, "too much");
}

static void write_secret(const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void with_file(char *words, size_t size, const char *option)
{
    snprintf(words, size, "--%s;%s;ws://a", option, path);
}

static void test_secrets(void **state)
{
    (void)state;
    char words[256];
    write_secret("t0ken\r\nmore");
    with_file(words, sizeof words, "bearer-file");
    assert_true(read_words(words));
    assert_string_equal(connect_options_client(&it).bearer, "t0ken");

    write_secret("me:secret");
    with_file(words, sizeof words, "user-file");
    assert_true(read_words(words));
    assert_string_equal(connect_options_client(&it).user_password, "me:secret");

    write_secret("nobody");
    check_bad(words, "name:password");
    write_secret("\nx:y");
    check_bad(words, "empty");
    check_bad("--user;me;ws://a", "name:password");
    check_bad("--bearer;x;--user;a:b;ws://a", "choose one");
    check_bad("--bearer-file;/nowhere/at/all;ws://a", "cannot open /nowhere/at/all: No such file");
    check_bad("--bearer-file;/tmp;ws://a", "cannot be read");
}

static void test_large_secrets(void **state)
{
    (void)state;
    char words[256];
    static char text[SECRET_FILE_SIZE_MAX + 1];
    with_file(words, sizeof words, "bearer-file");
    memset(text, 'x', SECRET_FILE_SIZE_MAX - 1);
    write_secret(text);
    assert_true(read_words(words));
    assert_int_equal(strlen(it.bearer), SECRET_FILE_SIZE_MAX - 1);
    text[SECRET_FILE_SIZE_MAX - 1] = 'x';
    write_secret(text);
    check_bad(words, "too large");
}

static void test_waiting(void **state)
{
    (void)state;
    assert_true(read_words("-1;ws://a"));
    assert_int_equal(it.answer_count_max, 1);
    assert_true(it.wait_ms == UINT64_MAX);
    assert_true(read_words("-n;7;--wait;2s;ws://a"));
    assert_int_equal(it.answer_count_max, 7);
    assert_int_equal(it.wait_ms, 2000);
    assert_true(read_words("--wait;forever;ws://a"));
    assert_true(it.wait_ms == UINT64_MAX);
    check_bad("--wait;long;ws://a", "forever");
    check_bad("-n;0;ws://a", "--count");
}

static void test_misuse(void **state)
{
    (void)state;
    check_bad("--key;K;ws://a", "--certificate");
    check_bad("--redirects;6;ws://a", "from 0 to 5");
    check_bad("ws://a;ws://b", "one argument too many");
    check_bad("--timeout;0;ws://a", "--timeout: goes from 1");
    check_bad("--message-size-max;3G;ws://a", "--message-size-max");
    static char words[CONNECT_URL_SIZE_MAX];
    memset(words, 'x', sizeof words - 1 - strlen("wss://"));
    assert_true(read_words(words));
    assert_int_equal(strlen(it.url), sizeof words - 1);
    words[strlen(words)] = 'x';
    check_bad(words, "too long");
    assert_true(read_words("--help"));
    assert_true(it.help);
}

static int set_up(void **state)
{
    (void)state;
    folder_make(&files);
    path = folder_path(&files, "secret");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(&files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_that_is_passed_on),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_large_secrets),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
