/* SPDX-License-Identifier: MIT */
#include "http/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/descriptors.h"
#include "lib/h1_fixture.h"

/* What mkdtemp replaces; in pieces, for tools/check-tidy takes three of them for a leftover. */
#define TO_FILL_IN                                                                                 \
    "XX"                                                                                           \
    "XX"                                                                                           \
    "XX"

/* A folder with everything in it, and a secret beside it:
 *
 *     top/secret.txt
 *     top/public/ index.html  hello.txt  empty  big  .hidden  .well-known/x  a b%c.txt
 *                 folder/{index.html, .git/config}  bare/  pipe  socket  inside -> hello.txt
 *                 out -> ../secret.txt  up -> ..  absolute -> /etc/passwd  loop -> loop
 *                 device -> /dev/null
 */
static char top[] = "/tmp/hawser-files-" TO_FILL_IN;
static char folder[64];
static hws_files *files;
static int descriptors_before;

enum { BIG_SIZE = 300000 };
static char big[BIG_SIZE];

static const char *below(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    /* Tue, 01 Feb 2022 03:04:05.6 GMT */
    const struct timespec times[2] = {{1643684645, 600000000}, {1643684645, 600000000}};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void write_text(const char *name, const char *text)
{
    write_file(below(name), text, strlen(text));
}

static void make_folder(const char *name)
{
    assert_int_equal(mkdir(below(name), 0755), 0);
}

static void make_link(const char *to, const char *name)
{
    assert_int_equal(symlink(to, below(name)), 0);
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = below(name);
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static int make_tree(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(top));
    snprintf(folder, sizeof folder, "%s/public", top);
    make_folder("");
    write_text("../secret.txt", "SECRET");
    write_text("index.html", "<p>front");
    write_text("hello.txt", "hello world");
    write_text("empty", "");
    for (size_t i = 0; i < sizeof big; i++) big[i] = (char)('a' + i % 23);
    write_file(below("big"), big, sizeof big);
    write_text(".hidden", "SECRET");
    make_folder(".well-known");
    write_text(".well-known/x", "known");
    write_text(".well-known/index.html", "well");
    write_text(".well-known/.y", "SECRET");
    write_text("a b%c.txt", "odd");
    make_folder("folder");
    write_text("folder/index.html", "<p>inner");
    make_folder("folder/.git");
    write_text("folder/.git/config", "SECRET");
    make_folder("folder/.well-known");
    write_text("folder/.well-known/x", "SECRET");
    make_folder("bare");
    assert_int_equal(mkfifo(below("pipe"), 0644), 0);
    make_socket("socket");
    make_folder("odd");
    make_folder("odd/index.html");
    make_link("hello.txt", "inside");
    make_link("../secret.txt", "out");
    make_link("..", "up");
    make_link("/etc/passwd", "absolute");
    make_link("loop", "loop");
    make_link("/dev/null", "device");
    make_link("/proc/self/fd/0", "magic");
    make_link("folder", "shortcut");
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

static int remove_tree(void **state)
{
    (void)state;
    return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void on_request(hws_request *request)
{
    hws_files_respond(files, request);
}

static int set_up(void **state)
{
    (void)state;
    descriptors_before = descriptors_open();
    it.options = (hws_h1_options){.request_count_max = UINT32_MAX};
    it.on_request = on_request;
    h1_fixture_loop();
    assert_int_equal(hws_files_open(&it.memory, folder, &files), HWS_OK);
    assert_int_equal(h1_fixture_connect(), HWS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    h1_fixture_disconnect();
    hws_files_close(files);
    h1_fixture_free();
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

/* The answer to one request with these fields, on a connection of its own. */
static const char *answer(const char *method, const char *target, const char *fields)
{
    static char request[8192];
    h1_fixture_disconnect();
    assert_int_equal(h1_fixture_connect(), HWS_OK);
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, target,
             fields);
    h1_fixture_send(request);
    return h1_fixture_output();
}

static const char *get(const char *target)
{
    return answer("GET", target, "");
}

static const char *body_of(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    assert_non_null(end);
    return end + 4;
}

static int status_of(const char *text)
{
    assert_memory_equal(text, "HTTP/1.1 ", 9);
    return (int)strtol(text + 9, NULL, 10);
}

/* The value of a field, until the next call; "" when it is not there. */
static const char *field_of(const char *text, const char *name)
{
    static char value[256];
    char line[64];
    snprintf(line, sizeof line, "\r\n%s: ", name);
    value[0] = '\0';
    const char *at = strstr(text, line);
    if (!at || at > strstr(text, "\r\n\r\n")) return value;
    at += strlen(line);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}

static void test_a_file(void **state)
{
    (void)state;
    struct stat about;
    assert_int_equal(stat(below("hello.txt"), &about), 0);
    char want[512];
    snprintf(want, sizeof want,
             "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
             "ETag: \"16cf8a79ffc07800-b-%llx\"\r\n"
             "Last-Modified: Tue, 01 Feb 2022 03:04:05 GMT\r\n"
             "Cache-Control: no-cache\r\nAccept-Ranges: bytes\r\n"
             "X-Content-Type-Options: nosniff\r\nContent-Length: 11\r\n\r\nhello world",
             (unsigned long long)about.st_ino);
    assert_string_equal(get("/hello.txt"), want);
    *(strstr(want, "hello world")) = '\0';
    assert_string_equal(answer("HEAD", "/hello.txt", ""), want);
    assert_string_equal(answer("HEAD", "/hello.txt", "Range: bytes=0-0\r\n"), want);
}

static void test_found(void **state)
{
    (void)state;
    static const char *const FOUND[][2] = {
        {"/", "<p>front"},
        {"/?x", "<p>front"},
        {"/index.html", "<p>front"},
        {"/folder/", "<p>inner"},
        {"/folder/../hello.txt", "hello world"},
        {"/hello.txt?query", "hello world"},
        {"/inside", "hello world"},
        {"/shortcut/", "<p>inner"},
        {"/shortcut/index.html", "<p>inner"},
        {"/empty", ""},
        {"/a%20b%25c.txt", "odd"},
        {"/.well-known/x", "known"},
        {"/.well-known/", "well"},
        {"/%68ello.txt", "hello world"},
        {"//hello.txt", "hello world"},
    };
    for (size_t i = 0; i < COUNT_OF(FOUND); i++) {
        const char *text = get(FOUND[i][0]);
        assert_int_equal(status_of(text), 200);
        assert_string_equal(body_of(text), FOUND[i][1]);
    }
}

static void test_types(void **state)
{
    (void)state;
    assert_string_equal(field_of(get("/"), "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(field_of(get("/folder/"), "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(field_of(get("/empty"), "Content-Type"), "application/octet-stream");
}

/* Rows S012, S013: whatever leads out, or to what is no file, is not there. */
static void test_not_found(void **state)
{
    (void)state;
    static const char *const LOST[] = {
        "/nothing",
        "/hello.txt/",
        "/hello.txt/x",
        "/Hello.txt",
        "/.hidden",
        "/.well-known/.y",
        "/.well-known",
        "/folder/.git/config",
        "/folder/.well-known/x",
        "/.",
        "/bare",
        "/bare/",
        "/odd",
        "/odd/",
        "/pipe",
        "/socket",
        "/device",
        "/magic",
        "/loop",
        "/out",
        "/up",
        "/up/",
        "/up/secret.txt",
        "/absolute",
        "/../secret.txt",
        "/folder/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/.%2e/secret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/..%5Csecret.txt",
        "//etc/passwd",
        "/....//secret.txt",
        "/..;/secret.txt",
        "/%252e%252e/secret.txt",
        "/%C0%AE%C0%AE/secret.txt",
        "/%c0%ae%c0%ae%c0%afsecret.txt",
        "/%E2%80%A5/secret.txt",
        "/hello.txt.",
        "/hello.txt%20",
        "/hello.txt::$DATA",
    };
    for (size_t i = 0; i < COUNT_OF(LOST); i++) {
        const char *text = get(LOST[i]);
        const int status = status_of(text);
        assert_null(strstr(text, "SECRET"));
        assert_null(strstr(text, "root:"));
        /* "/." is the front page, when it is taken for what it says. */
        if (strcmp(LOST[i], "/.") == 0)
            assert_int_equal(status, 200);
        else if (status != 400) /* not even a target */
            assert_int_equal(status, 404);
        /* A mistake of the page is no reason to part. */
        if (status == 404) assert_false(it.peer.closed);
    }
}

/* An encoded slash or zero byte is refused before it is a path. */
static void test_paths_that_are_none(void **state)
{
    (void)state;
    static const char *const TARGETS[] = {"/..%2fsecret.txt", "/%2e%2e%2fsecret.txt",
                                          "/hello.txt%00", "/%00", "/a%0a"};
    for (size_t i = 0; i < COUNT_OF(TARGETS); i++)
        assert_int_equal(status_of(get(TARGETS[i])), 400);
}

static void test_names_of_every_length(void **state)
{
    (void)state;
    static char target[6000];
    static const size_t SIZES[] = {255, 256, 4070, 4080, 4081, 4082, 4095, 4096, 4097, 5999};
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        memset(target, 'x', sizeof target);
        target[0] = '/';
        target[SIZES[i]] = '\0';
        assert_int_equal(status_of(get(target)), 404);
    }
}

static void test_folder_without_its_slash(void **state)
{
    (void)state;
    const char *text = get("/folder");
    assert_int_equal(status_of(text), 301);
    assert_string_equal(field_of(text, "Location"), "/folder/");
    assert_string_equal(field_of(get("/x/../folder?a=%41&b"), "Location"), "/folder/?a=%41&b");
    assert_string_equal(field_of(get("//folder"), "Location"), "/folder/");
    assert_string_equal(field_of(get("/%66older"), "Location"), "/folder/");
    assert_int_equal(status_of(answer("HEAD", "/folder", "")), 301);
}

static void test_other_methods(void **state)
{
    (void)state;
    static const char *const METHODS[] = {"POST", "PUT", "DELETE", "OPTIONS", "get", "GETS"};
    for (size_t i = 0; i < COUNT_OF(METHODS); i++) {
        const char *text = answer(METHODS[i], "/hello.txt", "");
        assert_int_equal(status_of(text), 405);
        assert_string_equal(field_of(text, "Allow"), "GET, HEAD");
        assert_string_equal(field_of(text, "Connection"), "close");
    }
}

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *range;
        int status;
        const char *content_range;
        const char *body;
    } CASES[] = {
        {"bytes=0-4", 206, "bytes 0-4/11", "hello"},
        {"bytes=6-", 206, "bytes 6-10/11", "world"},
        {"bytes=-5", 206, "bytes 6-10/11", "world"},
        {"bytes=10-99", 206, "bytes 10-10/11", "d"},
        {"bytes=11-", 416, "bytes */11", "range not satisfiable\n"},
        {"bytes=-0", 416, "bytes */11", "range not satisfiable\n"},
        {"bytes=5-2", 200, "", "hello world"},
        {"bytes=0-1,3-4", 200, "", "hello world"},
        {"lines=0-1", 200, "", "hello world"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char fields[128];
        snprintf(fields, sizeof fields, "Range: %s\r\n", CASES[i].range);
        const char *text = answer("GET", "/hello.txt", fields);
        assert_int_equal(status_of(text), CASES[i].status);
        assert_string_equal(field_of(text, "Content-Range"), CASES[i].content_range);
        assert_string_equal(body_of(text), CASES[i].body);
    }
}

/* Row S014. */
static void test_a_thousand_ranges(void **state)
{
    (void)state;
    static char fields[7000];
    size_t size = (size_t)snprintf(fields, sizeof fields, "Range: bytes=0-0");
    for (int i = 0; i < 1000; i++)
        size += (size_t)snprintf(fields + size, sizeof fields - size, ",%d-", i % 10);
    snprintf(fields + size, sizeof fields - size, "\r\n");
    assert_int_equal(status_of(answer("GET", "/hello.txt", fields)), 200);
}

/* Row S015. */
static void test_conditions(void **state)
{
    (void)state;
    char etag[128];
    snprintf(etag, sizeof etag, "%s", field_of(get("/hello.txt"), "ETag"));
    char fields[512];
    snprintf(fields, sizeof fields, "If-None-Match: %s\r\n", etag);
    const char *text = answer("GET", "/hello.txt", fields);
    assert_int_equal(status_of(text), 304);
    assert_string_equal(body_of(text), "");
    assert_string_equal(field_of(text, "ETag"), etag);
    assert_string_equal(field_of(text, "Content-Length"), "");

    text = answer("GET", "/hello.txt", "If-Modified-Since: Tue, 01 Feb 2022 03:04:05 GMT\r\n");
    assert_int_equal(status_of(text), 304);
    text = answer("GET", "/hello.txt", "If-Modified-Since: Tue, 01 Feb 2022 03:04:04 GMT\r\n");
    assert_int_equal(status_of(text), 200);
    text = answer("GET", "/hello.txt", "If-Match: \"x\"\r\n");
    assert_int_equal(status_of(text), 412);

    snprintf(fields, sizeof fields, "Range: bytes=0-0\r\nIf-Range: %s\r\n", etag);
    assert_int_equal(status_of(answer("GET", "/hello.txt", fields)), 206);
    text = answer("GET", "/hello.txt", "Range: bytes=0-0\r\nIf-Range: \"x\"\r\n");
    assert_int_equal(status_of(text), 200);
    text = answer("GET", "/hello.txt", "Range: bytes=99-\r\nIf-Range: \"x\"\r\n");
    assert_int_equal(status_of(text), 200);
}

/* A change within the same second is a change. */
static void test_etag_follows_the_file(void **state)
{
    (void)state;
    char before[128];
    snprintf(before, sizeof before, "%s", field_of(get("/hello.txt"), "ETag"));
    const struct timespec times[2] = {{1643684645, 600000001}, {1643684645, 600000001}};
    assert_int_equal(utimensat(AT_FDCWD, below("hello.txt"), times, 0), 0);
    assert_string_not_equal(field_of(get("/hello.txt"), "ETag"), before);
    write_text("hello.txt", "hello world");
    assert_string_equal(field_of(get("/hello.txt"), "ETag"), before);
}

/* The bytes are read as they are taken: never more than two pieces are in memory. */
static void test_big_file(void **state)
{
    (void)state;
    const char *text = get("/big");
    assert_memory_equal(body_of(text), big, sizeof big);
    assert_int_equal(strlen(body_of(text)), sizeof big);

    assert_true(fake_stream_give(&it.peer, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 30));
    assert_false(it.peer.receiving);
    size_t most = 0;
    do {
        if (it.peer.stream.queue.size > most) most = it.peer.stream.queue.size;
    } while (fake_stream_take(&it.peer, 1000) > 0);
    assert_true(most > 64 * 1024);
    assert_true(most <= 2 * 64 * 1024 + 1024);
    assert_true(it.peer.receiving);
    text = h1_fixture_output();
    const char *second = strstr(body_of(text) + sizeof big, "\r\n\r\n") + 4;
    assert_memory_equal(second, big, sizeof big);
}

static void test_next_piece_is_read_in_time(void **state)
{
    (void)state;
    const size_t enough = 64 * 1024;
    const hws_queue *queue = &it.peer.stream.queue;
    assert_true(fake_stream_give(&it.peer, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 30));
    fake_stream_take(&it.peer, queue->size - enough - 1);
    assert_int_equal(queue->size, enough + 1);
    fake_stream_take(&it.peer, 1);
    assert_int_equal(queue->size, 2 * enough);
}

static void test_pipelined_files(void **state)
{
    (void)state;
    static const char REQUESTS[] = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
                                   "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n"
                                   "HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n"
                                   "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n"
                                   "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    h1_fixture_feed(REQUESTS, sizeof REQUESTS - 1, SIZE_MAX);
    assert_int_equal(it.request_count, 5);
    const char *text = h1_fixture_output();
    const char *after = body_of(text) + sizeof big;
    assert_memory_equal(after, "HTTP/1.1 200 OK\r\n", 17);
    assert_memory_equal(body_of(after), "hello worldHTTP/1.1 200 OK\r\n", 28);
    assert_string_equal(text + strlen(text) - 11, "hello world");
    assert_false(it.peer.closed);
}

/* Who sends too much behind it still gets what was promised, but nothing after it. */
static void test_too_much_behind_a_file(void **state)
{
    (void)state;
    static char request[30 + 16 * 1024 + 1] = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
    memset(request + 30, 'x', sizeof request - 30);
    assert_true(fake_stream_give(&it.peer, request, sizeof request));
    assert_false(it.peer.closed);
    h1_fixture_settle();
    assert_true(it.peer.closed);
    assert_int_equal(strlen(body_of(h1_fixture_output())), sizeof big);
}

/* Row S016. */
static void test_file_that_shrinks(void **state)
{
    (void)state;
    assert_true(fake_stream_give(&it.peer, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 30));
    assert_int_equal(truncate(below("big"), 100000), 0);
    while (fake_stream_take(&it.peer, 10000) > 0) continue;
    assert_true(it.peer.closed);
    assert_int_equal(it.peer.linger_ms, 0);
    assert_int_equal(it.close_count, 1);
    h1_fixture_settle();
    write_file(below("big"), big, sizeof big);
}

static void test_file_that_grows(void **state)
{
    (void)state;
    assert_true(fake_stream_give(&it.peer, "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n", 36));
    write_text("hello.txt", "hello world and more");
    h1_fixture_settle();
    assert_string_equal(body_of(h1_fixture_output()), "hello world");
    write_text("hello.txt", "hello world");
}

static void test_peer_leaves_amid_a_file(void **state)
{
    (void)state;
    assert_true(fake_stream_give(&it.peer, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 30));
    fake_stream_end(&it.peer, HWS_ERR_CONNECTION_RESET);
    assert_true(it.peer.closed);
    h1_fixture_settle();
}

/* Half an end is no reason to leave the other half of the file. */
static void test_peer_ends_amid_a_file(void **state)
{
    (void)state;
    assert_true(fake_stream_give(&it.peer, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 30));
    fake_stream_end(&it.peer, HWS_OK);
    assert_false(it.peer.closed);
    h1_fixture_settle();
    assert_int_equal(strlen(body_of(h1_fixture_output())), sizeof big);
    assert_true(it.peer.closed);
}

static void test_times_out_of_range(void **state)
{
    (void)state;
    static const struct {
        int64_t second;
        const char *want;
    } CASES[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {-1, ""},
        {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
        {253402300800, ""},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct timespec times[2] = {{CASES[i].second, 0}, {CASES[i].second, 0}};
        struct stat about;
        assert_int_equal(utimensat(AT_FDCWD, below("hello.txt"), times, 0), 0);
        assert_int_equal(stat(below("hello.txt"), &about), 0);
        if (about.st_mtim.tv_sec != CASES[i].second) continue; /* more than this disk can tell */
        assert_string_equal(field_of(get("/hello.txt"), "Last-Modified"), CASES[i].want);
    }
    write_text("hello.txt", "hello world");
}

/* The owner may be gone, and the folder closed, while the last file is still on its way. */
static void test_owner_leaves_amid_a_file(void **state)
{
    (void)state;
    assert_true(fake_stream_give(&it.peer, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 30));
    hws_h1_close(it.h1);
    it.h1 = NULL;
    hws_files_close(files);
    files = NULL;
    h1_fixture_settle();
    assert_int_equal(strlen(body_of(h1_fixture_output())), sizeof big);
    assert_true(it.peer.closed);

    assert_int_equal(h1_fixture_connect(), HWS_OK);
    assert_int_equal(hws_files_open(&it.memory, folder, &files), HWS_OK);
    assert_true(fake_stream_give(&it.peer, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 30));
    hws_h1_close(it.h1);
    it.h1 = NULL;
    it.loop->now_ms += 10000;
    hws_alarms_ring(it.loop);
    assert_true(it.peer.closed); /* a peer that reads nothing holds up nobody */
}

static void test_every_failing_allocation(void **state)
{
    (void)state;
    static const char *const TARGETS[] = {"/hello.txt", "/big", "/folder", "/nothing"};
    for (size_t i = 0; i < COUNT_OF(TARGETS); i++) {
        char request[64];
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", TARGETS[i]);
        h1_fixture_disconnect();
        hws_files_close(files);
        for (size_t n = 0;; n++) {
            h1_fixture_free();
            h1_fixture_loop();
            it.counter.calls = 0;
            it.counter.fail_after = n;
            if (hws_files_open(&it.memory, folder, &files) == HWS_OK) {
                if (h1_fixture_connect() == HWS_OK) {
                    h1_fixture_send(request);
                    assert_null(strstr(h1_fixture_output(), "HTTP/1.1 500 "));
                    h1_fixture_disconnect();
                }
                hws_files_close(files);
            }
            if (it.counter.calls <= n) break;
        }
        it.counter.fail_after = SIZE_MAX;
        assert_int_equal(hws_files_open(&it.memory, folder, &files), HWS_OK);
        assert_int_equal(h1_fixture_connect(), HWS_OK);
    }
}

static void test_folders_that_cannot_be_opened(void **state)
{
    (void)state;
    hws_files *none = NULL;
    assert_int_equal(hws_files_open(&it.memory, below("nothing"), &none), HWS_ERR_NOT_FOUND);
    assert_int_equal(hws_files_open(&it.memory, below("hello.txt"), &none), HWS_ERR_NOT_FOUND);
    assert_int_equal(hws_files_open(&it.memory, "", &none), HWS_ERR_NOT_FOUND);
    assert_int_equal(hws_files_open(&it.memory, below("loop"), &none), HWS_ERR_SYSTEM);
    assert_null(none);
    hws_files_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
        TEST(a_file),
        TEST(found),
        TEST(types),
        TEST(not_found),
        TEST(paths_that_are_none),
        TEST(names_of_every_length),
        TEST(folder_without_its_slash),
        TEST(other_methods),
        TEST(ranges),
        TEST(a_thousand_ranges),
        TEST(conditions),
        TEST(etag_follows_the_file),
        TEST(big_file),
        TEST(next_piece_is_read_in_time),
        TEST(pipelined_files),
        TEST(too_much_behind_a_file),
        TEST(file_that_shrinks),
        TEST(file_that_grows),
        TEST(peer_leaves_amid_a_file),
        TEST(peer_ends_amid_a_file),
        TEST(times_out_of_range),
        TEST(owner_leaves_amid_a_file),
        TEST(every_failing_allocation),
        TEST(folders_that_cannot_be_opened),
#undef TEST
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
