/* SPDX-License-Identifier: MIT */
/* A call of the API is answered with one JSON object and a status that is documented, and in a
 * batch as it is alone; the clients that it is about get JSON.
 *
 * Byte 0 is the number of the allocation that fails (255: none, and then there are two runs).  The
 * first line is the method, the rest the body. */
#include <stdio.h>

#include "channel/json.h"
#include "lib/hub_stage.h"

enum { INPUT_MAX = 4096, NO_FAILURE = 255, METHOD_MAX = 32, NESTED_MAX = 28 };

static fake_stream peer;

static void expect_lines(const fake_stream *stream)
{
    hws_text lines;
    json_t *line;
    if (hub_stage_answer(stream, &lines) != 200) return;
    while ((line = hub_stage_next(&lines))) json_decref(line);
}

static bool is_documented(int status)
{
    return status == 200 || status == 400 || status == 404 || status == 503;
}

/* The answer; NULL: there was no memory for one. */
static json_t *ask(const char *method, hws_text body, int *status, size_t fails)
{
    char path[METHOD_MAX + 8];
    hws_text text;
    json_t *answer = NULL;
    snprintf(path, sizeof path, "/api/%s", method);
    hub_stage_begin();
    heap_fail(fails);
    hub_stage_ask(&peer, path, body);
    const bool has_failed = heap.failed;
    heap_fail(SIZE_MAX);
    hub_stage_end(&peer);
    expect_lines(&hub_stage_listener);
    *status = hub_stage_answer(&peer, &text);
    assert(is_documented(*status));
    if (has_failed && text.size == 0) return NULL;
    if (hws_json_read(text, &answer) != HWS_OK || !json_is_object(answer)) abort();
    return answer;
}

/* One of a result and an error; a batch has replies. */
static void expect_shape(const json_t *answer, int status)
{
    const json_t *error = json_object_get(answer, "error");
    assert(json_object_size(answer) == 1);
    assert(!error || json_integer_value(json_object_get(error, "code")) >= 100);
    assert(error || json_object_get(answer, "result") || json_object_get(answer, "replies"));
    assert(status != 400 || error);
}

/* Ids and epochs differ from run to run, what they are called does not. */
static bool are_alike(const json_t *one, const json_t *other)
{
    const char *key;
    json_t *value;
    if (!one || !other || json_object_size(one) != json_object_size(other)) return one == other;
    json_object_foreach((json_t *)(uintptr_t)one, key, value)
    {
        const json_t *same = json_object_get(other, key);
        if (!same || json_typeof(same) != json_typeof(value)) return false;
        if (json_is_integer(value) && strcmp(key, "uptime") != 0 && !json_equal(value, same))
            return false;
    }
    return true;
}

static void expect_same_in_a_batch(const char *method, hws_text body, const json_t *alone)
{
    char batch[INPUT_MAX + 128];
    int status;
    const int size = snprintf(batch, sizeof batch, "{\"commands\":[{\"%s\":%.*s}]}", method,
                              (int)body.size, body.data);
    json_t *answer = ask("batch", (hws_text){batch, (size_t)size}, &status, SIZE_MAX);
    const json_t *replies = json_object_get(answer, "replies");
    const json_t *reply = json_array_get(replies, 0);
    if (status != 200 || json_array_size(replies) != 1) abort();
    if (!are_alike(json_object_get(alone, "error"), json_object_get(reply, "error"))) abort();
    if (!are_alike(json_object_get(alone, "result"), json_object_get(reply, method))) abort();
    json_decref(answer);
}

static bool read_method(hws_text line, char method[METHOD_MAX])
{
    if (line.size == 0 || line.size >= METHOD_MAX) return false;
    for (size_t i = 0; i < line.size; i++)
        if (!(line.data[i] >= 'a' && line.data[i] <= 'z') && line.data[i] != '_') return false;
    memcpy(method, line.data, line.size);
    method[line.size] = '\0';
    return true;
}

static size_t nested(hws_text body)
{
    size_t count = 0;
    for (size_t i = 0; i < body.size; i++) count += body.data[i] == '{' || body.data[i] == '[';
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char method[METHOD_MAX];
    int status;
    if (size < 2 || size > INPUT_MAX) return 0;
    const hws_text text = {(const char *)data + 1, size - 1};
    const char *newline = memchr(text.data, '\n', text.size);
    if (!newline || !read_method((hws_text){text.data, (size_t)(newline - text.data)}, method))
        return 0;
    const hws_text body = {newline + 1, text.size - (size_t)(newline + 1 - text.data)};
    json_t *answer = ask(method, body, &status, data[0] == NO_FAILURE ? SIZE_MAX : data[0]);
    if (!answer) return 0;
    expect_shape(answer, status);
    if (data[0] == NO_FAILURE && status == 200 && strcmp(method, "batch") != 0 &&
        nested(body) <= NESTED_MAX)
        expect_same_in_a_batch(method, body, answer);
    json_decref(answer);
    return 0;
}
