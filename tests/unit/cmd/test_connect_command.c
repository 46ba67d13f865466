/* SPDX-License-Identifier: MIT */
#include "cmd/connect_command.h"

#include <stdlib.h>

#include "lib/cmocka.h"

static char line[512];

static connect_command read_line(const char *text)
{
    snprintf(line, sizeof line, "%s", text);
    return connect_command_read(line);
}

static void check(const char *text, connect_command_type type, const char *rest)
{
    const connect_command it = read_line(text);
    assert_int_equal(it.type, type);
    assert_string_equal(it.text, rest);
    assert_int_equal(it.size, strlen(rest));
}

static void check_wrong(const char *text, const char *says)
{
    const connect_command it = read_line(text);
    assert_int_equal(it.type, CONNECT_WRONG);
    if (!strstr(it.text, says)) fail_msg("'%s' says: %s", text, it.text);
}

static void check_close(const char *text, int code, const char *reason)
{
    check(text, CONNECT_CLOSE, reason);
    assert_int_equal(read_line(text).code, code);
}

static void test_texts(void **state)
{
    (void)state;
    check("hello", CONNECT_SEND, "hello");
    check("", CONNECT_SEND, "");
    check(" /ping", CONNECT_SEND, " /ping");
    check("/send /ping", CONNECT_SEND, "/ping");
    check("/send  a ", CONNECT_SEND, " a ");
    check("/send", CONNECT_SEND, "");
}

static void test_words(void **state)
{
    (void)state;
    check("/help", CONNECT_HELP, "");
    check("/quit", CONNECT_QUIT, "");
    check("/ping", CONNECT_PING, "");
    check("/ping a b", CONNECT_PING, "a b");
    check_wrong("/", "/send");
    check_wrong("/pin", "/help");
    check_wrong("/pings", "/help");
    check_wrong("/PING", "/help");
}

static void test_binary(void **state)
{
    (void)state;
    const connect_command it = read_line("/binary 00 ff10");
    assert_int_equal(it.type, CONNECT_BINARY);
    assert_int_equal(it.size, 3);
    assert_memory_equal(it.text, "\x00\xff\x10", 3);
    assert_int_equal(read_line("/binary").size, 0);
    check_wrong("/binary xyz", "/binary 00 ff");
}

static void test_ping_sizes(void **state)
{
    (void)state;
    char text[6 + 126 + 1] = "/ping ";
    memset(text + 6, 'x', 125);
    check(text, CONNECT_PING, text + 6);
    text[6 + 125] = 'x';
    check_wrong(text, "125");
}

static void test_close_codes(void **state)
{
    (void)state;
    check_close("/close", 1000, "");
    check_close("/close ", 1000, "");
    check_close("/close 4000", 4000, "");
    check_close("/close 1001 going home", 1001, "going home");
    static const int good[] = {1000, 1003, 1007, 1014, 3000, 4999};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        char text[32];
        snprintf(text, sizeof text, "/close %d", good[i]);
        check_close(text, good[i], "");
    }
    static const int bad[] = {0, 999, 1004, 1005, 1006, 1015, 2999, 5000};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char text[32];
        snprintf(text, sizeof text, "/close %d", bad[i]);
        check_wrong(text, "1000");
    }
    check_wrong("/close bye", "1000");
    check_wrong("/close 1000s", "1000");
}

static void test_close_reasons(void **state)
{
    (void)state;
    char text[12 + 124 + 1] = "/close 1000 ";
    memset(text + 12, 'x', 123);
    check_close(text, 1000, text + 12);
    text[12 + 123] = 'x';
    check_wrong(text, "123");
}

static void test_help_names_them_all(void **state)
{
    (void)state;
    char *written;
    size_t size;
    FILE *file = open_memstream(&written, &size);
    assert_non_null(file);
    connect_command_help(file, "  ");
    fclose(file);
    static const char *const names[] = {"  /send TEXT ",   "  /binary HEX ",
                                        "  /ping [TEXT] ", "  /close [CODE [REASON]] ",
                                        "  /help ",        "  /quit "};
    for (size_t i = 0; i < COUNT_OF(names); i++) assert_non_null(strstr(written, names[i]));
    free(written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_ping_sizes),
        cmocka_unit_test(test_close_codes),
        cmocka_unit_test(test_close_reasons),
        cmocka_unit_test(test_help_names_them_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
