/* SPDX-License-Identifier: MIT */
/* What an idle connection is made of, to the byte: whoever adds a field learns here what it costs a
 * server with a million of them (docs/decisions/0031). */
#include "lib/cmocka.h"
#include "loop/state.h"
#include "server/connection.h"

/* `size` bytes on 64-bit processors; a change of the number is a decision, not a detail. */
static void check_size(const char *what, size_t size, size_t expected)
{
    if (sizeof(void *) != 8 || size == expected) return;
    fail_msg("%s has %zu bytes, not %zu: each idle connection pays for them; see "
             "docs/decisions/0031 before the number here is changed",
             what, size, expected);
}

static void test_sizes(void **state)
{
    (void)state;
    check_size("hws_queue: its store, the last node, the sum", sizeof(hws_queue), 24);
    check_size("hws_stream: who it is, whose it is, what waits, who counts", sizeof(hws_stream),
               64);
    check_size("hws_io: its loop, its handler, its place in a list, a descriptor, bits",
               sizeof(hws_io), 40);
    check_size("hws_alarm: whom to call, and where it stands", sizeof(hws_alarm), 16);
    check_size("hws_alarm_entry: when, and which", sizeof(hws_alarm_entry), 16);
    check_size("hws_endpoint: options, queue, what is under way, a time, bits",
               sizeof(hws_endpoint), 40);
    check_size("hws_session: an endpoint, the user's, an alarm, its slot, bits",
               sizeof(hws_session), 72);
    check_size("hws_connection: a session and its topics", sizeof(hws_connection), 88);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
