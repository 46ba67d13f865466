/* SPDX-License-Identifier: MIT */
/* Runs tests/vectors/endpoint/: every vector in both roles and in pieces of every kind. */
#include <dirent.h>

#include "deflate/zlib.h"
#include "lib/items.h"
#include "lib/test_memory.h"
#include "wire/deflate_offer.h"
#include "wire/endpoint.h"

enum {
    VECTOR_LINES_MAX = 64,
    VECTORS_MAX = 1024,
    CUT_TWICE_MAX = 48,   /* bytes: up to here, cut at every pair of positions */
    CUT_ONCE_MAX = 2048,  /* bytes: up to here, cut at every position */
    CUT_BORDER = 40,      /* bytes at both ends of a long one where it is cut */
    LINES_SHOWN_MAX = 64, /* payload bytes that a transcript spells out */
};

typedef struct endpoint_vector {
    const char *name; /* file and title */
    char *lines[VECTOR_LINES_MAX];
    size_t line_count;
    hws_role role;
} endpoint_vector;

/* Where the input is cut: at `first`, at `second`, and after every `stride` bytes. */
typedef struct cuts {
    size_t first;
    size_t second;
    size_t stride;
} cuts;

typedef struct run {
    const endpoint_vector *vector;
    cuts cuts;
    test_memory counter;
    hws_memory memory;
    hws_endpoint_options options;
    hws_deflate_options deflate_options; /* when there is a "deflate:" */
    hws_deflate deflate;
    hws_deflate_terms terms;
    hws_endpoint *endpoint;
    uint64_t now_ms;
    size_t offset; /* of all input */
    items message; /* the parts so far */
    items got;
    items want;
    items out;
    items out_want;
} run;

static const items_style STYLE_IN_KEY = {.key = {0x37, 0xfa, 0x21, 0x3d}};
static const items_style STYLE_OUT_KEY = {.key = {0x11, 0x22, 0x33, 0x44}};

static items_style style_in(const run *it)
{
    items_style style = STYLE_IN_KEY;
    style.masked = it->vector->role == HWS_ROLE_SERVER;
    return style;
}

static items_style style_out(const run *it)
{
    items_style style = STYLE_OUT_KEY;
    style.masked = it->vector->role == HWS_ROLE_CLIENT;
    return style;
}

static bool fixed_key(void *user, uint8_t *bytes, size_t size)
{
    (void)user;
    assert_int_equal(size, 4);
    memcpy(bytes, STYLE_OUT_KEY.key, size);
    return true;
}

static void note(items *log, const char *text)
{
    items_add(log, text, strlen(text));
}

static void note_bytes(items *log, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    char text[32];
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
        if (i >= LINES_SHOWN_MAX) continue;
        snprintf(text, sizeof text, "%02x", bytes[i]);
        note(log, text);
    }
    snprintf(text, sizeof text, "/%zu/%llx\n", size, (unsigned long long)hash);
    note(log, text);
}

static const char *status_name(hws_status status)
{
    switch (status) {
#define NAME_OF(name, value, close_code, http_status, text)                                        \
    case HWS_##name:                                                                               \
        return #name;
        HWS_STATUS_MAP(NAME_OF)
#undef NAME_OF
    }
    return "?";
}

static void note_close(items *log, const hws_close *close)
{
    char text[128];
    snprintf(text, sizeof text, "close %d %s %s ", close->code,
             close->was_clean ? "clean" : "unclean", status_name(close->status));
    note(log, text);
    note_bytes(log, close->reason.data, close->reason.size);
}

static void note_message(run *it, const hws_message *message)
{
    const bool first = message->part == HWS_WHOLE || message->part == HWS_FIRST;
    assert_true(message->part == HWS_WHOLE || it->options.stream_parts);
    assert_true(first == (it->message.capacity == 0));
    items_add(&it->message, message->data, message->size);
    if (message->part == HWS_FIRST || message->part == HWS_MIDDLE) return;
    note(&it->got, message->type == HWS_TEXT ? "text " : "binary ");
    note_bytes(&it->got, it->message.data, it->message.size);
    items_release(&it->message);
}

static void note_event(run *it, const hws_event *event)
{
    switch (event->type) {
    case HWS_EVENT_NEED_INPUT:
        return;
    case HWS_EVENT_MESSAGE:
        note_message(it, &event->message);
        return;
    case HWS_EVENT_PING:
    case HWS_EVENT_PONG:
        note(&it->got, event->type == HWS_EVENT_PING ? "ping " : "pong ");
        note_bytes(&it->got, event->payload.data, event->payload.size);
        return;
    case HWS_EVENT_CLOSE:
        note_close(&it->got, &event->close);
        assert_int_equal(hws_endpoint_ready_state(it->endpoint), HWS_CLOSED);
        return;
    }
    fail();
}

static void drain(run *it)
{
    for (;;) {
        const hws_span span = hws_endpoint_output(it->endpoint);
        if (span.size == 0) return;
        items_add(&it->out, span.data, span.size);
        hws_endpoint_sent(it->endpoint, span.size);
    }
}

/* From a block of its own, so that the sanitizer sees a byte too far. */
static void receive(run *it, const uint8_t *bytes, size_t size)
{
    uint8_t *block = malloc(size + (size == 0));
    assert_non_null(block);
    if (size > 0) memcpy(block, bytes, size);
    hws_span input = {block, size};
    hws_event event;
    do {
        hws_endpoint_receive(it->endpoint, it->now_ms, &input, &event);
        note_event(it, &event);
        drain(it);
    } while (event.type != HWS_EVENT_NEED_INPUT);
    assert_int_equal(input.size, 0);
    free(block);
}

static size_t piece_size(const run *it, size_t left)
{
    const size_t at = it->offset;
    size_t size = left;
    if (it->cuts.first > at && it->cuts.first - at < size) size = it->cuts.first - at;
    if (it->cuts.second > at && it->cuts.second - at < size) size = it->cuts.second - at;
    const size_t stride = it->cuts.stride;
    if (stride > 0 && stride - at % stride < size) size = stride - at % stride;
    return size;
}

static void do_in(run *it, const char *at)
{
    items bytes = {0};
    const items_style style = style_in(it);
    items_read(&bytes, &at, &style);
    for (size_t done = 0; done < bytes.size;) {
        const size_t size = piece_size(it, bytes.size - done);
        receive(it, bytes.data + done, size);
        done += size;
        it->offset += size;
    }
    items_release(&bytes);
}

static void check_step(run *it)
{
    drain(it);
    items_add(&it->got, "", 1);
    items_add(&it->want, "", 1);
    if (strcmp((char *)it->got.data, (char *)it->want.data) != 0)
        fail_msg("%s (cut at %zu, %zu, each %zu)\n-- got:\n%s-- want:\n%s", it->vector->name,
                 it->cuts.first, it->cuts.second, it->cuts.stride, (char *)it->got.data,
                 (char *)it->want.data);
    items got = {0};
    items want = {0};
    note_bytes(&got, it->out.data, it->out.size);
    note_bytes(&want, it->out_want.data, it->out_want.size);
    items_add(&got, "", 1);
    items_add(&want, "", 1);
    if (strcmp((char *)got.data, (char *)want.data) != 0)
        fail_msg("%s (cut at %zu, %zu, each %zu)\n-- sent: %s-- want: %s", it->vector->name,
                 it->cuts.first, it->cuts.second, it->cuts.stride, (char *)got.data,
                 (char *)want.data);
    items_release(&got);
    items_release(&want);
    it->got.size = it->want.size = it->out.size = it->out_want.size = 0;
}

static void check_status(const run *it, hws_status status, const char *at)
{
    const char *want = items_skip(&at, "->") ? (items_skip(&at, ""), at) : "OK";
    if (strcmp(status_name(status), want) != 0)
        fail_msg("%s: a call answers %s, not %s", it->vector->name, status_name(status), want);
}

static void do_time(run *it, const char *at)
{
    items_skip(&at, "+");
    it->now_ms += items_number(&at);
    hws_event event;
    hws_endpoint_tick(it->endpoint, it->now_ms, &event);
    note_event(it, &event);
}

static void do_send(run *it, const char *at)
{
    hws_message message = {0};
    if (items_skip(&at, "never")) message.compress = HWS_COMPRESS_NEVER;
    if (items_skip(&at, "always")) message.compress = HWS_COMPRESS_ALWAYS;
    if (items_skip(&at, "first")) message.part = HWS_FIRST;
    if (items_skip(&at, "middle")) message.part = HWS_MIDDLE;
    if (items_skip(&at, "last")) message.part = HWS_LAST;
    message.type = items_skip(&at, "text") ? HWS_TEXT : HWS_BINARY;
    items_skip(&at, "binary");
    items bytes = {0};
    items_read(&bytes, &at, &STYLE_OUT_KEY);
    message.data = bytes.data;
    message.size = bytes.size;
    check_status(it, hws_endpoint_send(it->endpoint, &message), at);
    items_release(&bytes);
}

static void do_ping(run *it, const char *at)
{
    items bytes = {0};
    items_read(&bytes, &at, &STYLE_OUT_KEY);
    check_status(it, hws_endpoint_ping(it->endpoint, bytes.data, bytes.size), at);
    items_release(&bytes);
}

static void do_close(run *it, const char *at)
{
    items_skip(&at, "");
    const int code = (int)items_number(&at);
    items bytes = {0};
    items_read(&bytes, &at, &STYLE_OUT_KEY);
    const hws_text reason = {(char *)bytes.data, bytes.size};
    check_status(it, hws_endpoint_close(it->endpoint, it->now_ms, code, reason), at);
    items_release(&bytes);
}

static void do_blocked(run *it, const char *at)
{
    hws_endpoint_set_blocked(it->endpoint, items_skip(&at, "yes"));
}

static hws_status status_of(const char *name)
{
#define VALUE_OF(status, value, close_code, http_status, text)                                     \
    if (strcmp(name, #status) == 0) return HWS_##status;
    HWS_STATUS_MAP(VALUE_OF)
#undef VALUE_OF
    fail_msg("no such status: %s", name);
    return HWS_OK;
}

static void do_end(run *it, const char *at)
{
    items_skip(&at, "");
    hws_event event;
    hws_endpoint_end(it->endpoint, status_of(at), &event);
    note_event(it, &event);
}

static void want_close(run *it, const char *at)
{
    hws_close close = {0};
    items_skip(&at, "");
    close.code = (int)items_number(&at);
    close.was_clean = !items_skip(&at, "unclean");
    items_skip(&at, "clean");
    items_skip(&at, "");
    char name[40] = {0};
    for (size_t i = 0; *at && *at != ' ' && i + 1 < sizeof name; i++) name[i] = *at++;
    close.status = status_of(name);
    items reason = {0};
    if (items_skip(&at, "explained")) { /* our own words for it */
        note(&reason, hws_status_text(close.status));
    } else {
        items_read(&reason, &at, &STYLE_OUT_KEY);
    }
    close.reason = (hws_text){(char *)reason.data, reason.size};
    note_close(&it->want, &close);
    items_release(&reason);
}

static void want_event(run *it, const char *at)
{
    static const char *const KINDS[] = {"text ", "binary ", "ping ", "pong "};
    if (items_skip(&at, "close")) {
        want_close(it, at);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        const size_t size = strlen(KINDS[i]) - 1; /* nothing may follow */
        items_skip(&at, "");
        if (strncmp(at, KINDS[i], size) != 0) continue;
        at += size;
        items bytes = {0};
        items_read(&bytes, &at, &STYLE_OUT_KEY);
        note(&it->want, KINDS[i]);
        note_bytes(&it->want, bytes.data, bytes.size);
        items_release(&bytes);
        return;
    }
    fail_msg("no such event: %s", at);
}

/* "failed STATUS" stands for the Close frame and its event, both of which the table words. */
static void want_failed(run *it, const char *at)
{
    items_skip(&at, "");
    const hws_status status = status_of(at);
    const char *text = hws_status_text(status);
    const int code = hws_status_close_code(status);
    note_close(&it->want,
               &(hws_close){.code = code, .status = status, .reason = {text, strlen(text)}});

    char frame[256];
    snprintf(frame, sizeof frame, "[88 %04x \"%s\"]", (unsigned)code, text);
    const char *rest = frame;
    const items_style style = style_out(it);
    items_read(&it->out_want, &rest, &style);
}

static void want_out(run *it, const char *at)
{
    const items_style style = style_out(it);
    items_read(&it->out_want, &at, &style);
}

static void ignore(run *it, const char *at)
{
    (void)it;
    (void)at;
}

static void set_options(run *it, const char *at)
{
    hws_endpoint_options *options = &it->options;
    while (items_skip(&at, ""), *at) {
        if (items_skip(&at, "stream_parts="))
            options->stream_parts = items_number(&at) != 0;
        else if (items_skip(&at, "skip_utf8="))
            options->skip_utf8 = items_number(&at) != 0;
        else if (items_skip(&at, "message_size_max="))
            options->message_size_max = items_number(&at);
#define UINT32_OPTION(name)                                                                        \
    else if (items_skip(&at, #name "=")) options->name = (uint32_t)items_number(&at)
        UINT32_OPTION(fragment_count_max);
        UINT32_OPTION(fragment_empty_max);
        UINT32_OPTION(control_burst_max);
        UINT32_OPTION(control_rate_max);
        UINT32_OPTION(ping_interval_ms);
        UINT32_OPTION(pong_timeout_ms);
        UINT32_OPTION(close_timeout_ms);
        UINT32_OPTION(message_timeout_ms);
        UINT32_OPTION(message_rate_min);
#undef UINT32_OPTION
        else items_bad(at);
    }
}

static void set_deflate(run *it, const char *at)
{
    hws_deflate_options *options = &it->deflate_options;
    it->terms = (hws_deflate_terms){.send_bits = 15, .receive_bits = 15};
    options->level = 2; /* zlib's own bytes, whatever else there is for the lowest level */
    while (items_skip(&at, ""), *at) {
        if (items_skip(&at, "send_bits="))
            it->terms.send_bits = (uint8_t)items_number(&at);
        else if (items_skip(&at, "receive_bits="))
            it->terms.receive_bits = (uint8_t)items_number(&at);
        else if (items_skip(&at, "send_takeover"))
            it->terms.send_takeover = true;
        else if (items_skip(&at, "receive_takeover"))
            it->terms.receive_takeover = true;
        else if (items_skip(&at, "size_min="))
            options->size_min = (uint32_t)items_number(&at);
        else if (items_skip(&at, "level="))
            options->level = (uint8_t)items_number(&at);
        else
            items_bad(at);
    }
    assert_int_equal(hws_deflate_options_complete(options), HWS_OK);
    it->deflate = (hws_deflate){.codec = hws_codec_zlib(), .size_min = options->size_min};
    assert_int_equal(hws_codec_pool_new(&it->memory, options, NULL, &it->deflate.pool), HWS_OK);
    it->options.deflate = &it->deflate;
}

/* `steps` come between comparisons. */
static const struct {
    const char *key;
    bool steps;
    void (*act)(run *it, const char *at);
} KEYS[] = {
    {"title:", false, ignore},       {"clause:", false, ignore},    {"row:", false, ignore},
    {"role:", false, ignore},        {"options:", false, ignore},   {"in:", true, do_in},
    {"deflate:", false, ignore},     {"time:", true, do_time},      {"send:", true, do_send},
    {"ping:", true, do_ping},        {"close:", true, do_close},    {"blocked:", true, do_blocked},
    {"end:", true, do_end},          {"event:", false, want_event}, {"out:", false, want_out},
    {"failed:", false, want_failed},
};

static void do_line(run *it, const char *line, bool *in_input)
{
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        const char *at = line;
        if (!items_skip(&at, KEYS[i].key)) continue;
        const bool is_input = KEYS[i].act == do_in;
        if (KEYS[i].steps && !(is_input && *in_input)) check_step(it);
        *in_input = is_input;
        items_skip(&at, "");
        KEYS[i].act(it, at);
        return;
    }
    fail_msg("%s: no such line: %s", it->vector->name, line);
}

/* Returns the size of all input. */
static size_t run_once(const endpoint_vector *vector, cuts where)
{
    run it = {.vector = vector, .cuts = where, .now_ms = 1000000};
    it.memory = test_memory_hook(&it.counter);
    it.options = (hws_endpoint_options){
        .role = vector->role,
        .memory = &it.memory,
        .random = fixed_key,
    };
    for (size_t i = 0; i < vector->line_count; i++) {
        const char *at = vector->lines[i];
        if (items_skip(&at, "options:")) set_options(&it, at);
        if (items_skip(&at, "deflate:")) set_deflate(&it, at);
    }
    hws_endpoint_options_complete(&it.options);
    assert_int_equal(hws_endpoint_new(&it.options, it.now_ms, &it.endpoint), HWS_OK);
    if (it.options.deflate) hws_endpoint_set_deflate(it.endpoint, it.terms);

    bool in_input = false;
    for (size_t i = 0; i < vector->line_count; i++) do_line(&it, vector->lines[i], &in_input);
    check_step(&it);

    hws_endpoint_free(it.endpoint);
    hws_codec_pool_free(it.deflate.pool);
    assert_int_equal(it.counter.bytes_out, 0);
    items_release(&it.message);
    items_release(&it.got);
    items_release(&it.want);
    items_release(&it.out);
    items_release(&it.out_want);
    return it.offset;
}

static void run_vector(void **state)
{
    const endpoint_vector *vector = *state;
    const size_t size = run_once(vector, (cuts){0});
    run_once(vector, (cuts){.stride = 1});
    run_once(vector, (cuts){.stride = 2});
    run_once(vector, (cuts){.stride = 7});
    run_once(vector, (cuts){.stride = 4096});
    for (size_t first = 1; first < size; first++) {
        if (size > CUT_ONCE_MAX && first > CUT_BORDER && size - first > CUT_BORDER) continue;
        run_once(vector, (cuts){.first = first});
        for (size_t second = first + 1; size <= CUT_TWICE_MAX && second < size; second++)
            run_once(vector, (cuts){.first = first, .second = second});
    }
}

typedef struct suite {
    endpoint_vector vectors[VECTORS_MAX];
    struct CMUnitTest tests[VECTORS_MAX];
    size_t count;
} suite;

static suite all;

static void add_vector(const endpoint_vector *read, const char *file)
{
    const char *title = read->lines[0];
    assert_true(items_skip(&title, "title: "));
    for (hws_role role = HWS_ROLE_SERVER; role <= HWS_ROLE_CLIENT; role++) {
        const char *const role_name = role == HWS_ROLE_SERVER ? "server" : "client";
        bool wanted = true;
        for (size_t i = 0; i < read->line_count; i++) {
            const char *at = read->lines[i];
            if (items_skip(&at, "role:")) wanted = items_skip(&at, role_name);
        }
        if (!wanted) continue;
        assert_true(all.count < VECTORS_MAX);
        endpoint_vector *made = &all.vectors[all.count];
        *made = *read;
        made->role = role;
        char name[256];
        snprintf(name, sizeof name, "%s: %s (%s)", file, title, role_name);
        made->name = strdup(name);
        all.tests[all.count++] =
            (struct CMUnitTest){.name = made->name, .test_func = run_vector, .initial_state = made};
    }
}

static void read_file(const char *folder, const char *file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    endpoint_vector read = {0};
    static char line[65536];
    while (fgets(line, sizeof line, stream)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#') continue;
        if (line[0] == '\0') {
            if (read.line_count > 0) add_vector(&read, file);
            read = (endpoint_vector){0};
            continue;
        }
        assert_true(read.line_count < VECTOR_LINES_MAX);
        read.lines[read.line_count++] = strdup(line);
    }
    if (read.line_count > 0) add_vector(&read, file);
    fclose(stream);
}

int main(void)
{
    static const char FOLDER[] = "tests/vectors/endpoint";
    struct dirent **files;
    const int count = scandir(FOLDER, &files, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *dot = strrchr(files[i]->d_name, '.');
        if (dot && strcmp(dot, ".txt") == 0) read_file(FOLDER, files[i]->d_name);
        free(files[i]);
    }
    if (count < 0 || all.count == 0) {
        fprintf(stderr, "no vectors in %s\n", FOLDER);
        return 1;
    }
    free(files);
    const int failures = _cmocka_run_group_tests("vectors", all.tests, all.count, NULL, NULL);
    for (size_t i = 0; i < all.count; i++) free((void *)(uintptr_t)all.vectors[i].name);
    return failures;
}
