/* SPDX-License-Identifier: MIT */
/* Heads that are there, for tests of what is asked of them. */
#ifndef HAWSER_TESTS_HEADS_H
#define HAWSER_TESTS_HEADS_H

#include "hawser/http_head.h"
#include "lib/test_memory.h"

/* Parses all of `text`, which is one head.  Returns what the parser said. */
static inline hws_status head_open(hws_http_head *head, hws_http_kind kind, hws_text text,
                                   const hws_memory *memory)
{
    static uint8_t bytes[1 << 16];
    assert_true(text.size <= sizeof bytes);
    if (text.size > 0) memcpy(bytes, text.data, text.size);
    hws_span input = {bytes, text.size};
    bool done = false;
    hws_http_head_init(head, kind, NULL, memory);
    const hws_status status = hws_http_head_parse(head, &input, &done);
    if (status == HWS_OK && (!done || input.size > 0)) fail_msg("not one head");
    return status;
}

#endif /* HAWSER_TESTS_HEADS_H */
