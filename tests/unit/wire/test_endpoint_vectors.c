/* SPDX-License-Identifier: MIT */
/* tests/vectors/endpoint.txt: each case whole, byte by byte, and cut at every position.  However
 * the network cut the bytes, the application hears the same and the peer is sent the same. */
#include "wire/endpoint.h"

#include "lib/script.h"
#include "lib/test_memory.h"

enum { ACTIONS_MAX = 32, TRANSCRIPT_MAX = 16384 };

typedef enum action_type { DO_INPUT, DO_CLOSE, DO_BLOCKED, DO_FLOWS, DO_END } action_type;

typedef struct action {
    action_type type;
    size_t start; /* of the input, in vector.input */
    size_t size;
    int code;
    char reason[128];
} action;

typedef struct vector {
    char title[128];
    hws_endpoint_options options;
    script_bytes input;
    action actions[ACTIONS_MAX];
    size_t action_count;
    char want_events[TRANSCRIPT_MAX];
    char want_sent[TRANSCRIPT_MAX];
} vector;

static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};

static void mask(uint8_t *bytes, size_t size, const uint8_t key[4])
{
    for (size_t i = 0; i < size; i++) bytes[i] ^= key[i % 4]; /* §5.3, to the letter */
}

static bool fixed_random(void *user, uint8_t *bytes, size_t size)
{
    (void)user;
    for (size_t i = 0; i < size; i++) bytes[i] = KEY[i % 4];
    return true;
}

/* Transcripts: a line for each thing, bytes as hex unless they are short and printable. */
static void tell(char *transcript, const char *what, const uint8_t *bytes, size_t size)
{
    char *at = transcript + strlen(transcript);
    char *end = transcript + TRANSCRIPT_MAX;
    at += snprintf(at, (size_t)(end - at), "%s ", what);
    for (size_t i = 0; i < size; i++) {
        assert_true(end - at > 8);
        at += snprintf(at, (size_t)(end - at), "%02x", bytes[i]);
    }
    snprintf(at, (size_t)(end - at), "\n");
}

static void tell_close(char *transcript, int code, const char *how, const uint8_t *reason,
                       size_t size)
{
    char what[48];
    snprintf(what, sizeof what, "close %d %s", code, how);
    tell(transcript, what, reason, size);
}

/* Reading a vector. */

static uint8_t read_opcode(const char **at)
{
    static const char *const NAMES[] = {"cont", "text", "binary", "",     "",    "",
                                        "",     "",     "close",  "ping", "pong"};
    for (uint8_t i = 0; i < COUNT_OF(NAMES); i++)
        if (*NAMES[i] && script_take(at, NAMES[i])) return i;
    return (uint8_t)script_number(at);
}

static void read_payload(const char **at, uint8_t opcode, script_bytes *payload)
{
    if (opcode == HWS_OPCODE_CLOSE && isdigit((unsigned char)**at)) {
        const unsigned long code = script_number(at);
        payload->data[payload->size++] = (uint8_t)(code >> 8);
        payload->data[payload->size++] = (uint8_t)code;
    }
    if (!script_at_end(at)) script_string(at, payload);
}

static void read_frame(const char *at, vector *it)
{
    static script_bytes payload;
    payload.size = 0;
    hws_frame_header header = {
        .fin = script_take(&at, "fin"),
        .masked = it->options.role == HWS_ROLE_SERVER,
    };
    if (script_take(&at, "rsv1")) header.rsv |= 4;
    if (script_take(&at, "rsv2")) header.rsv |= 2;
    if (script_take(&at, "rsv3")) header.rsv |= 1;
    if (script_take(&at, "masked")) header.masked = true;
    if (script_take(&at, "unmasked")) header.masked = false;
    header.opcode = read_opcode(&at);
    read_payload(&at, header.opcode, &payload);

    header.payload_size = payload.size;
    if (header.masked) {
        memcpy(header.mask_key, KEY, 4);
        mask(payload.data, payload.size, KEY);
    }
    it->input.size += hws_frame_header_write(&header, it->input.data + it->input.size);
    memcpy(it->input.data + it->input.size, payload.data, payload.size);
    it->input.size += payload.size;
}

static action *add_action(vector *it, action_type type)
{
    assert_true(it->action_count < ACTIONS_MAX);
    action *made = &it->actions[it->action_count++];
    *made = (action){.type = type, .start = it->input.size};
    return made;
}

static void read_in(const char *at, vector *it)
{
    action *made = it->action_count > 0 ? &it->actions[it->action_count - 1] : NULL;
    if (!made || made->type != DO_INPUT) made = add_action(it, DO_INPUT);
    if (script_take(&at, "hex"))
        script_hex(&at, &it->input);
    else
        read_frame(at, it);
    made->size = it->input.size - made->start;
}

static void read_do(const char *at, vector *it)
{
    if (script_take(&at, "blocked")) {
        add_action(it, DO_BLOCKED);
    } else if (script_take(&at, "flows")) {
        add_action(it, DO_FLOWS);
    } else if (script_take(&at, "end")) {
        add_action(it, DO_END);
    } else {
        assert_true(script_take(&at, "close"));
        static script_bytes reason;
        reason.size = 0;
        action *made = add_action(it, DO_CLOSE);
        made->code = (int)script_number(&at);
        script_string(&at, &reason);
        memcpy(made->reason, reason.data, reason.size);
    }
}

static void read_options(const char *at, vector *it)
{
    unsigned value;
    if (sscanf(at, "message_size_max=%u", &value) == 1)
        it->options.message_size_max = value;
    else if (sscanf(at, "fragment_count_max=%u", &value) == 1)
        it->options.fragment_count_max = value;
    else if (sscanf(at, "fragment_empty_max=%u", &value) == 1)
        it->options.fragment_empty_max = value;
    else if (sscanf(at, "control_burst_max=%u", &value) == 1)
        it->options.control_burst_max = value;
    else if (sscanf(at, "skip_utf8=%u", &value) == 1)
        it->options.skip_utf8 = value != 0;
    else
        fail_msg("%s: unknown option %s", it->title, at);
}

/* "close 1002 unclean "reason"", "text "Hello"", … into the words of the transcripts. */
static void read_want(const char *at, char *want)
{
    static script_bytes bytes;
    bytes.size = 0;
    if (script_take(&at, "close")) {
        const int code = isdigit((unsigned char)*at) ? (int)script_number(&at) : 0;
        const char *how = script_take(&at, "clean")     ? "clean"
                          : script_take(&at, "unclean") ? "unclean"
                                                        : "sent";
        if (!script_at_end(&at)) script_string(&at, &bytes);
        tell_close(want, code, how, bytes.data, bytes.size);
        return;
    }
    char what[16];
    assert_int_equal(sscanf(at, "%15s", what), 1);
    at += strlen(what);
    script_string(&at, &bytes);
    tell(want, what, bytes.data, bytes.size);
}

/* Running it. */

static void hear(const hws_event *event, char *events)
{
    switch (event->type) {
    case HWS_EVENT_NEED_INPUT:
        break;
    case HWS_EVENT_MESSAGE:
        assert_int_equal(event->message.part, HWS_WHOLE);
        tell(events, event->message.type == HWS_TEXT ? "text" : "binary", event->message.data,
             event->message.size);
        break;
    case HWS_EVENT_PING:
        tell(events, "ping", event->payload.data, event->payload.size);
        break;
    case HWS_EVENT_PONG:
        tell(events, "pong", event->payload.data, event->payload.size);
        break;
    case HWS_EVENT_CLOSE:
        tell_close(events, event->close.code, event->close.was_clean ? "clean" : "unclean",
                   (const uint8_t *)event->close.reason.data, event->close.reason.size);
        break;
    }
}

static void feed(hws_endpoint *endpoint, const uint8_t *bytes, size_t size, char *events)
{
    /* A block of its own: reading past its end is noticed by the sanitizer. */
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    hws_span input = {copy, size};
    hws_event event;
    do {
        hws_endpoint_receive(endpoint, 0, &input, &event);
        hear(&event, events);
    } while (event.type != HWS_EVENT_NEED_INPUT);
    assert_int_equal(input.size, 0);
    free(copy);
}

static void run_action(hws_endpoint *endpoint, const vector *it, const action *now, size_t cut,
                       size_t piece, char *events)
{
    hws_event event = {.type = HWS_EVENT_NEED_INPUT};
    const hws_text reason = {now->reason, strlen(now->reason)};
    switch (now->type) {
    case DO_INPUT:
        for (size_t at = 0; at < now->size;) {
            size_t size = now->size - at < piece ? now->size - at : piece;
            const size_t place = now->start + at;
            if (place < cut && cut < place + size) size = cut - place;
            feed(endpoint, it->input.data + place, size, events);
            at += size;
        }
        break;
    case DO_CLOSE:
        assert_int_equal(hws_endpoint_close(endpoint, 0, now->code, reason), HWS_OK);
        break;
    case DO_BLOCKED:
    case DO_FLOWS:
        hws_endpoint_set_blocked(endpoint, now->type == DO_BLOCKED);
        break;
    case DO_END:
        hws_endpoint_end(endpoint, HWS_ERR_CONNECTION_LOST, &event);
        hear(&event, events);
        break;
    }
}

static void tell_sent(hws_endpoint *endpoint, char *sent)
{
    static const char *const NAMES[] = {"cont", "text", "binary", "?",    "?",   "?",
                                        "?",    "?",    "close",  "ping", "pong"};
    static script_bytes out;
    out.size = 0;
    for (hws_span run = hws_endpoint_output(endpoint); run.size > 0;
         run = hws_endpoint_output(endpoint)) {
        memcpy(out.data + out.size, run.data, run.size);
        out.size += run.size;
        hws_endpoint_sent(endpoint, run.size);
    }
    const hws_frame_rules rules = {.from_client = endpoint->options->role == HWS_ROLE_CLIENT};
    for (size_t at = 0; at < out.size;) {
        hws_frame_header header;
        size_t header_size;
        assert_int_equal(
            hws_frame_header_read(out.data + at, out.size - at, &rules, &header, &header_size),
            HWS_OK);
        assert_true(header_size > 0 && header.fin && header.payload_size <= out.size - at);
        uint8_t *payload = out.data + at + header_size;
        const size_t size = (size_t)header.payload_size;
        if (header.masked) mask(payload, size, header.mask_key);
        at += header_size + size;
        if (header.opcode != HWS_OPCODE_CLOSE)
            tell(sent, NAMES[header.opcode], payload, size);
        else if (size == 0)
            tell_close(sent, 0, "sent", NULL, 0);
        else
            tell_close(sent, payload[0] << 8 | payload[1], "sent", payload + 2, size - 2);
    }
}

static void run(const vector *it, size_t cut, size_t piece)
{
    static char events[TRANSCRIPT_MAX], sent[TRANSCRIPT_MAX];
    events[0] = sent[0] = 0;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_endpoint_options options = it->options;
    options.memory = &memory;
    options.random = fixed_random;
    hws_endpoint_options_complete(&options);

    hws_endpoint *endpoint;
    assert_int_equal(hws_endpoint_new(&options, 0, &endpoint), HWS_OK);
    for (size_t i = 0; i < it->action_count; i++)
        run_action(endpoint, it, &it->actions[i], cut, piece, events);
    tell_sent(endpoint, sent);
    hws_endpoint_free(endpoint);

    if (strcmp(events, it->want_events) != 0 || strcmp(sent, it->want_sent) != 0)
        fail_msg("%s (cut at %zu, pieces of %zu)\nheard:\n%swant:\n%ssent:\n%swant:\n%s", it->title,
                 cut, piece, events, it->want_events, sent, it->want_sent);
    assert_int_equal(counter.bytes_out, 0);
}

static size_t case_count;

static void run_everywhere(const vector *it)
{
    if (!*it->title) return;
    case_count++;
    run(it, 0, SIZE_MAX);
    run(it, 0, 1);
    run(it, 0, 3);
    for (size_t cut = 1; cut < it->input.size; cut++) run(it, cut, SIZE_MAX);
}

static void test_vectors(void **state)
{
    (void)state;
    FILE *file = fopen("tests/vectors/endpoint.txt", "r");
    assert_non_null(file);
    static vector it;
    char line[1024];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        const char *at = line;
        if (*line == 0 || *line == '#') continue;
        if (script_take(&at, "==")) {
            run_everywhere(&it);
            memset(&it, 0, sizeof it);
            snprintf(it.title, sizeof it.title, "%s", at);
        } else if (script_take(&at, "role")) {
            it.options.role = HWS_ROLE_CLIENT;
        } else if (script_take(&at, "options")) {
            read_options(at, &it);
        } else if (script_take(&at, "in")) {
            read_in(at, &it);
        } else if (script_take(&at, "do")) {
            read_do(at, &it);
        } else if (script_take(&at, "event")) {
            read_want(at, it.want_events);
        } else if (script_take(&at, "sent")) {
            read_want(at, it.want_sent);
        } else {
            fail_msg("what is this? %s", line);
        }
    }
    run_everywhere(&it);
    fclose(file);
    assert_true(case_count > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
